// Folding journal records into runs: the other half of the engine.

#include "run/engine.hpp"

namespace tandem::run {
namespace {

Done start_action(Run& run, ActionState& state, const json::value& body, Instant at) {
  Fields fields(body, "action.started");
  state.status = ActionStatus::InProgress;
  state.attempt = static_cast<int>(fields.integer("attempt"));
  state.started = at;
  state.reason.clear();
  if (run.status == RunStatus::Queued) {
    run.status = RunStatus::InProgress;
    run.started = at;
  }
  return fields.finish();
}

Done end_action(Run& run, ActionState& state, const json::value& body, Instant at) {
  Fields fields(body, "action.ended");
  const auto status = action_status_from(fields.string("status"));
  const auto* outcome = fields.find("outcome");
  if (!status || outcome == nullptr) fields.refuse("lacks a status or an outcome");
  TRY(fields.finish());
  state.status = *status;
  state.ended = at;
  state.outcome = TRY(action_outcome_from_json(*outcome));
  for (const auto& note : state.outcome->notes) {
    run.notes.push_back(note);
    run.degraded = run.degraded || note.starts_with("degraded:");
  }
  return done();
}

Done end_run(Run& run, const json::value& body, Instant at) {
  Fields fields(body, "run.ended");
  const auto status = run_status_from(fields.string("status"));
  if (!status) fields.refuse("has an unknown status");
  TRY(fields.finish());
  run.status = *status;
  run.reason = fields.string_or("reason", "");
  run.ended = at;
  for (auto& note : fields.strings("notes")) {
    run.degraded = run.degraded || note.starts_with("degraded:");
    run.notes.push_back(std::move(note));
  }
  for (auto& [name, state] : run.actions)
    if (!is_final(state.status)) state.status = ActionStatus::Stopped;
  return done();
}

}  // namespace

Done apply(Run& run, const std::string& kind, const json::value& body, Instant at) {
  if (kind == "run.ended") return end_run(run, body, at);
  if (kind == "run.interrupted") {
    ++run.interruptions;
    return done();
  }
  if (kind == "run.wrapping_up") {
    run.wrapping_up = true;
    return done();
  }
  Fields fields(body, kind);
  if (kind == "run.stopping") {
    run.status = RunStatus::Stopping;
    run.reason = fmt::format("stopped by {}", fields.string("actor"));
    return fields.finish();
  }
  auto& state = run.actions[fields.string("action")];
  TRY(fields.finish());
  if (kind == "action.started") return start_action(run, state, body, at);
  if (kind == "action.ended") return end_action(run, state, body, at);
  if (kind == "action.queued") {
    state.status = ActionStatus::Queued;
    state.reason = fields.string_or("reason", "");
  } else if (kind == "action.skipped") {
    state.status = ActionStatus::Skipped;
    state.ended = at;
    state.reason = fields.string_or("reason", "");
  } else if (kind == "action.waiting_approval") {
    state.status = ActionStatus::WaitingApproval;
    state.attempt = 1;
    state.started = at;
  } else {
    return failure(Fault::Invalid, "the journal holds {}, which this program does not know", kind);
  }
  return done();
}

Done apply(State& state, const std::string& kind, const std::string& subject, const json::value& body, Instant at) {
  if (kind == "event.received") {
    state.events.insert(EventId{subject});
    return done();
  }
  if (kind == "run.created") {
    auto run = TRY(run_from_json(body));
    state.last_run = std::max(state.last_run, store::run_number(run.id));
    state.runs[store::run_number(run.id)] = std::move(run);
    return done();
  }
  if (!kind.starts_with("run.") && !kind.starts_with("action.")) return done();
  auto* run = state.find(RunId{subject});
  if (run == nullptr) return done();  // it has ended; nothing about it matters for deciding
  TRY(apply(*run, kind, body, at), "applying {} to {}", kind, subject);
  if (is_final(run->status)) {
    const auto number = store::run_number(RunId{subject});
    state.ended.push_back(std::move(*run));
    state.runs.erase(number);
  }
  return done();
}

}  // namespace tandem::run
