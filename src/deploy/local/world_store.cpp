#include "deploy/local/world_store.hpp"

namespace tandem::deploy::local {
namespace {

constexpr auto schema = R"sql(
CREATE TABLE IF NOT EXISTS worlds(
  id TEXT PRIMARY KEY, state TEXT NOT NULL, base TEXT NOT NULL, deployment TEXT NOT NULL, body TEXT NOT NULL,
  cleaned INTEGER NOT NULL DEFAULT 0, made INTEGER NOT NULL, went_live INTEGER);
CREATE TABLE IF NOT EXISTS pointer(one INTEGER PRIMARY KEY CHECK(one = 1), world TEXT NOT NULL REFERENCES worlds(id));
CREATE TABLE IF NOT EXISTS steps(one INTEGER PRIMARY KEY CHECK(one = 1), last INTEGER NOT NULL);
INSERT OR IGNORE INTO steps VALUES(1, 0);
CREATE TABLE IF NOT EXISTS events(
  number INTEGER PRIMARY KEY AUTOINCREMENT, deployment TEXT NOT NULL, stack TEXT NOT NULL, logical_id TEXT NOT NULL,
  physical_id TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS events_by_stack ON events(stack, number);
CREATE INDEX IF NOT EXISTS events_by_deployment ON events(deployment, number);
CREATE TABLE IF NOT EXISTS effects(
  number INTEGER PRIMARY KEY AUTOINCREMENT, deployment TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  part TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS counters(function TEXT PRIMARY KEY, last INTEGER NOT NULL);
)sql";

/// Events beyond these are dropped, oldest first.
constexpr std::int64_t events_max = 20'000;

std::string_view word(WorldState state) {
  switch (state) {
    case WorldState::Preparing: return "preparing";
    case WorldState::Candidate: return "candidate";
    case WorldState::Live: return "live";
    case WorldState::Superseded: return "superseded";
    case WorldState::Undoing: return "undoing";
  }
  throw Bug("unknown world state");
}

Result<WorldState> state_from(std::string_view text) {
  for (const auto state : {WorldState::Preparing, WorldState::Candidate, WorldState::Live, WorldState::Superseded,
                           WorldState::Undoing})
    if (word(state) == text) return state;
  return failure(Fault::Broken, "unknown world state {}", text);
}

std::string_view word(EffectKind kind) { return kind == EffectKind::CreateTable ? "create-table" : "add-index"; }

StackEvent event_from(const Row& row) {
  return {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5), Instant{Duration{row.integer(6)}}};
}
constexpr auto event_columns = "stack, logical_id, physical_id, type, status, reason, at";

/// A count that goes up with each step, so that "newest" does not depend on the clock.
Result<std::int64_t> next_step(Database& database) {
  TRY(database.execute("UPDATE steps SET last = last + 1"));
  const auto last = TRY(database.integer("SELECT last FROM steps"));
  return last.value_or(0);
}

}  // namespace

Result<std::unique_ptr<WorldStore>> WorldStore::open(const std::filesystem::path& path) {
  auto database = TRY(Database::open(path));
  TRY(database.script(schema), "opening {}", path.string());
  return std::unique_ptr<WorldStore>(new WorldStore(std::move(database)));
}

Done WorldStore::write_events() {
  for (const auto& [deployment, event] : buffered_)
    TRY(database_.execute("INSERT INTO events(deployment, stack, logical_id, physical_id, type, status, reason, at) "
                          "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                          {deployment.value, event.stack, event.logical_id, event.physical_id, event.type, event.status,
                           event.reason, event.at.time_since_epoch().count()}));
  TRY(database_.execute("DELETE FROM events WHERE number <= (SELECT MAX(number) FROM events) - ?", {events_max}));
  return done();
}

Done WorldStore::begin(const DeploymentId& id, const DeploymentId& base, const Deployment& deployment) {
  const std::lock_guard lock(mutex_);
  World empty;
  empty.id = id;
  TRY(database_.transaction([&]() -> Done {
    const auto step = TRY(next_step(database_));
    TRY(database_.execute("INSERT OR REPLACE INTO worlds(id, state, base, deployment, body, made) VALUES(?, ?, ?, ?, ?, ?)",
                          {id.value, std::string(word(WorldState::Preparing)), base.value, to_text(to_json(deployment)),
                           to_text(to_json(empty)), step}));
    return write_events();
  }));
  buffered_.clear();
  return done();
}

Done WorldStore::save(const StoredWorld& world) {
  const std::lock_guard lock(mutex_);
  TRY(database_.transaction([&]() -> Done {
    TRY(database_.execute("UPDATE worlds SET state = ?, deployment = ?, body = ?, cleaned = ? WHERE id = ?",
                          {std::string(word(world.state)), to_text(to_json(world.deployment)), to_text(to_json(world.world)),
                           std::int64_t{world.cleaned ? 1 : 0}, world.world.id.value}));
    return write_events();
  }));
  buffered_.clear();
  return done();
}

Done WorldStore::set_state(const DeploymentId& id, WorldState state) {
  const std::lock_guard lock(mutex_);
  TRY(database_.execute("UPDATE worlds SET state = ? WHERE id = ?", {std::string(word(state)), id.value}));
  return done();
}

Done WorldStore::move_live(const StoredWorld& to, const std::function<Done()>& act) {
  const std::lock_guard lock(mutex_);
  TRY(database_.transaction([&]() -> Done {
    const auto step = TRY(next_step(database_));
    TRY(database_.execute("UPDATE worlds SET state = 'superseded' WHERE state = 'live'"));
    TRY(database_.execute("UPDATE worlds SET state = 'live', deployment = ?, body = ?, cleaned = ?, went_live = ? WHERE id = ?",
                          {to_text(to_json(to.deployment)), to_text(to_json(to.world)), std::int64_t{to.cleaned ? 1 : 0}, step,
                           to.world.id.value}));
    TRY(database_.execute("INSERT OR REPLACE INTO pointer VALUES(1, ?)", {to.world.id.value}));
    TRY(write_events());
    return act();
  }));
  buffered_.clear();
  return done();
}

Done WorldStore::forget(const DeploymentId& id) {
  const std::lock_guard lock(mutex_);
  TRY(database_.transaction([&]() -> Done {
    TRY(database_.execute("DELETE FROM effects WHERE deployment = ?", {id.value}));
    TRY(database_.execute("DELETE FROM worlds WHERE id = ?", {id.value}));
    return done();
  }));
  return done();
}

Done WorldStore::keep_effects(const DeploymentId& id) {
  const std::lock_guard lock(mutex_);
  TRY(database_.execute("DELETE FROM effects WHERE deployment = ?", {id.value}));
  return done();
}

Result<std::optional<StoredWorld>> WorldStore::find(const DeploymentId& id) {
  const std::lock_guard lock(mutex_);
  std::optional<StoredWorld> found;
  TRY(database_.query("SELECT state, base, deployment, body, cleaned FROM worlds WHERE id = ?", {id.value},
                      [&](const Row& row) -> Done {
                        StoredWorld stored;
                        stored.state = TRY(state_from(row.text(0)));
                        stored.base.value = row.text(1);
                        const auto deployment = TRY(parse_json(row.text(2), "deployment"));
                        stored.deployment = TRY(deployment_from_json(deployment));
                        const auto body = TRY(parse_json(row.text(3), "world"));
                        stored.world = TRY(world_from_json(body));
                        stored.cleaned = row.integer(4) != 0;
                        if (stored.state == WorldState::Live) stored.deployment.phase = Phase::Live;
                        if (stored.state == WorldState::Superseded) stored.deployment.phase = Phase::Superseded;
                        found = std::move(stored);
                        return done();
                      }),
      "reading deployment {}", id.value);
  return found;
}

Result<std::optional<DeploymentId>> WorldStore::live_id() {
  const std::lock_guard lock(mutex_);
  const auto id = TRY(database_.text("SELECT world FROM pointer"));
  if (!id) return std::optional<DeploymentId>{};
  return std::optional(DeploymentId{*id});
}

Result<std::optional<StoredWorld>> WorldStore::live() {
  const auto id = TRY(live_id());
  if (!id) return std::optional<StoredWorld>{};
  return find(*id);
}

Result<std::vector<DeploymentId>> WorldStore::ids(std::string_view sql, const std::vector<SqlValue>& values) {
  const std::lock_guard lock(mutex_);
  std::vector<DeploymentId> found;
  TRY(database_.query(sql, values, [&](const Row& row) {
    found.push_back({row.text(0)});
    return done();
  }));
  return found;
}

Result<std::vector<DeploymentId>> WorldStore::in_state(WorldState state) {
  return ids("SELECT id FROM worlds WHERE state = ? ORDER BY made", {std::string(word(state))});
}

Result<std::vector<DeploymentId>> WorldStore::superseded() {
  return ids("SELECT id FROM worlds WHERE state = 'superseded' ORDER BY went_live DESC", {});
}

void WorldStore::add_event(const DeploymentId& deployment, StackEvent event) {
  const std::lock_guard lock(mutex_);
  buffered_.emplace_back(deployment, std::move(event));
}

Done WorldStore::flush() {
  const std::lock_guard lock(mutex_);
  if (buffered_.empty()) return done();
  TRY(database_.transaction([&] { return write_events(); }));
  buffered_.clear();
  return done();
}

Result<std::vector<StackEvent>> WorldStore::events(const std::string& stack, size_t count) {
  TRY(flush());
  const std::lock_guard lock(mutex_);
  std::vector<StackEvent> found;
  const auto sql = fmt::format("SELECT {} FROM events WHERE (? = '' OR stack = ?) ORDER BY number DESC LIMIT ?", event_columns);
  TRY(database_.query(sql, {stack, stack, static_cast<std::int64_t>(count)}, [&](const Row& row) {
    found.push_back(event_from(row));
    return done();
  }));
  return found;
}

Result<std::vector<StackEvent>> WorldStore::events_of(const DeploymentId& deployment) {
  TRY(flush());
  const std::lock_guard lock(mutex_);
  std::vector<StackEvent> found;
  const auto sql = fmt::format("SELECT {} FROM events WHERE deployment = ? ORDER BY number", event_columns);
  TRY(database_.query(sql, {deployment.value}, [&](const Row& row) {
    found.push_back(event_from(row));
    return done();
  }));
  return found;
}

Result<std::map<std::string, std::string>> WorldStore::stack_statuses() {
  TRY(flush());
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> statuses;
  TRY(database_.query("SELECT stack, status FROM events WHERE number IN (SELECT MAX(number) FROM events "
                      "WHERE type = 'AWS::CloudFormation::Stack' GROUP BY stack)",
                      {}, [&](const Row& row) {
                        statuses[row.text(0)] = row.text(1);
                        return done();
                      }));
  return statuses;
}

Result<std::int64_t> WorldStore::intend(const DeploymentId& deployment, const OutsideEffect& effect) {
  const std::lock_guard lock(mutex_);
  std::int64_t number = 0;
  TRY(database_.transaction([&]() -> Done {
    TRY(database_.execute("INSERT INTO effects(deployment, kind, subject, part) VALUES(?, ?, ?, ?)",
                          {deployment.value, std::string(word(effect.kind)), effect.table, effect.index}));
    number = database_.last_row();
    return write_events();
  }));
  buffered_.clear();
  return number;
}

Done WorldStore::settled(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  TRY(database_.execute("DELETE FROM effects WHERE number = ?", {number}));
  return done();
}

Result<std::vector<OutsideEffect>> WorldStore::effects(const DeploymentId& deployment) {
  const std::lock_guard lock(mutex_);
  std::vector<OutsideEffect> found;
  TRY(database_.query("SELECT number, kind, subject, part FROM effects WHERE deployment = ? ORDER BY number DESC",
                      {deployment.value}, [&](const Row& row) {
                        const auto kind = row.text(1) == "create-table" ? EffectKind::CreateTable : EffectKind::AddIndex;
                        found.push_back({row.integer(0), kind, row.text(2), row.text(3)});
                        return done();
                      }));
  return found;
}

Result<std::int64_t> WorldStore::next_version(const std::string& function) {
  const std::lock_guard lock(mutex_);
  TRY(database_.execute("INSERT INTO counters VALUES(?, 1) ON CONFLICT(function) DO UPDATE SET last = last + 1", {function}));
  const auto last = TRY(database_.integer("SELECT last FROM counters WHERE function = ?", {function}));
  return last.value_or(1);
}

}  // namespace tandem::deploy::local
