#include "store/journal.hpp"

#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::store {
namespace {

constexpr std::string_view schema =
    "CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, "
    "subject TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL)";
constexpr std::string_view select =
    "SELECT number, at, kind, subject, body, hash FROM journal WHERE number > ? ORDER BY number";
const std::string beginning(64, '0');

constexpr std::int64_t records_between_checkpoints = 2000;
constexpr std::string_view pruned_mark = R"({"pruned_sha256":")";

/// What stands in the place of a pruned body.
std::string mark_of(const std::string& digest) { return std::string(pruned_mark) + digest + "\"}"; }

/// The digest that a mark names; nothing when the body is there.
std::optional<std::string> pruned_digest(std::string_view body) {
  if (!body.starts_with(pruned_mark) || body.size() != pruned_mark.size() + 64 + 2) return std::nullopt;
  return std::string(body.substr(pruned_mark.size(), 64));
}

/// Lengths before the texts, so that no two different records give the same input.
std::string hash_of(std::string_view previous, std::int64_t number, std::string_view at, std::string_view kind,
                    std::string_view subject, std::string_view body_digest) {
  return Sha256()
      .add(fmt::format("{} {} {} {}:{} {}:{} {}", previous, number, at, kind.size(), kind, subject.size(), subject, body_digest))
      .hex();
}

}  // namespace

json::value to_json(const Record& record) {
  return json::object{{"number", record.number}, {"at", rfc3339(record.at)}, {"kind", record.kind},
                      {"subject", record.subject}, {"body", record.body},    {"hash", record.hash}};
}

Result<Journal> Journal::open(const std::filesystem::path& file) {
  Journal journal(TRY(Database::open(file), "opening the journal"));
  TRY(journal.database_.script(schema));
  TRY(journal.database_.own_checkpoints());
  TRY(journal.find_end());
  return journal;
}

Result<Journal> Journal::open_read_only(const std::filesystem::path& file) {
  Journal journal(TRY(Database::open_read_only(file), "opening the journal"));
  TRY(journal.find_end());
  return journal;
}

Done Journal::find_end() {
  head_ = beginning;
  last_ = 0;
  return database_.query("SELECT number, hash FROM journal ORDER BY number DESC LIMIT 1", {}, [&](const Row& row) {
    last_ = row.integer(0);
    head_ = row.text(1);
    return done();
  });
}

Result<Record> Journal::insert(std::int64_t number, const std::string& previous, const Entry& entry, Instant at) {
  const auto body = to_text(entry.body);
  const auto when = rfc3339(at);
  auto hash = hash_of(previous, number, when, entry.kind, entry.subject, sha256_hex(body));
  TRY(database_.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)", {number, when, entry.kind, entry.subject, body, hash}));
  return Record{number, at, entry.kind, entry.subject, entry.body, std::move(hash)};
}

Result<std::vector<Record>> Journal::append(const std::vector<Entry>& entries, Instant at) {
  std::vector<Record> records;
  auto previous = head_;
  auto number = last_;
  TRY(database_.transaction([&]() -> Done {
    for (const auto& entry : entries) {
      records.push_back(TRY(insert(++number, previous, entry, at)));
      previous = records.back().hash;
    }
    return done();
  }), "writing {} journal records", entries.size());
  last_ = number;
  head_ = previous;
  return records;
}

Done Journal::append(const std::vector<Timed>& entries) {
  auto previous = head_;
  auto number = last_;
  TRY(database_.transaction([&]() -> Done {
    for (const auto& [entry, at] : entries) {
      auto record = TRY(insert(++number, previous, entry, at));
      previous = std::move(record.hash);
    }
    return done();
  }), "writing {} journal records", entries.size());
  since_checkpoint_ += number - last_;
  last_ = number;
  head_ = previous;
  if (since_checkpoint_ < records_between_checkpoints) return done();
  since_checkpoint_ = 0;
  const auto carried = database_.checkpoint();
  // The records themselves are durable. Only a sync that failed is ours to tell: what the disk holds is unknown then.
  if (!carried && carried.error().code == "TD0511") return carried.error();
  return done();
}

Result<std::string> Journal::last_of(const std::vector<std::string>& kinds) {
  std::string marks;
  std::vector<SqlValue> values;
  for (const auto& kind : kinds) {
    marks += marks.empty() ? "?" : ", ?";
    values.emplace_back(kind);
  }
  auto found = TRY(database_.text(fmt::format("SELECT kind FROM journal WHERE kind IN ({}) ORDER BY number DESC LIMIT 1", marks), values));
  return std::move(found).value_or("");
}

Result<std::int64_t> Journal::prune(const std::vector<std::string>& subjects, json::object reason, Instant at) {
  const std::set<std::string> wanted(subjects.begin(), subjects.end());
  json::array numbers;
  std::vector<std::pair<std::int64_t, std::string>> marks;
  std::string head;
  TRY(database_.transaction([&]() -> Done {
    TRY(database_.query(select, {std::int64_t{0}}, [&](const Row& row) {
      if (!wanted.contains(row.text(3)) || pruned_digest(row.text(4))) return done();
      marks.emplace_back(row.integer(0), mark_of(sha256_hex(row.text(4))));
      numbers.emplace_back(row.integer(0));
      return done();
    }));
    if (marks.empty()) return done();
    for (const auto& [number, mark] : marks)
      TRY(database_.execute("UPDATE journal SET body = ? WHERE number = ?", {mark, number}));
    reason["subjects"] = json_of(subjects);
    reason["records"] = numbers;
    const auto record = TRY(insert(last_ + 1, head_, {"journal.pruned", "journal", reason}, at));
    head = record.hash;
    return done();
  }), "pruning the journal");
  if (marks.empty()) return std::int64_t{0};
  ++last_;
  head_ = head;
  return static_cast<std::int64_t>(marks.size());
}

Done Journal::compact() {
  TRY(database_.script("VACUUM"), "giving the space of pruned records back");
  return database_.checkpoint();
}

Done Journal::read(std::int64_t after, const std::function<Done(const Record&)>& on_record) {
  return database_.query(select, {after}, [&](const Row& row) -> Done {
    Record record{row.integer(0), {}, row.text(2), row.text(3), {}, row.text(5)};
    record.at = TRY(parse_rfc3339(row.text(1)), "reading journal record {}", record.number);
    record.body = TRY(parse_json(row.text(4), "the body"), "reading journal record {}", record.number);
    record.is_pruned = pruned_digest(row.text(4)).has_value();
    return on_record(record);
  });
}

Result<Audit> Journal::verify() {
  Audit audit{.head = beginning};
  std::set<std::int64_t> unexplained;   // bodies that are gone and that no later record has said so about
  const auto broken = [&](std::int64_t number, std::string what) {
    if (audit.broken == 0) {
      audit.broken = number;
      audit.what = std::move(what);
    }
  };
  const auto walked = database_.query(select, {std::int64_t{-1}}, [&](const Row& row) -> Done {
    if (audit.broken != 0) return done();
    const auto number = row.integer(0);
    if (number != audit.records + 1) {
      broken(audit.records + 1, fmt::format("the record is missing; {} follows", number));
      return done();
    }
    const auto pruned = pruned_digest(row.text(4));
    if (pruned) unexplained.insert(number);
    const auto hash = hash_of(audit.head, number, row.text(1), row.text(2), row.text(3), pruned.value_or(sha256_hex(row.text(4))));
    if (hash != row.text(5)) {
      broken(number, "its hash does not match its contents");
      return done();
    }
    audit.records = number;
    audit.head = hash;
    if (row.text(2) != "journal.pruned") return done();
    const auto body = TRY(parse_json(row.text(4), "the body"));
    const auto* object = body.if_object();
    const auto* records = object == nullptr ? nullptr : object->if_contains("records");
    if (records == nullptr || !records->is_array()) return done();
    for (const auto& each : records->as_array())
      if (each.is_int64() && unexplained.erase(each.as_int64()) > 0) ++audit.pruned;
    return done();
  });
  // A page that SQLite itself cannot read is a change like any other: it is named by the record it hides.
  if (!walked) broken(audit.records + 1, walked.error().what);
  if (!unexplained.empty()) broken(*unexplained.begin(), "its body is gone, and no record says that it was pruned");
  return audit;
}

}  // namespace tandem::store
