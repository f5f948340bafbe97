#include "record/run.hpp"

#include "record/words.hpp"

namespace tandem {
namespace {

constexpr Words<ActionStatus, 8> action_words{{{{ActionStatus::Pending, "PENDING"},
                                                {ActionStatus::Queued, "QUEUED"},
                                                {ActionStatus::WaitingApproval, "WAITING_APPROVAL"},
                                                {ActionStatus::InProgress, "IN_PROGRESS"},
                                                {ActionStatus::Succeeded, "SUCCEEDED"},
                                                {ActionStatus::Failed, "FAILED"},
                                                {ActionStatus::Stopped, "STOPPED"},
                                                {ActionStatus::Skipped, "SKIPPED"}}}};
constexpr Words<RunStatus, 11> run_words{{{{RunStatus::Queued, "QUEUED"},
                                           {RunStatus::InProgress, "IN_PROGRESS"},
                                           {RunStatus::Stopping, "STOPPING"},
                                           {RunStatus::Succeeded, "SUCCEEDED"},
                                           {RunStatus::Failed, "FAILED"},
                                           {RunStatus::Stopped, "STOPPED"},
                                           {RunStatus::Cancelled, "CANCELLED"},
                                           {RunStatus::Superseded, "SUPERSEDED"},
                                           {RunStatus::Abandoned, "ABANDONED"},
                                           {RunStatus::NotRun, "NOT_RUN"},
                                           {RunStatus::Held, "HELD"}}}};

json::value maybe_time(const std::optional<Instant>& instant) {
  return instant ? json::value(rfc3339(*instant)) : json::value(nullptr);
}

json::value error_json(const Error& error) {
  return json::object{{"fault", word(error.fault)},
                      {"code", error.code.empty() ? json::value(nullptr) : json::value(error.code)},
                      {"what", error.what},
                      {"file", error.place ? json::value(error.place->file) : json::value(nullptr)},
                      {"line", error.place ? json::value(error.place->line) : json::value(nullptr)},
                      {"column", error.place ? json::value(error.place->column) : json::value(nullptr)},
                      {"next", error.next.empty() ? json::value(nullptr) : json::value(error.next)}};
}

Error error_from(const json::value& value) {
  Fields fields(value, "an error");
  Error error{fault_from(fields.string_or("fault", "broken")).value_or(Fault::Broken), fields.string_or("what", "")};
  error.code = fields.string_or("code", "");
  error.next = fields.string_or("next", "");
  if (const auto file = fields.maybe_string("file"))
    error.place = Place{*file, static_cast<int>(fields.integer_or("line", 0)),
                        static_cast<int>(fields.integer_or("column", 0))};
  return error;
}

json::array approvals_json(const std::vector<Approval>& approvals) {
  json::array out;
  for (const auto& approval : approvals)
    out.push_back({{"actor", approval.actor}, {"approved", approval.approved}, {"reason", approval.reason}, {"at", rfc3339(approval.at)}});
  return out;
}

Result<Approval> approval_from(const json::value& value) {
  Fields fields(value, "an approval");
  Approval approval{fields.string("actor"), fields.boolean_or("approved", false), fields.string_or("reason", ""), fields.instant("at")};
  TRY(fields.finish());
  return approval;
}

json::value state_json(const std::string& name, const ActionState& state) {
  return json::object{{"name", name},
                      {"status", word(state.status)},
                      {"attempt", state.attempt},
                      {"started", maybe_time(state.started)},
                      {"ended", maybe_time(state.ended)},
                      {"reason", state.reason},
                      {"rule", state.rule.empty() ? json::value(nullptr) : json::value(state.rule)},
                      {"approvals", approvals_json(state.approvals)},
                      {"timed_out", state.timed_out},
                      {"outcome", state.outcome ? to_json(*state.outcome) : json::value(nullptr)}};
}

Result<std::pair<std::string, ActionState>> state_from(const json::value& value) {
  Fields fields(value, "an action's state");
  ActionState state;
  auto name = fields.string("name");
  const auto status = action_words.find(fields.string("status"));
  if (!status) fields.refuse("has an unknown status");
  state.status = status.value_or(ActionStatus::Pending);
  state.attempt = static_cast<int>(fields.integer_or("attempt", 0));
  state.started = fields.maybe_instant("started");
  state.ended = fields.maybe_instant("ended");
  state.reason = fields.string_or("reason", "");
  state.rule = fields.string_or("rule", "");
  state.timed_out = fields.boolean_or("timed_out", false);
  for (const auto& member : fields.list("approvals")) {
    auto approval = TRY(approval_from(member));
    state.approvals.push_back(std::move(approval));
  }
  if (const auto* outcome = fields.find("outcome")) state.outcome = TRY(action_outcome_from_json(*outcome));
  TRY(fields.finish());
  return std::pair{std::move(name), std::move(state)};
}

}  // namespace

std::string_view word(ActionStatus status) { return action_words.word(status); }
std::string_view word(RunStatus status) { return run_words.word(status); }
std::optional<ActionStatus> action_status_from(std::string_view text) { return action_words.find(text); }
std::optional<RunStatus> run_status_from(std::string_view text) { return run_words.find(text); }

bool is_final(ActionStatus status) {
  return status == ActionStatus::Succeeded || status == ActionStatus::Failed || status == ActionStatus::Stopped ||
         status == ActionStatus::Skipped;
}

bool is_final(RunStatus status) {
  return status != RunStatus::Queued && status != RunStatus::InProgress && status != RunStatus::Stopping;
}

json::value to_json(const ActionOutcome& outcome) {
  return json::object{{"succeeded", outcome.succeeded},
                      {"held", outcome.held},
                      {"error", outcome.error ? error_json(*outcome.error) : json::value(nullptr)},
                      {"outputs", json_of(outcome.outputs)},
                      {"notes", json_of(outcome.notes)},
                      {"detail", outcome.detail}};
}

Result<ActionOutcome> action_outcome_from_json(const json::value& value) {
  Fields fields(value, "an action's outcome");
  ActionOutcome outcome;
  outcome.succeeded = fields.boolean_or("succeeded", false);
  outcome.held = fields.boolean_or("held", false);
  if (const auto* error = fields.find("error")) outcome.error = error_from(*error);
  outcome.outputs = texts_of(fields.object("outputs"));
  outcome.notes = fields.strings("notes");
  outcome.detail = fields.object("detail");
  TRY(fields.finish());
  return outcome;
}

json::value to_json(const Run& run) {
  json::array actions;
  for (const auto& action : run.workflow.actions) {
    const auto found = run.actions.find(action.name);
    actions.push_back(state_json(action.name, found == run.actions.end() ? ActionState{} : found->second));
  }
  return json::object{{"id", run.id.value},
                      {"event", to_json(run.event)},
                      {"workflow", to_json(run.workflow)},
                      {"repository", run.repository},
                      {"commit", run.commit.value},
                      {"status", word(run.status)},
                      {"degraded", run.degraded},
                      {"notes", json_of(run.notes)},
                      {"actions", actions},
                      {"inputs", json_of(run.inputs)},
                      {"created", rfc3339(run.created)},
                      {"started", maybe_time(run.started)},
                      {"ended", maybe_time(run.ended)},
                      {"reason", run.reason},
                      {"wrapping_up", run.wrapping_up},
                      {"interruptions", run.interruptions},
                      {"ending", run.ending ? json::value(word(*run.ending)) : json::value(nullptr)},
                      {"repeats", run.repeats ? json::value(run.repeats->value) : json::value(nullptr)}};
}

Result<Run> run_from_json(const json::value& value) {
  Fields fields(value, "a run");
  Run run;
  run.id.value = fields.string("id");
  const auto* event = fields.find("event");
  const auto* workflow = fields.find("workflow");
  if (event == nullptr || workflow == nullptr) fields.refuse("lacks its event or workflow");
  const auto status = run_words.find(fields.string("status"));
  if (!status) fields.refuse("has an unknown status");
  TRY(fields.finish());
  run.event = TRY(event_from_json(*event));
  run.workflow = TRY(workflow_from_json(*workflow));
  run.repository = fields.string_or("repository", "");
  run.commit.value = fields.string_or("commit", "");
  run.status = *status;
  run.degraded = fields.boolean_or("degraded", false);
  run.notes = fields.strings("notes");
  for (const auto& member : fields.list("actions")) {
    auto state = TRY(state_from(member));
    run.actions.insert(std::move(state));
  }
  run.inputs = texts_of(fields.object("inputs"));
  run.created = fields.instant("created");
  run.started = fields.maybe_instant("started");
  run.ended = fields.maybe_instant("ended");
  run.reason = fields.string_or("reason", "");
  run.wrapping_up = fields.boolean_or("wrapping_up", false);
  run.interruptions = static_cast<int>(fields.integer_or("interruptions", 0));
  if (const auto ending = fields.maybe_string("ending")) run.ending = run_words.find(*ending);
  if (auto repeats = fields.maybe_string("repeats")) run.repeats = RunId{std::move(*repeats)};
  TRY(fields.finish());
  return run;
}

}  // namespace tandem
