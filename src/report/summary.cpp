#include "report/summary.hpp"

namespace tandem::report {
namespace {

std::string short_id(const std::string& id) { return id.empty() ? "none" : id.substr(0, 12); }

std::string took(const std::optional<Instant>& from, const std::optional<Instant>& to) {
  return from && to ? for_people(*to - *from) : "";
}

std::string action_table(const Run& run) {
  std::string out = "| action | status | took | note |\n| --- | --- | --- | --- |\n";
  for (const auto& action : run.workflow.actions) {
    const auto found = run.actions.find(action.name);
    const ActionState state = found == run.actions.end() ? ActionState{} : found->second;
    const auto note = state.outcome && state.outcome->error ? state.outcome->error->what : state.reason;
    out += fmt::format("| {} | {} | {} | {} |\n", action.name, word(state.status), took(state.started, state.ended), note);
  }
  return out;
}

std::string proof_table(const Run& run) {
  std::string out;
  for (const auto& [name, state] : run.actions) {
    const auto* proof = state.outcome ? state.outcome->detail.if_contains("proof") : nullptr;
    if (proof == nullptr) continue;
    for (const auto& item : proof->at("cases").as_array()) {
      Fields fields(item, "a case");
      out += fmt::format("| {} | {} | {} | {} |\n", fields.string_or("suite", ""), fields.string_or("name", ""),
                         fields.boolean_or("passed", false) ? "passed" : "failed", fields.string_or("what", ""));
    }
  }
  return out.empty() ? out : "\n## Verification\n\n| suite | case | result | what |\n| --- | --- | --- | --- |\n" + out;
}

}  // namespace

std::optional<FirstError> first_error(const Run& run) {
  for (const auto& action : run.workflow.actions) {
    const auto found = run.actions.find(action.name);
    if (found == run.actions.end() || !found->second.outcome || !found->second.outcome->error) continue;
    return FirstError{action.name, *found->second.outcome->error};
  }
  return std::nullopt;
}

std::string one_sentence(const Facts& facts) {
  if (const auto error = first_error(facts.run)) return fmt::format("{} failed: {}", error->action, error->error.what);
  if (!facts.run.reason.empty()) return facts.run.reason;
  if (facts.deployment && facts.deployment->phase == Phase::Live)
    return fmt::format("release {} verified and live at {}", facts.deployment->release.value, facts.deployment->url);
  if (facts.deployment) return fmt::format("release {} is {}", facts.deployment->release.value, word(facts.deployment->phase));
  return fmt::format("{} ended: {}", facts.run.workflow.name, word(facts.run.status));
}

std::string deployment_summary(const Facts& facts) {
  const auto& run = facts.run;
  auto out = fmt::format("# {}: {}\n\n{}\n\n", run.workflow.name, run.id.value, one_sentence(facts));
  out += fmt::format("- commit: {} of {} ({})\n- started by: {} of {}\n", short_id(run.commit.value), run.repository,
                     run.event.branch, word(run.event.kind), run.event.actor);
  if (run.event.cause) out += fmt::format("- cause: {}\n", run.event.cause->value);
  if (facts.release)
    out += fmt::format("- release: {} (application {}, infrastructure {}, handler {}, bundle {}, assembly {})\n",
                       facts.release->id.value, short_id(facts.release->application.value),
                       short_id(facts.release->infrastructure.value), facts.release->handler,
                       facts.release->bundle.value, facts.release->assembly.value);
  if (facts.deployment)
    out += fmt::format("- deployment: {} on {}, {}\n", facts.deployment->id.value, facts.deployment->environment,
                       word(facts.deployment->phase));
  if (!facts.live_release.empty()) out += fmt::format("- live after this run: {}\n", facts.live_release);
  out += "\n## Actions\n\n" + action_table(run) + proof_table(run);
  if (!run.notes.empty()) out += "\n## Notes\n\n";
  for (const auto& note : run.notes) out += fmt::format("- {}\n", note);
  return out;
}

json::value integration_status(const Facts& facts) {
  const auto error = first_error(facts.run);
  return json::object{
      {"schema", "tandem.integration-status/1"},
      {"run", facts.run.id.value},
      {"workflow", facts.run.workflow.name},
      {"sentence", one_sentence(facts)},
      {"failed_action", error ? json::value(error->action) : json::value(nullptr)},
      {"release", facts.release ? to_json(*facts.release) : json::value(nullptr)},
      {"deployment", facts.deployment ? to_json(*facts.deployment) : json::value(nullptr)},
      {"live_release", facts.live_release.empty() ? json::value(nullptr) : json::value(facts.live_release)}};
}

}  // namespace tandem::report
