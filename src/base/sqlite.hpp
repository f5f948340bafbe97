#pragma once
// One SQLite database: WAL, synchronous=FULL, writers that BEGIN IMMEDIATE, statements with bound values.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace tandem {

/// Bytes that SQLite stores as a BLOB.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};
using SqlValue = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

/// The row a statement stands on. Columns count from 0; a NULL reads as 0 or "".
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One connection. Used by one thread at a time; every thread that needs another opens its own.
/// Errors: Conflict for a broken constraint, Unavailable for busy, full (TD0510) or failing storage, Broken for bad SQL.
/// TD0511 says that a sync failed: nobody knows what the disk holds, and the process should not write on.
class Database {
 public:
  enum class Durability { Full, Normal, Memory };
  static Result<Database> open(const std::filesystem::path& path, Durability durability = Durability::Full);
  static Result<Database> open_read_only(const std::filesystem::path& path);
  static Result<Database> in_memory();
  ~Database();
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;

  /// One or more statements without parameters, e.g. a schema.
  Done script(std::string_view sql);
  /// One statement; returns the number of changed rows. Prepared statements are kept and reused.
  Result<int> execute(std::string_view sql, const std::vector<SqlValue>& values = {});
  /// Calls `on_row` for each row; an error it returns stops the query and comes back.
  Done query(std::string_view sql, const std::vector<SqlValue>& values, const std::function<Done(const Row&)>& on_row);
  /// The first column of the first row, if there is one.
  Result<std::optional<std::int64_t>> integer(std::string_view sql, const std::vector<SqlValue>& values = {});
  Result<std::optional<std::string>> text(std::string_view sql, const std::vector<SqlValue>& values = {});
  /// BEGIN IMMEDIATE, `body`, COMMIT; any error rolls back and comes back.
  Done transaction(const std::function<Done()>& body);
  std::int64_t last_row() const;
  /// From now on the write-ahead log is carried over by `checkpoint` only, so that its errors are heard.
  Done own_checkpoints();
  Done checkpoint();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  Result<sqlite3_stmt*> prepared(std::string_view sql, const std::vector<SqlValue>& values);
  std::unique_ptr<State> state_;
};

}  // namespace tandem
