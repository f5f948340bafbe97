#include "store/history.hpp"

#include <charconv>
#include <set>

namespace tandem::store {
namespace {

constexpr std::string_view schema = R"(
CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY, repository TEXT, workflow TEXT, status TEXT,
                                 finished INTEGER, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS runs_unfinished ON runs (number) WHERE finished = 0;
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tips (repository TEXT, branch TEXT, commit_id TEXT, PRIMARY KEY (repository, branch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artifacts (number INTEGER PRIMARY KEY, run TEXT, action TEXT, name TEXT, body TEXT NOT NULL,
                                      UNIQUE (run, action, name));
CREATE TABLE IF NOT EXISTS syncs (number INTEGER PRIMARY KEY, id TEXT UNIQUE, landed TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS syncs_landed ON syncs (landed);
CREATE TABLE IF NOT EXISTS releases (number INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pull_requests (repository TEXT, number INTEGER, body TEXT NOT NULL, PRIMARY KEY (repository, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS freezes (environment TEXT PRIMARY KEY, actor TEXT, reason TEXT, at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollbacks (number INTEGER PRIMARY KEY, key TEXT UNIQUE, environment TEXT, from_id TEXT, to_id TEXT, actor TEXT,
                                      reason TEXT, done INTEGER);
CREATE TABLE IF NOT EXISTS schedules (place TEXT PRIMARY KEY, at TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_workflow ON runs (workflow, number);
CREATE INDEX IF NOT EXISTS runs_status ON runs (status, number);
CREATE INDEX IF NOT EXISTS runs_ended ON runs (json_extract(body, '$.ended')) WHERE finished = 1;
CREATE TABLE IF NOT EXISTS deployments (number INTEGER PRIMARY KEY, id TEXT UNIQUE, environment TEXT, body TEXT NOT NULL);
)";

/// Reads every `body` of a query with a record's own parser.
template <typename Record, typename Parse>
Result<std::vector<Record>> bodies(Database& database, std::string_view sql, const std::vector<SqlValue>& values,
                                   Parse parse) {
  std::vector<Record> out;
  TRY(database.query(sql, values, [&](const Row& row) -> Done {
    const auto value = TRY(parse_json(row.text(0), "a stored record"));
    out.push_back(TRY(parse(value)));
    return done();
  }));
  return out;
}

template <typename Record, typename Parse>
Result<std::optional<Record>> body(Database& database, std::string_view sql, const std::vector<SqlValue>& values,
                                   Parse parse) {
  auto found = TRY(bodies<Record>(database, sql, values, parse));
  if (found.empty()) return std::optional<Record>{};
  return std::optional<Record>{std::move(found.front())};
}

}  // namespace

std::int64_t run_number(const RunId& id) {
  constexpr std::string_view prefix = "run-";
  const std::string_view text = id.value;
  std::int64_t number = 0;
  if (!text.starts_with(prefix)) return 0;
  const auto [end, code] = std::from_chars(text.data() + prefix.size(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size() ? number : 0;
}

Result<History> History::open(const std::filesystem::path& file) {
  History history(TRY(Database::open(file, Database::Durability::Normal), "opening the history"));
  TRY(history.database_.script(schema));
  return history;
}

Result<std::int64_t> History::position() {
  const auto number = TRY(database_.integer("SELECT number FROM position"));
  return number.value_or(0);
}

Done History::put(const Change& change, std::int64_t position) {
  return database_.transaction([&]() -> Done {
    for (const auto& run : change.runs)
      TRY(database_.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)",
                            {run_number(run.id), run.repository, run.workflow.name, std::string(word(run.status)),
                             std::int64_t{is_final(run.status)}, to_text(to_json(run))}));
    for (const auto& event : change.events)
      TRY(database_.execute("INSERT OR IGNORE INTO events VALUES (?)", {event.value}));
    for (const auto& tip : change.tips)
      TRY(database_.execute("INSERT OR REPLACE INTO tips VALUES (?, ?, ?)", {tip.repository, tip.branch, tip.commit.value}));
    for (const auto& artifact : change.artifacts)
      TRY(database_.execute("INSERT INTO artifacts (run, action, name, body) VALUES (?, ?, ?, ?) "
                            "ON CONFLICT (run, action, name) DO UPDATE SET body = excluded.body",
                            {artifact.run.value, artifact.action, artifact.name, to_text(to_json(artifact))}));
    for (const auto& sync : change.syncs)
      TRY(database_.execute("INSERT INTO syncs (id, landed, body) VALUES (?, ?, ?) "
                            "ON CONFLICT (id) DO UPDATE SET landed = excluded.landed, body = excluded.body",
                            {sync.id.value, sync.landed.value, to_text(to_json(sync))}));
    for (const auto& release : change.releases)
      TRY(database_.execute("INSERT INTO releases (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                            {release.id.value, to_text(to_json(release))}));
    for (const auto& deployment : change.deployments)
      TRY(database_.execute("INSERT INTO deployments (id, environment, body) VALUES (?, ?, ?) "
                            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                            {deployment.id.value, deployment.environment, to_text(to_json(deployment))}));
    for (const auto& request : change.pull_requests)
      TRY(database_.execute("INSERT OR REPLACE INTO pull_requests VALUES (?, ?, ?)", {request.repository, request.number, to_text(to_json(request))}));
    for (const auto& freeze : change.frozen)
      TRY(database_.execute("INSERT OR REPLACE INTO freezes VALUES (?, ?, ?, ?)", {freeze.environment, freeze.actor, freeze.reason, rfc3339(freeze.at)}));
    for (const auto& environment : change.thawed)
      TRY(database_.execute("DELETE FROM freezes WHERE environment = ?", {environment}));
    for (const auto& back : change.rollbacks)
      TRY(database_.execute("INSERT OR IGNORE INTO rollbacks (key, environment, from_id, to_id, actor, reason, done) VALUES (?, ?, ?, ?, ?, ?, 0)",
                            {back.key, back.environment, back.from.value, back.to.value, back.actor, back.reason}));
    for (const auto& key : change.rollbacks_done)
      TRY(database_.execute("UPDATE rollbacks SET done = 1 WHERE key = ?", {key}));
    for (const auto& [place, at] : change.schedules)
      TRY(database_.execute("INSERT OR REPLACE INTO schedules VALUES (?, ?)", {place, rfc3339(at)}));
    TRY(database_.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", {position}));
    return done();
  });
}

Result<std::optional<Run>> History::find_run(const RunId& id) {
  return body<Run>(database_, "SELECT body FROM runs WHERE number = ?", {run_number(id)}, run_from_json);
}

Result<std::vector<Run>> History::runs(const RunQuery& query) {
  // Only the conditions that are given: each then has an index to walk backwards.
  std::string where = "number < ?1";
  std::vector<SqlValue> values{query.before > 0 ? query.before : std::int64_t{1} << 60, static_cast<std::int64_t>(query.count)};
  for (const auto& [column, value] : {std::pair{"repository", &query.repository}, {"workflow", &query.workflow}, {"status", &query.status}}) {
    if (value->empty()) continue;
    values.emplace_back(*value);
    where += fmt::format(" AND {} = ?{}", column, values.size());
  }
  return bodies<Run>(database_, fmt::format("SELECT body FROM runs WHERE {} ORDER BY number DESC LIMIT ?2", where), values, run_from_json);
}

Result<std::vector<Run>> History::unfinished_runs() {
  return bodies<Run>(database_, "SELECT body FROM runs WHERE finished = 0 ORDER BY number", {}, run_from_json);
}

Result<std::int64_t> History::last_run_number() {
  const auto number = TRY(database_.integer("SELECT max(number) FROM runs"));
  return number.value_or(0);
}

Result<std::vector<RunId>> History::runs_ended_before(Instant instant, size_t keep) {
  std::vector<RunId> out;
  TRY(database_.query(
      "SELECT number FROM runs INDEXED BY runs_ended WHERE finished = 1 AND json_extract(body, '$.ended') < ?1 "
      "AND number <= (SELECT coalesce(max(number), 0) - ?2 FROM runs) "
      "AND 'run-' || number NOT IN (SELECT coalesce(json_extract(body, '$.run'), '') FROM deployments "
      "                             WHERE json_extract(body, '$.phase') != 'failed') ORDER BY number",
      {rfc3339(instant), static_cast<std::int64_t>(keep)}, [&](const Row& row) {
        out.push_back(RunId{fmt::format("run-{}", row.integer(0))});
        return done();
      }));
  return out;
}

Result<std::vector<Digest>> History::forget(const std::vector<RunId>& runs) {
  std::vector<Digest> freed;
  TRY(database_.transaction([&]() -> Done {
    std::set<std::string> kept;
    for (const auto& run : runs) {
      TRY(database_.query("SELECT json_extract(body, '$.digest') FROM artifacts WHERE run = ?", {run.value}, [&](const Row& row) {
        kept.insert(row.text(0));
        return done();
      }));
      TRY(database_.execute("DELETE FROM artifacts WHERE run = ?", {run.value}));
      TRY(database_.execute("DELETE FROM runs WHERE number = ?", {run_number(run)}));
    }
    std::set<std::string> others;
    TRY(database_.query("SELECT DISTINCT json_extract(body, '$.digest') FROM artifacts", {}, [&](const Row& row) {
      others.insert(row.text(0));
      return done();
    }));
    for (const auto& digest : kept)
      if (!others.contains(digest)) freed.push_back({digest});
    return done();
  }), "forgetting {} runs", runs.size());
  return freed;
}

Result<std::map<std::string, std::int64_t>> History::count_by_status() {
  std::map<std::string, std::int64_t> out;
  TRY(database_.query("SELECT status, count(*) FROM runs GROUP BY status", {}, [&](const Row& row) {
    out[row.text(0)] = row.integer(1);
    return done();
  }));
  return out;
}

Result<std::vector<PullRequest>> History::pull_requests(const std::string& repository) {
  return bodies<PullRequest>(database_, "SELECT body FROM pull_requests WHERE repository = ? ORDER BY number", {repository}, pull_request_from_json);
}

namespace {

Result<std::vector<Rollback>> rollbacks_of(Database& database, std::string_view condition, const std::vector<SqlValue>& values) {
  std::vector<Rollback> out;
  TRY(database.query(fmt::format("SELECT key, environment, from_id, to_id, actor, reason, done FROM rollbacks WHERE {} ORDER BY number", condition), values,
                     [&](const Row& row) -> Done {
                       out.push_back({row.text(0), row.text(1), {row.text(2)}, {row.text(3)}, row.text(4), row.text(5), row.integer(6) != 0});
                       return done();
                     }));
  return out;
}

}  // namespace

Result<std::optional<Rollback>> History::find_rollback(const std::string& key) {
  auto found = TRY(rollbacks_of(database_, "key = ?", {key}));
  return found.empty() ? std::optional<Rollback>{} : std::optional(std::move(found.front()));
}

Result<std::vector<Rollback>> History::unfinished_rollbacks() { return rollbacks_of(database_, "done = 0", {}); }

Result<std::vector<Freeze>> History::freezes() {
  std::vector<Freeze> out;
  TRY(database_.query("SELECT environment, actor, reason, at FROM freezes", {}, [&](const Row& row) -> Done {
    const auto at = TRY(parse_rfc3339(row.text(3)), "reading a freeze");
    out.push_back({row.text(0), row.text(1), row.text(2), at});
    return done();
  }));
  return out;
}

Result<std::vector<std::pair<std::string, Instant>>> History::schedules() {
  std::vector<std::pair<std::string, Instant>> out;
  TRY(database_.query("SELECT place, at FROM schedules", {}, [&](const Row& row) -> Done {
    const auto at = TRY(parse_rfc3339(row.text(1)), "reading a schedule");
    out.emplace_back(row.text(0), at);
    return done();
  }));
  return out;
}

Result<bool> History::has_event(const EventId& id) {
  const auto found = TRY(database_.integer("SELECT 1 FROM events WHERE id = ?", {id.value}));
  return found.has_value();
}

Result<std::optional<CommitId>> History::tip(const std::string& repository, const std::string& branch) {
  const auto found = TRY(database_.text("SELECT commit_id FROM tips WHERE repository = ? AND branch = ?", {repository, branch}));
  return found ? std::optional(CommitId{*found}) : std::nullopt;
}

Result<std::vector<Tip>> History::tips(const std::string& repository) {
  std::vector<Tip> out;
  TRY(database_.query("SELECT branch, commit_id FROM tips WHERE repository = ?", {repository}, [&](const Row& row) {
    out.push_back({repository, row.text(0), CommitId{row.text(1)}});
    return done();
  }));
  return out;
}

Result<std::vector<Run>> History::caused_runs(const std::string& repository, const std::string& file, const CommitId& commit, const RunId& cause) {
  return bodies<Run>(database_,
                   "SELECT body FROM runs WHERE repository = ?1 AND json_extract(body, '$.workflow.file') = ?2 AND "
                   "json_extract(body, '$.commit') = ?3 AND json_extract(body, '$.event.cause') = ?4 AND number > ?5 "
                   "ORDER BY number DESC",
                   {repository, file, commit.value, cause.value, run_number(cause)}, run_from_json);
}

Result<std::optional<SyncRecord>> History::find_sync_landed_as(const CommitId& commit) {
  return body<SyncRecord>(database_, "SELECT body FROM syncs WHERE landed = ? ORDER BY number DESC LIMIT 1",
                          {commit.value}, sync_record_from_json);
}

Result<std::optional<SyncRecord>> History::find_sync(const SyncId& id) {
  return body<SyncRecord>(database_, "SELECT body FROM syncs WHERE id = ?", {id.value}, sync_record_from_json);
}

Result<std::vector<SyncRecord>> History::syncs(size_t count) {
  return bodies<SyncRecord>(database_, "SELECT body FROM syncs ORDER BY number DESC LIMIT ?",
                            {static_cast<std::int64_t>(count)}, sync_record_from_json);
}

Result<std::vector<Release>> History::releases(size_t count) {
  return bodies<Release>(database_, "SELECT body FROM releases ORDER BY number DESC LIMIT ?",
                         {static_cast<std::int64_t>(count)}, release_from_json);
}

Result<std::optional<Release>> History::find_release(const ReleaseId& id) {
  return body<Release>(database_, "SELECT body FROM releases WHERE id = ?", {id.value}, release_from_json);
}

Result<std::vector<Deployment>> History::deployments(const std::string& environment, size_t count) {
  return bodies<Deployment>(database_,
                            "SELECT body FROM deployments WHERE ?1 = '' OR environment = ?1 ORDER BY number DESC LIMIT ?2",
                            {environment, static_cast<std::int64_t>(count)}, deployment_from_json);
}

Result<std::optional<Deployment>> History::find_deployment(const DeploymentId& id) {
  return body<Deployment>(database_, "SELECT body FROM deployments WHERE id = ?", {id.value}, deployment_from_json);
}

Result<std::vector<Artifact>> History::artifacts(const RunId& run) {
  return bodies<Artifact>(database_, "SELECT body FROM artifacts WHERE run = ? ORDER BY number", {run.value},
                          artifact_from_json);
}

}  // namespace tandem::store
