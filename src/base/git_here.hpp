#pragma once
// Carrying objects between two repositories of this machine without a process: for small changes, where starting git
// costs more than the work. Whatever is unusual in any way is left to the git program, which then has the last word.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"

namespace tandem::git {

/// Left: nothing has been done, ask the git program.
enum class Here { Done, Left };

/// Which refs of the other repository stand where in this one: "refs/heads/" -> "refs/app/". Those that are gone there go here.
struct Mirror {
  std::string there;
  std::string here;
};

/// As git::fetch with fsck, when `url` is a path and at most a few thousand objects are new. Every object is hashed as it
/// is read; trees and commits are read byte by byte, and at the first that is not plainly in order all is Left.
/// The objects arrive as one pack, durable, then the refs; where `repository` gathers its writes both wait for its flush().
/// Errors: Unavailable when this repository cannot be written.
Result<Here> fetch_here(const Repository& repository, const std::string& url, const std::vector<Mirror>& mirrors);

/// As git::push, when `url` is a bare repository by path that has no say in what is pushed: no hook before the refs move and
/// no receive.* configuration. All refs are locked and compared before the first moves, in the order given.
/// What is new is found by comparing with `pushes[n].expected` and with `base`. Its post-receive hook runs as ever.
/// Errors: Conflict when a ref is elsewhere; Unavailable.
Result<Here> push_here(const Repository& repository, const std::string& url, const std::vector<Push>& pushes,
                       const std::optional<CommitId>& base, std::stop_token stop = {});

/// The path that a URL names: a plain one or file://; nothing for every other.
std::optional<std::filesystem::path> path_of(const std::string& url);

/// As git::ls_remote for a path, those of `names` that are there; nothing when `url` is no path or no repository.
std::optional<std::vector<RemoteRef>> refs_here(const std::string& url, const std::vector<std::string>& names);

}  // namespace tandem::git
