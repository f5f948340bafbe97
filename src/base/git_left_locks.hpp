#pragma once
// Ref locks that a killed process left in a repository: nobody would ever move those refs again.

#include <filesystem>
#include <string>
#include <vector>

#include "base/git.hpp"

namespace tandem::git {

/// Removes every lock of a repository that only the caller writes to. Returns what was removed.
std::vector<std::string> remove_left_locks(const std::filesystem::path& repository);

/// Written into somebody else's bare repository before its refs are locked: which, and where they are to go. Whoever comes
/// after a death takes those locks away, and no others. While it lives, nobody touches them.
class RefMove {
 public:
  /// Takes away what a dead one left, then announces. Where that cannot be done (another one is alive, no file can be
  /// made) nothing is announced: the move goes on, as it would without.
  RefMove(const std::filesystem::path& repository, const std::vector<Push>& pushes);
  ~RefMove();
  RefMove(const RefMove&) = delete;
  RefMove& operator=(const RefMove&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace tandem::git
