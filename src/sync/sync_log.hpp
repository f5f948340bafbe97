#pragma once
// refs/tandem/log: one commit per sync, each holding its attestation, each naming the one before. Append-only.

#include <optional>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"
#include "sync/attestation.hpp"

namespace tandem::sync {

/// One sync as the log tells it, its signature checked.
struct LogEntry {
  CommitId id;                 ///< of the log's commit
  std::string envelope;
  Statement statement;
  TrustedKey key;              ///< that signed it
};

/// Reads the entry at `id` and checks who signed it. Errors: Denied (TD0330), Invalid, Missing.
Result<LogEntry> read_entry(const git::Repository& repository, const CommitId& id, const std::vector<TrustedKey>& keys);

/// The newest sync of the application `source_repository` (empty: of any) that `commit` contains. Every entry passed on the way is
/// checked: signature, sequence and the digest that links it to the one before.
/// Errors: Denied (TD0330, TD0331).
Result<std::optional<LogEntry>> newest_sync(const git::Repository& repository, const std::optional<CommitId>& head,
                                            const CommitId& commit, std::string_view source_repository,
                                            const std::vector<TrustedKey>& keys);

/// The newest entry whatever it is about, for the next sequence number and link. A key that was revoked may have
/// signed it only if the log ended there when it was.
Result<std::optional<LogEntry>> newest_entry(const git::Repository& repository, const std::optional<CommitId>& head,
                                             const std::vector<TrustedKey>& keys);

/// The entry before `entry`, checked to be the one that it names; nothing before the first.
Result<std::optional<LogEntry>> entry_before(const git::Repository& repository, const LogEntry& entry, const std::vector<TrustedKey>& keys);

/// Writes the commit that continues the log; moving the ref is the push's business.
Result<CommitId> write_entry(git::Repository& repository, const std::optional<CommitId>& head, const Statement& statement,
                             const std::string& envelope);

/// True when `descendant` is `ancestor` or continues it; false also when `ancestor` is not in the store.
Result<bool> is_within(const git::Repository& repository, const CommitId& ancestor, const CommitId& descendant);

}  // namespace tandem::sync
