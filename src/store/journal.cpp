#include "store/journal.hpp"

#include "base/digest.hpp"

namespace tandem::store {
namespace {

constexpr std::string_view schema =
    "CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, "
    "subject TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL)";
constexpr std::string_view select =
    "SELECT number, at, kind, subject, body, hash FROM journal WHERE number > ? ORDER BY number";
const std::string beginning(64, '0');

/// Lengths before the texts, so that no two different records give the same input.
std::string hash_of(std::string_view previous, std::int64_t number, std::string_view at, std::string_view kind,
                    std::string_view subject, std::string_view body) {
  return Sha256()
      .add(fmt::format("{} {} {} {}:{} {}:{} {}:", previous, number, at, kind.size(), kind, subject.size(), subject,
                       body.size()))
      .add(body)
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

Result<std::vector<Record>> Journal::append(const std::vector<Entry>& entries, Instant at) {
  std::vector<Record> records;
  auto previous = head_;
  auto number = last_;
  const auto when = rfc3339(at);
  TRY(database_.transaction([&]() -> Done {
    for (const auto& entry : entries) {
      const auto body = to_text(entry.body);
      previous = hash_of(previous, ++number, when, entry.kind, entry.subject, body);
      TRY(database_.execute("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)",
                            {number, when, entry.kind, entry.subject, body, previous}));
      records.push_back({number, at, entry.kind, entry.subject, entry.body, previous});
    }
    return done();
  }), "writing {} journal records", entries.size());
  last_ = number;
  head_ = previous;
  return records;
}

Done Journal::read(std::int64_t after, const std::function<Done(const Record&)>& on_record) {
  return database_.query(select, {after}, [&](const Row& row) -> Done {
    Record record{row.integer(0), {}, row.text(2), row.text(3), {}, row.text(5)};
    record.at = TRY(parse_rfc3339(row.text(1)), "reading journal record {}", record.number);
    record.body = TRY(parse_json(row.text(4), "the body"), "reading journal record {}", record.number);
    return on_record(record);
  });
}

Result<Audit> Journal::verify() {
  Audit audit{.head = beginning};
  const auto broken = [&](std::int64_t number, std::string what) {
    if (audit.broken == 0) {
      audit.broken = number;
      audit.what = std::move(what);
    }
  };
  const auto walked = database_.query(select, {std::int64_t{-1}}, [&](const Row& row) {
    if (audit.broken != 0) return done();
    const auto number = row.integer(0);
    if (number != audit.records + 1) {
      broken(audit.records + 1, fmt::format("the record is missing; {} follows", number));
      return done();
    }
    const auto hash = hash_of(audit.head, number, row.text(1), row.text(2), row.text(3), row.text(4));
    if (hash != row.text(5)) {
      broken(number, "its hash does not match its contents");
      return done();
    }
    audit.records = number;
    audit.head = hash;
    return done();
  });
  // A page that SQLite itself cannot read is a change like any other: it is named by the record it hides.
  if (!walked) broken(audit.records + 1, walked.error().what);
  return audit;
}

}  // namespace tandem::store
