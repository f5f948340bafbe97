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
  state.rule.clear();
  state.timed_out = false;
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
  state.rule.clear();
  run.interruptions = 0;  // it got on since the coordinator died: that was not its doing
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
  if (kind == "run.ending") {
    run.ending = run_status_from(fields.string("status"));
    run.reason = fields.string_or("reason", "");
    return fields.finish();
  }
  auto& state = run.actions[fields.string("action")];
  TRY(fields.finish());
  if (kind == "action.started") return start_action(run, state, body, at);
  if (kind == "action.ended") return end_action(run, state, body, at);
  if (kind == "action.queued") {
    state.status = ActionStatus::Queued;
    state.reason = fields.string_or("reason", "");
    state.rule = fields.string_or("rule", "");
  } else if (kind == "action.skipped") {
    state.status = ActionStatus::Skipped;
    state.ended = at;
    state.reason = fields.string_or("reason", "");
    state.rule.clear();
  } else if (kind == "action.waiting_approval") {
    state.status = ActionStatus::WaitingApproval;
    state.attempt = 1;
    state.started = at;
    state.reason.clear();
    state.rule.clear();
    if (run.status == RunStatus::Queued) {
      run.status = RunStatus::InProgress;
      run.started = at;
    }
  } else if (kind == "approval.given") {
    state.approvals.push_back({fields.string("actor"), fields.boolean_or("approved", false), fields.string_or("reason", ""), at});
  } else if (kind == "action.timed_out") {
    state.timed_out = true;
  } else {
    return failure(Fault::Invalid, "the journal holds {}, which this program does not know", kind);
  }
  return done();
}

namespace {

/// Whose environment it is, said or lifted.
Done apply_freeze(State& state, const std::string& environment, const json::value& body, Instant at) {
  Fields fields(body, "environment.frozen");
  state.frozen[environment] = {environment, fields.string_or("actor", ""), fields.string_or("reason", ""), at};
  return fields.finish();
}

bool concerns_a_run(const std::string& kind) {
  return kind.starts_with("run.") || kind.starts_with("action.") || kind == "approval.given";
}

}  // namespace

Done apply(State& state, const std::string& kind, const std::string& subject, const json::value& body, Instant at) {
  if (kind == "event.received") {
    state.events.insert(EventId{subject});
    return done();
  }
  if (kind == "run.created") {
    auto run = TRY(run_from_json(body));
    state.adopt(std::move(run));
    return done();
  }
  if (kind == "environment.frozen") return apply_freeze(state, subject, body, at);
  if (kind == "environment.thawed") {
    state.frozen.erase(subject);
    return done();
  }
  if (!concerns_a_run(kind)) return done();
  const auto* object = body.if_object();
  const auto* name = object == nullptr ? nullptr : object->if_contains("action");
  const auto action = name != nullptr && name->is_string() ? std::string(name->as_string()) : std::string{};
  TRY(state.change(RunId{subject}, action, [&](Run& run) { return apply(run, kind, body, at); }), "applying {} to {}", kind, subject);
  return done();
}

}  // namespace tandem::run
