#pragma once
// What starts things: a push, a pull request, a schedule, a person's command, another run.

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace tandem {

enum class EventKind { Push, PullRequest, Schedule, Command, Run };
std::string_view word(EventKind kind);                              ///< "push", "pull_request", "schedule", "command", "run"
std::optional<EventKind> event_kind_from(std::string_view word);

enum class PullRequestStep { Open, Revision, Closed, Draft, Merged };   ///< a draft was opened; closed by a merge

/// Authenticated and permitted before it becomes a value; handled once, by `id`.
struct Event {
  EventId id;                                ///< derived from what happened, so that a second telling has the same id
  EventKind kind{};
  std::string repository;                    ///< name in tandem.yaml
  std::string branch;                        ///< short name; for a pull request the source branch
  std::string destination;                   ///< pull request: the branch it wants to go into
  std::optional<PullRequestStep> step{};
  CommitId before;                           ///< push: the old tip; empty for a new branch
  CommitId after;                            ///< the commit whose tree holds the workflow files
  std::vector<std::string> files_changed{};  ///< paths; meaningful only when `files_known`
  bool files_known = false;
  std::string actor;                         ///< who: "anna", "schedule", "run R"
  std::optional<RunId> cause{};              ///< the run that led to it
  bool is_foreign = false;                   ///< pull request from outside: no secrets, no environment
  Instant at{};
  bool operator==(const Event&) const = default;
};

json::value to_json(const Event& event);
Result<Event> event_from_json(const json::value& value);

}  // namespace tandem
