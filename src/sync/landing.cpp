#include "sync/landing.hpp"

#include "base/text.hpp"
#include "sync/codes.hpp"

namespace tandem::sync {

Result<Landing> land(git::Repository& repository, const Cargo& cargo) {
  const auto base = TRY(repository.tree_of(cargo.base), "reading the base");
  Landing out;
  out.metadata = TRY(repository.write_blob(metadata_text(cargo)));
  std::vector<git::Placement> placements;
  for (const auto& path : cargo.retired) placements.push_back({path, std::nullopt});
  placements.push_back({metadata_path(cargo), out.metadata});
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

Result<git::Entry> reduced(git::Repository& repository, const git::Entry& entry, const std::vector<std::string>& exclude) {
  if (exclude.empty() || entry.kind != git::EntryKind::Tree) return entry;
  std::vector<git::Placement> without;
  for (const auto& path : exclude) without.push_back({path, std::nullopt});
  auto out = entry;
  const auto tree = TRY(repository.write_tree(TreeId{entry.id}, without), "leaving out what is excluded");
  const auto left = TRY(repository.entries(tree));
  if (left.empty())
    return failure(Fault::Invalid, "nothing of {} is left once {} are excluded", entry.name, join(exclude, ", "))
        .with_code(code::missing_component).with_next("mend exclude under sync in tandem.yaml");
  out.id = tree.value;
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
