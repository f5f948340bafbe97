#pragma once
// One durable execution of a workflow for an event.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "record/event.hpp"
#include "record/workflow.hpp"

namespace tandem {

enum class ActionStatus { Pending, Queued, WaitingApproval, InProgress, Succeeded, Failed, Stopped, Skipped };
enum class RunStatus { Queued, InProgress, Stopping, Succeeded, Failed, Stopped, Cancelled, Superseded, Abandoned, NotRun, Held };
std::string_view word(ActionStatus status);   ///< PENDING, QUEUED, WAITING_APPROVAL, IN_PROGRESS, ...
std::string_view word(RunStatus status);      ///< QUEUED, IN_PROGRESS, STOPPING, SUCCEEDED, ..., HELD
std::optional<ActionStatus> action_status_from(std::string_view word);
std::optional<RunStatus> run_status_from(std::string_view word);
bool is_final(ActionStatus status);
bool is_final(RunStatus status);              ///< Held is final: a person has to start anew or release it

/// What an action came to.
struct ActionOutcome {
  bool succeeded = false;
  bool held = false;                                ///< stopped by policy or by the other side; nothing is broken
  std::optional<Error> error{};
  std::map<std::string, std::string> outputs{};
  std::vector<std::string> notes{};                 ///< shown with the run: degraded, discarded files, ignored properties
  json::object detail{};                            ///< verdict, sync record, bundle, proof: by noun
  bool operator==(const ActionOutcome&) const = default;
};
json::value to_json(const ActionOutcome& outcome);
Result<ActionOutcome> action_outcome_from_json(const json::value& value);

/// One person's answer at a gate.
struct Approval {
  std::string actor;
  bool approved = false;
  std::string reason{};
  Instant at{};
  bool operator==(const Approval&) const = default;
};

struct ActionState {
  ActionStatus status = ActionStatus::Pending;
  int attempt = 0;                                  ///< 1 for the first; more after a crash
  std::optional<Instant> started{};
  std::optional<Instant> ended{};
  std::string reason{};                             ///< why skipped, queued, stopped, taken over
  std::string rule{};                               ///< which rule keeps it waiting: queue, environment, parallel, frozen
  std::vector<Approval> approvals{};                ///< at a gate, in the order they came
  bool timed_out = false;                           ///< told to stop because its time was over; the answer is awaited
  std::optional<ActionOutcome> outcome{};
  bool operator==(const ActionState&) const = default;
};

struct Run {
  RunId id;
  Event event;
  Workflow workflow;
  std::string repository;
  CommitId commit;
  RunStatus status = RunStatus::Queued;
  bool degraded = false;                            ///< something fell back or was held; `notes` say what
  std::vector<std::string> notes{};
  std::map<std::string, ActionState> actions{};     ///< by action name
  std::map<std::string, std::string> inputs{};      ///< given by the cause: SyncId, ApiCommit
  Instant created{};
  std::optional<Instant> started{};
  std::optional<Instant> ended{};
  std::string reason{};
  bool wrapping_up = false;                         ///< all actions ended; the way back and the reports are under way
  int interruptions = 0;                            ///< how often the coordinator died while it ran, since an action last ended
  std::optional<RunStatus> ending{};                ///< decided before its actions are through: SUPERSEDED, CANCELLED
  std::optional<RunId> repeats{};                   ///< the earlier run that this one does again, from its failure or whole
  bool operator==(const Run&) const = default;
};
json::value to_json(const Run& run);
Result<Run> run_from_json(const json::value& value);

}  // namespace tandem
