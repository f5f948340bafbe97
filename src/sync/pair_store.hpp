#pragma once
// The pair store: one bare repository that holds the objects of both sides, so that carrying is naming.
//
//   refs/app/<branch>      the application's branches     refs/seen/log          the remote's log of syncs
//   refs/infra/<branch>    the infrastructure's           refs/tandem/log        the log as this store last accepted it
//   refs/tandem/pin/<id>   commits that were carried: kept whatever happens to their branches

#include <filesystem>
#include <stop_token>
#include <vector>

#include "base/file_lock.hpp"
#include "base/git.hpp"
#include "base/git_here.hpp"
#include "base/result.hpp"
#include "record/configuration.hpp"

namespace tandem::sync {

class PairStore {
 public:
  /// Makes the repository when there is none. Errors: Unavailable, Broken.
  static Result<PairStore> open(const std::filesystem::path& folder);

  git::Repository& repository() { return repository_; }
  const git::Repository& repository() const { return repository_; }

  /// Forgets the packs that it has open: after some were removed.
  Done reopen();

  /// One sync at a time per store. Errors: TimedOut after `limit`, Cancelled.
  Result<FileLock> lock(Duration limit, std::stop_token stop = {});

  /// Fetches all branches of one side, and the log with the infrastructure's. Errors: git::fetch's.
  Done fetch(const RepositoryConfiguration& repository, std::stop_token stop = {});
  /// Both sides at the same time.
  Done fetch(const RepositoryConfiguration& application, const RepositoryConfiguration& infrastructure, std::stop_token stop = {});
  /// The same, but what came may wait in memory for the repository's next flush(), to be written with what is made of it.
  Done gather(const RepositoryConfiguration& application, const RepositoryConfiguration& infrastructure, std::stop_token stop = {});

  /// The tip of a branch as of the last fetch. Errors: Missing.
  Result<CommitId> tip(const RepositoryConfiguration& repository) const;
  /// The remote's log as of the last fetch, once it is known to continue what this store has accepted.
  /// Errors: Denied (TD0331) when it was rewritten or has vanished.
  Result<std::optional<CommitId>> log() const;
  /// Accepts `head` as the log: from now on the remote's must continue it. Durable, with all that waits.
  Done accept_log(const CommitId& head);
  /// Keeps `commit` whatever becomes of its branch. Durable, with all that waits.
  Done pin(const CommitId& commit);

 private:
  explicit PairStore(git::Repository repository) : repository_(std::move(repository)) {}
  Result<git::Here> fetch_here(const RepositoryConfiguration& repository);
  Done fetch_there(const std::vector<RepositoryConfiguration>& sides, std::stop_token stop);
  bool is_quiet(Role role) const;
  void note_news(Role role, bool had_news);

  git::Repository repository_;
  bool application_had_news_ = true;
};

/// Where the store keeps a branch: refs/app/main, refs/infra/main.
std::string stored_ref(Role role, std::string_view branch);
/// The tip of a branch in a pair store that the caller has opened, as of the last fetch. Errors: Missing.
Result<CommitId> tip_in(const git::Repository& store, const RepositoryConfiguration& repository);
/// The commit that somebody has named, of a repository that has been fetched. Errors: TD0317.
Result<CommitId> commit_named(const git::Repository& store, const std::string& text, const std::string& repository);

}  // namespace tandem::sync
