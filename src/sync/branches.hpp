#pragma once
// Branches tandem/sync/<source commit>: one per sync, for people and for checks. Old ones go by policy.

#include <string>
#include <vector>

#include "sync/synchronise.hpp"

namespace tandem::sync {

/// Deletes branches of older syncs at the target until `keep_branches` are left, oldest first; at once for many, so that
/// not every sync pays for a second push. Those whose source or landed commit a live Release names stay, whatever
/// their age. A failure is a note: the sync has landed.
void clean_branches(const SyncRequest& request, PairStore& store, std::vector<std::string>& notes);

/// Which of `branches` (name and where it is, oldest first) go. Pure.
struct SyncBranch {
  std::string name;           ///< tandem/sync/<source commit>
  CommitId at;
  bool operator==(const SyncBranch&) const = default;
};
std::vector<SyncBranch> outdated(const std::vector<SyncBranch>& branches, int keep, const std::vector<CommitId>& live);

}  // namespace tandem::sync
