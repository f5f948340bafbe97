#include "base/git_here.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/files.hpp"
#include "base/git_left_locks.hpp"
#include "base/git_state.hpp"
#include "base/kill_point.hpp"
#include "base/text.hpp"

namespace tandem::git {
namespace fs = std::filesystem;
namespace {

constexpr size_t objects_max = 3000;
constexpr size_t bytes_max = 32UL << 20;
constexpr size_t commits_max = 1000;
constexpr size_t id_bytes = 20;

using RawObject = std::unique_ptr<git_odb_object, With<git_odb_object_free>>;
using ConfigHandle = std::unique_ptr<git_config, With<git_config_free>>;

/// What is met is the git program's business. Thrown and caught inside this file only: it can come up at the bottom of
/// every walk, and says nothing that anybody would handle on the way.
struct LeftToGit {};

/// An object as it is stored; `bytes` lives as long as this, or as the memory of the repository it was found in.
struct Object {
  RawObject held;
  std::string_view bytes;
  MemoryObjects::Object* remembered = nullptr;
};

/// A repository without any parsing: one opened beside the one that Repository holds, or that itself.
class Raw {
 public:
  static std::optional<Raw> open(const fs::path& path) {
    git_repository* repository = nullptr;
    if (git_repository_open_ext(&repository, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0) return std::nullopt;
    RepositoryHandle handle(repository);
    git_odb* objects = nullptr;
    if (git_repository_odb(&objects, repository) != 0) return std::nullopt;
    return Raw(std::move(handle), OdbHandle(objects));
  }
  /// Borrows `repository`.
  static std::optional<Raw> of(const Repository& repository) {
    const auto& state = Repository::State::of(repository);
    git_odb* objects = nullptr;
    if (git_repository_odb(&objects, state.handle.get()) != 0) return std::nullopt;
    Raw out(RepositoryHandle{}, OdbHandle(objects));
    out.state_ = &state;
    return out;
  }

  bool has(const git_oid& id) const { return git_odb_exists_ext(objects_.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH) == 1; }
  Object read(const git_oid& id, git_object_t type) const {
    if (auto* const found = remembered(id)) {
      if (found->type != type) throw LeftToGit{};
      return {nullptr, found->bytes, found};
    }
    git_odb_object* object = nullptr;
    if (git_odb_read(&object, objects_.get(), &id) != 0) throw LeftToGit{};
    RawObject out(object);
    if (git_odb_object_type(object) != type) throw LeftToGit{};
    const std::string_view bytes(static_cast<const char*>(git_odb_object_data(object)), git_odb_object_size(object));
    return {std::move(out), bytes};
  }
  git_repository& handle() const { return state_ != nullptr ? *state_->handle : *repository_; }
  git_odb& objects() const { return *objects_; }
  const Repository::State& state() const { return *state_; }   ///< only of a borrowed one
  fs::path folder() const { return git_repository_path(&handle()); }

  /// Direct refs below `prefix`, by full name. A symbolic one, or one that names no commit, is git's business.
  std::map<std::string, git_oid> refs(const std::string& prefix) const {
    git_reference_iterator* raw = nullptr;
    if (git_reference_iterator_glob_new(&raw, &handle(), (prefix + "*").c_str()) != 0) throw LeftToGit{};
    const IteratorHandle iterator(raw);
    std::map<std::string, git_oid> out;
    git_reference* next = nullptr;
    int code = 0;
    while ((code = git_reference_next(&next, iterator.get())) == 0) {
      const std::unique_ptr<git_reference, With<git_reference_free>> ref(next);
      const auto* id = git_reference_target(next);
      if (id == nullptr) throw LeftToGit{};
      out.emplace(git_reference_name(next), *id);
    }
    if (code != GIT_ITEROVER) throw LeftToGit{};
    if (state_ == nullptr) return out;
    for (const auto& [name, to] : state_->planned->all()) {
      if (!name.starts_with(prefix)) continue;
      if (to) out.insert_or_assign(name, *to);
      else out.erase(name);
    }
    return out;
  }

 private:
  MemoryObjects::Object* remembered(const git_oid& id) const {
    return state_ == nullptr || state_->gathered == nullptr ? nullptr : state_->gathered->find(id);
  }
  Raw(RepositoryHandle repository, OdbHandle objects) : repository_(std::move(repository)), objects_(std::move(objects)) {}
  RepositoryHandle repository_;
  OdbHandle objects_;
  const Repository::State* state_ = nullptr;
};

/// One line of a stored tree.
struct TreeLine {
  unsigned mode = 0;
  std::string_view name;
  git_oid id{};
};

bool is_tree(unsigned mode) { return mode == 040000; }

/// The five modes as git writes them.
unsigned plain_mode(std::string_view text) {
  if (text == "100644") return 0100644;
  if (text == "40000") return 040000;
  if (text == "100755") return 0100755;
  if (text == "120000") return 0120000;
  if (text == "160000") return 0160000;
  throw LeftToGit{};
}

/// git's order: bytes, a folder's name as if it ended in '/'.
bool is_before(const TreeLine& a, const TreeLine& b) {
  const auto common = std::min(a.name.size(), b.name.size());
  if (const int order = a.name.substr(0, common).compare(b.name.substr(0, common)); order != 0) return order < 0;
  const auto end = [&](const TreeLine& line) { return line.name.size() > common ? static_cast<unsigned char>(line.name[common]) : is_tree(line.mode) ? '/' : 0; };
  return end(a) < end(b);
}

/// Order by whole keys lets "a" and "a/" through as two; as names they are one.
void require_one_of_each(const std::vector<TreeLine>& lines) {
  std::unordered_set<std::string_view> folders;
  for (const auto& line : lines)
    if (is_tree(line.mode)) folders.insert(line.name);
  if (folders.empty() || folders.size() == lines.size()) return;
  for (const auto& line : lines)
    if (!is_tree(line.mode) && folders.contains(line.name)) throw LeftToGit{};
}

/// Only what git's fsck passes without a thought: ordinary names in order.
std::vector<TreeLine> plain_lines(std::string_view bytes) {
  std::vector<TreeLine> out;
  out.reserve(bytes.size() / 32);
  while (!bytes.empty()) {
    const auto space = bytes.find(' ');
    const auto zero = bytes.find('\0');
    if (space == bytes.npos || zero == bytes.npos || space > zero || bytes.size() < zero + 1 + id_bytes) throw LeftToGit{};
    TreeLine line{plain_mode(bytes.substr(0, space)), bytes.substr(space + 1, zero - space - 1), {}};
    git_oid_fromraw(&line.id, reinterpret_cast<const unsigned char*>(bytes.data() + zero + 1));
    if (!out.empty() && !is_before(out.back(), line)) throw LeftToGit{};
    out.push_back(line);
    bytes.remove_prefix(zero + 1 + id_bytes);
  }
  require_one_of_each(out);
  return out;
}

/// Names that could be .git, .gitmodules or a path to somebody are looked at by git's fsck, not by us.
void require_plain_name(std::string_view name, unsigned mode) {
  const bool is_ordinary = !name.empty() && name != "." && name != ".." && std::ranges::all_of(name, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F && c != '/' && c != '\\' && c != ':';
  });
  if (!is_ordinary || name.size() > 255) throw LeftToGit{};
  const auto small = lower(name.substr(0, 8));
  const bool may_be_git = small.starts_with(".git") || (small.starts_with("gi") && small.find('~') != small.npos);
  const bool is_known = mode == 0100644 && (name == ".gitignore" || name == ".gitkeep");
  if (may_be_git && !is_known) throw LeftToGit{};
}

/// The header of a commit as git writes it: tree, parents, author, committer, each once and in order.
struct CommitLinks {
  git_oid tree{};
  std::vector<git_oid> parents;
};

git_oid take_id(std::string_view& text, std::string_view word) {
  git_oid id{};
  const auto size = word.size() + GIT_OID_HEXSZ;
  if (!text.starts_with(word) || text.size() <= size || text[size] != '\n' || git_oid_fromstrn(&id, text.data() + word.size(), GIT_OID_HEXSZ) != 0) throw LeftToGit{};
  text.remove_prefix(size + 1);
  return id;
}

bool are_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }) && (text.size() == 1 || text.front() != '0');
}

void take_person(std::string_view& text, std::string_view word) {
  const auto end = text.find('\n');
  if (!text.starts_with(word) || end == text.npos) throw LeftToGit{};
  const auto line = text.substr(word.size(), end - word.size());
  const auto open = line.find(" <"), close = line.find("> ");
  if (open == line.npos || close == line.npos || open > close || line.substr(0, open).find_first_of("<>") != line.npos ||
      line.substr(open + 2, close - open - 2).find_first_of("<>") != line.npos)
    throw LeftToGit{};
  const auto when = line.substr(close + 2);
  const auto space = when.find(' ');
  if (space == when.npos || space > 10 || !are_digits(when.substr(0, space))) throw LeftToGit{};
  const auto zone = when.substr(space + 1);
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-') || !std::ranges::all_of(zone.substr(1), [](char c) { return c >= '0' && c <= '9'; })) throw LeftToGit{};
  text.remove_prefix(end + 1);
}

CommitLinks plain_commit(std::string_view text) {
  if (text.find('\0') != text.npos) throw LeftToGit{};
  CommitLinks out{take_id(text, "tree "), {}};
  while (text.starts_with("parent ")) out.parents.push_back(take_id(text, "parent "));
  take_person(text, "author ");
  take_person(text, "committer ");
  return out;
}

/// What is new, gathered to be written as one pack.
class Pack {
 public:
  explicit Pack(const Raw& from) : from_(from) {}

  /// `id` is not in yet.
  void add(const git_oid& id, git_object_t type, Object object) {
    bytes_ += object.bytes.size();
    if (objects_.size() >= objects_max || bytes_ > bytes_max) throw LeftToGit{};
    objects_.emplace(id, Part{type, std::move(object)});
  }
  bool has(const git_oid& id) const { return objects_.contains(id); }
  bool is_empty() const { return objects_.empty(); }
  const Raw& from() const { return from_; }

  /// Into `to`, durable and visible at once.
  Done write(const Raw& to) const {
    PackText text;
    for (const auto& [id, part] : objects_) text.add(id, packed_once(part));
    TRY(text.write(to.folder() / "objects" / "pack"));
    git_odb_refresh(&to.objects());
    return done();
  }
  /// Into the memory of a repository that gathers.
  void remember(MemoryObjects& memory) const {
    for (const auto& [id, part] : objects_) memory.keep(id, {part.type, std::string(part.object.bytes)});
  }

 private:
  struct Part {
    git_object_t type{};
    Object object;
  };
  /// Deflating is most of the work, and a sync needs the same objects twice: in its own store and at the target.
  static PackedObject packed_once(const Part& part) {
    auto* const remembered = part.object.remembered;
    if (remembered == nullptr) return packed(part.type, part.object.bytes);
    if (!remembered->packed) remembered->packed = packed(part.type, part.object.bytes);
    return *remembered->packed;
  }

  const Raw& from_;
  std::map<git_oid, Part, OidLess> objects_;
  size_t bytes_ = 0;
};

using IsThere = std::function<bool(const git_oid&)>;

/// `tree` and everything below that is new; what `before` holds at the same name is not. `is_there` says what needs no walk.
void gather_tree(Pack& pack, const git_oid& tree, const std::optional<git_oid>& before, const IsThere& is_there, int depth) {
  if (depth > 200) throw LeftToGit{};
  if (pack.has(tree) || (before && git_oid_equal(&tree, &*before)) || is_there(tree)) return;
  auto object = pack.from().read(tree, GIT_OBJECT_TREE);
  const auto lines = plain_lines(object.bytes);
  Object old;
  std::vector<TreeLine> known;
  if (before) {
    old = pack.from().read(*before, GIT_OBJECT_TREE);
    known = plain_lines(old.bytes);
  }
  auto same = known.begin();
  for (const auto& line : lines) {
    while (same != known.end() && is_before(*same, line)) ++same;
    const bool was_there = same != known.end() && same->name == line.name && is_tree(same->mode) == is_tree(line.mode);
    if (was_there && git_oid_equal(&same->id, &line.id) && same->mode == line.mode) continue;
    require_plain_name(line.name, line.mode);
    if (line.mode == 0160000) continue;
    if (is_tree(line.mode)) {
      gather_tree(pack, line.id, was_there ? std::optional{same->id} : std::nullopt, is_there, depth + 1);
    } else if (!pack.has(line.id) && !is_there(line.id)) {
      pack.add(line.id, GIT_OBJECT_BLOB, pack.from().read(line.id, GIT_OBJECT_BLOB));
    }
  }
  if (!pack.has(tree)) pack.add(tree, GIT_OBJECT_TREE, std::move(object));
}

git_oid tree_of(const Raw& repository, const git_oid& commit) {
  const auto object = repository.read(commit, GIT_OBJECT_COMMIT);
  return plain_commit(object.bytes).tree;
}

/// `tip` and its ancestors until `is_known`, with their trees.
void gather_commits(Pack& pack, const git_oid& tip, const IsThere& is_known, const IsThere& is_there) {
  std::vector<git_oid> waiting{tip};
  size_t count = 0;
  while (!waiting.empty()) {
    const auto id = waiting.back();
    waiting.pop_back();
    if (pack.has(id) || is_known(id)) continue;
    if (++count > commits_max) throw LeftToGit{};
    auto object = pack.from().read(id, GIT_OBJECT_COMMIT);
    const auto links = plain_commit(object.bytes);
    std::optional<git_oid> before;
    if (!links.parents.empty()) before = tree_of(pack.from(), links.parents.front());
    gather_tree(pack, links.tree, before, is_there, 0);
    pack.add(id, GIT_OBJECT_COMMIT, std::move(object));
    waiting.insert(waiting.end(), links.parents.begin(), links.parents.end());
  }
}

std::optional<Raw> open_url(const std::string& url) {
  const auto path = path_of(url);
  return path ? Raw::open(*path) : std::nullopt;
}

/// Objects and refs that came: into the memory of a repository that gathers, onto the disk of every other.
Done take(const Raw& here, const Pack& pack, const RefMoves& moves) {
  const auto& state = here.state();
  if (state.gathered == nullptr) {
    if (!pack.is_empty()) TRY(pack.write(here));
    return moves.empty() ? done() : write_packed_refs(here.folder(), moves);
  }
  pack.remember(*state.gathered);
  for (const auto& [name, to] : moves) state.planned->plan(name, to);
  return done();
}

Result<Here> mirror(const Raw& here, const Raw& there, const std::vector<Mirror>& mirrors) {
  Pack pack(there);
  RefMoves moves;
  const IsThere is_here = [&](const git_oid& id) { return here.has(id); };
  for (const auto& one : mirrors) {
    const auto theirs = there.refs(one.there);
    auto ours = here.refs(one.here);
    for (const auto& [name, id] : theirs) {
      const auto mine = one.here + name.substr(one.there.size());
      const auto known = ours.find(mine);
      const bool is_same = known != ours.end() && git_oid_equal(&known->second, &id);
      if (known != ours.end()) ours.erase(known);
      if (is_same) continue;
      gather_commits(pack, id, is_here, is_here);
      moves.emplace(mine, id);
    }
    for (const auto& [name, id] : ours) moves.emplace(name, std::nullopt);
  }
  TRY(take(here, pack, moves));
  return Here::Done;
}

/// Names as libgit2 gives them: section and key in lower case.
bool bears_on_pushes(std::string_view setting) {
  for (const std::string_view section : {"receive.", "transfer.", "extensions."})
    if (setting.starts_with(section)) return true;
  return setting == "core.hookspath" || setting == "core.sharedrepository" || setting == "core.logallrefupdates";
}

/// Not by git_config_foreach_match: it forgets to free 20 KiB for every setting that does not match.
bool has_setting_for_pushes(git_repository& repository) {
  git_config* raw = nullptr;
  if (git_repository_config(&raw, &repository) != 0) return true;
  const ConfigHandle config(raw);
  bool found = false;
  const auto look = [](const git_config_entry* entry, void* flag) {
    *static_cast<bool*>(flag) |= bears_on_pushes(entry->name);
    return 0;
  };
  const int code = git_config_foreach(config.get(), look, &found);
  return found || code != 0;
}

/// The hook by which a repository tells our own daemon of pushes. Any other is the git program's to run, in the surroundings
/// that its author expects.
constexpr std::string_view our_hook_mark = "# installed by tandem";

bool has_foreign_post_receive(const Raw& repository) {
  const auto hook = repository.folder() / "hooks" / "post-receive";
  if (::access(hook.c_str(), X_OK) != 0) return false;
  const auto text = read_file(hook);
  return !text || text->find(our_hook_mark) == text->npos;
}

/// Packs that nobody has put together yet; git's own push looks after them.
bool wants_tidying(const Raw& repository) {
  std::error_code code;
  const auto folder = fs::directory_iterator(repository.folder() / "objects" / "pack", code);
  return code || std::distance(fs::begin(folder), fs::end(folder)) > 120;
}

/// A repository that has a say in what is pushed gets the real thing.
bool has_a_say(const Raw& repository) {
  if (wants_tidying(repository) || has_foreign_post_receive(repository)) return true;
  if (git_repository_is_bare(&repository.handle()) != 1) return true;
  for (const auto* hook : {"pre-receive", "update", "reference-transaction", "proc-receive", "post-update"})
    if (::access((repository.folder() / "hooks" / hook).c_str(), X_OK) == 0) return true;
  return has_setting_for_pushes(repository.handle());
}

std::optional<git_oid> current(const Raw& repository, const std::string& ref) {
  git_oid id;
  return git_reference_name_to_id(&id, &repository.handle(), ref.c_str()) == 0 ? std::optional{id} : std::nullopt;
}

Result<std::vector<TransactionHandle>> lock_all(const Raw& repository, const std::vector<Push>& pushes, const std::string& url) {
  std::vector<TransactionHandle> locks;
  for (const auto& push : pushes) {
    git_transaction* raw = nullptr;
    if (git_transaction_new(&raw, &repository.handle()) != 0) throw LeftToGit{};
    TransactionHandle transaction(raw);
    if (git_transaction_lock_ref(raw, push.ref.c_str()) != 0) return failure(Fault::Conflict, "{} is being moved at {}", push.ref, url);
    locks.push_back(std::move(transaction));
  }
  for (const auto& push : pushes) {
    const auto there = current(repository, push.ref);
    const auto shown = there ? hex_of(*there) : "";
    if (shown == push.commit.value || shown == (push.expected ? push.expected->value : "")) continue;
    return failure(Fault::Conflict, "{} moved at {}: it is at {}", push.ref, url, there ? shown : "nothing");
  }
  return locks;
}

/// Runs as the server's git would run it; what it says or how it ends changes nothing any more.
void run_post_receive(const Raw& repository, const std::vector<Push>& pushes, std::stop_token stop) {
  const auto hook = repository.folder() / "hooks" / "post-receive";
  if (::access(hook.c_str(), X_OK) != 0) return;
  Command command{.argv = {hook.string()}, .environment = tool_environment(), .folder = repository.folder()};
  command.environment.emplace("GIT_DIR", ".");
  command.time_limit = std::chrono::minutes{1};
  const std::string none(GIT_OID_HEXSZ, '0');
  for (const auto& push : pushes) command.input += fmt::format("{} {} {}\n", push.expected ? push.expected->value : none, push.commit.value, push.ref);
  [[maybe_unused]] const auto ran = run_program(command, std::move(stop));
}

Result<Here> deliver(const Raw& here, const Raw& there, const std::string& url, const std::vector<Push>& pushes, const std::optional<CommitId>& base, std::stop_token stop) {
  Pack pack(here);
  std::set<git_oid, OidLess> known;
  const auto add_known = [&](const std::optional<CommitId>& commit) {
    if (!commit) return;
    const auto id = oid_of(commit->value);
    if (id && there.has(*id)) known.insert(*id);
  };
  add_known(base);
  for (const auto& push : pushes) add_known(push.expected);
  const IsThere is_known = [&](const git_oid& id) { return known.contains(id); };
  const IsThere never = [](const git_oid&) { return false; };
  for (const auto& push : pushes) {
    const auto id = TRY(oid_of(push.commit.value));
    gather_commits(pack, id, is_known, never);
  }
  std::optional<RefMove> move(std::in_place, there.folder(), pushes);
  auto locks = TRY(lock_all(there, pushes, url));   // before the pack: a lost race leaves nothing behind
  if (!pack.is_empty()) TRY(pack.write(there));
  kill_point("before:push");
  for (size_t at = 0; at < pushes.size(); ++at) {
    const auto id = TRY(oid_of(pushes[at].commit.value));
    int code = git_transaction_set_target(locks[at].get(), pushes[at].ref.c_str(), &id, nullptr, "tandem");
    if (code == 0) code = git_transaction_commit(locks[at].get());
    if (code != 0) return trouble(GIT_ERROR, "cannot move {} at {}", pushes[at].ref, url);
  }
  locks.clear();
  move.reset();
  kill_point("after:push");
  run_post_receive(there, pushes, std::move(stop));
  return Here::Done;
}

}  // namespace

Result<Here> fetch_here(const Repository& repository, const std::string& url, const std::vector<Mirror>& mirrors) {
  const auto there = open_url(url);
  const auto here = there ? Raw::of(repository) : std::nullopt;
  if (!here) return Here::Left;
  try {
    return mirror(*here, *there, mirrors);
  } catch (const LeftToGit&) {
    return Here::Left;
  }
}

Result<Here> push_here(const Repository& repository, const std::string& url, const std::vector<Push>& pushes,
                       const std::optional<CommitId>& base, std::stop_token stop) {
  const bool is_ours = !pushes.empty() && std::ranges::none_of(pushes, [](const auto& push) { return push.commit.empty(); });
  const auto there = is_ours ? open_url(url) : std::nullopt;
  const auto here = there && !has_a_say(*there) ? Raw::of(repository) : std::nullopt;
  if (!here) return Here::Left;
  try {
    return deliver(*here, *there, url, pushes, base, std::move(stop));
  } catch (const LeftToGit&) {
    return Here::Left;
  }
}

std::optional<fs::path> path_of(const std::string& url) {
  if (url.starts_with("file://")) return url.substr(7).starts_with('/') && url.find('%') == url.npos ? std::optional<fs::path>(url.substr(7)) : std::nullopt;
  return url.starts_with('/') ? std::optional<fs::path>(url) : std::nullopt;
}

std::optional<std::vector<RemoteRef>> refs_here(const std::string& url, const std::vector<std::string>& names) {
  library_ready();
  const auto there = open_url(url);
  if (!there) return std::nullopt;
  std::vector<RemoteRef> out;
  for (const auto& name : names)
    if (const auto id = current(*there, name)) out.push_back({name, {hex_of(*id)}});
  return out;
}

}  // namespace tandem::git
