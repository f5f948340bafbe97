#include "run/engine.hpp"

#include <algorithm>

namespace tandem::run {
namespace {

RunId run_id(RunNumber number) { return RunId{fmt::format("run-{}", number)}; }

/// The first action this one needs that ended without success.
const std::string* failed_need(const Run& run, const Action& action) {
  for (const auto& need : action.depends_on) {
    const auto status = state_of(run, need).status;
    if (is_final(status) && status != ActionStatus::Succeeded) return &need;
  }
  return nullptr;
}

bool all_ended(const Run& run) {
  return std::ranges::all_of(run.workflow.actions,
                             [&](const Action& action) { return is_final(state_of(run, action.name).status); });
}

/// Something of it has been begun, so that there may be something to undo and somebody to tell.
bool has_begun(const Run& run) {
  return std::ranges::any_of(run.actions, [](const auto& pair) { return pair.second.attempt > 0; });
}

std::string ended_word(RunStatus status) {
  if (status == RunStatus::Abandoned) return "quarantined";
  return status == RunStatus::Superseded ? "superseded" : "cancelled";
}

/// Collects entries and commands, applying each entry at once so that later decisions see it.
class Deciding {
 public:
  Deciding(State& state, Instant now, const Limits& limits) : state_(state), now_(now), limits_(limits) {}

  void operator()(const EventArrived& fact) {
    if (state_.events.contains(fact.event.id)) return;  // told twice, handled once
    write("event.received", fact.event.id.value, to_json(fact.event));
    for (const auto& change : fact.definitions) cancel_runs_by(fact.event, change);
    for (const auto& planned : fact.runs)
      if (!is_under_way(fact.event, planned)) create(fact.event, planned);
    advance();
  }

  void operator()(const ActionEnded& fact) {
    const auto* run = state_.find(fact.run);
    if (run == nullptr) return;
    const auto& state = state_of(*run, fact.action);
    if (state.status != ActionStatus::InProgress || state.attempt != fact.attempt) return;  // a late answer
    auto outcome = fact.outcome;
    auto status = outcome.succeeded ? ActionStatus::Succeeded
                  : run->status == RunStatus::Stopping ? ActionStatus::Stopped : ActionStatus::Failed;
    if (state.timed_out && !outcome.succeeded) {
      status = ActionStatus::Failed;
      if (!outcome.error || outcome.error->code != "E-RUN-11") outcome.error = out_of_time(*run, fact.action);
    }
    end_action(fact.run, fact.action, status, outcome);
    advance();
  }

  void operator()(const ActionTimedOut& fact) {
    const auto* run = state_.find(fact.run);
    if (run == nullptr) return;
    const auto& state = state_of(*run, fact.action);
    if (state.status != ActionStatus::InProgress || state.attempt != fact.attempt || state.timed_out) return;
    write("action.timed_out", fact.run.value, json::object{{"action", fact.action}, {"attempt", fact.attempt}});
    commands_.emplace_back(StopActions{fact.run, fact.action});
    advance();
  }

  void operator()(const RunWrappedUp& fact) {
    const auto* run = state_.find(fact.run);
    if (run == nullptr || !run->wrapping_up) return;
    const auto [status, reason] = verdict_on(*run, fact.outcome);
    end(fact.run, status, reason, fact.outcome.notes);
    advance();
  }

  void operator()(const Restarted& fact) {
    for (const auto& [number, run] : state_.runs())
      if (is_inside(run)) touched_.insert(number);
    for (const auto number : std::exchange(touched_, {})) resume(run_id(number), fact.after);
    advance();
  }

  void operator()(const TimePassed&) {
    for (const auto number : numbers()) expire_gates(run_id(number));
    advance();
  }

  void operator()(const CancelAsked& fact) {
    const auto* run = state_.find(fact.run);
    if (run == nullptr) return refuse(Fault::Missing, "TD0126", "{} has ended", fact.run.value);
    if (run->status == RunStatus::Stopping) return;
    if (run->wrapping_up) return refuse(Fault::Conflict, "TD0126", "{} is ending already: what failed is undone, and both sides are told", fact.run.value);
    write("run.stopping", fact.run.value, json::object{{"actor", fact.actor}});
    commands_.emplace_back(StopActions{fact.run});
    stop_gates(fact.run, fmt::format("stopped by {}", fact.actor));
    touch(fact.run);
    advance();
  }

  void operator()(const ApprovalGiven& fact) {
    const auto* run = state_.find(fact.run);
    if (run == nullptr || state_of(*run, fact.action).status != ActionStatus::WaitingApproval)
      return refuse(Fault::Conflict, "TD0128", "{} of {} does not wait for an approval", fact.action, fact.run.value);
    const auto action = std::ranges::find_if(run->workflow.actions, [&](const Action& each) { return each.name == fact.action; });
    const auto rule = gate_rule(*run, *action, limits_);
    const auto& given = state_of(*run, fact.action).approvals;
    if (std::ranges::any_of(given, [&](const Approval& approval) { return approval.actor == fact.actor; }))
      return refuse(Fault::Denied, "TD0405", "{} has answered at {} already; somebody else is asked", fact.actor, fact.action);
    if (fact.approved && rule.other_person && fact.actor == run->event.actor)
      return refuse(Fault::Denied, "TD0406", "{} started {} and may not approve it: the environment asks for another person", fact.actor, fact.run.value);
    write("approval.given", fact.run.value, json::object{{"action", fact.action}, {"actor", fact.actor}, {"approved", fact.approved}, {"reason", fact.reason}});
    const auto count = static_cast<int>(state_of(*state_.find(fact.run), fact.action).approvals.size());
    if (!fact.approved || count >= rule.approvals) close_gate(fact);
    advance();
  }

  void operator()(const FreezeAsked& fact) {
    const auto known = state_.frozen.find(fact.environment);
    if (fact.frozen == (known != state_.frozen.end())) return;
    write(fact.frozen ? "environment.frozen" : "environment.thawed", fact.environment, json::object{{"actor", fact.actor}, {"reason", fact.reason}});
    if (!fact.frozen) free(fact.environment);
    advance();
  }

  Decision decision() && { return {std::move(entries_), std::move(commands_), std::move(refused_)}; }

 private:
  template <typename... Args>
  void refuse(Fault fault, std::string code, fmt::format_string<Args...> format, Args&&... args) {
    refused_ = failure(fault, format, std::forward<Args>(args)...).with_code(std::move(code));
  }

  std::vector<RunNumber> numbers() const {
    std::vector<RunNumber> out;
    for (const auto& [number, run] : state_.runs()) out.push_back(number);
    return out;
  }

  void write(std::string kind, std::string subject, json::value body) {
    const auto applied = apply(state_, kind, subject, body, now_);
    if (!applied) throw Bug(fmt::format("the engine wrote {} but cannot read it: {}", kind, applied.error().what));
    entries_.push_back({std::move(kind), std::move(subject), std::move(body)});
  }

  static int limit_of(const Run& run, const std::string& name) {
    const auto action = std::ranges::find_if(run.workflow.actions, [&](const Action& each) { return each.name == name; });
    return action == run.workflow.actions.end() ? 0 : timeout_of(*action);
  }

  static Error out_of_time(const Run& run, const std::string& action) {
    return failure(Fault::TimedOut, "{} did not end within its {} minutes", action, limit_of(run, action)).with_code("E-RUN-11");
  }

  // --- who has to be looked at -------------------------------------------------------------------------------------

  void touch(const RunId& run) { touched_.insert(store::run_number(run)); }

  /// Those behind this run in any of its blocks may go on now, or may take its place.
  void touch_followers(const Run& run) {
    if (run.workflow.mode == RunMode::Parallel) return;
    std::string last;
    for (const auto& action : run.workflow.actions) {
      const auto& block = block_of(action);
      if (block == last) continue;
      last = block;
      if (const auto* next = state_.next_behind(run, block)) touch(next->id);
    }
  }

  void free(const std::string& environment) { freed_.insert(environment); }

  // --- runs begin and end ------------------------------------------------------------------------------------------

  /// A sync tells of the commit it made twice: the push that the repository reports, and the start it asks for.
  bool is_under_way(const Event& event, const Planned& planned) const {
    return event.cause && std::ranges::any_of(state_.runs(), [&](const auto& pair) {
             const auto& other = pair.second;
             return other.event.cause == event.cause && other.commit == event.after &&
                    other.repository == event.repository && other.workflow.file == planned.workflow.file && is_asked_for(other, planned);
           });
  }

  void create(const Event& event, const Planned& planned) {
    Run run{.id = run_id(state_.last_run + 1), .event = event, .workflow = planned.workflow};
    run.repository = event.repository;
    run.commit = event.after;
    run.inputs = planned.inputs;
    run.created = now_;
    run.repeats = planned.repeats;
    for (const auto& [name, outcome] : planned.taken_over)
      run.actions[name] = {.status = ActionStatus::Succeeded, .ended = now_, .reason = fmt::format("taken over from {}", planned.repeats->value), .outcome = outcome};
    const auto waiting = std::ranges::count_if(state_.queue_of(run), [&](RunNumber number) { return is_waiting(*state_.find(number)); });
    const bool full = run.workflow.mode == RunMode::Queued && static_cast<size_t>(waiting) >= limits_.queue_max;
    const auto refusal = full ? fmt::format("queue full ({})", limits_.queue_max) : planned.refusal;
    write("run.created", run.id.value, to_json(run));
    for (auto artifact : planned.artifacts) {
      artifact.run = run.id;
      write("artifact.kept", run.id.value, to_json(artifact));
    }
    if (!refusal.empty()) return end(run.id, RunStatus::NotRun, refusal, {});
    if (run.workflow.mode == RunMode::Parallel) cancel_queue_of(run);
    touch(run.id);
  }

  /// The mode became PARALLEL: those in the old queue give way, those inside an action after it.
  void cancel_queue_of(const Run& newer) {
    for (const auto number : state_.queue_of(newer)) {
      const auto* run = state_.find(number);
      if (run->workflow.mode == RunMode::Parallel || run->wrapping_up || run->ending || run->status == RunStatus::Stopping) continue;
      let_go(run->id, RunStatus::Cancelled, fmt::format("the run mode became PARALLEL with {}", newer.id.value));
    }
  }

  /// Its definition is another by now, or none: what waits goes, what is inside an action after it.
  void cancel_runs_by(const Event& event, const DefinitionChange& change) {
    for (const auto number : numbers()) {
      const auto* run = state_.find(number);
      if (run->repository != event.repository || run->event.branch != event.branch || run->workflow.file != change.file || run->commit == event.after) continue;
      if (run->event.is_foreign) continue;   // its branch is another repository's
      if (run->workflow.mode == RunMode::Parallel && change.mode && change.mode != RunMode::Parallel) continue;   // it stands in no queue: it finishes
      if (run->wrapping_up || run->ending || run->status == RunStatus::Stopping) continue;
      let_go(run->id, RunStatus::Cancelled,
             fmt::format("{} was {} {} by {}", change.file, change.is_gone ? "deleted from" : "changed in", event.branch, event.after.value.substr(0, 12)));
    }
  }

  /// Ends a run before its actions are through: at once when nothing was begun, else after what is under way and the way back.
  void let_go(const RunId& id, RunStatus status, const std::string& reason) {
    if (!has_begun(*state_.find(id))) return end(id, status, reason, {});
    write("run.ending", id.value, json::object{{"status", word(status)}, {"reason", reason}});
    stop_gates(id, reason);
    touch(id);
  }

  void stop_gates(const RunId& id, const std::string& reason) {
    for (const auto& action : std::vector<Action>(state_.find(id)->workflow.actions))
      if (state_of(*state_.find(id), action.name).status == ActionStatus::WaitingApproval)
        end_action(id, action.name, ActionStatus::Stopped,
                   {.held = true, .error = failure(Fault::Cancelled, "nobody has to answer any more: {}", reason)});
  }

  void end(const RunId& id, RunStatus status, const std::string& reason, const std::vector<std::string>& notes) {
    const Run before = *state_.find(id);
    write("run.ended", id.value, json::object{{"status", word(status)}, {"reason", reason}, {"notes", json_of(notes)}});
    touch_followers(before);
    if (const auto* oldest = state_.oldest_in_queue(before)) touch(oldest->id);
    for (const auto& action : before.workflow.actions)
      if (!action.environment.empty()) free(action.environment);
  }

  void resume(const RunId& id, Restarted::After after) {
    if (after == Restarted::After::Death) {
      write("run.interrupted", id.value, json::object{{"times", state_.find(id)->interruptions + 1}});
      if (state_.find(id)->interruptions >= limits_.interruptions_max) return quarantine(id);
    }
    for (const auto& action : std::vector<Action>(state_.find(id)->workflow.actions)) {
      const auto& state = state_of(*state_.find(id), action.name);
      if (state.status != ActionStatus::InProgress) continue;
      if (state.timed_out) end_action(id, action.name, ActionStatus::Failed, {.error = out_of_time(*state_.find(id), action.name)});
      else start(id, action.name, state.attempt + 1);
    }
    if (state_.find(id)->wrapping_up) commands_.emplace_back(WrapUp{id});
  }

  /// Nothing of it is tried again but the way back, which has as many tries of its own.
  void quarantine(const RunId& id) {
    const auto reason = fmt::format("quarantined: the coordinator died {} times while it ran {}", limits_.interruptions_max, what_ran(*state_.find(id)));
    if (state_.find(id)->wrapping_up) return end(id, RunStatus::Abandoned, reason, {});
    let_go(id, RunStatus::Abandoned, reason);
    for (const auto& action : std::vector<Action>(state_.find(id)->workflow.actions))
      if (state_of(*state_.find(id), action.name).status == ActionStatus::InProgress)
        end_action(id, action.name, ActionStatus::Stopped, {.error = failure(Fault::Broken, "{}", reason).with_code("E-RUN-20")});
  }

  static std::string what_ran(const Run& run) {
    for (const auto& action : run.workflow.actions)
      if (state_of(run, action.name).status == ActionStatus::InProgress) return action.name;
    return "the way back";
  }

  // --- actions begin and end ---------------------------------------------------------------------------------------

  void start(const RunId& run, const std::string& action, int attempt) {
    write("action.started", run.value, json::object{{"action", action}, {"attempt", attempt}});
    commands_.emplace_back(StartAction{run, action, attempt});
  }

  void end_action(const RunId& id, const std::string& action, ActionStatus status, const ActionOutcome& outcome) {
    const auto attempt = state_of(*state_.find(id), action).attempt;
    write("action.ended", id.value, json::object{{"action", action}, {"attempt", attempt}, {"status", word(status)}, {"outcome", to_json(outcome)}});
    touch(id);
    touch_followers(*state_.find(id));
  }

  void close_gate(const ApprovalGiven& fact) {
    ActionOutcome outcome{.succeeded = fact.approved};
    std::string names;
    for (const auto& approval : state_of(*state_.find(fact.run), fact.action).approvals) names += (names.empty() ? "" : ", ") + approval.actor;
    outcome.outputs["Approver"] = names;
    if (!fact.approved)
      outcome.error = failure(Fault::Denied, "{} rejected it{}{}", fact.actor, fact.reason.empty() ? "" : ": ", fact.reason).with_code("TD0404");
    end_action(fact.run, fact.action, fact.approved ? ActionStatus::Succeeded : ActionStatus::Failed, outcome);
  }

  void expire_gates(const RunId& id) {
    for (size_t i = 0; i < state_.find(id)->workflow.actions.size(); ++i) {
      const auto& action = state_.find(id)->workflow.actions[i];
      const auto& state = state_of(*state_.find(id), action.name);
      if (state.status != ActionStatus::WaitingApproval || !state.started || now_ - *state.started < limits_.gate_patience) continue;
      const auto days = std::chrono::duration_cast<std::chrono::days>(limits_.gate_patience).count();
      end_action(id, action.name, ActionStatus::Failed,
                 {.error = failure(Fault::TimedOut, "nobody approved within {} days", days).with_code("TD0407")});
    }
  }

  void refuse_action(const RunId& id, const Action& action, Error error) {
    end_action(id, action.name, ActionStatus::Failed, {.error = std::move(error)});
  }

  // --- going on ----------------------------------------------------------------------------------------------------

  /// Starts, skips and wraps up whatever can be, oldest run first, until nothing more follows.
  void advance() {
    if (state_.is_fresh()) {
      for (const auto number : numbers()) touched_.insert(number);
      state_.note_asked();
    }
    while (true) {
      if (!touched_.empty()) {
        const auto number = *touched_.begin();
        touched_.erase(touched_.begin());
        if (state_.find(number) != nullptr) advance(run_id(number));
      } else if (!freed_.empty()) {
        offer(freed_.extract(freed_.begin()).value());
      } else if (const auto number = state_.first_waiting_for_slot(); number != 0 && state_.parallel_inside() < limits_.parallel_max) {
        state_.stop_waiting(number);
        touched_.insert(number);
      } else {
        return;
      }
    }
  }

  /// The waiting of an environment, oldest first, until one of them is inside.
  void offer(const std::string& environment) {
    if (state_.frozen.contains(environment)) return;
    for (RunNumber number = state_.next_waiting(environment, 0); number != 0; number = state_.next_waiting(environment, number)) {
      const auto* run = state_.find(number);
      state_.stop_waiting(number);
      if (run == nullptr) continue;
      advance(run->id);
      const Run nobody{.id = run_id(0)};
      const auto* holder = state_.holder(environment, nobody);
      if (holder == nullptr) continue;
      const auto inside = holder->id;   // it may have waited as well, for the thaw
      state_.stop_waiting(store::run_number(inside));
      advance(inside);
      return;
    }
  }

  void advance(const RunId& id) {
    for (bool again = true; again;) {
      again = false;
      for (size_t i = 0; state_.find(id) != nullptr && i < state_.find(id)->workflow.actions.size(); ++i)
        again = advance(id, state_.find(id)->workflow.actions[i]) || again;
    }
    const auto* run = state_.find(id);
    if (run == nullptr || !all_ended(*run) || run->wrapping_up) return;
    write("run.wrapping_up", id.value, json::object{});
    commands_.emplace_back(WrapUp{id});
  }

  /// True when something changed that other actions of the run may build on.
  bool advance(const RunId& id, const Action& action) {
    const auto& run = *state_.find(id);
    const auto& state = state_of(run, action.name);
    if (state.status != ActionStatus::Pending && state.status != ActionStatus::Queued) return false;
    if (run.status == RunStatus::Stopping) return skip(id, action, "the run was stopped");
    if (run.ending) return skip(id, action, fmt::format("the run was {}", ended_word(*run.ending)));
    if (const auto* need = failed_need(run, action)) return skip(id, action, fmt::format("dependency {} failed", *need));
    if (!may_start(run, action)) return false;
    if (run.event.is_foreign && !action.environment.empty()) {
      refuse_action(id, action, failure(Fault::Denied, "{} works in the environment {}, and a pull request from outside may not", action.name, action.environment)
                                    .with_code("TD0408").at(action.place).with_next("take the change in by a branch of this repository"));
      return true;
    }
    const auto waiting = why_waiting(state_, run, action, limits_);
    if (waiting) return wait(id, action, waiting);
    if (is_gate(action)) {
      write("action.waiting_approval", id.value, json::object{{"action", action.name}});
      touch_followers(*state_.find(id));
      return true;
    }
    start(id, action.name, 1);
    return true;
  }

  bool wait(const RunId& id, const Action& action, const Waiting& waiting) {
    if (is_cause(waiting.holder, *state_.find(id))) {
      refuse_action(id, action, failure(Fault::Conflict, "{}, and {} waits for this run: neither could ever go on", waiting.what, waiting.holder.value)
                                    .with_code("TD0413").at(action.place).with_next("start the workflow from a run that neither holds the environment nor stands in its queue"));
      return true;
    }
    if (waiting.rule == "queue" && supersede_older(id, action)) {
      touch(id);
      return false;
    }
    const auto number = store::run_number(id);
    if (waiting.rule == "environment" || waiting.rule == "frozen") state_.wait_for_environment(waiting.environment, number);
    if (waiting.rule == "parallel") state_.wait_for_slot(number);
    const auto& state = state_of(*state_.find(id), action.name);
    if (state.status == ActionStatus::Queued && state.rule == waiting.rule) return false;
    const bool is_new = state.status != ActionStatus::Queued;
    write("action.queued", id.value, json::object{{"action", action.name}, {"rule", waiting.rule}, {"reason", waiting.what}});
    if (is_new) touch_followers(*state_.find(id));
    return false;
  }

  /// Whether the other one led to this run and waits for it now.
  bool is_cause(const RunId& other, const Run& run) const {
    if (other.value.empty()) return false;
    std::optional<RunId> cause = run.event.cause;
    constexpr int depth_max = 32;
    for (int depth = 0; cause && depth < depth_max; ++depth) {
      const auto* next = state_.find(*cause);
      if (next == nullptr) return false;
      if (next->id == other) return waits_for_a_run(*next);
      cause = next->event.cause;
    }
    return false;
  }

  static bool waits_for_a_run(const Run& run) {
    return std::ranges::any_of(run.workflow.actions, [&](const Action& action) {
      return action.identifier.starts_with("tandem/start-workflow@") && state_of(run, action.name).status == ActionStatus::InProgress;
    });
  }

  /// SUPERSEDED: whoever waits in front of this block gives way to the newer run that has come to it. A run inside an
  /// action is not interrupted. True when somebody gave way.
  bool supersede_older(const RunId& newer, const Action& action) {
    const auto& run = *state_.find(newer);
    if (run.workflow.mode != RunMode::Superseded) return false;
    bool any = false;
    for (const auto number : state_.queue_of(run)) {
      if (number >= store::run_number(newer)) break;
      const auto* older = state_.find(number);
      if (older == nullptr || !is_waiting(*older) || !waits_before(*older, block_of(action))) continue;
      let_go(older->id, RunStatus::Superseded, fmt::format("{} is newer", newer.value));
      any = true;
    }
    return any;
  }

  static bool waits_before(const Run& run, const std::string& block) {
    return std::ranges::any_of(run.workflow.actions, [&](const Action& each) {
      const auto status = state_of(run, each.name).status;
      return block_of(each) == block && (status == ActionStatus::Queued || status == ActionStatus::WaitingApproval);
    });
  }

  bool skip(const RunId& id, const Action& action, std::string reason) {
    write("action.skipped", id.value, json::object{{"action", action.name}, {"reason", std::move(reason)}});
    touch_followers(*state_.find(id));
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
    if (run.ending) return {*run.ending, run.reason};
    if (failed) return {RunStatus::Failed, reason};
    if (held) return {RunStatus::Held, reason};
    if (run.status == RunStatus::Stopping) return {RunStatus::Stopped, run.reason};
    return {RunStatus::Succeeded, ""};
  }

  State& state_;
  Instant now_;
  const Limits& limits_;
  std::set<RunNumber> touched_;
  std::set<std::string> freed_;
  std::vector<store::Entry> entries_;
  std::vector<EngineCommand> commands_;
  std::optional<Error> refused_;
};

}  // namespace

Decision decide(State& state, const Fact& fact, Instant now, const Limits& limits) {
  Deciding deciding(state, now, limits);
  std::visit(deciding, fact);
  return std::move(deciding).decision();
}

}  // namespace tandem::run
