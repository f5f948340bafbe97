#pragma once
// The engine: what happens next, decided in pure code. Facts go in; journal entries and commands come out.

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "record/artifact.hpp"
#include "run/engine_state.hpp"
#include "store/journal.hpp"

namespace tandem::run {

// --- facts -------------------------------------------------------------------------------------------------------

/// A workflow that an event starts, or that cannot start for a reason that is told.
struct Planned {
  Workflow workflow;
  std::string refusal{};                            ///< not empty: the run is recorded as NOT_RUN with this reason
  std::map<std::string, std::string> inputs{};
  std::optional<RunId> repeats{};                   ///< the run that this one does again
  std::map<std::string, ActionOutcome> taken_over{};///< what of it needs not be done again, by action
  std::vector<Artifact> artifacts{};                ///< that those actions handed over
};
/// A workflow file that a push has changed in its branch, or taken out of it.
struct DefinitionChange {
  std::string file;
  bool is_gone = false;
  std::optional<RunMode> mode{};                    ///< by the new definition, if it can be read
};
struct EventArrived {
  Event event;
  std::vector<Planned> runs;
  std::vector<DefinitionChange> definitions{};      ///< what is under way by them is cancelled
};
struct ActionEnded {
  RunId run;
  std::string action;
  int attempt = 0;                                  ///< an answer of an earlier attempt changes nothing
  ActionOutcome outcome;
};
/// The time an action may take is over, by a clock that nobody can set.
struct ActionTimedOut {
  RunId run;
  std::string action;
  int attempt = 0;
};
/// The way back and the reports of a run whose actions have ended are done.
struct RunWrappedUp {
  RunId run;
  ActionOutcome outcome;
};
/// The coordinator was not there for a while. A clean stop is nobody's fault; a death may be a run's.
struct Restarted {
  enum class After { Death, CleanStop };
  After after = After::Death;
};
/// Told now and then: what depends on the calendar is looked at.
struct TimePassed {};
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
struct FreezeAsked {
  std::string environment;
  bool frozen = true;                               ///< false lifts it
  std::string actor;
  std::string reason{};
};
using Fact = std::variant<EventArrived, ActionEnded, ActionTimedOut, RunWrappedUp, Restarted, TimePassed, CancelAsked,
                          ApprovalGiven, FreezeAsked>;

// --- commands ----------------------------------------------------------------------------------------------------

struct StartAction {
  RunId run;
  std::string action;
  int attempt = 1;
  bool operator==(const StartAction&) const = default;
};
struct StopActions {
  RunId run;
  std::string action{};                             ///< empty: all of them
  bool operator==(const StopActions&) const = default;
};
/// Undo what has to be undone, then report: once per run, after its last action.
struct WrapUp {
  RunId run;
  bool operator==(const WrapUp&) const = default;
};
using EngineCommand = std::variant<StartAction, StopActions, WrapUp>;

// --- deciding ----------------------------------------------------------------------------------------------------

/// What an environment asks of whoever opens a gate before it.
struct GateRule {
  int approvals = 0;                                ///< at least so many, whatever the gate says
  bool other_person = false;                        ///< not the one whose event started the run
};

struct Limits {
  size_t queue_max = 50;                            ///< waiting runs of one workflow; the next one is NOT_RUN
  size_t parallel_max = 4;                          ///< PARALLEL runs under way at once; the others wait
  int interruptions_max = 3;                        ///< then the run is quarantined
  Duration gate_patience = std::chrono::days{14};   ///< then nobody has approved in time
  std::map<std::string, GateRule> environments{};
};

struct Decision {
  std::vector<store::Entry> entries;
  std::vector<EngineCommand> commands;
  std::optional<Error> refused{};                   ///< a person asked for what cannot be; nothing changed
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

/// Why an action may not enter its block now.
struct Waiting {
  std::string rule;                                 ///< queue, environment, parallel, frozen; empty: nothing keeps it
  std::string what;                                 ///< one sentence
  RunId holder{};                                   ///< the run that stands in the way, where one does
  std::string environment{};                        ///< the environment it is about
  std::string release;                              ///< what would let it go on
  explicit operator bool() const { return !rule.empty(); }
};
Waiting why_waiting(const State& state, const Run& run, const Action& action, const Limits& limits = {});

/// How many people a gate asks for, and whether the one who started the run is among those who may answer.
GateRule gate_rule(const Run& run, const Action& gate, const Limits& limits);

bool is_gate(const Action& action);

/// Whether a run is the one that is planned: it has been told all that the planned one would be. What the sync of its
/// cause is called it may lack, for the push that reports the sync does not know.
bool is_asked_for(const Run& run, const Planned& planned);

/// Minutes an action may take: as written, else the longest its kind allows.
int timeout_of(const Action& action);

}  // namespace tandem::run
