#pragma once
// The two sides as a sync finds them: what is to be carried, what is in place, who put it there.

#include <optional>
#include <vector>

#include "base/result.hpp"
#include "sync/landing.hpp"
#include "sync/sync_log.hpp"
#include "sync/synchronise.hpp"

namespace tandem::sync {

struct Sides {
  CommitId source;                            ///< of the application, proven to be on its branch
  TreeId source_tree;
  CommitId tip;                               ///< of the infrastructure's target branch
  std::optional<CommitId> log;                ///< head of the log of syncs
  std::optional<LogEntry> newest;             ///< the log's newest entry: the next one's number and link
  std::optional<LogEntry> last;               ///< the newest sync of this source that the tip contains
  std::vector<git::Entry> parts;              ///< of the source, reduced, in the order of the configuration's components
  std::vector<std::string> retired;           ///< what the last sync placed and this one no longer carries
  std::optional<Text> application_requirements;
  std::optional<Text> infrastructure_requirements;
  MergedRequirements requirements;
  std::string merged;                         ///< git id of the merged requirements
};

/// Reads both sides after a fetch. Errors: Missing branch or commit, Denied (TD0304, TD0312, TD0330, TD0331), Invalid
/// (TD0302, TD0320), Conflict (TD0321).
Result<Sides> read_sides(const SyncRequest& request, PairStore& store, const std::vector<TrustedKey>& keys);
/// The same for another commit of the source, to be put onto `sides.tip`.
Done read_source(const SyncRequest& request, PairStore& store, const CommitId& source, Sides& sides);

/// True when the tip holds exactly what would be carried, and a sync of ours put it there.
Result<bool> is_in_place(const SyncRequest& request, const PairStore& store, const Sides& sides);

/// The source must continue what is in place. Errors: Conflict (TD0306, TD0307).
Done check_way(const SyncRequest& request, const PairStore& store, const Sides& sides);

/// What somebody has edited in the copy since the last sync.
Result<std::vector<git::Change>> hand_edits(const PairStore& store, const Sides& sides);
/// That nobody has, or may have lost it: Conflict (TD0305) naming the files.
Error drifted(const SyncRequest& request, const Sides& sides, const std::vector<git::Change>& edits);

/// Names, modes and sizes of what changed since the last sync. Errors: Invalid (TD0303).
Done check_carried(const SyncRequest& request, const PairStore& store, const Sides& sides);

/// The files of the copy at `commit` that are not what `sync` placed, its application's requirement lines among them.
Result<std::vector<git::Change>> edits_since(const git::Repository& repository, const Statement& sync, const CommitId& commit);

}  // namespace tandem::sync
