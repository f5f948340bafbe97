#pragma once
// What the commands do: arguments in, one JSON document out. The daemon and the in-process program share it.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "run/conductor.hpp"
#include "run/dispatcher.hpp"
#include "run/journey.hpp"
#include "run/workshop.hpp"

namespace tandem::run {

/// What a command says. `document` is what --json prints; `exit` as in design section 7.
struct Answer {
  json::value document;
  int exit = 0;
};

/// The exit code that an error means: 1 usage, 2 failed, 3 proof, 4 policy, 5 held, 6 rollback failed, 75 try again.
int exit_code_of(const Error& error);
/// The document of an error: {"schema":"tandem.error/1", code, fault, what, place, next}.
json::value document_of(const Error& error);
/// The exit code that a run's end means.
int exit_code_of(const Run& run);

/// How an earlier run is done again: from what failed on, or all of it.
enum class Repetition { FromFailed, Exact };

/// Workshop, dispatcher, journey and conductor, put together: what serves a command or an event.
class Office {
 public:
  explicit Office(Workshop& shop);

  /// Goes on with what the last process left behind.
  Done resume();
  /// Errors: Invalid for an unknown command.
  Result<Answer> perform(const std::string& command, const json::object& arguments);
  /// Starts (or joins) a run by name.
  Result<RunId> start(const StartRequest& request);
  /// Does an ended run again, by its recorded plan and inputs. Errors: Conflict while it has not ended.
  Result<RunId> repeat(const Run& old, Repetition how, const std::string& actor);
  /// Takes note of where a branch is now; starts what a push starts.
  Result<std::vector<RunId>> saw_branch(const std::string& repository, const std::string& branch, const CommitId& before,
                                        const CommitId& after, const std::string& actor);
  /// The same, later and in order, on a thread of its own. A repository's hook must not wait for it: the push that
  /// the hook reports may be one of ours, which holds what looking at the branch needs.
  void notice(std::string repository, std::string branch, CommitId before, CommitId after, std::string actor);
  Workshop& shop() { return shop_; }
  Conductor& conductor() { return conductor_; }
  Dispatcher& dispatcher() { return dispatcher_; }

 private:
  Workshop& shop_;
  Dispatcher dispatcher_;
  Journey journey_;
  Conductor conductor_;     ///< its destructor ends the work before what the work uses goes
  struct Noticed {
    std::string repository;
    std::string branch;
    CommitId before;
    CommitId after;
    std::string actor;
  };
  void handle_notices(std::stop_token stop);
  Done clear_workspaces();
  std::mutex mutex_;
  std::condition_variable_any noticed_;
  std::deque<Noticed> notices_;
  std::jthread listener_;   ///< last: it uses all of the above
};

using CommandBody = Result<Answer> (*)(Office&, const json::object&);
/// The commands of one file each, found by name.
CommandBody find_run_command(std::string_view name);          ///< run, runs, logs, why, approve, artifacts, notify
CommandBody find_release_command(std::string_view name);      ///< status, releases, environments, rollback, verify, stack, invoke, plan
CommandBody find_repository_command(std::string_view name);   ///< compose, validate, explain-trigger
CommandBody find_sync_command(std::string_view name);         ///< sync, keys
CommandBody find_contract_command(std::string_view name);     ///< contract
CommandBody find_upkeep_command(std::string_view name);       ///< audit, secrets, doctor, metrics
CommandBody find_maintain_command(std::string_view name);     ///< maintain
CommandBody find_event_command(std::string_view name);        ///< pull-request

}  // namespace tandem::run
