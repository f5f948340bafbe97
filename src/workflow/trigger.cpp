#include "workflow/trigger.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "workflow/pattern.hpp"
#include "workflow/schedule.hpp"

namespace tandem::workflow {
namespace {
constexpr size_t files_compared_max = 4000;

std::string_view type_word(TriggerType type) {
  switch (type) {
    case TriggerType::Push: return "PUSH";
    case TriggerType::PullRequest: return "PULLREQUEST";
    case TriggerType::Schedule: return "SCHEDULE";
  }
  throw Bug("a trigger type without a word");
}

std::string_view word_of(PullRequestStep step) {
  switch (step) {
    case PullRequestStep::Open: return "OPEN";
    case PullRequestStep::Revision: return "REVISION";
    case PullRequestStep::Closed: return "CLOSED";
    case PullRequestStep::Draft: return "DRAFT";
    case PullRequestStep::Merged: return "MERGED";
  }
  throw Bug("a step without a word");
}

std::optional<TriggerType> type_for(EventKind kind) {
  if (kind == EventKind::Push) return TriggerType::Push;
  if (kind == EventKind::PullRequest) return TriggerType::PullRequest;
  if (kind == EventKind::Schedule) return TriggerType::Schedule;
  return std::nullopt;
}

TriggerAnswer no(std::string reason, const Place& place) { return {false, std::move(reason), place}; }

std::string glob_hint(const std::vector<std::string>& patterns, PatternOf what) {
  for (const auto& pattern : patterns)
    if (const auto fault = fault_of(pattern, what); fault && fault->instead)
      return fmt::format("; patterns are regular expressions, did you mean {}?", *fault->instead);
  return {};
}

/// Nothing when the branch fits; otherwise why it does not.
std::optional<TriggerAnswer> branch_refusal(const Trigger& trigger, const std::string& branch, std::string_view role) {
  if (trigger.branches.empty() || first_match(trigger.branches, branch, PatternOf::Branch)) return std::nullopt;
  return no(fmt::format("the {} {} matches none of Branches: {}{}", role, branch, join(trigger.branches, ", "),
                        glob_hint(trigger.branches, PatternOf::Branch)),
            trigger.branches_place);
}

/// REVISION also means the creation, a draft is a creation, a merge is a closing.
bool means(std::string_view wanted, PullRequestStep step) {
  const bool created = step == PullRequestStep::Open || step == PullRequestStep::Draft;
  if (wanted == "OPEN") return created;
  if (wanted == "REVISION") return created || step == PullRequestStep::Revision;
  if (wanted == "CLOSED") return step == PullRequestStep::Closed || step == PullRequestStep::Merged;
  return wanted == word_of(step);
}

std::optional<TriggerAnswer> step_refusal(const Trigger& trigger, const Event& event) {
  if (!event.step) return no("the pull request event names no step", trigger.place);
  if (std::ranges::any_of(trigger.events, [&](const auto& wanted) { return means(wanted, *event.step); })) return std::nullopt;
  return no(fmt::format("the pull request event is {}, and Events are {}", word_of(*event.step), join(trigger.events, ", ")),
            trigger.events_place);
}

bool compares_files(const Trigger& trigger, const Event& event) {
  return !trigger.files_changed.empty() && event.files_known && event.files_changed.size() <= files_compared_max;
}

std::optional<std::string> matching_file(const Trigger& trigger, const Event& event) {
  const Patterns patterns(trigger.files_changed, PatternOf::File);
  for (const auto& file : event.files_changed)
    if (patterns.match(file)) return file;
  return std::nullopt;
}

std::string files_reason(const Trigger& trigger, const Event& event) {
  if (trigger.files_changed.empty()) return {};
  if (!event.files_known) return ", and with nothing to compare with every file counts as changed";
  if (event.files_changed.size() > files_compared_max) return ", and more than 4000 changed files count as a match";
  return fmt::format(", and {} matches FilesChanged", matching_file(trigger, event).value_or(""));
}

std::optional<TriggerAnswer> files_refusal(const Trigger& trigger, const Event& event) {
  if (!compares_files(trigger, event) || matching_file(trigger, event)) return std::nullopt;
  return no(fmt::format("none of the {} changed files matches FilesChanged: {}{}", event.files_changed.size(),
                        join(trigger.files_changed, ", "), glob_hint(trigger.files_changed, PatternOf::File)),
            trigger.files_place);
}

TriggerAnswer push_answer(const Trigger& trigger, const Event& event) {
  if (auto refusal = branch_refusal(trigger, event.branch, "branch")) return *refusal;
  if (auto refusal = files_refusal(trigger, event)) return *refusal;
  return {true, fmt::format("{} was pushed{}", event.branch, files_reason(trigger, event)), trigger.place};
}

TriggerAnswer pull_request_answer(const Trigger& trigger, const Event& event) {
  if (auto refusal = branch_refusal(trigger, event.destination, "destination")) {
    if (first_match(trigger.branches, event.branch, PatternOf::Branch))
      refusal->reason += fmt::format("; the source {} would match, but Branches is compared with the destination", event.branch);
    return *refusal;
  }
  if (auto refusal = step_refusal(trigger, event)) return *refusal;
  if (auto refusal = files_refusal(trigger, event)) return *refusal;
  return {true, fmt::format("{} of a pull request into {}{}", word_of(*event.step), event.destination, files_reason(trigger, event)),
          trigger.place};
}

TriggerAnswer schedule_answer(const Trigger& trigger, const Event& event) {
  if (auto refusal = branch_refusal(trigger, event.branch, "branch")) return *refusal;
  const auto schedule = Schedule::parse(trigger.expression);
  if (!schedule) return no(schedule.error().what, trigger.place);
  if (schedule->fires_at(event.at)) return {true, fmt::format("{} fires now", trigger.expression), trigger.place};
  return no(fmt::format("{} does not fire at {}", trigger.expression, rfc3339(event.at)), trigger.place);
}

TriggerAnswer answer_of(const Trigger& trigger, const Event& event) {
  switch (trigger.type) {
    case TriggerType::Push: return push_answer(trigger, event);
    case TriggerType::PullRequest: return pull_request_answer(trigger, event);
    case TriggerType::Schedule: return schedule_answer(trigger, event);
  }
  throw Bug("a trigger of no type");
}

}  // namespace

TriggerAnswer answer(const Workflow& workflow, const Event& event) {
  const Place file{workflow.file};
  const auto type = type_for(event.kind);
  if (!type) return {true, event.kind == EventKind::Run ? "another run starts it" : "it was started by hand", file};
  if (workflow.triggers.empty()) return no("it has no Triggers: it starts by hand only", file);
  std::optional<TriggerAnswer> refusal;
  for (const auto& trigger : workflow.triggers) {
    if (trigger.type != *type) continue;
    auto found = answer_of(trigger, event);
    if (found.runs) return found;
    if (!refusal) refusal = std::move(found);
  }
  if (refusal) return *refusal;
  return no(fmt::format("it has no {} trigger", type_word(*type)), workflow.triggers.front().place);
}

TriggerAnswer standing(const Workflow& workflow, const std::string& branch) {
  if (workflow.triggers.empty()) return no("it has no Triggers: it starts by hand only", {workflow.file});
  std::optional<TriggerAnswer> refusal;
  for (const auto& trigger : workflow.triggers) {
    if (trigger.type == TriggerType::PullRequest) return {true, "pull requests from this branch can start it", trigger.place};
    auto found = branch_refusal(trigger, branch, "branch");
    if (!found) return {true, fmt::format("its {} trigger applies to {}", type_word(trigger.type), branch), trigger.place};
    if (!refusal) refusal = std::move(found);
  }
  refusal->reason = "inactive: " + refusal->reason;
  return *refusal;
}

std::string text(const TriggerAnswer& answer) {
  return fmt::format("{}, because {} ({})", answer.runs ? "runs" : "does not run", answer.reason, tandem::text(answer.place));
}

}  // namespace tandem::workflow
