#pragma once
// Pull requests. A bare repository on this machine knows none, so tandem keeps them: the journal has each one's state,
// refs/pull/N/head in the repository its newest commit. Those of a forge are opened and merged there; its webhooks tell how they stand.

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
  /// What a forge says of one of its own: kept, and acted upon at the next look. Errors: Invalid for a repository on this machine.
  Done hear(PullRequest told, const std::string& actor);
  Result<std::vector<PullRequest>> list(const std::string& repository);

  /// Those whose source moved, or whose event was not told yet.
  Done look(const std::string& repository);

 private:
  Result<PullRequest> find(const std::string& repository, std::int64_t number);
  Result<RepositoryConfiguration> home(const std::string& name) const;    ///< empty name: the application
  Result<RepositoryConfiguration> local(const std::string& name) const;
  Done look_at(PullRequest request);
  Result<CommitId> source_tip(const PullRequest& request, const RepositoryConfiguration& repository) const;
  Done note(const PullRequest& request, const std::string& actor);
  Done tell(const PullRequest& request, PullRequestStep step, const std::string& actor);
  Done compare_files(Event& event, const RepositoryConfiguration& repository);
  Result<bool> is_told(const PullRequest& request, PullRequestStep step) const;
  Office& office_;
  Workshop& shop_;
};

}  // namespace tandem::run
