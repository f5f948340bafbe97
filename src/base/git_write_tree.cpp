// The part of git.hpp that builds trees: placements become edits, edits become trees from the leaves up.
#include <map>

#include "base/git_state.hpp"
#include "base/text.hpp"

namespace tandem::git {
namespace {

/// What shall become of one name of a tree: put there, removed, or (neither) a folder with edits of its own.
struct Edit {
  std::optional<Placement> put;
  bool removed = false;
  bool inherits = true;               ///< a folder starts from what is there; otherwise from `base`
  std::optional<std::string> base;    ///< tree to start from when it does not inherit
  std::map<std::string, Edit> below;
};

/// The edit for the folder `name`, opened for further edits below it.
Edit& folder_edit(std::map<std::string, Edit>& edits, const std::string& name) {
  auto& edit = edits[name];
  if (edit.put || edit.removed) {
    const bool was_tree = edit.put && kind_of(edit.put->mode) == EntryKind::Tree;
    edit = Edit{.inherits = false, .base = was_tree ? edit.put->id : std::nullopt};
  }
  return edit;
}

Result<std::map<std::string, Edit>> edits_of(const std::vector<Placement>& placements) {
  std::map<std::string, Edit> root;
  for (const auto& placement : placements) {
    auto parts = split(placement.path, '/');
    for (const auto& part : parts)
      if (!is_plain_name(part)) return failure(Fault::Invalid, "nothing can be placed at '{}'", placement.path);
    auto* edits = &root;
    for (size_t i = 0; i + 1 < parts.size(); ++i) edits = &folder_edit(*edits, parts[i]).below;
    (*edits)[parts.back()] = placement.id ? Edit{.put = placement} : Edit{.removed = true};
  }
  return root;
}

/// Writes trees from the leaves up.
class TreeWriter {
 public:
  explicit TreeWriter(git_repository& repository, git_odb& objects) : repository_(repository), objects_(objects) {}

  /// nullopt when nothing is left in it.
  Result<std::optional<git_oid>> write(const git_tree* base, const std::map<std::string, Edit>& edits) {
    git_treebuilder* raw = nullptr;
    if (const int code = git_treebuilder_new(&raw, &repository_, base); code != 0) return trouble(code, "cannot build a tree");
    const BuilderHandle builder(raw);
    for (const auto& [name, edit] : edits) TRY(apply(*builder, name, edit), "placing {}", name);
    if (git_treebuilder_entrycount(builder.get()) == 0) return std::optional<git_oid>{};
    const auto written = TRY(finish(*builder));
    return std::optional<git_oid>(written);
  }

  Result<git_oid> finish(git_treebuilder& builder) {
    git_oid oid;
    if (const int code = git_treebuilder_write(&oid, &builder); code != 0) return trouble(code, "cannot write a tree");
    return oid;
  }

 private:
  Done apply(git_treebuilder& builder, const std::string& name, const Edit& edit) {
    const auto* present = git_treebuilder_get(&builder, name.c_str());
    if (edit.put) {
      const auto oid = TRY(checked(*edit.put));
      return insert(builder, name, oid, edit.put->mode);
    }
    if (edit.removed) {
      if (present != nullptr) git_treebuilder_remove(&builder, name.c_str());
      return done();
    }
    const bool present_tree = present != nullptr && git_tree_entry_type(present) == GIT_OBJECT_TREE;
    std::optional<git_oid> start;
    if (edit.inherits && present_tree) start = *git_tree_entry_id(present);
    if (!edit.inherits && edit.base) start = TRY(oid_of(*edit.base));
    const auto base = TRY(tree(start));
    const auto written = TRY(write(base.get(), edit.below));
    if (written) return insert(builder, name, *written, GIT_FILEMODE_TREE);
    // Removing something below a file removes nothing; the file stays.
    if (present != nullptr && (present_tree || !edit.inherits)) git_treebuilder_remove(&builder, name.c_str());
    return done();
  }

  Result<TreeHandle> tree(const std::optional<git_oid>& id) {
    if (!id) return TreeHandle{};
    git_tree* raw = nullptr;
    if (const int code = git_tree_lookup(&raw, &repository_, &*id); code != 0) return trouble(code, "no tree {}", hex_of(*id));
    return TreeHandle(raw);
  }

  Result<git_oid> checked(const Placement& placement) {
    const auto oid = TRY(oid_of(*placement.id));
    if (kind_of(placement.mode) == EntryKind::Submodule) return oid;  // lies in another repository
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int code = git_odb_read_header(&size, &type, &objects_, &oid); code != 0) return trouble(code, "no object {}", *placement.id);
    const auto wanted = kind_of(placement.mode) == EntryKind::Tree ? GIT_OBJECT_TREE : GIT_OBJECT_BLOB;
    if (type != wanted) return failure(Fault::Invalid, "object {} is a {}, mode {:o} wants another kind", *placement.id, git_object_type2string(type), placement.mode);
    return oid;
  }

  Done insert(git_treebuilder& builder, const std::string& name, const git_oid& oid, unsigned mode) {
    const int code = git_treebuilder_insert(nullptr, &builder, name.c_str(), &oid, static_cast<git_filemode_t>(mode));
    if (code != 0) return trouble(GIT_EINVALIDSPEC, "'{}' with mode {:o} cannot stand in a tree", name, mode);
    return done();
  }

  git_repository& repository_;
  git_odb& objects_;
};

}  // namespace

Result<TreeId> Repository::write_tree(const std::optional<TreeId>& base, const std::vector<Placement>& placements) {
  const auto edits = TRY(edits_of(placements));
  TreeHandle start;
  if (base) start = TRY(state_->tree(base->value));
  const auto objects = TRY(state_->objects());
  TreeWriter writer(*state_->handle, *objects);
  const auto filled = TRY(writer.write(start.get(), edits));
  if (filled) return TreeId{hex_of(*filled)};
  git_treebuilder* raw = nullptr;
  if (const int code = git_treebuilder_new(&raw, state_->handle.get(), nullptr); code != 0) return trouble(code, "cannot build a tree");
  const BuilderHandle empty(raw);
  const auto written = TRY(writer.finish(*empty));
  return TreeId{hex_of(written)};
}

}  // namespace tandem::git
