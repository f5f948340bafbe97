#include "sync/sides.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "sync/codes.hpp"
#include "sync/fold.hpp"
#include "sync/included_requirements.hpp"
#include "sync/tree_rules.hpp"

namespace tandem::sync {
namespace {

/// A commit counts only when its own repository's branch contains it: forks share objects, an id alone says little.
Result<CommitId> resolve_source(const SyncRequest& request, const PairStore& store) {
  const auto tip = TRY(store.tip(request.source));
  if (request.commit.empty()) return tip;
  const auto commit = TRY(commit_named(store.repository(), request.commit.value, request.source.name));
  const bool is_on_branch = TRY(is_within(store.repository(), commit, tip));
  if (!is_on_branch)
    return failure(Fault::Denied, "commit {} is not on branch {} of {}", short_id(commit), request.source.branch, request.source.name)
        .with_code(code::off_branch)
        .with_next(fmt::format("merge it into {} first", request.source.branch));
  return commit;
}

Error missing_part(const SyncRequest& request, const std::string& path, const CommitId& source) {
  return failure(Fault::Invalid, "no {} in commit {} of {}", path, short_id(source), request.source.name)
      .at({path})
      .with_code(code::missing_component)
      .with_next("add it to the application, or take it out of sync.components in tandem.yaml");
}

/// The requirements file of one side. A link is not followed, and never read as if its target were a requirement.
Result<std::optional<Text>> requirements_at(const git::Repository& repository, const std::string& name, const CommitId& commit, const std::string& path) {
  static constexpr std::uint64_t bytes_max = 1UL << 20;
  const auto refuse = [&](const std::string& why) {
    return failure(Fault::Invalid, "{} of {} {}", path, name, why).at({name + ":" + path}).with_code(code::requirement)
        .with_next("put the lines there, or name the file that has them under sync.requirements in tandem.yaml");
  };
  const auto tree = TRY(repository.tree_of(commit));
  const auto entry = TRY(repository.find(tree, path));
  if (entry && (entry->kind == git::EntryKind::Link || entry->kind == git::EntryKind::Submodule)) return refuse("is no regular file");
  if (entry && entry->kind != git::EntryKind::Tree) {
    const auto size = TRY(repository.blob_size(entry->id));
    if (size > bytes_max) return refuse(fmt::format("has {} bytes, more than {} of requirements are not read", size, bytes_max));
  }
  return text_at(repository, commit, path);
}

Done read_requirements(const SyncRequest& request, PairStore& store, Sides& sides) {
  const auto& configuration = request.configuration;
  if (configuration.requirements_from.empty()) return done();
  auto& repository = store.repository();
  sides.application_requirements = TRY(requirements_at(repository, request.source.name, sides.source, configuration.requirements_from));
  if (!sides.application_requirements)
    return missing_part(request, configuration.requirements_from, sides.source)
        .with_next("add it to the application, or say under sync.requirements in tandem.yaml where it is (`requirements: none` for a function without packages)");
  sides.infrastructure_requirements = TRY(requirements_at(repository, request.target.name, sides.tip, configuration.requirements_to));
  const auto& own = sides.infrastructure_requirements;
  RequirementsFile application{request.source.name + ":" + configuration.requirements_from, sides.application_requirements->text};
  TRY(read_includes(repository, sides.source, application));
  sides.requirements = TRY(merge_requirements(
      application,
      {request.target.name + ":" + configuration.requirements_to, own ? own->text : ""}, configuration.on_conflict));
  sides.merged = TRY(repository.write_blob(sides.requirements.text));
  return done();
}

/// The object that the last sync placed at `to`, which its checks have passed.
std::optional<std::string> checked_before(const Sides& sides, const std::string& to) {
  if (!sides.last) return std::nullopt;
  for (const auto& part : sides.last->statement.cargo.parts)
    if (part.to == to) return part.object;
  return std::nullopt;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

/// Everything that is placed lies in folders: what stands in their place is the infrastructure's, and is not swept away.
Done check_destinations(const SyncRequest& request, const PairStore& store, const Sides& sides) {
  const auto& repository = store.repository();
  const auto tree = TRY(repository.tree_of(sides.tip));
  for (const auto& to : destinations_of(request.configuration))
    for (auto slash = to.find('/'); slash != to.npos; slash = to.find('/', slash + 1)) {
      const auto folder = to.substr(0, slash);
      const auto there = TRY(repository.find(tree, folder));
      if (!there) break;
      if (there->kind == git::EntryKind::Tree || std::ranges::find(sides.retired, folder) != sides.retired.end()) continue;
      return failure(Fault::Invalid, "{} of {} is no folder, and {} shall lie in it", folder, request.target.name, to)
          .at({folder}).with_code(code::bad_map).with_next("make it a folder there, or name another destination under sync in tandem.yaml");
    }
  return done();
}

/// What is placed must not become the twin of a neighbour in the infrastructure: lambda/Main.py beside lambda/main.py.
Done check_new_neighbours(const SyncRequest& request, const PairStore& store, const Sides& sides, std::vector<Refusal>& out) {
  const auto& repository = store.repository();
  const auto tree = TRY(repository.tree_of(sides.tip));
  for (const auto& component : request.configuration.components) {
    const auto folder = parent_of(component.to);
    const auto name = folder.empty() ? component.to : component.to.substr(folder.size() + 1);
    const auto above = TRY(repository.find(tree, folder));
    if (!folder.empty() && (!above || above->kind != git::EntryKind::Tree)) continue;
    const auto entries = TRY(repository.entries(folder.empty() ? tree : TreeId{above->id}));
    for (const auto& entry : entries)
      if (entry.name != name && folded_name(entry.name) == folded_name(name))
        out.push_back({component.from, "name.clash", fmt::format("would lie beside {} of {}, which is the same name to some file systems",
                                                                 shown(entry.name), request.target.name)});
  }
  return done();
}

/// Each source answers for its own paths in the target; the newest entry of the log says which are whose.
Done check_owners(const SyncRequest& request, const Sides& sides) {
  if (!sides.newest) return done();
  for (const auto& [owner, theirs] : sides.newest->statement.owners) {
    if (owner == request.source.name) continue;
    for (const auto& mine : destinations_of(request.configuration))
      for (const auto& path : theirs)
        if (overlap(mine, path))
          return failure(Fault::Denied, "{} of {} belongs to {}, which carries {} there", mine, request.target.name, owner, path)
              .at({mine})
              .with_code(code::foreign_destination)
              .with_next(fmt::format("give {} another destination under sync in tandem.yaml, or let {} give this one up with a sync of its own", request.source.name, owner));
  }
  return done();
}

std::vector<std::string> retired(const SyncRequest& request, const Sides& sides) {
  std::vector<std::string> out;
  if (!sides.last) return out;
  const auto& before = sides.last->statement.cargo;
  const auto now = destinations_of(request.configuration);
  for (const auto& path : destinations_of(before))
    if (path != before.requirements.to && std::ranges::find(now, path) == now.end()) out.push_back(path);
  return out;
}

std::set<std::string> line_set(const std::optional<Text>& file) {
  if (!file) return {};
  const auto lines = application_lines(file->text);
  return {lines.begin(), lines.end()};
}

}  // namespace

Result<Sides> read_sides(const SyncRequest& request, PairStore& store, const std::vector<TrustedKey>& keys) {
  auto& repository = store.repository();
  Sides out;
  const auto source = TRY(resolve_source(request, store));
  out.tip = TRY(store.tip(request.target));
  out.log = TRY(store.log());
  out.newest = TRY(newest_entry(repository, out.log, keys));
  TRY(check_owners(request, out));
  out.last = TRY(newest_sync(repository, out.log, out.tip, request.source.name, keys));
  out.retired = retired(request, out);
  TRY(read_source(request, store, source, out));
  return out;
}

Done read_source(const SyncRequest& request, PairStore& store, const CommitId& source, Sides& sides) {
  auto& repository = store.repository();
  sides.source = source;
  sides.source_tree = TRY(repository.tree_of(source));
  sides.parts.clear();
  for (const auto& component : request.configuration.components) {
    const auto entry = TRY(repository.find(sides.source_tree, component.from));
    if (!entry) return missing_part(request, component.from, source);
    auto part = TRY(reduced(repository, *entry, component.exclude));
    sides.parts.push_back(std::move(part));
  }
  return read_requirements(request, store, sides);
}

Result<bool> is_in_place(const SyncRequest& request, const PairStore& store, const Sides& sides) {
  if (!sides.last || !sides.retired.empty()) return false;
  const auto& repository = store.repository();
  const auto tree = TRY(repository.tree_of(sides.tip));
  const auto& components = request.configuration.components;
  if (sides.last->statement.cargo.parts.size() != components.size()) return false;
  for (size_t at = 0; at < components.size(); ++at) {
    const auto there = TRY(repository.find(tree, components[at].to));
    if (!there || there->id != sides.parts[at].id || there->mode != sides.parts[at].mode) return false;
    if (checked_before(sides, components[at].to) != there->id) return false;
  }
  const auto metadata = TRY(repository.find(tree, metadata_path(request.configuration)));
  if (!metadata || metadata->id != sides.last->statement.metadata) return false;
  if (!sides.application_requirements) return true;
  return sides.infrastructure_requirements && sides.infrastructure_requirements->id == sides.merged;
}

Done check_way(const SyncRequest& request, const PairStore& store, const Sides& sides) {
  if (!sides.last || request.way == Way::Rewritten) return done();
  const auto& before = sides.last->statement.cargo.source;
  const bool goes_on = TRY(is_within(store.repository(), before, sides.source));
  if (goes_on) return done();
  const bool goes_back = TRY(is_within(store.repository(), sides.source, before));
  if (goes_back && request.way == Way::Back) return done();
  const auto landed = fmt::format("{} is in place since sync {}", short_id(before), sides.last->statement.cargo.sequence);
  if (goes_back)
    return failure(Fault::Conflict, "commit {} is older than what {} holds: {}", short_id(sides.source), request.target.name, landed)
        .with_code(code::older_source)
        .with_next("nothing to do if a newer run has finished; going back is `tandem rollback`");
  return failure(Fault::Conflict, "commit {} does not continue what {} holds: {}", short_id(sides.source), request.target.name, landed)
      .with_code(code::rewritten_source)
      .with_next(fmt::format("if branch {} was rewritten on purpose, sync with --accept-rewrite", request.source.branch));
}

Result<std::vector<git::Change>> edits_since(const git::Repository& repository, const Statement& sync, const CommitId& commit) {
  std::vector<git::Change> out;
  const auto landed = sync.landed_tree;
  const auto tree = TRY(repository.tree_of(commit));
  for (const auto& part : sync.cargo.parts) {
    const auto placed = TRY(repository.find(landed, part.to));
    const auto there = TRY(repository.find(tree, part.to));
    auto changes = TRY(changes_between(repository, part.to, placed, there));
    std::ranges::move(changes, std::back_inserter(out));
  }
  const auto& requirements = sync.cargo.requirements;
  if (requirements.from.empty()) return out;
  const auto placed = TRY(text_at(repository, sync.landed, requirements.to));
  const auto there = TRY(text_at(repository, commit, requirements.to));
  if (line_set(placed) != line_set(there)) out.push_back({there ? git::ChangeKind::Modified : git::ChangeKind::Removed, requirements.to});
  return out;
}

Result<std::vector<git::Change>> hand_edits(const PairStore& store, const Sides& sides) {
  if (!sides.last) return std::vector<git::Change>{};
  return edits_since(store.repository(), sides.last->statement, sides.tip);
}

Error drifted(const SyncRequest& request, const Sides& sides, const std::vector<git::Change>& edits) {
  return failure(Fault::Conflict, "{} was edited in {} since sync {}", summary(edits), request.target.name, sides.last->statement.cargo.sequence)
      .at({edits.front().path})
      .with_code(code::drifted)
      .with_next("make the change in the application repository instead, or sync with --on-conflict take-source to lose it, or with --on-conflict branch to merge by hand");
}

Done check_carried(const SyncRequest& request, const PairStore& store, const Sides& sides) {
  const Reserved reserved{root_of(request.configuration)};
  std::vector<Refusal> refusals;
  for (size_t at = 0; at < sides.parts.size(); ++at) {
    const auto& component = request.configuration.components[at];
    const Carried carried{component.from, component.to, sides.parts[at], checked_before(sides, component.to)};
    auto found = TRY(check_changes(store.repository(), carried, reserved), "checking {}", component.from);
    std::ranges::move(found, std::back_inserter(refusals));
  }
  TRY(check_destinations(request, store, sides));
  TRY(check_new_neighbours(request, store, sides, refusals));
  if (refusals.empty()) return done();
  return refused(refusals).with_code(code::refused_tree);
}

}  // namespace tandem::sync
