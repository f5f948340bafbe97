#pragma once
// What a git::Repository holds. Only for the git*.cpp files.

#include "base/git.hpp"
#include "base/git_handles.hpp"
#include "base/git_pack.hpp"
#include "base/git_refs.hpp"

namespace tandem::git {

/// Trees deeper than this are somebody's attack; git itself grows slow long before.
inline constexpr int tree_depth_max = 256;

EntryKind kind_of(unsigned mode);
/// True for what can be one step of a path in a tree: nothing that is a way, or git's own.
bool is_plain_name(std::string_view name);

struct Repository::State {
  RepositoryHandle handle;
  std::filesystem::path root;
  MemoryObjects* gathered = nullptr;      ///< owned by the handle's object database
  std::unique_ptr<PlannedRefs> planned = std::make_unique<PlannedRefs>();

  static const State& of(const Repository& repository) { return *repository.state_; }

  Result<OdbHandle> objects() const;
  Result<CommitHandle> commit(const CommitId& id) const;
  Result<TreeHandle> tree(const git_oid& id) const;
  Result<TreeHandle> tree(const std::string& id) const;
  Result<BlobHandle> blob(std::string_view id) const;
  Result<std::vector<Entry>> entries(const std::string& id) const;
  Result<std::optional<git_oid>> target_of(const std::string& ref) const;
  Done list(const std::string& tree, const std::string& below, int depth, std::vector<File>& out) const;
  Done report(ChangeKind kind, const Entry& entry, const std::string& path, int depth, std::vector<Change>& out) const;
  Done compare(const git_oid& from, const git_oid& to, const std::string& below, int depth, std::vector<Change>& out) const;
  Done write_files(const std::string& tree, int folder, const std::string& below, Links links, int depth) const;
  /// What has been gathered becomes durable: first the objects, then the refs.
  Done flush() const;
};

}  // namespace tandem::git
