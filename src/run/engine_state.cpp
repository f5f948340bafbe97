#include "run/engine_state.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

bool has_status(const Run& run, ActionStatus status) {
  return std::ranges::any_of(run.actions, [&](const auto& pair) { return pair.second.status == status; });
}

/// Erases a number from a set that lies in a map, and the set with its last number.
template <typename Sets>
void erase_from(Sets& sets, const std::string& key, RunNumber number) {
  const auto found = sets.find(key);
  if (found == sets.end()) return;
  found->second.erase(number);
  if (found->second.empty()) sets.erase(found);
}

}  // namespace

const std::string& block_of(const Action& action) { return action.group.empty() ? action.name : action.group; }

const ActionState& state_of(const Run& run, const std::string& action) {
  static const ActionState pending;
  const auto found = run.actions.find(action);
  return found == run.actions.end() ? pending : found->second;
}

bool is_inside(const Run& run) { return run.wrapping_up || has_status(run, ActionStatus::InProgress); }

bool is_waiting(const Run& run) {
  if (is_final(run.status) || run.status == RunStatus::Stopping || run.ending || is_inside(run)) return false;
  return has_status(run, ActionStatus::Queued) || has_status(run, ActionStatus::WaitingApproval);
}

const Run* State::find(RunNumber number) const {
  const auto found = runs_.find(number);
  return found == runs_.end() ? nullptr : &found->second;
}

const Run* State::find(const RunId& id) const { return find(store::run_number(id)); }

std::string State::queue_key(const Run& run) { return run.repository + '\n' + run.workflow.file + '\n' + run.event.branch; }

void State::adopt(Run run) {
  const auto number = store::run_number(run.id);
  last_run = std::max(last_run, number);
  const auto& kept = runs_.insert_or_assign(number, std::move(run)).first->second;
  auto& queue = queues_[queue_key(kept)];
  queue.all.insert(number);
  if (kept.workflow.mode != RunMode::Parallel) queue.runs.insert(number);
  else if (kept.started) parallel_inside_.insert(number);
  for (const auto& action : kept.workflow.actions) index(kept, action);
}

Done State::change(const RunId& id, const std::string& name, const std::function<Done(Run&)>& change) {
  const auto number = store::run_number(id);
  const auto found = runs_.find(number);
  if (found == runs_.end()) return done();  // it has ended; nothing about it matters for deciding
  auto& run = found->second;
  TRY(change(run));
  if (is_final(run.status)) {
    forget(run);
    ended.push_back(std::move(run));
    runs_.erase(found);
    return done();
  }
  if (run.started && run.workflow.mode == RunMode::Parallel) parallel_inside_.insert(number);
  const auto action = std::ranges::find_if(run.workflow.actions, [&](const Action& each) { return each.name == name; });
  if (action != run.workflow.actions.end()) index(run, *action);
  return done();
}

void State::index(const Run& run, const Action& action) {
  const auto number = store::run_number(run.id);
  if (!action.environment.empty() && state_of(run, action.name).attempt > 0) inside_[action.environment].insert(number);
  if (run.workflow.mode == RunMode::Parallel) return;
  const auto& block = block_of(action);
  const bool is_open = std::ranges::any_of(run.workflow.actions, [&](const Action& each) {
    return block_of(each) == block && !is_final(state_of(run, each.name).status);
  });
  auto& blocks = queues_[queue_key(run)].blocks;
  if (is_open) blocks[block].insert(number);
  else erase_from(blocks, block, number);
}

void State::forget(const Run& run) {
  const auto number = store::run_number(run.id);
  const auto key = queue_key(run);
  auto& queue = queues_[key];
  queue.runs.erase(number);
  queue.all.erase(number);
  for (const auto& action : run.workflow.actions) {
    erase_from(queue.blocks, block_of(action), number);
    if (!action.environment.empty()) erase_from(inside_, action.environment, number);
  }
  if (queue.all.empty()) queues_.erase(key);
  parallel_inside_.erase(number);
  stop_waiting(number);
}

const Run* State::first_before(const Run& run, const std::string& block) const {
  const auto queue = queues_.find(queue_key(run));
  if (queue == queues_.end()) return nullptr;
  const auto blocks = queue->second.blocks.find(block);
  if (blocks == queue->second.blocks.end()) return nullptr;
  const auto first = *blocks->second.begin();
  return first < store::run_number(run.id) ? find(first) : nullptr;
}

const Run* State::next_behind(const Run& run, const std::string& block) const {
  const auto queue = queues_.find(queue_key(run));
  if (queue == queues_.end()) return nullptr;
  const auto blocks = queue->second.blocks.find(block);
  if (blocks == queue->second.blocks.end()) return nullptr;
  const auto next = blocks->second.upper_bound(store::run_number(run.id));
  return next == blocks->second.end() ? nullptr : find(*next);
}

const Run* State::oldest_in_queue(const Run& run) const {
  const auto queue = queues_.find(queue_key(run));
  return queue == queues_.end() || queue->second.runs.empty() ? nullptr : find(*queue->second.runs.begin());
}

std::vector<RunNumber> State::queue_of(const Run& run) const {
  const auto queue = queues_.find(queue_key(run));
  if (queue == queues_.end()) return {};
  return {queue->second.runs.begin(), queue->second.runs.end()};
}

std::vector<RunNumber> State::same_workflow(const Run& run) const {
  const auto queue = queues_.find(queue_key(run));
  if (queue == queues_.end()) return {};
  return {queue->second.all.begin(), queue->second.all.end()};
}

const Run* State::holder(const std::string& environment, const Run& but) const {
  const auto inside = inside_.find(environment);
  if (inside == inside_.end()) return nullptr;
  for (const auto number : inside->second)
    if (number != store::run_number(but.id)) return find(number);
  return nullptr;
}

RunNumber State::next_waiting(const std::string& environment, RunNumber number) const {
  const auto waiting = waiting_.find(environment);
  if (waiting == waiting_.end()) return 0;
  const auto next = waiting->second.upper_bound(number);
  return next == waiting->second.end() ? 0 : *next;
}

void State::stop_waiting(RunNumber number) {
  waiting_for_slot_.erase(number);
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    at->second.erase(number);
    at = at->second.empty() ? waiting_.erase(at) : std::next(at);
  }
}

std::vector<std::string> State::environments_awaited() const {
  std::vector<std::string> out;
  for (const auto& [environment, numbers] : waiting_) out.push_back(environment);
  return out;
}

}  // namespace tandem::run
