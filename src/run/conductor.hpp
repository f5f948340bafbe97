#pragma once
// The conductor: turns the engine's commands into work on threads, and the work's outcome into facts.

#include <chrono>
#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "run/engine.hpp"
#include "run/ledger.hpp"

namespace tandem::run {

/// Does what a command says. One call per attempt of an action, each on a thread of its own.
class Performer {
 public:
  virtual ~Performer() = default;
  virtual ActionOutcome perform(const Run& run, const Action& action, int attempt, std::stop_token stop) = 0;
  /// After the last action: the way back where something failed, then the reports. `stop` is asked at shutdown only.
  virtual ActionOutcome wrap_up(const Run& run, std::stop_token stop) = 0;
};

/// Its destructor stops what runs without recording an outcome: the next start goes on from the journal.
class Conductor {
 public:
  Conductor(Ledger& ledger, Performer& performer);
  ~Conductor();
  Conductor(const Conductor&) = delete;
  Conductor& operator=(const Conductor&) = delete;

  /// Goes on with what the last process left behind.
  Done resume();
  /// Ids of the runs that were made, oldest first; none when the event was known or matched nothing.
  Result<std::vector<RunId>> tell(const EventArrived& event);
  Done cancel(const RunId& run, const std::string& actor);
  Done approve(const ApprovalGiven& approval);
  Done freeze(const FreezeAsked& asked);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Work {
    RunId run;
    std::string action{};
    int attempt = 0;
    bool stoppable = true;                          ///< the way back is not cancelled, only put off by a shutdown
    std::optional<Moment> deadline{};               ///< by a clock that nobody can set
    std::jthread thread{};
    bool ended = false;
  };
  Done tell(const Fact& fact);
  void obey(const std::vector<EngineCommand>& commands);
  void begin(Work made, std::function<void(std::stop_token)> body);
  void stop_works(const StopActions& halt);
  bool is_to_stop(const StartAction& start);
  std::optional<Moment> deadline_of(const StartAction& start);
  void keep_time(std::stop_token stop);
  void settle(const RunId& run, const Fact& fact);
  void do_action(const StartAction& start, std::stop_token stop);
  void do_wrap_up(const RunId& run, std::stop_token stop);

  Ledger& ledger_;
  Performer& performer_;
  std::mutex mutex_;
  std::list<Work> works_;
  bool closing_ = false;
  bool has_resumed_ = false;
  std::condition_variable_any time_;
  std::jthread timekeeper_;                         ///< last: it uses all of the above
};

}  // namespace tandem::run
