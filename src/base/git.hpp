#pragma once
// git: objects read and written in process (libgit2), carried between repositories by the git program.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fetch_limits.hpp"
#include "base/id.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem::git {

enum class EntryKind { Blob, Executable, Link, Tree, Submodule };
/// One line of a tree. `mode` is git's octal mode as stored (0100644, 0100755, 0120000, 040000, 0160000).
struct Entry {
  std::string name;
  EntryKind kind{};
  unsigned mode = 0;
  std::string id;        ///< full hexadecimal object id
  bool operator==(const Entry&) const = default;
};
/// A file of a tree with its whole path.
struct File {
  std::string path;
  Entry entry;
};
struct Person {
  std::string name;
  std::string email;
  Instant at{};
};
struct Commit {
  CommitId id;
  TreeId tree;
  std::vector<CommitId> parents;
  Person author;
  Person committer;
  std::string message;
};
/// A change to put into a tree: a blob or a whole tree at a path, or nothing there.
struct Placement {
  std::string path;                     ///< '/' separated, relative
  std::optional<std::string> id;        ///< nullopt removes the path
  unsigned mode = 0100644;              ///< 040000 for a tree
};
enum class ChangeKind { Added, Modified, Removed };
struct Change {
  ChangeKind kind{};
  std::string path;
};

/// A repository on this machine, bare or not. Missing objects and refs are Fault::Missing; a ref that moved is Conflict;
/// an id or name that cannot be one is Invalid. What is written is durable when the call returns.
/// For one thread at a time; opening another one costs half a millisecond.
class Repository {
 public:
  static Result<Repository> open(const std::filesystem::path& path);
  static Result<Repository> init_bare(const std::filesystem::path& path);
  ~Repository();
  Repository(Repository&&) noexcept;
  Repository& operator=(Repository&&) noexcept;
  const std::filesystem::path& path() const;      ///< the .git folder, or the bare repository itself

  Result<std::optional<CommitId>> find_ref(std::string_view name) const;   ///< full name: refs/heads/main
  Result<std::vector<std::string>> refs(std::string_view prefix) const;
  /// Any revision git understands that names a commit: id, abbreviation, branch, tag, HEAD~1.
  Result<CommitId> resolve(std::string_view revision) const;
  Result<Commit> commit(const CommitId& id) const;
  Result<TreeId> tree_of(const CommitId& id) const;
  Result<std::vector<Entry>> entries(const TreeId& tree) const;
  /// A tree as it is stored, checked by nobody: for trees that entries() cannot read.
  Result<std::string> tree_bytes(const TreeId& tree) const;
  Result<std::optional<Entry>> find(const TreeId& tree, std::string_view path) const;   ///< "" is the tree itself
  Result<std::string> blob(std::string_view id) const;
  Result<std::uint64_t> blob_size(std::string_view id) const;
  /// The contents of the file at `path`; Missing when there is none.
  Result<std::string> read(const CommitId& commit, std::string_view path) const;
  Result<std::vector<File>> files(const TreeId& tree) const;               ///< everything below, sorted by path
  Result<std::vector<Change>> changes(const std::optional<TreeId>& from, const TreeId& to) const;
  Result<bool> is_ancestor(const CommitId& ancestor, const CommitId& descendant) const;
  /// `tip` and its ancestors by first parent, newest first, at most `count`.
  Result<std::vector<Commit>> history(const CommitId& tip, size_t count) const;

  Result<std::string> write_blob(std::string_view bytes);
  /// `base` (nullopt: nothing) with the placements put in, one after the other; trees that become empty go.
  /// Touches only the trees on the way to a placement.
  Result<TreeId> write_tree(const std::optional<TreeId>& base, const std::vector<Placement>& placements);
  /// Deterministic: the same arguments give the same id.
  Result<CommitId> write_commit(const TreeId& tree, const std::vector<CommitId>& parents, const Person& author,
                                const Person& committer, std::string_view message);
  /// From now on what is written stays in memory until flush() or a ref that moves makes it durable, as one pack.
  Done gather_writes();
  Done flush();
  /// Drops what has been gathered: of a dry run nothing stays, but what git::fetch_here brought is kept for the next flush().
  void forget();
  /// Moves a ref (nullopt: removes it) with the next flush(), after the objects, all planned ones together; this object sees it
  /// at once. Compares with nothing: for a repository whose refs have one writer at a time. The commit must be here and stay.
  Done plan_ref(std::string_view name, const std::optional<CommitId>& to);
  /// Compare and swap: `expected` nullopt = the ref must not exist. Conflict when it is elsewhere.
  Done move_ref(std::string_view name, const CommitId& to, const std::optional<CommitId>& expected);
  Done delete_ref(std::string_view name);

  /// Writes the files of `tree` below `folder` (modes 644, 755; links as links only when `links` says so).
  /// No filters, no attributes, no hooks: the bytes of the blobs. Submodules are left out.
  enum class Links { Refuse, Keep };
  Done extract(const TreeId& tree, const std::filesystem::path& folder, Links links = Links::Refuse) const;

  /// Sets the note of `commit` under `refs/notes/<name>`, replacing an older one.
  Done set_note(std::string_view name, const CommitId& commit, const Person& who, std::string_view text);
  Result<std::optional<std::string>> note(std::string_view name, const CommitId& commit) const;

  struct State;                           ///< known to this room's own files only

 private:
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Two texts as a unified diff, three lines around each change; empty when they are equal.
Result<std::string> unified(std::string_view before, std::string_view after, const std::string& path);

/// What the git program runs under: no global or system configuration, no prompts, no hooks of ours, fsck on transfer,
/// only https, ssh and file (and http where GIT_ALLOW_PROTOCOL of our own environment names it), submodules off. argv arrays and `--end-of-options`, never a shell.
/// `repository` is a bare one, a .git folder or the folder that holds one; empty for commands that need none.
Command git_command(std::vector<std::string> arguments, const std::filesystem::path& repository);

/// Fetches `refspecs` (e.g. "+refs/heads/*:refs/app/*") from `url` (a path or URL) into `repository`.
/// Errors: Unavailable (host, path), Denied (credentials), Invalid (fsck refused an object; names it), Missing (no such
/// ref there), Conflict (a ref here would not go forward and its refspec has no '+'), Cancelled, TimedOut,
/// Denied (TD0314: more than `limits`; nothing of it stays).
Done fetch(const std::filesystem::path& repository, const std::string& url, const std::vector<std::string>& refspecs,
           std::stop_token stop = {}, const FetchLimits& limits = {});
/// The same without fsck, to look at what a fetch has refused. Only into a throw-away repository.
Done fetch_unchecked(const std::filesystem::path& repository, const std::string& url, const std::vector<std::string>& refspecs,
                     std::stop_token stop = {}, const FetchLimits& limits = {});

/// One ref to move at the remote. `expected` is what it must be there (nullopt: it must not exist).
struct Push {
  CommitId commit;                        ///< empty = delete the ref
  std::string ref;                        ///< full name at the remote
  std::optional<CommitId> expected;
};
/// All or nothing, compare-and-swap (--atomic --force-with-lease), never a force. The hooks of a repository on this
/// machine run as they do for anybody. A ref that is already there is no conflict, so that a push can be repeated.
/// Errors: Conflict (a ref moved; names it), Denied (refused by the remote: its hook's or server's words), Unavailable.
Done push(const std::filesystem::path& repository, const std::string& url, const std::vector<Push>& pushes,
          std::stop_token stop = {});

struct RemoteRef {
  std::string name;
  CommitId id;
};
Result<std::vector<RemoteRef>> ls_remote(const std::string& url, std::stop_token stop = {});

}  // namespace tandem::git
