// Doing a run again: from its failure on, or exactly as it was.

#include <algorithm>
#include <set>

#include "run/commands.hpp"

namespace tandem::run {
namespace {

/// What succeeded and need not be done again. What worked in an environment is never taken over: the way back has
/// undone it; nor is what builds on something that is done again. Actions that share a workspace are done again
/// together: it went with the run.
std::map<std::string, ActionOutcome> taken_over(const Run& old) {
  std::set<std::string> again;
  const auto is_done_again = [&](const Action& action) {
    const auto& state = state_of(old, action.name);
    const bool has_result = state.status == ActionStatus::Succeeded && state.outcome;
    const bool builds_on_new = std::ranges::any_of(action.depends_on, [&](const std::string& need) { return again.contains(need); });
    const bool lost_workspace = action.shared_instance && std::ranges::any_of(old.workflow.actions, [&](const Action& other) {
                                  return other.shared_instance && again.contains(other.name);
                                });
    return !has_result || !action.environment.empty() || builds_on_new || lost_workspace;
  };
  for (bool more = true; more;) {
    more = false;
    for (const auto& action : old.workflow.actions) {
      if (again.contains(action.name) || !is_done_again(action)) continue;
      again.insert(action.name);
      more = true;
    }
  }
  std::map<std::string, ActionOutcome> out;
  for (const auto& action : old.workflow.actions)
    if (!again.contains(action.name)) out[action.name] = *state_of(old, action.name).outcome;
  return out;
}

}  // namespace

Result<RunId> Office::repeat(const Run& old, Repetition how, const std::string& actor) {
  if (!is_final(old.status))
    return failure(Fault::Conflict, "{} has not ended: it is {}", old.id.value, word(old.status)).with_code("TD0131")
        .with_next(fmt::format("tandem runs --follow {}, or stop it first: tandem run --cancel {}", old.id.value, old.id.value));
  if (old.workflow.actions.empty())
    return failure(Fault::Invalid, "{} has no plan that could be done again: {}", old.id.value, old.reason).with_code("TD0132")
        .with_next("mend the definition and push it");
  auto event = old.event;
  event.id = {fresh_id("ev")};
  event.kind = EventKind::Command;
  event.actor = actor;
  event.cause.reset();
  event.at = shop_.clock.now();
  Planned planned{.workflow = old.workflow, .inputs = old.inputs, .repeats = old.id};
  const std::shared_lock lock(shop_.keeping);   // until what is taken over is the new run's as well
  if (how == Repetition::FromFailed) {
    planned.taken_over = taken_over(old);
    if (planned.taken_over.size() == old.workflow.actions.size())
      return failure(Fault::Invalid, "nothing of {} failed", old.id.value).with_code("TD0132").with_next(fmt::format("tandem run --exact {}", old.id.value));
    for (auto& artifact : TRY(shop_.ledger->history([&](store::History& history) { return history.artifacts(old.id); })))
      if (planned.taken_over.contains(artifact.action)) planned.artifacts.push_back(std::move(artifact));
  }
  const auto made = TRY(conductor_.tell(EventArrived{std::move(event), {std::move(planned)}}));
  if (made.empty()) return failure(Fault::Broken, "{} was not started again", old.id.value);
  return made.front();
}

}  // namespace tandem::run
