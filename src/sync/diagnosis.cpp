#include "sync/diagnosis.hpp"

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "sync/codes.hpp"
#include "sync/fold.hpp"

namespace tandem::sync {
namespace {

constexpr size_t depth_max = 64;
constexpr size_t refusals_max = 100;
constexpr size_t id_bytes = 20;

/// One entry as its bytes say.
struct StoredEntry {
  std::string mode;
  std::string name;
  std::string id;
};

/// "<octal mode> <name>\0<20 bytes>" after one another; nothing when it does not come out even.
std::optional<std::vector<StoredEntry>> parsed(std::string_view bytes) {
  std::vector<StoredEntry> out;
  while (!bytes.empty()) {
    const auto space = bytes.find(' ');
    const auto zero = bytes.find('\0');
    if (space == bytes.npos || zero == bytes.npos || space > zero || bytes.size() < zero + 1 + id_bytes) return std::nullopt;
    out.push_back({std::string(bytes.substr(0, space)), std::string(bytes.substr(space + 1, zero - space - 1)), hex(bytes.substr(zero + 1, id_bytes))});
    bytes.remove_prefix(zero + 1 + id_bytes);
  }
  return out;
}

git::Entry entry_of(const StoredEntry& stored) {
  unsigned mode = 0;
  std::from_chars(stored.mode.data(), stored.mode.data() + stored.mode.size(), mode, 8);
  auto kind = git::EntryKind::Blob;
  if ((mode & 0170000U) == 0040000U) kind = git::EntryKind::Tree;
  if ((mode & 0170000U) == 0120000U) kind = git::EntryKind::Link;
  if ((mode & 0170000U) == 0160000U) kind = git::EntryKind::Submodule;
  return {stored.name, kind, mode, stored.id};
}

/// What git's own fsck refuses too; links and submodules outside of what is carried are nobody's fault.
bool stops_a_transfer(const Refusal& refusal) {
  static constexpr std::string_view rules[] = {"name.empty", "name.dot",   "name.git",    "name.gitmodules", "name.slash",
                                               "name.order", "mode.padded", "tree.broken", "name.duplicate"};
  return std::ranges::find(rules, refusal.rule) != std::end(rules);
}

class StoredWalk {
 public:
  explicit StoredWalk(const git::Repository& repository) : repository_(repository) {}

  Done folder(const TreeId& tree, const std::string& path, size_t depth) {
    const auto bytes = TRY(repository_.tree_bytes(tree));
    const auto stored = parsed(bytes);
    if (!stored) {
      refusals.push_back({shown(path), "tree.broken", "is a folder whose bytes are no tree"});
      return done();
    }
    Listing listing{path, {}, "\x01"};  // no destination: nothing is reserved there
    for (const auto& entry : *stored) {
      listing.entries.push_back({entry_of(entry), 0});
      if (entry.mode.starts_with('0')) refusals.push_back({shown(below(path, entry.name)), "mode.padded", fmt::format("has the mode {}, with a zero in front", entry.mode)});
    }
    std::ranges::copy_if(check_folder(listing, {}), std::back_inserter(refusals), stops_a_transfer);
    for (const auto& [entry, size] : listing.entries) {
      if (refusals.size() >= refusals_max || depth >= depth_max) return done();
      if (entry.kind == git::EntryKind::Tree && !entry.name.empty()) TRY(folder({entry.id}, below(path, entry.name), depth + 1));
    }
    return done();
  }

  std::vector<Refusal> refusals;

 private:
  static std::string below(const std::string& path, const std::string& name) { return path.empty() ? name : path + "/" + name; }
  const git::Repository& repository_;
};

/// The tree of the branch's tip, in a store of its own that nothing else reads.
Result<std::vector<Refusal>> looked_at(const RepositoryConfiguration& repository, std::stop_token stop) {
  const auto folder = TRY(TemporaryFolder::make("tandem-refused"));
  auto store = TRY(git::Repository::init_bare(folder.path() / "refused.git"));
  const auto refs = TRY(git::ls_remote(repository.url, stop));
  const auto tip = std::ranges::find(refs, "refs/heads/" + repository.branch, &git::RemoteRef::name);
  if (tip == refs.end()) return failure(Fault::Missing, "no branch {} in {}", repository.branch, repository.name);
  // It may fail over what we are here to see; what has arrived by then is looked at all the same.
  const auto fetched = git::fetch_unchecked(store.path(), repository.url, {"+refs/heads/" + repository.branch + ":refs/heads/tip"}, stop, repository.fetch_limits);
  store = TRY(git::Repository::open(store.path()));
  if (const auto tree = store.tree_of(tip->id)) return check_stored_tree(store, *tree);
  // A tree so broken that no git sends it can only be read where it lies.
  const auto there = git::Repository::open(repository.url);
  if (!there) return fetched ? there.error() : fetched.error();
  const auto tree = TRY(there->tree_of(tip->id));
  return check_stored_tree(*there, tree);
}

}  // namespace

Result<std::vector<Refusal>> check_stored_tree(const git::Repository& repository, const TreeId& tree) {
  StoredWalk walk(repository);
  TRY(walk.folder(tree, "", 0));
  return std::move(walk.refusals);
}

Error diagnosed(const RepositoryConfiguration& repository, const Error& refusal, std::stop_token stop) {
  auto git_said = Error(refusal).with_code(code::refused_tree).with_next(
      fmt::format("`git fsck` in {} names the object; remove it from the history that is to be carried", repository.name));
  const auto found = looked_at(repository, std::move(stop));
  if (!found || found->empty()) return git_said;
  auto out = refused(*found).with_code(code::refused_tree).with_next(fmt::format("remove or rename it in {}; nothing has been carried", repository.name));
  out.what += fmt::format("; git says: {}", refusal.what);
  return out;
}

}  // namespace tandem::sync
