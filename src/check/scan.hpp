#pragma once
// A source tree -> Verdict: secrets, requirement rules and what analysis tools found.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "record/verdict.hpp"

namespace tandem::check {

struct ScanOptions {
  std::string fails_at = "HIGH";                   ///< findings of this severity or worse make the verdict fail
  std::uint64_t file_bytes_max = 8UL << 20;        ///< a longer text file is not read, and the scan fails for it
  std::vector<std::string> only{};                 ///< patterns of the files that are looked at; none = all. The verdict says how many are not
  std::vector<std::string> exclude{};              ///< patterns of files that are not looked at; the verdict says how many
  std::vector<std::filesystem::path> sarif{};      ///< written by tools that looked at the same tree
};

/// Looks at every file of `tree`; with `base`, a tree whose own verdict passed, only at those that differ from it.
///
/// What could not be looked at is never clean: an object that cannot be read or a text over the limit is a finding that
/// fails, an unreadable SARIF file too. Binary files are skipped and counted in an INFORMATIONAL finding, except key
/// stores. Errors: those of reading the tree itself; Invalid for a pattern.
Result<Verdict> scan_tree(const git::Repository& repository, const TreeId& tree, const std::optional<TreeId>& base,
                          const ScanOptions& options = {});

}  // namespace tandem::check
