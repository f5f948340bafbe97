#include "run/way_back.hpp"

#include <algorithm>
#include <array>
#include <ranges>

#include "base/log.hpp"
#include "report/commit_status.hpp"
#include "report/summary.hpp"
#include "run/code_way_back.hpp"

namespace tandem::run {
namespace {

bool any_is(const Run& run, ActionStatus status) {
  return std::ranges::any_of(run.actions, [&](const auto& pair) { return pair.second.status == status; });
}

/// Not its own doing: the run that it started and waited for was let go.
bool was_cancelled(const ActionState& state) {
  if (state.status != ActionStatus::Failed || !state.outcome || !state.outcome->error) return false;
  return state.outcome->error->fault == Fault::Cancelled && state.outcome->detail.contains("started_run");
}

/// A person, a newer run or a newer file ended it, or the run that it waited for, before its actions were through; nothing of it failed.
bool was_let_go(const Run& run) {
  const bool asked = run.status == RunStatus::Stopping || run.ending == RunStatus::Cancelled || run.ending == RunStatus::Superseded;
  const bool went_wrong = std::ranges::any_of(run.actions, [](const auto& pair) { return pair.second.status == ActionStatus::Failed && !was_cancelled(pair.second); });
  return !went_wrong && (asked || std::ranges::any_of(run.actions, [](const auto& pair) { return was_cancelled(pair.second); }));
}

/// What it began is undone.
bool failed(const Run& run) {
  return run.status == RunStatus::Stopping || run.ending || any_is(run, ActionStatus::Failed) || any_is(run, ActionStatus::Stopped);
}

/// One of its actions, or of the run that it waited for, brought the deployment live and said so: nobody was interrupted in the
/// middle of the switch.
bool switched(const Run& run, const DeploymentId& id) {
  return std::ranges::any_of(run.actions, [&](const auto& pair) {
    const auto& state = pair.second;
    if (!state.outcome || !(state.status == ActionStatus::Succeeded || was_cancelled(state))) return false;
    const auto* detail = state.outcome->detail.if_contains("deployment");
    if (detail == nullptr) return false;
    const auto deployment = deployment_from_json(*detail);
    return deployment && deployment->id == id && deployment->phase == Phase::Live;
  });
}

deploy::OnStackEvent into_log(Workshop& shop, const RunId& run, const std::string& action) {
  return [&shop, run, action](const StackEvent& event) {
    shop.logs.add(run, action, fmt::format("{} {} {} {} {}", event.stack, event.logical_id, event.type, event.status, event.reason));
  };
}

/// The newest state the journal has of a deployment: a station that was killed may have left it further on.
Result<std::optional<Deployment>> newest(Workshop& shop, const DeploymentId& id) {
  return shop.ledger->history([&](store::History& history) { return history.find_deployment(id); });
}


Done prove(deploy::Target& target, const Deployment& good) {
  const auto found = TRY(target.fingerprint(), "taking the fingerprint of what is live");
  const auto unlike = differences(good.fingerprint, found);
  if (unlike.empty()) return done();
  return failure(Fault::Broken, "what is live is not release {}: {}", good.release.value, unlike.front())
      .with_code("TD0601")
      .with_next("a person is needed: compare `tandem stack` with the release, then deploy or roll back by hand");
}

/// A candidate never served; taking it away leaves what is live as it was, and that is proven.
Done abandon(Workshop& shop, const Run& run, Deployment deployment, const std::string& reason) {
  auto* const target = TRY(shop.target(deployment.environment));
  TRY(shop.ledger->record("rollback.intended", deployment.id.value, json::object{{"run", run.id.value}, {"reason", reason}}));
  TRY(target->abandon(deployment.id, reason, into_log(shop, run.id, "way-back")), "taking the candidate away");
  deployment.phase = Phase::Failed;
  deployment.reason = reason;
  TRY(note_deployment(shop, deployment));
  const auto live = TRY(target->live());
  if (!live) return done();
  if (const auto good = TRY(newest(shop, live->id)); good && !good->fingerprint.empty()) TRY(prove(*target, *good));
  return done();
}

std::string cause_of(const Run& run) {
  const auto error = report::first_error(run);
  return error ? fmt::format("{}: {}", error->action, error->error.what) : run.reason;
}

/// The deployments that a run may have made, newest first, with their environments. A death may have come before any of them
/// was written down, and their ids are known all the same.
std::vector<std::pair<DeploymentId, std::string>> deployments_of(const Run& run) {
  constexpr std::array<std::string_view, 3> deploying{"tandem/deploy@", "aws/cdk-deploy@", "aws/cfn-deploy@"};
  std::vector<std::pair<DeploymentId, std::string>> out;
  const auto add = [&out](const DeploymentId& id, const std::string& environment) {
    if (std::ranges::none_of(out, [&](const auto& pair) { return pair.first == id; })) out.emplace_back(id, environment);
  };
  if (const auto own = deployment_of(run)) add(own->id, own->environment);
  for (const auto& action : std::views::reverse(run.workflow.actions)) {
    const auto state = run.actions.find(action.name);
    const bool deploys = std::ranges::any_of(deploying, [&](std::string_view kind) { return action.identifier.starts_with(kind); });
    if (!deploys || state == run.actions.end() || state->second.attempt == 0) continue;
    add({fmt::format("dep-{}-{}", run.id.value, action.name)}, action.environment);
    add({"dep-" + run.id.value}, action.environment);
  }
  return out;
}

/// What the journal knows of a deployment, brought up to what the target has: a death may have come between the switch and the note.
Result<std::optional<Deployment>> settled(Workshop& shop, const DeploymentId& id, const std::string& environment) {
  auto known = TRY(newest(shop, id));
  auto* const target = TRY(shop.target(environment));
  const auto live = TRY(target->live());
  if (known && known->phase == Phase::Candidate && live && live->id == id) known = TRY(note_live(shop, *known, *live));
  return known;
}

/// Away from a deployment that is live, or on with what was begun of that.
Done leave_live(Workshop& shop, const Run& run, const Deployment& deployment, std::vector<std::string>& notes) {
  const auto key = run.id.value + "/way-back";
  const auto begun = TRY(shop.ledger->history([&](store::History& history) { return history.find_rollback(key); }));
  if (deployment.phase != Phase::Live && !begun) return done();
  const auto environment = TRY(shop.environment(deployment.environment));
  if (!begun && was_let_go(run) && switched(run, deployment.id)) {
    notes.push_back(fmt::format("release {} stays live: nothing failed, the run was let go after the switch; tandem rollback --env {} --last-good takes it back",
                                deployment.release.value, environment.name));
    return done();
  }
  if (environment.rollback == RollbackPolicy::Recommend) {
    notes.push_back(fmt::format("rollback recommended: tandem rollback --env {} --last-good", environment.name));
    return done();
  }
  auto back = TRY(roll_back_to(shop, {.environment = environment.name, .to = "last-good", .actor = run.id.value, .reason = cause_of(run), .key = key,
                                      .failed = run.id}));
  notes.push_back(fmt::format("rolled back to release {}, proven by fingerprint", back.to.release.value));
  std::ranges::move(back.notes, std::back_inserter(notes));
  return done();
}

/// What has to be undone in the environment, if anything. Notes say what was done.
Done leave_environment(Workshop& shop, const Run& run, std::vector<std::string>& notes) {
  for (const auto& [id, environment] : deployments_of(run)) {
    const auto deployment = TRY(settled(shop, id, environment));
    if (!deployment) {  // intended, and nobody wrote down what became of it
      auto* const target = TRY(shop.target(environment));
      TRY(target->abandon(id, cause_of(run), into_log(shop, run.id, "way-back")), "taking the candidate away");
    } else if (deployment->phase == Phase::Candidate || deployment->phase == Phase::Prepared) {
      TRY(abandon(shop, run, *deployment, cause_of(run)));
      notes.push_back(fmt::format("the candidate of release {} was taken away; live traffic never saw it", deployment->release.value));
    } else {
      TRY(leave_live(shop, run, *deployment, notes));
    }
  }
  return done();
}

/// The environment that a run deploys to: the first one that its actions name.
Result<EnvironmentConfiguration> environment_of(Workshop& shop, const Run& run) {
  for (const auto& action : run.workflow.actions)
    if (!action.environment.empty()) return shop.environment(action.environment);
  return shop.environment("");
}

Result<std::optional<Release>> live_release(Workshop& shop, const std::string& environment) {
  auto* const target = TRY(shop.target(environment));
  const auto live = TRY(target->live());
  if (!live) return std::optional<Release>{};
  return shop.ledger->history([&](store::History& history) { return history.find_release(live->release); });
}

/// The code that this run found in the infrastructure's branch and could not bring live does not stay there: the next push to
/// the infrastructure would trip over it.
Result<std::string> leave_branch(Workshop& shop, const Run& run, std::stop_token stop) {
  const auto* found = find_detail(run, "detection");
  const auto own = shop.repository(run.repository);
  if (found == nullptr || !own || own->role != Role::Infrastructure) return std::string{};
  Fields detection(*found, "the detection");
  CodeWayBack wanted{.run = run.id, .repository = detection.string_or("repository", ""), .from = {detection.string_or("application", "")},
                     .to = {}, .actor = run.id.value, .stop = stop};
  if (wanted.from.empty()) return std::string{};
  const auto environment = TRY(environment_of(shop, run));
  const auto live = TRY(live_release(shop, environment.name));
  if (!live || live->application.empty())
    return fmt::format("{} of {} keeps application {}: nothing was live on {} to go back to", own->branch, own->name,
                       wanted.from.value.substr(0, 12), environment.name);
  wanted.to = live->application;
  if (wanted.from != wanted.to && environment.rollback == RollbackPolicy::Recommend)
    return fmt::format("{} of {} keeps application {}, which is not live: tandem rollback, or push a better one", own->branch, own->name,
                       wanted.from.value.substr(0, 12));
  return carry_back(shop, wanted);
}

/// Both sides of a run that failed. That the branch could not be carried back leaves what serves untouched, so it degrades the run.
Done go_back(Workshop& shop, const Run& run, std::stop_token stop, std::vector<std::string>& notes) {
  if (!failed(run)) return done();
  TRY(leave_environment(shop, run, notes));
  const auto branch = leave_branch(shop, run, stop);
  if (!branch) notes.push_back(fmt::format("degraded: the infrastructure's branch keeps the code that failed: {}", branch.error().what));
  else if (!branch->empty()) notes.push_back(*branch);
  return done();
}

/// The branch's half of a rollback.
Result<std::string> code_back(Workshop& shop, const RolledBack& back, const std::string& actor) {
  const auto find = [&](const ReleaseId& id) { return shop.ledger->history([&](store::History& history) { return history.find_release(id); }); };
  const auto from = TRY(find(back.from.release));
  const auto to = TRY(find(back.to.release));
  if (!from || !to) return std::string{};
  const auto source = TRY(shop.repository(Role::Application));
  return carry_back(shop, {.run = back.from.run, .repository = source.name, .from = from->application, .to = to->application, .actor = actor});
}

report::StatusState state_of(const Run& run) {
  for (const auto& [name, state] : run.actions)
    if (state.outcome && !state.outcome->succeeded) return state.outcome->held ? report::StatusState::Held : report::StatusState::Failure;
  return failed(run) ? report::StatusState::Failure : report::StatusState::Success;
}

/// The commits a run is about: its own, and the application commit that its code came from.
std::vector<std::pair<RepositoryConfiguration, CommitId>> commits_of(Workshop& shop, const Run& run,
                                                                     const std::optional<Release>& release) {
  std::vector<std::pair<RepositoryConfiguration, CommitId>> out;
  if (const auto own = shop.repository(run.repository)) out.emplace_back(*own, run.commit);
  const auto add = [&](Role role, const CommitId& commit) {
    const auto repository = shop.repository(role);
    const bool there = std::ranges::any_of(out, [&](const auto& pair) { return pair.second == commit; });
    if (repository && !commit.empty() && !there) out.emplace_back(*repository, commit);
  };
  if (release) add(Role::Application, release->application);
  if (release) add(Role::Infrastructure, release->infrastructure);
  if (const auto sync = sync_of(run)) add(Role::Infrastructure, sync->landed);
  if (const auto* detection = find_detail(run, "detection"))
    add(Role::Application, CommitId{Fields(*detection, "the detection").string_or("application", "")});
  return out;
}

report::Facts facts_of(Workshop& shop, const Run& run) {
  report::Facts facts{.run = run};
  if (auto release = release_of(run)) facts.release = std::move(*release);
  if (auto deployment = deployment_of(run)) {
    const auto known = newest(shop, deployment->id);
    facts.deployment = known && *known ? **known : std::move(*deployment);
    if (const auto target = shop.target(facts.deployment->environment))
      if (const auto live = (*target)->live(); live && *live) facts.live_release = (*live)->release.value;
  }
  return facts;
}

/// JUnit XML of the verification's cases, as test runners write it.
std::string junit_of(const Proof& proof) {
  const auto escaped = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '&') out += "&amp;";
      else if (c == '<') out += "&lt;";
      else if (c == '>') out += "&gt;";
      else if (c == '"') out += "&quot;";
      else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t') out += c;
    }
    return out;
  };
  const auto failures = std::ranges::count_if(proof.cases, [](const ProofCase& item) { return !item.passed; });
  auto out = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"verification\" tests=\"{}\" failures=\"{}\">\n",
                         proof.cases.size(), failures);
  for (const auto& item : proof.cases) {
    out += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", escaped(item.suite), escaped(item.name),
                       static_cast<double>(item.took.count()) / 1000.0);
    out += item.passed ? "/>\n" : fmt::format("><failure message=\"{}\" type=\"{}\"/></testcase>\n", escaped(item.what), word(item.blame));
  }
  return out + "</testsuite>\n";
}

void keep_documents(Workshop& shop, const Run& run, const report::Facts& facts, std::vector<std::string>& untold) {
  const auto keep = [&](const std::string& name, const std::string& text) {
    const auto kept = shop.keep(run.id, "", name, ArtifactKind::Document, text);
    if (!kept) untold.push_back(fmt::format("the artifact {} could not be kept: {}", name, kept.error().what));
  };
  keep("deployment-summary.md", report::deployment_summary(facts));
  keep("integration-status.json", to_pretty_text(report::integration_status(facts)));
  if (const auto* sync = find_detail(run, "sync")) keep("sync-metadata.json", to_pretty_text(*sync));
  if (const auto* detail = find_detail(run, "proof"))
    if (const auto proof = proof_from_json(*detail)) keep("test-report.xml", junit_of(*proof));
}

}  // namespace

std::vector<std::string> differences(const Fingerprint& wanted, const Fingerprint& found) {
  std::vector<std::string> out;
  for (const auto& [what, value] : wanted) {
    const auto there = found.find(what);
    if (there == found.end()) out.push_back(fmt::format("{} is gone", what));
    else if (there->second != value) out.push_back(fmt::format("{} is {}, not {}", what, there->second, value));
  }
  for (const auto& [what, value] : found)
    if (!wanted.contains(what)) out.push_back(fmt::format("{} was not there", what));
  return out;
}

namespace {

/// Something else has become live since it was begun: there is nothing to go back from any more.
Error overtaken(Workshop& shop, const store::Rollback& way, const std::optional<Deployment>& live) {
  const auto what = live ? live->id.value : std::string("nothing");
  const auto noted = shop.ledger->record("rollback.done", way.environment, json::object{{"key", way.key}, {"from", way.from.value}, {"to", way.to.value}, {"proven", false}});
  if (!noted) return noted.error();
  return failure(Fault::Conflict, "the rollback of {} from {} was overtaken: {} is live", way.environment, way.from.value, what).with_code("TD0603")
      .with_next("tandem status shows what serves");
}

/// Every step may be done again: whoever died in the middle goes on here.
Result<RolledBack> go_to_end(Workshop& shop, const store::Rollback& way) {
  auto* const target = TRY(shop.target(way.environment));
  const auto live = TRY(target->live());
  const auto from = TRY(newest(shop, way.from));
  const auto to = TRY(newest(shop, way.to));
  if (!to) return failure(Fault::Missing, "nothing is known of the deployment {}", way.to.value).with_code("TD0602");
  RolledBack out{.from = from ? *from : Deployment{.id = way.from, .environment = way.environment}, .to = *to};
  if (way.done) return out;
  if (!live || (live->id != way.from && live->id != way.to)) return overtaken(shop, way, live);
  if (!from && live->id == way.from) out.from = *live;
  const auto restored = TRY(target->restore(way.to, [](const StackEvent&) {}), "putting release {} back", to->release.value);
  TRY(prove(*target, *to), "proving the rollback");
  out.from.phase = Phase::RolledBack;
  out.from.reason = way.reason;
  out.from = TRY(note_deployment(shop, out.from));
  out.to.phase = Phase::Live;
  out.to.url = restored.url;
  out.to.site = restored.site;
  out.to = TRY(note_deployment(shop, out.to));
  const auto code = code_back(shop, out, way.actor);
  if (!code) out.notes.push_back(fmt::format("degraded: the infrastructure's branch keeps the newer code: {}", code.error().what));
  else if (!code->empty()) out.notes.push_back(*code);
  TRY(shop.ledger->record("rollback.done", way.environment,
                          json::object{{"key", way.key}, {"from", out.from.id.value}, {"to", out.to.id.value}, {"proven", true}}));
  return out;
}

/// Its caller holds `going_back`.
Done finish_begun(Workshop& shop) {
  for (const auto& way : TRY(shop.ledger->history([](store::History& history) { return history.unfinished_rollbacks(); }))) {
    const auto back = go_to_end(shop, way);
    if (back) log(Level::Warning, "rollback.finished", {{"environment", way.environment}, {"from", way.from.value}, {"to", way.to.value}});
    else log(Level::Error, "rollback.not_finished", {{"environment", way.environment}, {"error", back.error().what}});
  }
  return done();
}

}  // namespace

Done finish_rollbacks(Workshop& shop) {
  const std::lock_guard lock(shop.going_back);
  return finish_begun(shop);
}

Result<RolledBack> roll_back_to(Workshop& shop, const RollbackRequest& request) {
  const std::lock_guard lock(shop.going_back);
  TRY(finish_begun(shop));
  if (const auto begun = TRY(shop.ledger->history([&](store::History& history) { return history.find_rollback(request.key); })))
    return go_to_end(shop, *begun);
  const auto environment = TRY(shop.environment(request.environment));
  auto* const target = TRY(shop.target(environment.name));
  const auto live = TRY(target->live());
  if (!live) return failure(Fault::Missing, "nothing is live on {}", environment.name).with_code("TD0602");
  const auto all = TRY(shop.ledger->history([&](store::History& history) { return history.deployments(environment.name, 200); }));
  const bool last_good = request.to == "last-good" || request.to.empty();
  const auto wanted = std::ranges::find_if(all, [&](const Deployment& each) {
    const bool was_live = each.phase == Phase::Superseded || each.phase == Phase::RolledBack;
    if (each.id == live->id || (!request.failed.empty() && each.run == request.failed)) return false;
    return last_good ? each.phase == Phase::Superseded : was_live && each.release.value == request.to;
  });
  if (wanted == all.end())
    return failure(Fault::Missing, "no release {} was live on {} before {}", last_good ? "last-good" : request.to, environment.name, live->release.value)
        .with_code("TD0602").with_next("tandem releases lists the releases and where each stands");
  const store::Rollback way{request.key, environment.name, live->id, wanted->id, request.actor, request.reason};
  TRY(shop.ledger->record("rollback.intended", way.environment,
                          json::object{{"key", way.key}, {"from", way.from.value}, {"to", way.to.value}, {"actor", way.actor}, {"reason", way.reason}}));
  return go_to_end(shop, way);
}

std::vector<std::string> tell_both_sides(Workshop& shop, const Run& run, std::stop_token stop) {
  std::vector<std::string> untold;
  const auto facts = facts_of(shop, run);
  keep_documents(shop, run, facts, untold);
  report::CommitStatus status{.context = "tandem/" + run.workflow.name, .state = state_of(run), .description = report::one_sentence(facts),
                              .run = run.id.value, .at = shop.clock.now()};
  if (facts.release) status.release = facts.release->id.value;
  if (facts.deployment) status.environment = facts.deployment->environment;
  if (facts.deployment && facts.deployment->phase == Phase::Live) status.url = facts.deployment->url;
  for (const auto& [repository, commit] : commits_of(shop, run, facts.release)) {
    const auto lock = shop.pair.lock(std::chrono::seconds{30}, stop);
    const auto posted = lock ? report::post_status(shop.folders.pair_store(), repository.name, repository.url, commit, status, stop)
                             : Done(lock.error());
    const auto written = shop.ledger->record(posted ? "status.posted" : "status.failed", run.id.value,
                                             json::object{{"repository", repository.name}, {"commit", commit.value},
                                                          {"state", word(status.state)},
                                                          {"error", posted ? json::value(nullptr) : json::value(posted.error().what)}});
    if (!posted) untold.push_back(fmt::format("degraded: {} could not be told: {}", repository.name, posted.error().what));
    if (!written) log(Level::Error, "status.not_written", {{"error", written.error().what}});
  }
  return untold;
}

ActionOutcome go_back_and_report(Workshop& shop, const Run& run, std::stop_token stop) {
  ActionOutcome outcome{.succeeded = true};
  const auto back = go_back(shop, run, stop, outcome.notes);
  if (!back) {
    outcome.succeeded = false;
    outcome.error = failure(Fault::Broken, "the way back failed: {}", back.error().what)
                        .with_code(back.error().code.empty() ? "TD0601" : back.error().code)
                        .with_next("a person is needed: tandem status shows what serves now");
  }
  for (auto& note : tell_both_sides(shop, run, stop)) outcome.notes.push_back(std::move(note));
  return outcome;
}

}  // namespace tandem::run
