#pragma once
// What a repository is told about one of its commits: a note under refs/notes/tandem, pushed to the repository.

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace tandem::report {

enum class StatusState { Pending, Success, Failure, Held, RolledBack };
std::string_view word(StatusState state);   ///< "pending", "success", "failure", "held", "rolled_back"

/// One line of a note. `context` names who speaks: "tandem/api-deployment". Success is said only after the
/// verification of that very release.
struct CommitStatus {
  std::string context;
  StatusState state{};
  std::string description;     ///< one sentence
  std::string run;
  std::string release;         ///< empty when there is none
  std::string environment;
  std::string url;             ///< where it is live; empty when it is not
  Instant at{};
};
json::value to_json(const CommitStatus& status);

/// The note with `status` in it: a JSON document {"schema":"tandem.commit-status/1","statuses":[...]} with at most one
/// status per context, the newest. `note` is the text that is there, or empty; text that is not ours is refused.
Result<std::string> note_with(const std::string& note, const CommitStatus& status);

/// Sets the status of `commit` at `url`, whoever else writes notes meanwhile (at most five tries).
/// `store` is a bare repository of ours that has the commit. Errors: as git::push.
Done post_status(const std::filesystem::path& store, const std::string& repository, const std::string& url,
                 const CommitId& commit, const CommitStatus& status, std::stop_token stop = {});

}  // namespace tandem::report
