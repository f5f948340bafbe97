#pragma once
// Many refs moved as one: a new packed-refs file instead of two fsyncs for each ref. Only for the git*.cpp files.

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/git_handles.hpp"

namespace tandem::git {

/// Full name -> where it is to stand; nothing = it goes.
using RefMoves = std::map<std::string, std::optional<git_oid>, std::less<>>;

/// Writes `moves` into packed-refs under git's own lock (packed-refs.lock), then removes the loose files that would hide
/// them. Every id must be a commit's. Durable when it returns; a reader sees all of the old refs or all of the new
/// ones, but for those that had a file of their own, which follow one by one.
/// Errors: Unavailable when the lock is not let go for five seconds or there is no room, Broken when packed-refs cannot be read as one.
Done write_packed_refs(const std::filesystem::path& repository, const RefMoves& moves);

/// The new text of a packed-refs file whose text is `before`. Pure. Errors: Broken.
Result<std::string> packed_refs_text(std::string_view before, const RefMoves& moves);

/// Moves that wait for the next flush.
class PlannedRefs {
 public:
  void plan(std::string_view name, const std::optional<git_oid>& to);
  struct Move {
    std::optional<git_oid> to;
  };
  /// What is planned for `name`, if anything is.
  std::optional<Move> find(std::string_view name) const;
  RefMoves all() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  RefMoves moves_;
};

}  // namespace tandem::git
