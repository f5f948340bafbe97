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

struct Timed {
  Entry entry;
  Instant at{};
};

/// An entry as it stands in the journal. hash = SHA-256 over previous hash, number, time, kind, subject and the body's
/// own SHA-256: so a body can be pruned, leaving its digest, and the chain still holds.
struct Record {
  std::int64_t number = 0;     ///< 1, 2, 3 ... without gaps
  Instant at{};
  std::string kind;
  std::string subject;
  json::value body;
  std::string hash;            ///< hexadecimal
  bool is_pruned = false;      ///< the body is gone by policy; a later journal.pruned says so
};
json::value to_json(const Record& record);

/// What `tandem audit verify` says.
struct Audit {
  std::int64_t records = 0;
  std::string head;                       ///< hash of the last good record
  std::int64_t pruned = 0;                ///< records whose body was taken out by policy
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
  Done append(const std::vector<Timed>& entries);
  /// Calls `on_record` for every record after number `after`, oldest first.
  Done read(std::int64_t after, const std::function<Done(const Record&)>& on_record);
  std::int64_t last() const { return last_; }
  const std::string& head() const { return head_; }
  /// The kind of the newest record that is one of these; empty when there is none.
  Result<std::string> last_of(const std::vector<std::string>& kinds);
  /// Takes the bodies of all records about these subjects out, and notes in a record of its own which and why: one
  /// transaction. Returns how many records lost their body.
  Result<std::int64_t> prune(const std::vector<std::string>& subjects, json::object reason, Instant at);
  /// Gives the space of pruned bodies back to the disk.
  Done compact();
  /// Recomputes the whole chain from the stored bytes.
  Result<Audit> verify();

 private:
  explicit Journal(Database database) : database_(std::move(database)) {}
  Done find_end();
  Result<Record> insert(std::int64_t number, const std::string& previous, const Entry& entry, Instant at);
  Database database_;
  std::int64_t last_ = 0;
  std::int64_t since_checkpoint_ = 0;
  std::string head_;
};

}  // namespace tandem::store
