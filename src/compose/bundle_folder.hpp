#pragma once
// The folder that becomes a bundle: files of the repositories and of packages put together, then fixed and kept.

#include <filesystem>
#include <set>
#include <string>

#include "base/files.hpp"
#include "base/git.hpp"
#include "base/result.hpp"

namespace tandem::compose {

/// The repository's files that ship, out of git's objects, as files. Returns their paths.
Result<std::set<std::string>> lay_out(const git::Repository& repository, const TreeId& tree, const std::filesystem::path& folder);

/// Puts packages beside the files, as hard links where the file system lets us: they are read-only on both sides.
/// Errors: Invalid (TD0407) for a file of `own` that a package brings, too; its path is the place.
Done add_packages(const std::filesystem::path& packages, const std::filesystem::path& folder, const std::set<std::string>& own);

/// Moves a finished folder to its digest's place; one that is there already is the same. Errors: Broken when it is not.
Result<std::filesystem::path> store(TemporaryFolder work, const std::filesystem::path& bundles, const Digest& digest);

}  // namespace tandem::compose
