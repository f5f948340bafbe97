#pragma once
// The engine: what happens next, decided in pure code. Facts go in; journal entries and commands come out.

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "record/run.hpp"
#include "store/history.hpp"
#include "store/journal.hpp"

namespace tandem::run {

// --- facts -------------------------------------------------------------------------------------------------------

/// A workflow that an event starts, or that cannot start for a reason that is told.
struct Planned {
  Workflow workflow;
  std::string refusal{};                            ///< not empty: the run is recorded as NOT_RUN with this reason
  std::map<std::string, std::string> inputs{};
};
struct EventArrived {
  Event event;
  std::vector<Planned> runs;
};
struct ActionEnded {
  RunId run;
  std::string action;
  int attempt = 0;                                  ///< an answer of an earlier attempt changes nothing
  ActionOutcome outcome;
};
/// The way back and the reports of a run whose actions have ended are done.
struct RunWrappedUp {
  RunId run;
  ActionOutcome outcome;
};
struct Restarted {};                                ///< the coordinator was not there for a while
struct CancelAsked {
  RunId run;
  std::string actor;
};
struct ApprovalGiven {
  RunId run;
  std::string action;
  std::string actor;
  bool approved = false;
  std::string reason{};
};
using Fact = std::variant<EventArrived, ActionEnded, RunWrappedUp, Restarted, CancelAsked, ApprovalGiven>;

// --- commands ----------------------------------------------------------------------------------------------------

struct StartAction {
  RunId run;
  std::string action;
  int attempt = 1;
  bool operator==(const StartAction&) const = default;
};
struct StopActions {
  RunId run;
  bool operator==(const StopActions&) const = default;
};
/// Undo what has to be undone, then report: once per run, after its last action.
struct WrapUp {
  RunId run;
  bool operator==(const WrapUp&) const = default;
};
using EngineCommand = std::variant<StartAction, StopActions, WrapUp>;

// --- state -------------------------------------------------------------------------------------------------------

/// What deciding needs to know: the runs that have not ended. Rebuilt by folding `apply` over the journal.
struct State {
  std::map<std::int64_t, Run> runs;                 ///< unfinished, by number: the order of arrival
  std::int64_t last_run = 0;
  std::set<EventId> events;                         ///< handled already (those the conductor has asked about)

  std::vector<Run> ended;                           ///< runs that ended since whoever keeps the history took them

  Run* find(const RunId& id);
  const Run* find(const RunId& id) const;
};

struct Limits {
  size_t queue_max = 50;                            ///< waiting runs of one workflow; the next one is NOT_RUN
  int interruptions_max = 3;                        ///< then the run is quarantined
};

struct Decision {
  std::vector<store::Entry> entries;
  std::vector<EngineCommand> commands;
};

/// No I/O, no clock, no randomness. `state` is brought up to date as if the entries had been applied; when they
/// cannot be written the caller rebuilds it from the journal and drops the commands.
Decision decide(State& state, const Fact& fact, Instant now, const Limits& limits = {});

/// Folds one record of the journal into the state. Kinds that do not concern runs are passed over.
/// Errors: Invalid when a record is not of this program's shape.
Done apply(State& state, const std::string& kind, const std::string& subject, const json::value& body, Instant at);

/// Folds one record into one run. "run.created" is not among them: it makes a run.
Done apply(Run& run, const std::string& kind, const json::value& body, Instant at);

/// What starts an action is known before it runs: all actions it needs, by name, with those that did not succeed.
bool may_start(const Run& run, const Action& action);

/// Which rule keeps this action from starting, for `tandem why`; empty when nothing does.
std::string why_waiting(const State& state, const Run& run, const Action& action);

}  // namespace tandem::run
