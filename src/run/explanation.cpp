#include "run/explanation.hpp"

#include "base/text.hpp"
#include "report/summary.hpp"

namespace tandem::run {
namespace {

json::value or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

/// One action's reason as it is now: what it waits for is asked anew, the rest is what was written down.
struct Reason {
  std::string rule;
  std::string what;
  std::string holder;
  std::string release;
};

std::string people(const std::vector<Approval>& approvals) {
  std::string out;
  for (const auto& approval : approvals) out += (out.empty() ? "" : ", ") + approval.actor;
  return out;
}

Reason gate(const Run& run, const Action& action, const ActionState& state, const Limits& limits) {
  const auto rule = gate_rule(run, action, limits);
  const auto left = rule.approvals - static_cast<int>(state.approvals.size());
  auto what = fmt::format("waits for {} of {} {}", left, rule.approvals, rule.approvals == 1 ? "approval" : "approvals");
  if (!state.approvals.empty()) what += ", given by " + people(state.approvals);
  if (rule.other_person) what += fmt::format("; not by {}, who started the run", run.event.actor);
  if (state.started) what += "; it fails at " + rfc3339(*state.started + limits.gate_patience);
  return {"approval", std::move(what), "", fmt::format("tandem approve {} {}", run.id.value, action.name)};
}

Reason dependency(const Run& run, const Action& action) {
  std::vector<std::string> open;
  for (const auto& need : action.depends_on)
    if (!is_final(state_of(run, need).status)) open.push_back(need);
  return {"dependency", "waits for " + join(open, ", "), "", open.empty() ? "" : "it ends"};
}

Reason reason_of(const State& state, const Run& run, const Action& action, const Limits& limits) {
  const auto& now = state_of(run, action.name);
  const bool is_open = state.find(run.id) != nullptr;
  if (now.outcome && now.outcome->error) return {now.status == ActionStatus::Failed ? "failed" : "stopped", text(*now.outcome->error), "", now.outcome->error->next};
  if (now.status == ActionStatus::WaitingApproval) return gate(run, action, now, limits);
  if (now.status == ActionStatus::InProgress && now.timed_out) return {"timeout", "its time is over; it was told to stop", "", ""};
  if (now.status == ActionStatus::InProgress && now.attempt > 1) return {"interrupted", fmt::format("is attempted for the {}. time: the coordinator died", now.attempt), "", ""};
  if (is_open && (now.status == ActionStatus::Pending || now.status == ActionStatus::Queued)) {
    if (!may_start(run, action)) return dependency(run, action);
    const auto waiting = why_waiting(state, run, action, limits);
    if (waiting) return {waiting.rule, waiting.what, waiting.holder.value, waiting.release};
  }
  const auto* rule = now.status == ActionStatus::Skipped ? "skipped" : "";
  return {rule, now.reason, "", ""};
}

std::string ending(const Run& run) {
  switch (run.status) {
    case RunStatus::Superseded: return "SUPERSEDED: a newer run of the same workflow and branch reached the block it waited for";
    case RunStatus::Cancelled: return "CANCELLED: its workflow changed while it was under way";
    case RunStatus::Abandoned: return "ABANDONED: it was quarantined, so that it cannot take the coordinator down again";
    case RunStatus::NotRun: return "NOT_RUN: nothing of it was started";
    case RunStatus::Held: return "HELD: policy or the other side stopped it; nothing is broken";
    default: return fmt::format("{} is {}", run.id.value, word(run.status));
  }
}

/// What a person does about a run that has ended so.
std::string next_of(const Run& run) {
  switch (run.status) {
    case RunStatus::Failed:
    case RunStatus::Held:
    case RunStatus::Stopped:
    case RunStatus::Superseded:
    case RunStatus::Cancelled: return fmt::format("tandem run --from-failed {}", run.id.value);
    case RunStatus::Abandoned: return fmt::format("find out what of it kills the coordinator; then tandem run --exact {}", run.id.value);
    case RunStatus::NotRun: return run.reason.starts_with("queue full") ? fmt::format("tandem run {} --repo {} --branch {}", run.workflow.name, run.repository, run.event.branch)
                                                                         : "tandem validate";
    default: return "";
  }
}

}  // namespace

json::object explanation_of(Office& office, const Run& run) {
  json::array reasons;
  const auto limits = office.shop().ledger->limits();
  std::string sentence;
  std::string release;
  office.shop().ledger->state([&](const State& state) {
    const auto* now = state.find(run.id);
    const auto& current = now == nullptr ? run : *now;
    for (const auto& action : current.workflow.actions) {
      const auto reason = reason_of(state, current, action, limits);
      if (reason.what.empty()) continue;
      reasons.push_back({{"action", action.name}, {"status", word(state_of(current, action.name).status)}, {"reason", reason.what}, {"rule", or_null(reason.rule)},
                         {"holder", or_null(reason.holder)}, {"release", or_null(reason.release)}});
      const bool waits = reason.rule != "dependency" && reason.rule != "skipped" && !is_final(state_of(current, action.name).status);
      if (!waits || !sentence.empty()) continue;
      sentence = fmt::format("{}: {}", action.name, reason.what);
      release = reason.release;
    }
    return 0;
  });
  if (is_final(run.status)) {
    sentence = run.reason.empty() ? ending(run) : fmt::format("{}", run.reason);
    if (run.status == RunStatus::Superseded || run.status == RunStatus::Cancelled || run.status == RunStatus::Abandoned || run.status == RunStatus::NotRun)
      sentence = ending(run) + (run.reason.empty() ? "" : " (" + run.reason + ")");
    release = next_of(run);
  } else if (run.wrapping_up) {
    sentence = "its actions have ended; what failed is being undone, and both sides are told";
  } else if (sentence.empty()) {
    sentence = fmt::format("{} is {}", run.id.value, word(run.status));
  }
  const auto error = report::first_error(run);
  return {{"schema", "tandem.why/1"}, {"sentence", sentence}, {"release", or_null(release)}, {"reasons", reasons}, {"notes", json_of(run.notes)},
          {"repeats", run.repeats ? json::value(run.repeats->value) : json::value(nullptr)},
          {"error", error ? document_of(error->error) : json::value(nullptr)}};
}

}  // namespace tandem::run
