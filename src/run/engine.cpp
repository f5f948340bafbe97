#include "run/engine.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

RunId run_id(std::int64_t number) { return RunId{fmt::format("run-{}", number)}; }

bool is_gate(const Action& action) { return action.identifier.starts_with("aws/approval@"); }

const ActionState& state_of(const Run& run, const std::string& action) {
  static const ActionState pending;
  const auto found = run.actions.find(action);
  return found == run.actions.end() ? pending : found->second;
}

/// The first action this one needs that ended without success.
const std::string* failed_need(const Run& run, const Action& action) {
  for (const auto& need : action.depends_on) {
    const auto status = state_of(run, need).status;
    if (is_final(status) && status != ActionStatus::Succeeded) return &need;
  }
  return nullptr;
}

bool same_queue(const Run& a, const Run& b) {
  return a.repository == b.repository && a.workflow.file == b.workflow.file && a.event.branch == b.event.branch;
}

bool all_ended(const Run& run) {
  return std::ranges::all_of(run.workflow.actions,
                             [&](const Action& action) { return is_final(state_of(run, action.name).status); });
}

bool has_status(const Run& run, ActionStatus status) {
  return std::ranges::any_of(run.actions, [&](const auto& pair) { return pair.second.status == status; });
}

/// An older run of the same workflow and branch that has this block still before it or is inside it.
const Run* ahead_in_queue(const State& state, const Run& run, const Action& action) {
  if (run.workflow.mode == RunMode::Parallel) return nullptr;
  for (const auto& [number, other] : state.runs) {
    if (other.id == run.id) return nullptr;
    if (other.workflow.mode == RunMode::Parallel || !same_queue(other, run)) continue;
    const bool has_block = std::ranges::any_of(other.workflow.actions,
                                               [&](const Action& block) { return block.name == action.name; });
    if (has_block && !is_final(state_of(other, action.name).status)) return &other;
  }
  return nullptr;
}

bool uses(const Run& run, const std::string& environment) {
  return std::ranges::any_of(run.workflow.actions,
                             [&](const Action& action) { return action.environment == environment; });
}

/// The run that stands in the way of entering an environment. A run enters its first one only while nobody holds
/// any of those it uses, and only as the oldest of its queue: so who holds one waits for no queue, and no two runs
/// wait for each other. It keeps them until it ends.
const Run* in_the_way(const State& state, const Run& run) {
  for (const auto& [number, other] : state.runs) {
    if (other.id == run.id) continue;
    for (const auto& action : other.workflow.actions)
      if (!action.environment.empty() && state_of(other, action.name).attempt > 0 && uses(run, action.environment))
        return &other;
  }
  if (run.workflow.mode == RunMode::Parallel) return nullptr;
  for (const auto& [number, other] : state.runs) {
    if (other.id == run.id) return nullptr;
    if (other.workflow.mode != RunMode::Parallel && same_queue(other, run)) return &other;
  }
  return nullptr;
}

/// Collects entries and commands, applying each entry at once so that later decisions see it.
class Deciding {
 public:
  Deciding(State& state, Instant now, const Limits& limits) : state_(state), now_(now), limits_(limits) {}

  void operator()(const EventArrived& fact) {
    if (state_.events.contains(fact.event.id)) return;  // told twice, handled once
    write("event.received", fact.event.id.value, to_json(fact.event));
    for (const auto& planned : fact.runs)
      if (!is_under_way(fact.event, planned)) create(fact.event, planned);
    advance();
  }

  void operator()(const ActionEnded& fact) {
    auto* run = state_.find(fact.run);
    if (run == nullptr) return;
    const auto& state = state_of(*run, fact.action);
    if (state.status != ActionStatus::InProgress || state.attempt != fact.attempt) return;  // a late answer
    const auto status = fact.outcome.succeeded                     ? ActionStatus::Succeeded
                        : run->status == RunStatus::Stopping       ? ActionStatus::Stopped
                                                                   : ActionStatus::Failed;
    write("action.ended", fact.run.value,
          json::object{{"action", fact.action}, {"attempt", fact.attempt}, {"status", word(status)},
                       {"outcome", to_json(fact.outcome)}});
    advance();
  }

  void operator()(const RunWrappedUp& fact) {
    auto* run = state_.find(fact.run);
    if (run == nullptr || !run->wrapping_up) return;
    const auto [status, reason] = verdict_on(*run, fact.outcome);
    end(*run, status, reason, fact.outcome.notes);
    advance();
  }

  void operator()(const Restarted&) {
    for (const auto number : numbers()) {
      auto* run = state_.find(run_id(number));
      const bool inside = run != nullptr && (has_status(*run, ActionStatus::InProgress) || run->wrapping_up);
      if (inside) resume(*run);
    }
    advance();
  }

  void operator()(const CancelAsked& fact) {
    auto* run = state_.find(fact.run);
    if (run == nullptr || run->status == RunStatus::Stopping) return;
    write("run.stopping", fact.run.value, json::object{{"actor", fact.actor}});
    commands.emplace_back(StopActions{fact.run});
    advance();
  }

  void operator()(const ApprovalGiven& fact) {
    auto* run = state_.find(fact.run);
    if (run == nullptr || state_of(*run, fact.action).status != ActionStatus::WaitingApproval) return;
    ActionOutcome outcome{.succeeded = fact.approved};
    outcome.outputs["Approver"] = fact.actor;
    if (!fact.approved)
      outcome.error = failure(Fault::Denied, "{} rejected it: {}", fact.actor, fact.reason).with_code("TD0404");
    write("action.ended", fact.run.value,
          json::object{{"action", fact.action}, {"attempt", state_of(*run, fact.action).attempt},
                       {"status", word(fact.approved ? ActionStatus::Succeeded : ActionStatus::Failed)},
                       {"outcome", to_json(outcome)}});
    advance();
  }

  std::vector<store::Entry> entries;
  std::vector<EngineCommand> commands;

 private:
  std::vector<std::int64_t> numbers() const {
    std::vector<std::int64_t> out;
    for (const auto& [number, run] : state_.runs) out.push_back(number);
    return out;
  }

  void write(std::string kind, std::string subject, json::value body) {
    const auto applied = apply(state_, kind, subject, body, now_);
    if (!applied) throw Bug(fmt::format("the engine wrote {} but cannot read it: {}", kind, applied.error().what));
    entries.push_back({std::move(kind), std::move(subject), std::move(body)});
  }

  /// A sync tells of the commit it made twice: the push that the repository reports, and the start it asks for.
  bool is_under_way(const Event& event, const Planned& planned) const {
    return event.cause && std::ranges::any_of(state_.runs, [&](const auto& pair) {
             const auto& other = pair.second;
             return other.event.cause == event.cause && other.commit == event.after &&
                    other.repository == event.repository && other.workflow.file == planned.workflow.file;
           });
  }

  void create(const Event& event, const Planned& planned) {
    Run run{.id = run_id(state_.last_run + 1), .event = event, .workflow = planned.workflow};
    run.repository = event.repository;
    run.commit = event.after;
    run.inputs = planned.inputs;
    run.created = now_;
    const auto waiting = std::ranges::count_if(state_.runs, [&](const auto& pair) {
      return pair.second.status == RunStatus::Queued && same_queue(pair.second, run);
    });
    const bool full = run.workflow.mode == RunMode::Queued && static_cast<size_t>(waiting) >= limits_.queue_max;
    const auto refusal = full ? fmt::format("queue full ({})", limits_.queue_max) : planned.refusal;
    write("run.created", run.id.value, to_json(run));
    if (!refusal.empty()) end(*state_.find(run.id), RunStatus::NotRun, refusal, {});
    else if (run.workflow.mode == RunMode::Superseded) supersede_older(run);
  }

  /// Runs that wait have nothing inside a block; only those give way to a newer one.
  void supersede_older(const Run& newer) {
    for (const auto number : numbers()) {
      const auto* run = state_.find(run_id(number));
      if (run == nullptr || run->id == newer.id || !same_queue(*run, newer)) continue;
      const bool waits = run->status == RunStatus::Queued ||
                         (run->status == RunStatus::InProgress && !has_status(*run, ActionStatus::InProgress));
      if (waits) end(*run, RunStatus::Superseded, fmt::format("{} is newer", newer.id.value), {});
    }
  }

  void end(const Run& run, RunStatus status, const std::string& reason, const std::vector<std::string>& notes) {
    write("run.ended", run.id.value,
          json::object{{"status", word(status)}, {"reason", reason}, {"notes", json_of(notes)}});
  }

  void resume(Run& run) {
    const auto id = run.id;
    write("run.interrupted", id.value, json::object{{"times", run.interruptions + 1}});
    if (state_.find(id)->interruptions >= limits_.interruptions_max) {
      end(*state_.find(id), RunStatus::Abandoned,
          fmt::format("quarantined: the coordinator died {} times while it ran", limits_.interruptions_max), {});
      return;
    }
    for (const auto& action : std::vector<Action>(run.workflow.actions)) {
      const auto state = state_of(*state_.find(id), action.name);
      if (state.status == ActionStatus::InProgress) start(id, action.name, state.attempt + 1);
    }
    if (state_.find(id)->wrapping_up) commands.emplace_back(WrapUp{id});
  }

  void start(const RunId& run, const std::string& action, int attempt) {
    write("action.started", run.value, json::object{{"action", action}, {"attempt", attempt}});
    commands.emplace_back(StartAction{run, action, attempt});
  }

  /// Starts, skips and wraps up whatever can be, oldest run first, until nothing more follows.
  void advance() {
    bool again = true;
    while (again) {
      again = false;
      for (const auto number : numbers())
        if (state_.find(run_id(number)) != nullptr) again = advance(run_id(number)) || again;
    }
  }

  bool advance(const RunId& id) {
    bool changed = false;
    const auto actions = state_.find(id)->workflow.actions;
    for (const auto& action : actions) changed = advance(id, action) || changed;
    const auto* run = state_.find(id);
    if (all_ended(*run) && !run->wrapping_up) {
      write("run.wrapping_up", id.value, json::object{});
      commands.emplace_back(WrapUp{id});
    }
    return changed;
  }

  bool advance(const RunId& id, const Action& action) {
    const auto& run = *state_.find(id);
    const auto& state = state_of(run, action.name);
    if (state.status != ActionStatus::Pending && state.status != ActionStatus::Queued) return false;
    if (run.status == RunStatus::Stopping) return skip(id, action, "the run was stopped");
    if (const auto* need = failed_need(run, action)) return skip(id, action, fmt::format("dependency {} failed", *need));
    if (!may_start(run, action)) return false;
    const auto reason = why_waiting(state_, run, action);
    if (!reason.empty()) return queue(id, action, reason);
    if (is_gate(action)) {
      write("action.waiting_approval", id.value, json::object{{"action", action.name}});
      return true;
    }
    start(id, action.name, 1);
    return true;
  }

  bool skip(const RunId& id, const Action& action, std::string reason) {
    write("action.skipped", id.value, json::object{{"action", action.name}, {"reason", std::move(reason)}});
    return true;
  }

  bool queue(const RunId& id, const Action& action, const std::string& reason) {
    const auto& state = state_of(*state_.find(id), action.name);
    if (state.status == ActionStatus::Queued && state.reason == reason) return false;
    write("action.queued", id.value, json::object{{"action", action.name}, {"reason", reason}});
    return true;
  }

  static std::pair<RunStatus, std::string> verdict_on(const Run& run, const ActionOutcome& wrap_up) {
    std::string reason;
    bool held = false;
    bool failed = false;
    for (const auto& action : run.workflow.actions) {
      const auto& state = state_of(run, action.name);
      if (state.status != ActionStatus::Failed || !state.outcome) continue;
      failed = failed || !state.outcome->held;
      held = held || state.outcome->held;
      if (reason.empty() && state.outcome->error) reason = fmt::format("{}: {}", action.name, state.outcome->error->what);
    }
    if (!wrap_up.succeeded && wrap_up.error) return {RunStatus::Failed, wrap_up.error->what};
    if (failed) return {RunStatus::Failed, reason};
    if (held) return {RunStatus::Held, reason};
    if (run.status == RunStatus::Stopping) return {RunStatus::Stopped, run.reason};
    return {RunStatus::Succeeded, ""};
  }

  State& state_;
  Instant now_;
  const Limits& limits_;
};

}  // namespace

Run* State::find(const RunId& id) {
  const auto found = runs.find(store::run_number(id));
  return found == runs.end() ? nullptr : &found->second;
}

const Run* State::find(const RunId& id) const {
  const auto found = runs.find(store::run_number(id));
  return found == runs.end() ? nullptr : &found->second;
}

bool may_start(const Run& run, const Action& action) {
  return std::ranges::all_of(action.depends_on, [&](const std::string& need) {
    return state_of(run, need).status == ActionStatus::Succeeded;
  });
}

std::string why_waiting(const State& state, const Run& run, const Action& action) {
  if (const auto* other = ahead_in_queue(state, run, action))
    return fmt::format("{} is ahead in the queue before {}", other->id.value, action.name);
  if (const auto* other = action.environment.empty() ? nullptr : in_the_way(state, run))
    return fmt::format("the environment {} is held by {} ({})", action.environment, other->id.value,
                       other->workflow.name);
  return {};
}

Decision decide(State& state, const Fact& fact, Instant now, const Limits& limits) {
  Deciding deciding(state, now, limits);
  std::visit(deciding, fact);
  return {std::move(deciding.entries), std::move(deciding.commands)};
}

}  // namespace tandem::run
