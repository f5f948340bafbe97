#pragma once
// FileCaching: what a path held after an action, put back before the next one with the same key.

#include "run/station.hpp"
#include "run/workspace.hpp"

namespace tandem::run {

/// The runs that may share what they keep: a repository's, workflow's and branch's, and apart from them those of pull
/// requests. Nobody writes into another scope, so a branch or a pull request cannot plant anything for `main`.
struct CacheScope {
  std::string repository;
  std::string workflow;
  std::string branch;
  bool of_pull_request = false;

  /// A file name; different for different scopes.
  std::string name() const;
};
CacheScope scope_of(const Run& run);
/// Where a run may also read when its own scope has nothing: the default branch's.
CacheScope fallback_of(const Run& run, const std::string& default_branch);

/// Restores each cache of the action: the key, then its restore keys. A miss is no error.
void restore_caches(const Work& work, const Workspace& space);
/// Keeps each cache of the action. What cannot be kept is said and costs nothing else.
void save_caches(const Work& work, const Workspace& space);

/// Folder for what package managers download, shared by the runs of one scope.
std::filesystem::path download_cache(const Work& work);

/// Removes what was not used for longest until the caches take at most `limit_bytes`.
Done trim_caches(const std::filesystem::path& folder, std::uint64_t limit_bytes);

}  // namespace tandem::run
