#pragma once
// Each claim of a sync as a check of its own. All of them fail with Denied, TD0330 to TD0336, and the path at fault.

#include <optional>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"
#include "record/configuration.hpp"
#include "sync/sync_log.hpp"

namespace tandem::sync {

/// Commits since `last` must not claim to be a sync: the log knows every one.
Done check_claims(const git::Repository& repository, const CommitId& commit, const std::optional<LogEntry>& last,
                  const std::optional<CommitId>& log, const std::vector<TrustedKey>& keys);
/// The objects placed are the source's own, at the sync and still at `commit`.
Done check_parts(git::Repository& repository, const Statement& statement, const CommitId& commit);
/// The merged requirements are what merging those two files gives, byte for byte.
Done check_requirements(git::Repository& repository, const Cargo& cargo);
/// Landing the cargo again gives the very commit: its tree, its parent, its message, its time.
Done check_commit(git::Repository& repository, const Statement& statement);
/// Without a sync in the log nothing looks as if there were one.
Done check_no_claim(const git::Repository& repository, const CommitId& commit, const SyncConfiguration& configuration);
/// The metadata file is derived, nothing rests on it, but nobody may be misled by it either.
Done check_metadata(const git::Repository& repository, const Statement& statement, const CommitId& commit);

}  // namespace tandem::sync
