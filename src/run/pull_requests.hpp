#pragma once
// Pull requests of repositories on this machine. A bare repository knows none, so tandem keeps them: the journal has
// each one's state, refs/pull/N/head in the repository its newest commit.

#include "record/pull_request.hpp"
#include "run/commands.hpp"

namespace tandem::run {

class PullRequests {
 public:
  explicit PullRequests(Office& office) : office_(office), shop_(office.shop()) {}

  /// Errors: Missing (no such branch), Invalid (a repository elsewhere), Conflict (one is open already).
  Result<PullRequest> open(PullRequest wish, const std::string& actor);
  /// Looks at the source branch again: a new commit is a revision.
  Result<PullRequest> update(const std::string& repository, std::int64_t number, const std::string& actor);
  Result<PullRequest> close(const std::string& repository, std::int64_t number, const std::string& actor);
  /// Writes a merge commit onto the destination. Errors: Conflict names the files; Denied for a draft.
  Result<PullRequest> merge(const std::string& repository, std::int64_t number, const std::string& actor);
  Result<std::vector<PullRequest>> list(const std::string& repository);

  /// The open ones whose source branch moved, or whose event was not told before a restart.
  Done look(const std::string& repository);

 private:
  Result<PullRequest> find(const std::string& repository, std::int64_t number);
  Result<RepositoryConfiguration> local(const std::string& name) const;
  Result<CommitId> source_tip(const PullRequest& request, const RepositoryConfiguration& repository) const;
  Done note(const PullRequest& request, const std::string& actor);
  Done tell(const PullRequest& request, PullRequestStep step, const std::string& actor);
  Done compare_files(Event& event, const RepositoryConfiguration& repository);
  Office& office_;
  Workshop& shop_;
};

}  // namespace tandem::run
