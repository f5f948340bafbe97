#pragma once
// The Journal: the append-only, hash-chained record of every decision and outcome. It is the state, the audit
// trail and the history in one; every table beside it can be rebuilt from it.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/sqlite.hpp"
#include "base/time.hpp"

namespace tandem::store {

/// What somebody wants written down. `kind` is a stable word ("action.ended"), `subject` whom it is about ("run-17").
struct Entry {
  std::string kind;
  std::string subject;
  json::value body;
};

/// An entry as it stands in the journal. hash = SHA-256 over previous hash, number, time, kind, subject and body.
struct Record {
  std::int64_t number = 0;     ///< 1, 2, 3 ... without gaps
  Instant at{};
  std::string kind;
  std::string subject;
  json::value body;
  std::string hash;            ///< hexadecimal
};
json::value to_json(const Record& record);

/// What `tandem audit verify` says.
struct Audit {
  std::int64_t records = 0;
  std::string head;                       ///< hash of the last good record
  std::int64_t broken = 0;                ///< number of the first record that does not verify; 0 = all do
  std::string what{};                     ///< what is wrong with it
};

/// One file, one table without indexes, so that every stored byte is under the chain. One writer.
/// Errors: Unavailable when the disk refuses; nothing of a refused append stays.
class Journal {
 public:
  static Result<Journal> open(const std::filesystem::path& file);
  /// Opens for reading beside a running daemon.
  static Result<Journal> open_read_only(const std::filesystem::path& file);

  /// All entries or none, durable when this returns.
  Result<std::vector<Record>> append(const std::vector<Entry>& entries, Instant at);
  /// Calls `on_record` for every record after number `after`, oldest first.
  Done read(std::int64_t after, const std::function<Done(const Record&)>& on_record);
  std::int64_t last() const { return last_; }
  const std::string& head() const { return head_; }
  /// Recomputes the whole chain from the stored bytes.
  Result<Audit> verify();

 private:
  explicit Journal(Database database) : database_(std::move(database)) {}
  Done find_end();
  Database database_;
  std::int64_t last_ = 0;
  std::string head_;
};

}  // namespace tandem::store
