#pragma once
// The reverse question, answered in full: which source commit is this infrastructure commit, and is it still identical?

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "sync/detect.hpp"
#include "sync/sync_log.hpp"

namespace tandem::sync {

/// Equality compares ids and reads no file; Full lists every file with its SHA-256.
enum class Depth { Equality, Full };

/// One claim of the sync, whether it holds, and the git command by which anybody sees the same.
struct Claim {
  std::string name;              ///< "signature", "log", "copy", "requirements", "commit", "metadata"
  bool holds = false;
  std::string what;              ///< what was found
  std::string code;              ///< of the failure
  std::string by_hand;           ///< empty when plain git does not suffice
};

enum class FileState { Identical, Changed, Missing, Added };
/// One file of the copy beside the source's.
struct CopiedFile {
  std::string path;                        ///< in the infrastructure repository
  std::string source;                      ///< in the application repository
  FileState state{};
  std::optional<git::Entry> expected;      ///< what the source holds
  std::optional<git::Entry> found;
  std::string sha256{};                    ///< of what was found; only with Depth::Full
};

struct SyncVerification {
  CommitId commit;                         ///< of the infrastructure
  std::string source_repository;
  std::optional<ProvenSync> sync;          ///< nothing: no sync of that source has reached the commit
  std::string key{};                       ///< id of the key that signed
  std::vector<Claim> claims{};
  std::vector<CopiedFile> files{};         ///< Full: all; Equality: those that differ
  std::string sha256{};                    ///< Full: over the lines "<sha256>  <path>" of all files, as `sha256sum` prints them
  json::value statement{};                 ///< what was signed

  bool holds() const;                      ///< there is a sync and every claim of it holds
};

/// Checks everything that detect does, and goes on after the first difference. Errors: Missing commit, fetch's; a log
/// that cannot be trusted at all is Denied as in detect.
Result<SyncVerification> verify_sync(PairStore& store, const DetectRequest& request, Depth depth);
json::value to_json(const SyncVerification& verification);

/// The log of syncs, newest first, every signature and link checked, at most `count`. `before`: only older than that number.
Result<std::vector<LogEntry>> read_log(PairStore& store, const DetectRequest& request, size_t count, std::optional<std::int64_t> before = {});
json::value to_json(const LogEntry& entry);

}  // namespace tandem::sync
