#include "base/git_here.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/git_handles.hpp"
#include "base/git_left_locks.hpp"
#include "base/git_pack.hpp"
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

/// A repository opened beside the one that Repository holds: raw objects, no parsing.
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

  bool has(const git_oid& id) const { return git_odb_exists_ext(objects_.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH) == 1; }
  RawObject read(const git_oid& id, git_object_t type) const {
    git_odb_object* object = nullptr;
    if (git_odb_read(&object, objects_.get(), &id) != 0) throw LeftToGit{};
    RawObject out(object);
    if (git_odb_object_type(object) != type) throw LeftToGit{};
    return out;
  }
  git_repository& handle() const { return *repository_; }
  git_odb& objects() const { return *objects_; }
  fs::path folder() const { return git_repository_path(repository_.get()); }

  /// Direct refs below `prefix`, by full name. A symbolic one, or one that names no commit, is git's business.
  std::map<std::string, git_oid> refs(const std::string& prefix) const {
    git_reference_iterator* raw = nullptr;
    if (git_reference_iterator_glob_new(&raw, repository_.get(), (prefix + "*").c_str()) != 0) throw LeftToGit{};
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
    return out;
  }

 private:
  Raw(RepositoryHandle repository, OdbHandle objects) : repository_(std::move(repository)), objects_(std::move(objects)) {}
  RepositoryHandle repository_;
  OdbHandle objects_;
};

std::string_view bytes_of(const RawObject& object) {
  return {static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())};
}

struct OidLess {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_cmp(&a, &b) < 0; }
};

/// One line of a stored tree.
struct TreeLine {
  unsigned mode = 0;
  std::string_view name;
  git_oid id{};
};

bool is_tree(unsigned mode) { return mode == 040000; }

/// Only what git's fsck passes without a thought: the five modes as git writes them, ordinary names in order.
std::vector<TreeLine> plain_lines(std::string_view bytes) {
  static const std::map<std::string_view, unsigned> modes{{"100644", 0100644}, {"100755", 0100755}, {"40000", 040000}, {"120000", 0120000}, {"160000", 0160000}};
  std::vector<TreeLine> out;
  std::string before;
  while (!bytes.empty()) {
    const auto space = bytes.find(' ');
    const auto zero = bytes.find('\0');
    if (space == bytes.npos || zero == bytes.npos || space > zero || bytes.size() < zero + 1 + id_bytes) throw LeftToGit{};
    const auto mode = modes.find(bytes.substr(0, space));
    if (mode == modes.end()) throw LeftToGit{};
    TreeLine line{mode->second, bytes.substr(space + 1, zero - space - 1), {}};
    git_oid_fromraw(&line.id, reinterpret_cast<const unsigned char*>(bytes.data() + zero + 1));
    auto key = std::string(line.name) + (is_tree(line.mode) ? "/" : "");
    if (!before.empty() && key <= before) throw LeftToGit{};
    before = std::move(key);
    out.push_back(line);
    bytes.remove_prefix(zero + 1 + id_bytes);
  }
  // Order by whole keys lets "a" and "a/" through as two; as names they are one.
  for (size_t at = 1; at < out.size(); ++at)
    if (std::ranges::any_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(at), [&](const auto& other) { return is_tree(other.mode) != is_tree(out[at].mode) && other.name == out[at].name; }))
      throw LeftToGit{};
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

/// What is new, gathered and then written as one pack.
class Pack {
 public:
  explicit Pack(const Raw& from) : from_(from) {}

  /// False when it is in already.
  bool add(const git_oid& id, git_object_t type, std::string_view bytes) {
    if (!known_.insert(id).second) return false;
    bytes_ += bytes.size();
    if (known_.size() > objects_max || bytes_ > bytes_max) throw LeftToGit{};
    text_.add(type, bytes);
    return true;
  }
  bool has(const git_oid& id) const { return known_.contains(id); }
  bool is_empty() const { return known_.empty(); }
  const Raw& from() const { return from_; }

  /// Into `to`, durable and visible at once.
  Done write(const Raw& to) const {
    TRY(text_.write(to.folder() / "objects" / "pack"));
    git_odb_refresh(&to.objects());
    return done();
  }

 private:
  const Raw& from_;
  std::set<git_oid, OidLess> known_;
  PackText text_;
  size_t bytes_ = 0;
};

using IsThere = std::function<bool(const git_oid&)>;

/// `tree` and everything below that is new; what `before` holds at the same name is not. `is_there` says what needs no walk.
void gather_tree(Pack& pack, const git_oid& tree, const std::optional<git_oid>& before, const IsThere& is_there, int depth) {
  if (depth > 200) throw LeftToGit{};
  if (pack.has(tree) || (before && git_oid_equal(&tree, &*before)) || is_there(tree)) return;
  const auto object = pack.from().read(tree, GIT_OBJECT_TREE);
  const auto lines = plain_lines(bytes_of(object));
  std::map<std::string_view, TreeLine> known;
  RawObject old;
  if (before) {
    old = pack.from().read(*before, GIT_OBJECT_TREE);
    for (const auto& line : plain_lines(bytes_of(old))) known.emplace(line.name, line);
  }
  for (const auto& line : lines) {
    const auto same = known.find(line.name);
    if (same != known.end() && git_oid_equal(&same->second.id, &line.id) && same->second.mode == line.mode) continue;
    require_plain_name(line.name, line.mode);
    if (line.mode == 0160000) continue;
    if (is_tree(line.mode)) {
      const bool was_tree = same != known.end() && is_tree(same->second.mode);
      gather_tree(pack, line.id, was_tree ? std::optional{same->second.id} : std::nullopt, is_there, depth + 1);
    } else if (!pack.has(line.id) && !is_there(line.id)) {
      const auto blob = pack.from().read(line.id, GIT_OBJECT_BLOB);
      pack.add(line.id, GIT_OBJECT_BLOB, bytes_of(blob));
    }
  }
  pack.add(tree, GIT_OBJECT_TREE, bytes_of(object));
}

git_oid tree_of(const Raw& repository, const git_oid& commit) {
  const auto object = repository.read(commit, GIT_OBJECT_COMMIT);
  return plain_commit(bytes_of(object)).tree;
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
    const auto object = pack.from().read(id, GIT_OBJECT_COMMIT);
    const auto links = plain_commit(bytes_of(object));
    std::optional<git_oid> before;
    if (!links.parents.empty()) before = tree_of(pack.from(), links.parents.front());
    gather_tree(pack, links.tree, before, is_there, 0);
    pack.add(id, GIT_OBJECT_COMMIT, bytes_of(object));
    waiting.insert(waiting.end(), links.parents.begin(), links.parents.end());
  }
}

std::optional<Raw> open_url(const std::string& url) {
  const auto path = path_of(url);
  return path ? Raw::open(*path) : std::nullopt;
}

Done set_ref(const Raw& repository, const std::string& name, const git_oid& to) {
  git_reference* raw = nullptr;
  const int code = git_reference_create(&raw, &repository.handle(), name.c_str(), &to, 1, "tandem");
  const std::unique_ptr<git_reference, With<git_reference_free>> ref(raw);
  if (code != 0) throw LeftToGit{};   // a folder where a ref should go, and the like
  return done();
}

Result<Here> mirror(const Raw& here, const Raw& there, const std::vector<Mirror>& mirrors) {
  Pack pack(there);
  std::vector<std::pair<std::string, git_oid>> moves;
  std::vector<std::string> gone;
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
      moves.emplace_back(mine, id);
    }
    for (const auto& [name, id] : ours) gone.push_back(name);
  }
  if (!pack.is_empty()) TRY(pack.write(here));
  for (const auto& name : gone)
    if (git_reference_remove(&here.handle(), name.c_str()) != 0) throw LeftToGit{};
  for (const auto& [name, id] : moves) TRY(set_ref(here, name, id));
  return Here::Done;
}

bool has_setting(git_repository& repository, const char* pattern) {
  git_config* raw = nullptr;
  if (git_repository_config(&raw, &repository) != 0) return true;
  const ConfigHandle config(raw);
  bool found = false;
  const int code = git_config_foreach_match(config.get(), pattern, [](const git_config_entry*, void* flag) { *static_cast<bool*>(flag) = true; return 0; }, &found);
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
  return has_setting(repository.handle(), "^(receive|transfer|extensions)\\.") ||
         has_setting(repository.handle(), "^core\\.(hookspath|sharedrepository|logallrefupdates)$");
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
  const auto here = there ? Raw::open(repository.path()) : std::nullopt;
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
  const auto here = there && !has_a_say(*there) ? Raw::open(repository.path()) : std::nullopt;
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

std::optional<std::vector<RemoteRef>> refs_here(const std::string& url) {
  library_ready();
  const auto there = open_url(url);
  if (!there) return std::nullopt;
  try {
    std::vector<RemoteRef> out;
    for (const auto& [name, id] : there->refs("refs/")) out.push_back({name, {hex_of(id)}});
    return out;
  } catch (const LeftToGit&) {
    return std::nullopt;
  }
}

}  // namespace tandem::git
