#include "sync/tree_rules.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/characters.hpp"
#include "base/text.hpp"
#include "sync/fold.hpp"

namespace tandem::sync {
namespace {

constexpr size_t refusals_max = 100;

bool has_control(std::string_view name) {
  return std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

/// Characters that nobody sees, or that turn the direction of a text, make a name look like another. The two joiners are
/// part of the spelling of some languages.
bool is_unseen(std::string_view name) {
  const auto plain = replaced(replaced(std::string(name), "\xE2\x80\x8C", ""), "\xE2\x80\x8D", "");
  return printable(plain) != plain;
}

bool has_upper_control(std::string_view name) {
  for (size_t i = 0; i + 1 < name.size(); ++i)
    if (name[i] == '\xC2' && static_cast<unsigned char>(name[i + 1]) < 0xA0) return true;
  return false;
}

/// The one thing most wrong with a name, as rule and clause.
std::optional<std::pair<std::string, std::string>> wrong_name(std::string_view name, const TreeLimits& limits) {
  if (name.empty()) return {{"name.empty", "has no name"}};
  if (name == "." || name == "..") return {{"name.dot", "is a step of a path, not a name"}};
  if (name.find('/') != name.npos) return {{"name.slash", "has a slash in its name"}};
  if (name.find('\\') != name.npos) return {{"name.backslash", "has a backslash in its name"}};
  if (has_control(name)) return {{"name.control", "has a control character in its name"}};
  if (!is_valid_utf8(name)) return {{"name.utf8", "has a name that is not UTF-8"}};
  if (name.size() > limits.name_bytes_max) return {{"name.length", fmt::format("has a name of {} bytes", name.size())}};
  if (is_alias_of_git(name)) return {{"name.git", "is .git to git or to some file system"}};
  if (is_alias_of_gitmodules(name)) return {{"name.gitmodules", "would define submodules"}};
  if (has_upper_control(name)) return {{"name.control", "has a control character in its name"}};
  if (is_unseen(name)) return {{"name.unseen", "has a character in its name that is not seen or turns the direction of the text"}};
  return std::nullopt;
}

/// `mode` is what the tree holds; 0100664 and the like are refused, never normalised.
std::optional<std::pair<std::string, std::string>> wrong_mode(unsigned mode) {
  switch (mode) {
    case 0100644:
    case 0100755:
    case 0040000: return std::nullopt;
    case 0120000: return {{"mode.link", "is a symbolic link"}};
    case 0160000: return {{"mode.submodule", "is a submodule"}};
    default: return {{"mode.unknown", fmt::format("has mode {:o}", mode)}};
  }
}

bool is_reserved(std::string_view name) {
  const auto text = folded_name(name);
  return text == "sync-metadata.json" || text == "requirements.txt" || text == "api_handler.py" ||
         text.ends_with("_api_handler.py");
}

/// git's order of entries: bytes, a folder's name as if it ended in '/'.
std::string order_key(const git::Entry& entry) {
  return entry.kind == git::EntryKind::Tree ? entry.name + "/" : entry.name;
}

std::string joined(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

size_t depth_of(std::string_view path) { return 1 + static_cast<size_t>(std::ranges::count(path, '/')); }

/// Judges names against their neighbours.
void check_neighbours(const Listing& folder, std::vector<Refusal>& out) {
  std::unordered_map<std::string, std::string_view> seen;
  std::unordered_set<std::string_view> names;
  const git::Entry* before = nullptr;
  const auto path = [&](std::string_view name) { return shown(joined(folder.path, name)); };
  for (const auto& [entry, size] : folder.entries) {
    if (!names.insert(entry.name).second) {
      out.push_back({path(entry.name), "name.duplicate", "stands twice in one folder"});
      continue;
    }
    if (before != nullptr && order_key(entry) < order_key(*before))
      out.push_back({path(entry.name), "name.order", "is out of git's order"});
    before = &entry;
    const auto [other, is_new] = seen.try_emplace(folded_name(entry.name), entry.name);
    if (!is_new)
      out.push_back({path(entry.name), "name.clash", fmt::format("is the same file as {} where case or composition is ignored", path(other->second))});
  }
}

std::string with_slash(std::string folder) { return folder.empty() ? folder : folder + "/"; }

/// A walk over what differs from an object that passed before.
class ChangeWalk {
 public:
  using Known = std::unordered_map<std::string_view, const git::Entry*>;   ///< by name

  ChangeWalk(const git::Repository& repository, const Reserved& reserved, const TreeLimits& limits)
      : repository_(repository), reserved_(reserved), limits_(limits) {}

  Done folder(const TreeId& tree, const std::optional<TreeId>& checked, Listing at) {
    Known known;
    std::vector<git::Entry> passed;
    if (checked) passed = TRY(repository_.entries(*checked), "reading the tree carried before");
    for (const auto& entry : passed) known[entry.name] = &entry;
    const auto entries = TRY(repository_.entries(tree), "reading {}", shown(at.path));
    for (const auto& entry : entries) {
      auto found = TRY(listed(entry, known));
      TRY(look_for_pointer(found, joined(at.path, entry.name)));
      at.entries.push_back(std::move(found));
    }
    std::ranges::move(check_folder(at, reserved_, limits_), std::back_inserter(refusals_));
    for (const auto& [entry, size] : at.entries) {
      if (refusals_.size() >= refusals_max) return done();
      const auto before = known.find(entry.name);
      const bool is_known = before != known.end() && before->second->kind == entry.kind;
      if (entry.kind != git::EntryKind::Tree || (is_known && before->second->id == entry.id)) continue;
      if (depth_of(joined(at.path, entry.name)) > limits_.depth_max) continue;  // check_folder has refused it
      const auto inside = is_known ? std::optional<TreeId>{{before->second->id}} : std::nullopt;
      TRY(folder({entry.id}, inside, {joined(at.path, entry.name), {}, joined(at.destination, entry.name)}));
    }
    return done();
  }

  Result<Listed> listed(const git::Entry& entry, const Known& known) {
    const bool is_blob = entry.kind == git::EntryKind::Blob || entry.kind == git::EntryKind::Executable;
    const auto before = known.find(entry.name);
    if (!is_blob || (before != known.end() && before->second->id == entry.id)) return Listed{entry, 0};
    const auto size = TRY(repository_.blob_size(entry.id), "reading the size of {}", shown(entry.name));
    total_bytes_ += size;
    ++files_;
    return Listed{entry, size};
  }

  /// A pointer of Git LFS would arrive in the place of the file it stands for. Its length is all but fixed, so few files are read for it.
  Done look_for_pointer(const Listed& file, const std::string& path) {
    static constexpr std::string_view head = "version https://git-lfs.github.com/spec/";
    if (file.size_bytes < 110 || file.size_bytes > 200) return done();
    const auto text = TRY(repository_.blob(file.entry.id), "reading {}", shown(path));
    if (text.starts_with(head) && text.contains("\noid sha256:"))
      refusals_.push_back({shown(path), "content.lfs", "is a pointer of Git LFS and not the file it stands for: commit the file itself, or exclude it"});
    return done();
  }

  std::vector<Refusal> refusals(const std::string& root) && {
    if (files_ > limits_.files_max)
      refusals_.push_back({root, "size.files", fmt::format("has {} changed files, more than {}", files_, limits_.files_max)});
    if (total_bytes_ > limits_.total_bytes_max)
      refusals_.push_back({root, "size.total", fmt::format("has {} changed bytes, more than {}", total_bytes_,
                                                          limits_.total_bytes_max)});
    return std::move(refusals_);
  }

 private:
  const git::Repository& repository_;
  const Reserved& reserved_;
  const TreeLimits& limits_;
  std::vector<Refusal> refusals_;
  std::uint64_t total_bytes_ = 0;
  size_t files_ = 0;
};

std::pair<std::string, std::string> parent_and_name(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

std::vector<Refusal> check_folder(const Listing& folder, const Reserved& reserved, const TreeLimits& limits) {
  std::vector<Refusal> out;
  for (const auto& [entry, size] : folder.entries) {
    const auto path = joined(folder.path, entry.name);
    const auto refuse = [&](std::pair<std::string, std::string> why) {
      out.push_back({shown(path), std::move(why.first), std::move(why.second)});
    };
    if (auto why = wrong_name(entry.name, limits)) refuse(std::move(*why));
    if (auto why = wrong_mode(entry.mode)) refuse(std::move(*why));
    if (folder.destination == reserved.folder && is_reserved(entry.name))
      refuse({"name.reserved", fmt::format("would replace a file that belongs to {}", with_slash(reserved.folder))});
    if (path.size() > limits.path_bytes_max)
      refuse({"path.length", fmt::format("has a path of {} bytes", path.size())});
    if (depth_of(path) > limits.depth_max)
      refuse({"path.depth", fmt::format("lies {} folders deep", depth_of(path))});
    if (size > limits.blob_bytes_max) refuse({"size.blob", fmt::format("has {} bytes", size)});
  }
  check_neighbours(folder, out);
  return out;
}

Result<std::vector<Refusal>> check_changes(const git::Repository& repository, const Carried& carried,
                                           const Reserved& reserved, const TreeLimits& limits) {
  if (carried.checked == carried.entry.id) return std::vector<Refusal>{};
  ChangeWalk walk(repository, reserved, limits);
  // The thing itself is judged as the only entry of a folder, by the name that it takes at its destination.
  const auto [folder, name] = parent_and_name(carried.from);
  const auto [place, name_there] = parent_and_name(carried.to);
  auto entry = carried.entry;
  entry.name = name_there;
  auto itself = TRY(walk.listed(entry, {}));
  TRY(walk.look_for_pointer(itself, carried.from));
  const Listing above{folder, {std::move(itself)}, place};
  auto refusals = check_folder(above, reserved, limits);
  if (carried.entry.kind == git::EntryKind::Tree) {
    std::optional<TreeId> checked;
    if (carried.checked && repository.entries({*carried.checked})) checked = TreeId{*carried.checked};
    TRY(walk.folder({carried.entry.id}, checked, {carried.from, {}, carried.to}));
  }
  std::ranges::move(std::move(walk).refusals(carried.from), std::back_inserter(refusals));
  return refusals;
}

Error refused(const std::vector<Refusal>& refusals) {
  CHECK(!refusals.empty());
  const auto& first = refusals.front();
  auto more = refusals.size() == 1 ? "" : fmt::format(" (and {} more)", refusals.size() - 1);
  return failure(Fault::Invalid, "{} {} ({}){}", first.path, first.what, first.rule, more)
      .at({first.path})
      .with_next("remove or rename it in the application repository; nothing has been carried");
}

std::string shown(std::string_view name) {
  auto out = printable(name);
  if (out.size() > 300) out = fmt::format("{}... ({} bytes)", out.substr(0, 200), name.size());
  return out;
}

}  // namespace tandem::sync
