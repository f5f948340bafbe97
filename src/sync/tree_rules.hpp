#pragma once
// What may be carried into another repository. Placing a tree id skips every check that a checkout would make,
// so names, modes and sizes are judged here, before any ref moves.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"

namespace tandem::sync {

struct TreeLimits {
  size_t name_bytes_max = 255;
  size_t path_bytes_max = 1024;
  size_t depth_max = 64;
  std::uint64_t blob_bytes_max = 50UL << 20;
  std::uint64_t total_bytes_max = 250UL << 20;   ///< of the changed files together; a function holds no more unpacked
  size_t files_max = 200'000;                    ///< changed files in one sync
};

/// Why something is not carried.
struct Refusal {
  std::string path;     ///< in the application repository, printable: odd bytes are escaped
  std::string rule;     ///< "name.git", "mode.link", ...: the rules of check_folder and check_changes
  std::string what;
  bool operator==(const Refusal&) const = default;
};

/// One entry as it stands in a tree, and the size of its blob where it has one.
struct Listed {
  git::Entry entry;
  std::uint64_t size_bytes = 0;
};

/// The entries of one folder in the order in which the tree holds them.
struct Listing {
  std::string path;            ///< of the folder, in the application repository; empty for its root
  std::vector<Listed> entries;
  std::string destination;     ///< where this folder lies in the infrastructure repository
};

/// The folder of the infrastructure repository that sync generates files into, beside the carried ones.
struct Reserved {
  std::string folder;          ///< "lambda": its metadata, requirements and handlers are not the application's
};

/// Everything wrong with one folder; pure. Rules: name.empty, name.dot, name.git, name.gitmodules, name.slash,
/// name.backslash, name.control, name.utf8, name.unseen, name.length, name.duplicate, name.order, name.clash, name.reserved,
/// mode.link, mode.submodule, mode.unknown, path.length, path.depth, size.blob.
std::vector<Refusal> check_folder(const Listing& folder, const Reserved& reserved, const TreeLimits& limits = {});

/// One thing to carry: `object` (tree or blob) from one path to another, and what stood there when it was last checked.
struct Carried {
  std::string from;
  std::string to;
  git::Entry entry;                       ///< at `from` in the application repository
  std::optional<std::string> checked;     ///< id of the object that passed before: equal parts are not walked again
};

/// Walks what changed since `checked` and judges it. Adds rules size.files, size.total and content.lfs. Stops at 100 refusals.
/// Errors: only for a repository that cannot be read.
Result<std::vector<Refusal>> check_changes(const git::Repository& repository, const Carried& carried,
                                           const Reserved& reserved, const TreeLimits& limits = {});

/// The refusals as one error: the first by name and the count of the rest.
Error refused(const std::vector<Refusal>& refusals);

/// A name for people: printable, and cut when it is very long.
std::string shown(std::string_view name);

}  // namespace tandem::sync
