// Which rule keeps an action from entering its block: asked before it starts, and by `tandem why`.

#include <algorithm>

#include "run/engine.hpp"

namespace tandem::run {
namespace {

bool uses(const Run& run, const std::string& environment) {
  return std::ranges::any_of(run.workflow.actions, [&](const Action& action) { return action.environment == environment; });
}

Waiting in_front(const State& state, const Run& run, const Action& action) {
  const auto* other = state.first_before(run, block_of(action));
  if (other == nullptr) return {};
  return {"queue", fmt::format("{} is ahead in the queue before {}", other->id.value, block_of(action)), other->id, "",
          fmt::format("{} leaves {}, or ends: tandem why {}", other->id.value, block_of(action), other->id.value)};
}

/// A PARALLEL run takes a place when it starts. One that another run waits for has a place already: its cause's.
Waiting no_place(const State& state, const Run& run, const Limits& limits) {
  if (run.workflow.mode != RunMode::Parallel || run.started || state.parallel_inside() < limits.parallel_max) return {};
  if (run.event.cause && state.find(*run.event.cause) != nullptr) return {};
  return {"parallel", fmt::format("{} PARALLEL runs are under way, as many as this machine takes", state.parallel_inside()), {}, "",
          "one of them ends; daemon: parallel-runs in tandem.yaml says how many there may be"};
}

/// The oldest of its queue enters its first environment, while nobody holds any of those it uses: so whoever holds
/// one waits for no queue, and no two runs wait for each other. It keeps them until it ends.
Waiting not_free(const State& state, const Run& run, const Action& action) {
  if (action.environment.empty()) return {};
  if (const auto frozen = state.frozen.find(action.environment); frozen != state.frozen.end())
    return {"frozen", fmt::format("the environment {} is frozen by {}{}", action.environment, frozen->second.actor,
                                  frozen->second.reason.empty() ? "" : ": " + frozen->second.reason),
            {}, action.environment, fmt::format("tandem environments --thaw {}", action.environment)};
  for (const auto& each : run.workflow.actions) {
    if (each.environment.empty()) continue;
    const auto* other = state.holder(each.environment, run);
    if (other == nullptr) continue;
    return {"environment", fmt::format("the environment {} is held by {} ({})", each.environment, other->id.value, other->workflow.name),
            other->id, each.environment, fmt::format("{} ends: tandem why {}", other->id.value, other->id.value)};
  }
  if (run.workflow.mode == RunMode::Parallel) return {};
  const auto* oldest = state.oldest_in_queue(run);
  if (oldest == nullptr || oldest->id == run.id) return {};
  return {"queue", fmt::format("{} is ahead in the queue before the environment {}", oldest->id.value, action.environment), oldest->id,
          action.environment, fmt::format("{} ends: tandem why {}", oldest->id.value, oldest->id.value)};
}

}  // namespace

bool is_asked_for(const Run& run, const Planned& planned) {
  return std::ranges::all_of(planned.inputs, [&](const auto& input) {
    const auto told = run.inputs.find(input.first);
    return input.first == "SyncId" || (told != run.inputs.end() && told->second == input.second);
  });
}

bool is_gate(const Action& action) { return action.identifier.starts_with("aws/approval@"); }

int timeout_of(const Action& action) {
  const bool runs_steps = action.identifier.starts_with("aws/build@") || action.identifier.starts_with("aws/managed-test@") ||
                          action.identifier.starts_with("aws/github-actions-runner@");
  const bool waits = action.identifier.starts_with("tandem/start-workflow@");   // for a run whose actions have limits of their own
  return action.timeout_minutes.value_or(runs_steps || waits ? 480 : 60);
}

bool may_start(const Run& run, const Action& action) {
  return std::ranges::all_of(action.depends_on, [&](const std::string& need) {
    return state_of(run, need).status == ActionStatus::Succeeded;
  });
}

Waiting why_waiting(const State& state, const Run& run, const Action& action, const Limits& limits) {
  if (run.workflow.mode != RunMode::Parallel)
    if (auto waiting = in_front(state, run, action)) return waiting;
  if (auto waiting = no_place(state, run, limits)) return waiting;
  return not_free(state, run, action);
}

GateRule gate_rule(const Run& run, const Action& gate, const Limits& limits) {
  GateRule rule{.approvals = 1};
  if (const auto* written = gate.configuration.if_contains("ApprovalsRequired")) {
    const auto number = written->is_string() ? std::atoi(written->as_string().c_str())
                        : written->is_int64() ? static_cast<int>(written->as_int64()) : 1;
    rule.approvals = std::clamp(number, 1, 2);
  }
  // It guards what comes after it; with nothing named there, the environments of the whole workflow.
  for (const auto& [name, wanted] : limits.environments) {
    if (!uses(run, name)) continue;
    rule.approvals = std::max(rule.approvals, wanted.approvals);
    rule.other_person = rule.other_person || wanted.other_person;
  }
  return rule;
}

}  // namespace tandem::run
