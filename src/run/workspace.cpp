#include "run/workspace.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/archive.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/git.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "check/globs.hpp"
#include "shell/steps.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view complete_mark = ".tandem-laid-out";
constexpr size_t named_max = 10;

std::optional<Stamp> stamp_of(const fs::path& file) {
  struct stat found {};
  if (::lstat(file.c_str(), &found) != 0) return std::nullopt;
  return Stamp{static_cast<std::uint64_t>(found.st_size), found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec,
               static_cast<std::uint64_t>(found.st_ino), found.st_mode};
}

/// Whether the file is what git has: kind, executable bit, bytes.
Result<bool> is_as_committed(const git::Repository& store, const git::Entry& entry, const fs::path& file) {
  const auto stamp = stamp_of(file);
  if (!stamp) return false;
  if (entry.kind == git::EntryKind::Link) {
    std::error_code code;
    const auto target = S_ISLNK(stamp->mode) ? fs::read_symlink(file, code) : fs::path();
    const auto wanted = TRY(store.blob(entry.id));
    return !code && target.string() == wanted;
  }
  if (!S_ISREG(stamp->mode) || ((stamp->mode & S_IXUSR) != 0) != (entry.kind == git::EntryKind::Executable)) return false;
  const auto size = TRY(store.blob_size(entry.id));
  if (size != stamp->size) return false;
  const auto wanted = TRY(store.blob(entry.id));
  const auto bytes = TRY(read_file(file));
  return bytes == wanted;
}

/// The folder that a build tool filled, if the path lies in one: "web/node_modules".
std::optional<std::string> leftover_folder(const std::string& path) {
  static const std::set<std::string> names{"node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".venv", "venv",
                                           ".tox", ".nox", ".gradle", ".m2", ".npm", ".cache", ".terraform"};
  size_t start = 0;
  for (auto end = path.find('/'); end != path.npos; start = end + 1, end = path.find('/', start)) {
    const auto part = path.substr(start, end - start);
    if (names.contains(part) || part.ends_with(".egg-info")) return path.substr(0, end);
  }
  return std::nullopt;
}

/// Actions of the run that share this one's workspace, in the order of the file.
std::vector<const Action*> sharers(const Run& run) {
  std::vector<const Action*> out;
  for (const auto& action : run.workflow.actions)
    if (action.shared_instance) out.push_back(&action);
  return out;
}

/// In a chain an action that has not ended when this one has comes after it.
bool others_follow(const Work& work) {
  const auto all = sharers(work.run);
  return std::ranges::any_of(all, [&](const Action* other) {
    const auto state = work.run.actions.find(other->name);
    return other->name != work.action.name && (state == work.run.actions.end() || !is_final(state->second.status));
  });
}

bool others_came_before(const Work& work) {
  const auto all = sharers(work.run);
  return std::ranges::any_of(all, [&](const Action* other) {
    const auto state = work.run.actions.find(other->name);
    return other->name != work.action.name && state != work.run.actions.end() && state->second.status == ActionStatus::Succeeded;
  });
}

}  // namespace

Result<fs::path> path_without_links(const fs::path& folder, const fs::path& relative) {
  const auto normal = relative.lexically_normal();
  if (normal.is_absolute() || (!normal.empty() && *normal.begin() == ".."))
    return failure(Fault::Denied, "{} leads out of the workspace", relative.string());
  auto path = folder;
  for (const auto& part : normal) {
    if (part == "." || part.empty()) continue;
    path /= part;
    std::error_code code;
    if (fs::is_symlink(path, code)) return failure(Fault::Denied, "{} leads over the link {}", relative.string(), path.lexically_relative(folder).string());
  }
  return path;
}

Workspace::~Workspace() {
  if (root_.empty() || goes_on_) return;
  if (const auto gone = tandem::remove_all(root_); !gone) log(Level::Warning, "workspace.left", {{"folder", root_.string()}, {"what", gone.error().what}});
}

Workspace::Workspace(Workspace&& other) noexcept
    : root_(std::exchange(other.root_, {})), source_(std::move(other.source_)), artifacts_(std::move(other.artifacts_)),
      stamps_(std::move(other.stamps_)), digests_(std::move(other.digests_)), goes_on_(other.goes_on_),
      shown_artifacts_(std::move(other.shown_artifacts_)) {}

fs::path Workspace::working() const {
  if (!source_.empty()) return source_;
  return artifacts_.empty() ? root_ / "work" : artifacts_.begin()->second;
}

Result<Workspace> Workspace::lay_out(const Work& work) {
  const auto of_run = work.shop.folders.workspaces() / work.run.id.value;
  Workspace space;
  const auto repository = TRY(work.shop.repository(work.run.repository));
  const auto source = fs::path("git") / "v1" / repository.name;
  std::error_code code;
  if (work.action.shared_instance) {
    space.root_ = of_run / "shared";
    space.goes_on_ = others_follow(work);
    if (others_came_before(work)) {
      if (!fs::exists(space.root_ / complete_mark, code))
        return failure(Fault::Missing, "the workspace that the earlier actions of {} shared is gone", work.run.id.value)
            .with_code("E-RUN-19").with_next("start the workflow from its first action");
      if (work.attempt > 1) work.say("the shared workspace is as the interrupted attempt left it");
      if (fs::is_directory(space.root_ / source, code)) space.source_ = space.root_ / source;
      if (work.action.takes_source && space.source_.empty()) TRY(space.lay_out_source(work));
      return space;
    }
  } else {
    space.root_ = of_run / work.action.name;
  }
  TRY(tandem::remove_all(space.root_), "emptying the workspace");
  for (const auto* folder : {"home", "work"}) TRY(make_folders(space.root_ / folder));
  if (work.action.takes_source) TRY(space.lay_out_source(work));
  size_t number = 0;
  for (const auto& name : work.action.input_artifacts) TRY(space.lay_out_artifact(work, name, ++number));
  space.name_artifacts(work);
  if (work.action.shared_instance) TRY(write_file(space.root_ / complete_mark, ""));
  else TRY(space.remember());
  return space;
}

Done Workspace::lay_out_source(const Work& work) {
  const auto repository = TRY(work.shop.repository(work.run.repository));
  // Actions run side by side, and a repository object is for one thread.
  const auto store = TRY(work.shop.objects());
  if (!store.commit(work.run.commit)) {  // what started the run has brought it, unless the pair store was made anew
    const auto lock = TRY(work.shop.pair.lock(std::chrono::minutes{2}, work.stop));
    TRY(work.shop.pair.fetch(repository, work.stop), "fetching {}", repository.name);
  }
  const auto tree = TRY(store.tree_of(work.run.commit));
  source_ = root_ / "git" / "v1" / repository.name;
  TRY(make_folders(source_));
  return store.extract(tree, source_, git::Repository::Links::Keep);
}

Done Workspace::lay_out_artifact(const Work& work, const std::string& name, size_t number) {
  const auto all = TRY(work.shop.ledger->history([&](store::History& history) { return history.artifacts(work.run.id); }));
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Artifact& artifact) { return artifact.name == name && artifact.kind == ArtifactKind::Files; });
  if (found == all.rend())
    return failure(Fault::Missing, "no action of this run has handed over the artifact {}", name).with_code("E-RUN-12").at(work.action.place);
  const auto bytes = TRY(work.shop.artifacts.get(found->digest));
  const auto archive = root_ / "artifact.zip";
  const auto folder = root_ / "s3" / fmt::format("{:02}", number);
  TRY(write_file(archive, bytes));
  TRY(make_folders(folder));
  TRY(unzip(archive, folder, 4UL << 30), "unpacking the artifact {}", name);
  artifacts_[name] = folder;
  return tandem::remove_all(archive);
}

/// What it looks like before the first step.
Done Workspace::remember() {
  if (!source_.empty()) {
    const auto files = TRY(files_below(source_));
    for (const auto& file : files)
      if (const auto stamp = stamp_of(source_ / file)) stamps_[file] = *stamp;
  }
  for (const auto& [name, folder] : artifacts_) {
    const auto files = TRY(files_below(folder));
    for (const auto& file : files) {
      const auto digest = TRY(digest_of_file(folder / file));
      digests_[(folder / file).lexically_relative(root_)] = digest.value;
    }
  }
  return done();
}

void Workspace::name_artifacts(const Work& work) {
  const auto shown = [](const std::string& action) { return replaced(action, ".", "@"); };
  for (const auto& [name, folder] : artifacts_) {
    // Where an action has the artifact's name, its folder holds others; nothing may be put into an artifact.
    const auto& actions = work.run.workflow.actions;
    if (std::ranges::none_of(actions, [&](const Action& other) { return shown(other.name) == name; })) shown_artifacts_[name] = folder;
    shown_artifacts_[shown(work.action.name) + "/" + name] = folder;
    for (const auto& other : actions)
      if (std::ranges::any_of(other.output_artifacts, [&](const ArtifactOutput& output) { return output.name == name; }))
        shown_artifacts_[shown(other.name) + "/" + name] = folder;
  }
}

fs::path Workspace::shown(const fs::path& path) const { return (shell::shown_root / path.lexically_relative(root_)).lexically_normal(); }

std::optional<std::string> Workspace::below_home(const std::string& path) const {
  for (const auto& own : {std::string("~"), std::string("$HOME"), std::string("/root"), shown(home()).string()}) {
    if (path == own) return "";
    if (path.starts_with(own + "/")) return path.substr(own.size() + 1);
  }
  return std::nullopt;
}

Result<fs::path> Workspace::inside(const std::string& path) const {
  const auto below = [&path](std::string_view prefix) { return path == prefix || path.starts_with(std::string(prefix) + "/"); };
  const auto rest = [&path](std::string_view prefix) { return path.size() > prefix.size() ? path.substr(prefix.size() + 1) : std::string("."); };
  if (const auto own = below_home(path)) return path_without_links(home(), own->empty() ? "." : *own);
  if (below("/sources/WorkflowSource") && !source_.empty()) return path_without_links(source_, rest("/sources/WorkflowSource"));
  for (const auto& [name, folder] : shown_artifacts_)
    if (below("/artifacts/" + name)) return path_without_links(folder, rest("/artifacts/" + name));
  for (const auto& root : {shell::shown_root.string(), root_.string()})   // without a sandbox steps know the real one
    if (below(root)) return path_without_links(root_, rest(root));
  return path_without_links(working(), path);
}

Result<std::vector<std::string>> Workspace::changed_sources(const Work& work) const {
  if (source_.empty()) return std::vector<std::string>{};
  const auto store = TRY(work.shop.objects());
  const auto tree = TRY(store.tree_of(work.run.commit));
  const auto committed = TRY(store.files(tree));
  const auto now = TRY(files_below(source_));
  std::set<std::string> unknown(now.begin(), now.end());
  std::vector<std::string> changed;
  for (const auto& file : committed) {
    if (file.entry.kind == git::EntryKind::Submodule) continue;
    unknown.erase(file.path);
    const auto before = stamps_.find(file.path);
    const auto stamp = stamp_of(source_ / file.path);
    if (!stamp) changed.push_back(file.path + " (deleted)");
    if (!stamp || (before != stamps_.end() && before->second == *stamp)) continue;
    const bool same = TRY(is_as_committed(store, file.entry, source_ / file.path));
    if (!same) changed.push_back(file.path);
  }
  changed.insert(changed.end(), unknown.begin(), unknown.end());
  return changed;
}

Result<std::vector<std::string>> Workspace::changed_in_artifacts() const {
  std::vector<std::string> changed;
  for (const auto& [name, folder] : artifacts_) {
    const auto files = TRY(files_below(folder));
    const bool is_working = working() == folder;
    for (const auto& file : files) {
      const auto known = digests_.find((folder / file).lexically_relative(root_));
      const auto now = digest_of_file(folder / file);
      if (known == digests_.end() || !now || now->value != known->second) changed.push_back(is_working ? file : fmt::format("{} (in artifact {})", file, name));
    }
  }
  return changed;
}

Result<std::optional<Workspace::Discarded>> Workspace::discarded(const Work& work) const {
  if (goes_on_) return std::optional<Discarded>{};
  auto changed = TRY(changed_sources(work));
  const auto others = TRY(changed_in_artifacts());
  changed.insert(changed.end(), others.begin(), others.end());
  if (source_.empty() && artifacts_.empty()) {
    const auto made = TRY(files_below(working()));
    changed.insert(changed.end(), made.begin(), made.end());
  }
  std::vector<std::string> patterns;
  const auto sharing = work.action.shared_instance ? sharers(work.run) : std::vector<const Action*>{&work.action};
  for (const auto* action : sharing) {
    for (const auto& artifact : action->output_artifacts) patterns.insert(patterns.end(), artifact.files.begin(), artifact.files.end());
    for (const auto& report : action->reports)
      if (!report.format.empty()) patterns.insert(patterns.end(), report.include_paths.begin(), report.include_paths.end());
    for (const auto& cache : action->caches) patterns.push_back(cache.path);
  }
  std::erase_if(patterns, [](const std::string& pattern) { return pattern.starts_with('/') || pattern.starts_with('~') || !check::Globs::parse({pattern}); });
  const auto handed_on = TRY(check::Globs::parse(patterns));
  std::vector<std::string> lost;
  std::set<std::string> folders;
  size_t leftovers = 0;
  for (const auto& file : changed) {
    if (handed_on.match(file)) continue;
    if (const auto folder = leftover_folder(file)) {
      folders.insert(*folder);
      ++leftovers;
    } else {
      lost.push_back(file);
    }
  }
  if (lost.empty() && leftovers == 0) return std::optional<Discarded>{};
  const auto count = lost.size();
  if (count > named_max) lost.resize(named_max);
  auto line = fmt::format("{} changed in this workspace {} discarded", count == 1 ? "1 file" : fmt::format("{} files", count), count == 1 ? "is" : "are");
  if (count > 0) line += fmt::format(": {}{}", join(lost, ", "), count > named_max ? ", ..." : "");
  if (leftovers > 0) {
    std::vector<std::string> names(folders.begin(), folders.end());
    if (names.size() > 3) names = {names[0], names[1], names[2], "..."};
    line += fmt::format(" (and {} that build tools left in {})", leftovers, join(names, ", "));
  }
  return std::optional(Discarded{std::move(line), count == 0});
}

}  // namespace tandem::run
