#pragma once
// Differences as people read them: unified text where a file is small and text, its two sizes where it is not.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::sync {

/// One file, before and after.
struct FileDifference {
  std::string path;
  git::ChangeKind kind{};
  std::string text;                          ///< unified, printable; empty when binary, too large or past the budget
  std::string why_no_text;                   ///< "binary, 12 and 40 bytes"; empty when there is text
  std::optional<git::Entry> before;
  std::optional<git::Entry> after;
};

struct DifferenceLimits {
  std::uint64_t file_bytes_max = 256UL << 10;   ///< of either side
  std::uint64_t total_bytes_max = 2UL << 20;    ///< of all texts together
};

/// `changes` between two trees, file by file. Errors: only for a repository that cannot be read.
Result<std::vector<FileDifference>> differences(const git::Repository& repository, const TreeId& before, const TreeId& after,
                                                const std::vector<git::Change>& changes, const DifferenceLimits& limits = {});

/// One file that was edited by hand in the copy, while the source may have gone on.
struct HandEdit {
  std::string path;              ///< in the infrastructure repository
  FileDifference by_hand;        ///< from what the last sync placed to what is there
  FileDifference by_source;      ///< from what the last sync placed to what the source holds now
};

std::string_view word(git::ChangeKind kind);   ///< "added", "modified", "removed"
json::value to_json(const FileDifference& difference);
json::value to_json(const HandEdit& edit);

}  // namespace tandem::sync
