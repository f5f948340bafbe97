#pragma once
// The runs that have not ended, with what deciding looks up again and again: who is in front of which block, who
// holds which environment. All of it is made anew from the runs; none of it is stored.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "record/run.hpp"
#include "store/history.hpp"

namespace tandem::run {

using RunNumber = std::int64_t;

/// A queue forms in front of every action, gate or group on the top level: the block is named by it.
const std::string& block_of(const Action& action);

const ActionState& state_of(const Run& run, const std::string& action);

/// Queued behind something or at a gate, with nothing of it under way.
bool is_waiting(const Run& run);

/// Has something running, or the way back.
bool is_inside(const Run& run);

class State {
 public:
  RunNumber last_run = 0;
  std::set<EventId> events;                         ///< handled already, since the start
  std::vector<Run> ended;                           ///< runs that ended since whoever keeps the history took them
  std::map<std::string, store::Freeze> frozen;      ///< by environment

  const std::map<RunNumber, Run>& runs() const { return runs_; }    ///< by number: the order of arrival
  const Run* find(const RunId& id) const;
  const Run* find(RunNumber number) const;
  /// Takes an unfinished run in: a new one, or one that the history kept.
  void adopt(Run run);
  /// Changes a run, or one action of it, and brings the look-ups up to date; a run that has ended goes to `ended`.
  Done change(const RunId& id, const std::string& action, const std::function<Done(Run&)>& change);

  /// The unfinished run in front of all others of its workflow and branch that still has this block before it.
  const Run* first_before(const Run& run, const std::string& block) const;
  /// The next run behind this one that has the block before it; nullptr: none.
  const Run* next_behind(const Run& run, const std::string& block) const;
  /// The oldest unfinished run of the same workflow and branch. PARALLEL runs stand in no queue.
  const Run* oldest_in_queue(const Run& run) const;
  std::vector<RunNumber> queue_of(const Run& run) const;
  /// Any unfinished run of the same workflow and branch, whatever its mode.
  std::vector<RunNumber> same_workflow(const Run& run) const;
  /// A run other than this one that is inside the environment.
  const Run* holder(const std::string& environment, const Run& but) const;
  size_t parallel_inside() const { return parallel_inside_.size(); }

  // Who asks to be woken when something becomes free. Kept while deciding; lost at a restart, when all are asked.
  void wait_for_environment(const std::string& environment, RunNumber number) { waiting_[environment].insert(number); }
  void wait_for_slot(RunNumber number) { waiting_for_slot_.insert(number); }
  /// The waiting of an environment after `number`, oldest first; 0 when there is none.
  RunNumber next_waiting(const std::string& environment, RunNumber number) const;
  RunNumber first_waiting_for_slot() const { return waiting_for_slot_.empty() ? 0 : *waiting_for_slot_.begin(); }
  void stop_waiting(RunNumber number);
  std::vector<std::string> environments_awaited() const;
  bool is_fresh() const { return is_fresh_; }       ///< nobody has been asked yet since the state was made
  void note_asked() { is_fresh_ = false; }

 private:
  struct Queue {
    std::set<RunNumber> runs;                       ///< not PARALLEL
    std::set<RunNumber> all;
    std::map<std::string, std::set<RunNumber>> blocks;   ///< runs that have the block before them or are inside it
  };
  static std::string queue_key(const Run& run);
  void index(const Run& run, const Action& action);
  void forget(const Run& run);

  std::map<RunNumber, Run> runs_;
  std::map<std::string, Queue> queues_;
  std::map<std::string, std::set<RunNumber>> inside_;    ///< environment -> runs that have entered it
  std::set<RunNumber> parallel_inside_;
  std::map<std::string, std::set<RunNumber>> waiting_;
  std::set<RunNumber> waiting_for_slot_;
  bool is_fresh_ = true;
};

}  // namespace tandem::run
