#include "sync/landing.hpp"

namespace tandem::sync {

Result<Landing> land(git::Repository& repository, const Cargo& cargo) {
  const auto base = TRY(repository.tree_of(cargo.base), "reading the base");
  Landing out;
  out.metadata = TRY(repository.write_blob(metadata_text(cargo)));
  std::vector<git::Placement> placements{{metadata_path(root_of(cargo)), out.metadata}};
  for (const auto& part : cargo.parts) {
    const auto source = TRY(entry_at(repository, cargo.source, part.from));
    placements.push_back({part.to, part.object, source.mode});
  }
  if (!cargo.requirements.from.empty()) placements.push_back({cargo.requirements.to, cargo.requirements.merged});
  out.tree = TRY(repository.write_tree(base, placements), "placing what is carried");
  const auto who = coordinator(cargo.at);
  out.commit = TRY(repository.write_commit(out.tree, {cargo.base}, who, who, commit_message(cargo)));
  return out;
}

Result<git::Entry> entry_at(const git::Repository& repository, const CommitId& commit, std::string_view path) {
  const auto tree = TRY(repository.tree_of(commit));
  const auto entry = TRY(repository.find(tree, path));
  if (!entry) return failure(Fault::Missing, "no {} in commit {}", path, short_id(commit));
  return *entry;
}

Result<std::optional<Text>> text_at(const git::Repository& repository, const CommitId& commit, std::string_view path) {
  const auto tree = TRY(repository.tree_of(commit));
  const auto entry = TRY(repository.find(tree, path));
  if (!entry || entry->kind == git::EntryKind::Tree) return std::optional<Text>{};
  auto text = TRY(repository.blob(entry->id), "reading {}", path);
  return std::optional{Text{entry->id, std::move(text)}};
}

Result<std::vector<git::Change>> changes_between(const git::Repository& repository, const std::string& path,
                                                 const std::optional<git::Entry>& from, const std::optional<git::Entry>& to) {
  std::vector<git::Change> out;
  if (!from && !to) return out;
  if (from && to && from->id == to->id && from->mode == to->mode) return out;
  const bool is_tree_now = to && to->kind == git::EntryKind::Tree;
  const bool was_tree = from && from->kind == git::EntryKind::Tree;
  if (!is_tree_now) {
    out.push_back({!to ? git::ChangeKind::Removed : from ? git::ChangeKind::Modified : git::ChangeKind::Added, path});
    return out;
  }
  const auto before = was_tree ? std::optional<TreeId>{{from->id}} : std::nullopt;
  auto inside = TRY(repository.changes(before, {to->id}), "comparing {}", path);
  for (auto& change : inside) out.push_back({change.kind, path + "/" + change.path});
  return out;
}

std::string summary(const std::vector<git::Change>& changes) {
  if (changes.empty()) return "nothing";
  if (changes.size() == 1) return changes.front().path;
  return fmt::format("{} (and {} more)", changes.front().path, changes.size() - 1);
}

}  // namespace tandem::sync
