#pragma once
// From cargo to commit: deterministic, so that the same function makes a sync and later proves it.

#include "base/git.hpp"
#include "base/result.hpp"
#include "sync/cargo.hpp"

namespace tandem::sync {

/// The commit that a cargo becomes. Its objects are in the store; no ref names them yet.
struct Landing {
  CommitId commit;
  TreeId tree;
  std::string metadata;       ///< git id of sync-metadata.json
};

/// Writes trees and commit. The merged requirements must be in the store already.
/// Errors: Missing when an object of the cargo is not.
Result<Landing> land(git::Repository& repository, const Cargo& cargo);

/// `entry` without what is excluded below it: the same entry when nothing is. Writes the trees on the way.
/// Errors: Invalid (TD0302) when nothing is left.
Result<git::Entry> reduced(git::Repository& repository, const git::Entry& entry, const std::vector<std::string>& exclude);

/// What `path` of a commit's tree holds. Errors: Missing.
Result<git::Entry> entry_at(const git::Repository& repository, const CommitId& commit, std::string_view path);

/// The file's text and id at a path, or nothing where there is no such file.
struct Text {
  std::string id;
  std::string text;
};
Result<std::optional<Text>> text_at(const git::Repository& repository, const CommitId& commit, std::string_view path);

/// The files that differ between two entries that may be blobs, trees or nothing; paths begin with `path`.
Result<std::vector<git::Change>> changes_between(const git::Repository& repository, const std::string& path,
                                                 const std::optional<git::Entry>& from, const std::optional<git::Entry>& to);

/// "lambda/src/a.py (and 2 more)".
std::string summary(const std::vector<git::Change>& changes);

}  // namespace tandem::sync
