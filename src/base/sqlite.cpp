#include "base/sqlite.hpp"

#include <sqlite3.h>

#include <unordered_map>

namespace tandem {

std::int64_t Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Row::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Row::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::string Row::text(int column) const { return blob(column); }
std::string Row::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string{} : std::string{bytes, size};
}

struct Database::State {
  sqlite3* handle = nullptr;
  std::unordered_map<std::string, sqlite3_stmt*> statements;
  ~State() {
    for (auto& [sql, statement] : statements) sqlite3_finalize(statement);
    sqlite3_close(handle);
  }
};

namespace {

Error trouble(sqlite3* handle, std::string_view doing) {
  const int code = sqlite3_extended_errcode(handle);
  const int primary = code & 0xff;
  auto fault = Fault::Broken;
  if (primary == SQLITE_CONSTRAINT) fault = Fault::Conflict;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_FULL ||
      primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY)
    fault = Fault::Unavailable;
  const auto* file = sqlite3_db_filename(handle, "main");
  auto error = failure(fault, "SQLite: {} ({}) at {}", sqlite3_errmsg(handle), code, doing);
  if (primary == SQLITE_FULL)
    error = failure(fault, "no space left on the disk of {}", file == nullptr ? "the database" : file).with_code("TD0510")
                .with_next("free some space; nothing acknowledged is lost, and no restart is needed");
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
    error = failure(fault, "syncing {} failed: {}", file == nullptr ? "the database" : file, sqlite3_errmsg(handle)).with_code("TD0511");
  return error;
}

int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  return std::visit(
      [&](const auto& held) {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>) return sqlite3_bind_null(statement, index);
        else if constexpr (std::is_same_v<T, std::int64_t>) return sqlite3_bind_int64(statement, index, held);
        else if constexpr (std::is_same_v<T, double>) return sqlite3_bind_double(statement, index, held);
        else if constexpr (std::is_same_v<T, std::string>)
          return sqlite3_bind_text(statement, index, held.data(), static_cast<int>(held.size()), SQLITE_TRANSIENT);
        else
          return sqlite3_bind_blob(statement, index, held.bytes.data() == nullptr ? "" : held.bytes.data(),
                                   static_cast<int>(held.bytes.size()), SQLITE_TRANSIENT);
      },
      value);
}

/// Resets a statement however its use ends, so that it can run again and holds no lock.
struct Use {
  sqlite3_stmt* statement;
  ~Use() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

}  // namespace

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Result<Database> Database::open(const std::filesystem::path& path, Durability durability) {
  auto state = std::make_unique<State>();
  if (sqlite3_open(path.c_str(), &state->handle) != SQLITE_OK)
    return trouble(state->handle, fmt::format("opening {}", path.string()));
  Database database(std::move(state));
  sqlite3_busy_timeout(database.state_->handle, 10'000);
  sqlite3_extended_result_codes(database.state_->handle, 1);
  const auto* level = durability == Durability::Full ? "FULL" : durability == Durability::Normal ? "NORMAL" : "OFF";
  TRY(database.script(fmt::format("PRAGMA journal_mode=WAL; PRAGMA synchronous={}; PRAGMA foreign_keys=ON;", level)),
      "opening {}", path.string());
  return database;
}

Result<Database> Database::open_read_only(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  if (sqlite3_open_v2(path.c_str(), &state->handle, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
    return trouble(state->handle, fmt::format("opening {}", path.string()));
  sqlite3_busy_timeout(state->handle, 10'000);
  return Database(std::move(state));
}

Result<Database> Database::in_memory() { return open(":memory:", Durability::Memory); }

Done Database::script(std::string_view sql) {
  if (sqlite3_exec(state_->handle, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return trouble(state_->handle, sql.substr(0, 80));
  return done();
}

Result<sqlite3_stmt*> Database::prepared(std::string_view sql, const std::vector<SqlValue>& values) {
  auto& statement = state_->statements[std::string(sql)];
  if (statement == nullptr &&
      sqlite3_prepare_v3(state_->handle, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK)
    return trouble(state_->handle, sql);
  if (sqlite3_stmt_busy(statement) != 0)
    return failure(Fault::Broken, "a statement is used again while it runs: {}", sql);
  for (size_t i = 0; i < values.size(); ++i)
    if (bind(statement, static_cast<int>(i) + 1, values[i]) != SQLITE_OK) return trouble(state_->handle, sql);
  return statement;
}

Result<int> Database::execute(std::string_view sql, const std::vector<SqlValue>& values) {
  auto* const statement = TRY(prepared(sql, values));
  const Use use{statement};
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return trouble(state_->handle, sql);
  return sqlite3_changes(state_->handle);
}

Done Database::query(std::string_view sql, const std::vector<SqlValue>& values,
                     const std::function<Done(const Row&)>& on_row) {
  auto* const statement = TRY(prepared(sql, values));
  const Use use{statement};
  while (true) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return done();
    if (code != SQLITE_ROW) return trouble(state_->handle, sql);
    TRY(on_row(Row(statement)));
  }
}

Result<std::optional<std::int64_t>> Database::integer(std::string_view sql, const std::vector<SqlValue>& values) {
  std::optional<std::int64_t> out;
  TRY(query(sql, values, [&](const Row& row) {
    if (!out && !row.is_null(0)) out = row.integer(0);
    return done();
  }));
  return out;
}

Result<std::optional<std::string>> Database::text(std::string_view sql, const std::vector<SqlValue>& values) {
  std::optional<std::string> out;
  TRY(query(sql, values, [&](const Row& row) {
    if (!out && !row.is_null(0)) out = row.text(0);
    return done();
  }));
  return out;
}

Done Database::transaction(const std::function<Done()>& body) {
  TRY(script("BEGIN IMMEDIATE"));
  Done outcome = done();
  try {
    outcome = body();
  } catch (...) {
    sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
  if (outcome) outcome = script("COMMIT");
  if (!outcome && sqlite3_get_autocommit(state_->handle) == 0)
    sqlite3_exec(state_->handle, "ROLLBACK", nullptr, nullptr, nullptr);  // the first error is the one to tell
  return outcome;
}

Done Database::own_checkpoints() {
  sqlite3_wal_autocheckpoint(state_->handle, 0);
  return done();
}

Done Database::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(state_->handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return done();
  return trouble(state_->handle, "carrying the write-ahead log over");
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(state_->handle); }

}  // namespace tandem
