// status, releases, environments, plan, compose, deploy, rollback, verify, stack, invoke

#include "base/text.hpp"
#include "run/commands.hpp"
#include "run/verification.hpp"
#include "run/way_back.hpp"

namespace tandem::run {
namespace {

json::value live_document(Office& office, const Deployment& live) {
  auto& ledger = *office.shop().ledger;
  const auto release = ledger.history([&](store::History& history) { return history.find_release(live.release); });
  const auto known = ledger.history([&](store::History& history) { return history.find_deployment(live.id); });
  return json::object{{"release", release && *release ? to_json(**release) : json::value(nullptr)},
                      {"deployment", live.id.value},
                      {"url", live.url},
                      {"site", live.site},
                      {"since", known && *known ? json::value(rfc3339((*known)->at)) : json::value(nullptr)}};
}

Result<Answer> status_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem status");
  const auto only = fields.string_or("env", "");
  json::array environments;
  for (const auto& environment : office.shop().configuration.environments) {
    if (!only.empty() && environment.name != only) continue;
    json::object line{{"name", environment.name}, {"live", nullptr}, {"error", nullptr}};
    auto target = office.shop().target(environment.name);
    if (!target) line["error"] = document_of(target.error());
    else if (const auto live = TRY((*target)->live())) line["live"] = live_document(office, *live);
    environments.push_back(std::move(line));
  }
  json::array moving;
  json::array attention;
  for (const auto& run : TRY(office.shop().ledger->history([](store::History& history) { return history.unfinished_runs(); }))) {
    json::object line{{"run", run.id.value}, {"workflow", run.workflow.name}, {"repository", run.repository}, {"status", word(run.status)}};
    for (const auto& [name, state] : run.actions)
      if (state.status == ActionStatus::WaitingApproval)
        attention.push_back({{"run", run.id.value}, {"what", fmt::format("{} waits for an approval: tandem approve {} {}", name, run.id.value, name)}});
    moving.push_back(std::move(line));
  }
  for (const auto& back : TRY(office.shop().ledger->history([](store::History& history) { return history.unfinished_rollbacks(); })))
    attention.push_back({{"run", nullptr}, {"what", fmt::format("the rollback of {} from {} to {} has not come to its end: tandem stack shows what serves; tandem rollback --last-good",
                                                                back.environment, back.from.value, back.to.value)}});
  const auto newest = TRY(office.shop().ledger->history([](store::History& history) { return history.runs({.count = 5}); }));
  if (!newest.empty() && (newest.front().status == RunStatus::Failed || newest.front().status == RunStatus::Held))
    attention.push_back({{"run", newest.front().id.value}, {"what", fmt::format("{} {}: {}", newest.front().id.value, word(newest.front().status), newest.front().reason)}});
  return Answer{json::object{{"schema", "tandem.status/1"}, {"environments", environments}, {"moving", moving}, {"attention", attention}}};
}

Result<Answer> releases_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem releases");
  const auto limit = static_cast<size_t>(std::clamp<std::int64_t>(fields.integer_or("limit", 20), 1, 1000));
  auto& ledger = *office.shop().ledger;
  const auto deployments = TRY(ledger.history([](store::History& history) { return history.deployments("", 1000); }));
  json::array list;
  for (const auto& release : TRY(ledger.history([&](store::History& history) { return history.releases(limit); }))) {
    auto line = to_json(release).as_object();
    json::array places;
    for (const auto& deployment : deployments)
      if (deployment.release == release.id)
        places.push_back({{"environment", deployment.environment}, {"deployment", deployment.id.value}, {"phase", word(deployment.phase)},
                          {"run", deployment.run.value}, {"reason", deployment.reason}, {"at", rfc3339(deployment.at)}});
    line["deployments"] = std::move(places);
    list.push_back(std::move(line));
  }
  return Answer{json::object{{"schema", "tandem.releases/1"}, {"releases", list}}};
}

Done freeze_or_thaw(Office& office, Fields& fields) {
  for (const auto* key : {"freeze", "thaw"}) {
    if (fields.find(key) == nullptr) continue;
    const auto environment = TRY(office.shop().environment(fields.string(key)));
    TRY(office.conductor().freeze({environment.name, key == std::string_view("freeze"), fields.string_or("actor", "command"), fields.string_or("reason", "")}));
  }
  return done();
}

Result<Answer> environments_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem environments");
  TRY(freeze_or_thaw(office, fields));
  json::array list;
  const auto frozen = office.shop().ledger->state([](const State& state) { return state.frozen; });
  for (const auto& environment : office.shop().configuration.environments) {
    const auto freeze = frozen.find(environment.name);
    const auto holder = office.shop().ledger->state([&](const State& state) {
      const auto* run = state.holder(environment.name, Run{});
      return run == nullptr ? std::string{} : run->id.value;
    });
    list.push_back({{"name", environment.name},
                    {"target", environment.target == TargetKind::Local ? "local" : "aws"},
                    {"region", environment.region},
                    {"rollback", environment.rollback == RollbackPolicy::Automatic ? "automatic" : "recommend"},
                    {"approvals", environment.approvals},
                    {"other_person", environment.other_person},
                    {"held_by", holder.empty() ? json::value(nullptr) : json::value(holder)},
                    {"frozen", freeze == frozen.end() ? json::value(nullptr)
                                                      : json::value{{"actor", freeze->second.actor}, {"reason", freeze->second.reason}, {"at", rfc3339(freeze->second.at)}}}});
  }
  return Answer{json::object{{"schema", "tandem.environments/1"}, {"environments", list}}};
}

Result<Answer> rollback_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem rollback");
  const auto release = fields.string_or("release", "");
  if (release.empty() && !fields.boolean_or("last_good", false))
    return failure(Fault::Invalid, "tandem rollback needs a release").with_code("TD0101").with_next("tandem rollback --last-good, or name one of tandem releases");
  const auto back = TRY(roll_back_to(office.shop(), {.environment = fields.string_or("env", ""), .to = release.empty() ? "last-good" : release,
                                                     .actor = fields.string_or("actor", "command"), .reason = "asked for by command", .key = fresh_id("back")}));
  return Answer{json::object{{"schema", "tandem.rollback/1"}, {"from", to_json(back.from)}, {"to", to_json(back.to)}, {"proven", true}, {"notes", json_of(back.notes)}}};
}

Result<Answer> verify_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem verify");
  const auto environment = TRY(office.shop().environment(fields.string_or("env", "")));
  auto* const target = TRY(office.shop().target(environment.name));
  const auto live = TRY(target->live());
  const auto url = fields.string_or("url", live ? live->url : "");
  if (url.empty()) return failure(Fault::Missing, "nothing is live on {}", environment.name).with_code("TD0602").with_next("tandem deploy, or give --url");
  VerificationRequest request{.environment = environment, .url = url, .suites = fields.strings("suite")};
  if (live && url == live->url) {
    const auto release = TRY(office.shop().ledger->history([&](store::History& history) { return history.find_release(live->release); }));
    request.release = release;
  }
  const auto proof = TRY(verify_at(office.shop(), request, {}));
  return Answer{json::object{{"schema", "tandem.proof/1"}, {"proof", to_json(proof)}}, proof.passed ? 0 : 2};
}

Result<Answer> stack_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem stack");
  auto* const target = TRY(office.shop().target(fields.string_or("env", "")));
  const auto stack = fields.string_or("stack", "");
  if (fields.boolean_or("events", false)) {
    json::array list;
    for (const auto& event : TRY(target->events(stack, static_cast<size_t>(std::clamp<std::int64_t>(fields.integer_or("limit", 50), 1, 10'000)))))
      list.push_back(to_json(event));
    return Answer{json::object{{"schema", "tandem.stack-events/1"}, {"events", list}}};
  }
  auto stacks = TRY(target->stacks());
  return Answer{json::object{{"schema", "tandem.stacks/1"}, {"stacks", stacks}}};
}

Result<Answer> invoke_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem invoke");
  auto* const target = TRY(office.shop().target(fields.string_or("env", "")));
  const auto answer = TRY(target->invoke(fields.string_or("function", ""), fields.string_or("qualifier", ""), fields.string_or("payload", "{}")));
  const auto payload = parse_json(answer.payload, "the payload");
  return Answer{json::object{{"schema", "tandem.invocation/1"},
                             {"status", answer.status},
                             {"function_error", answer.function_error.empty() ? json::value(nullptr) : json::value(answer.function_error)},
                             {"executed_version", answer.executed_version},
                             {"payload", payload ? *payload : json::value(answer.payload)}},
                answer.status < 300 && answer.function_error.empty() ? 0 : 2};
}

/// The path up to the candidate for the newest infrastructure commit, without making one.
Result<Answer> plan_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem plan");
  auto& shop = office.shop();
  const auto repository = TRY(shop.repository(Role::Infrastructure));
  const auto environment = TRY(shop.environment(fields.string_or("env", "")));
  {
    const auto lock = TRY(shop.pair.lock(std::chrono::minutes{2}));
    TRY(shop.pair.fetch(repository), "fetching {}", repository.name);
  }
  const Action detect{.name = "Detect", .identifier = "tandem/detect-sync@v1"};
  const Action compose{.name = "Compose", .identifier = "tandem/compose@v1", .environment = environment.name};
  const Action deploy{.name = "Plan", .identifier = "tandem/deploy@v1", .environment = environment.name};
  Run run{.id = {"plan"}, .workflow = {.name = "plan", .file = "plan", .actions = {detect, compose, deploy}}, .repository = repository.name,
          .commit = TRY(shop.tip(repository)), .created = shop.clock.now()};
  run.actions["Detect"].outcome = TRY(detect_sync({shop, run, detect, 1, {}}));
  run.actions["Compose"].outcome = TRY(compose_bundle({shop, run, compose, 1, {}}));
  const auto plan = TRY(plan_candidate({shop, run, deploy, 1, {}}));
  return Answer{json::object{{"schema", "tandem.plan/1"}, {"environment", environment.name}, {"infrastructure", run.commit.value},
                             {"bundle", *find_detail(run, "bundle")}, {"plan", to_json(plan)}}};
}

Result<Answer> deploy_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem deploy");
  if (fields.boolean_or("dry_run", false)) return plan_command(office, arguments);
  const auto repository = TRY(office.shop().repository(Role::Infrastructure));
  const auto id = TRY(office.start({.repository = repository.name, .workflow = fields.string_or("workflow", "infrastructure-deployment"),
                                    .actor = fields.string_or("actor", "command")}));
  return Answer{json::object{{"schema", "tandem.started/1"}, {"run", id.value}}};
}

/// Which handler a deployment of the newest infrastructure commit would get, and why.
Result<Answer> compose_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem compose");
  auto& shop = office.shop();
  const auto repository = TRY(shop.repository(Role::Infrastructure));
  {
    const auto lock = TRY(shop.pair.lock(std::chrono::minutes{2}));
    TRY(shop.pair.fetch(repository), "fetching {}", repository.name);
  }
  const Action detect{.name = "Detect", .identifier = "tandem/detect-sync@v1"};
  const Action compose{.name = "Compose", .identifier = "tandem/compose@v1"};
  Run run{.id = {"compose"}, .workflow = {.name = "compose", .file = "compose", .actions = {detect, compose}}, .repository = repository.name,
          .commit = {fields.string_or("commit", "")}, .created = shop.clock.now()};
  const auto store = TRY(shop.objects());
  if (run.commit.empty()) run.commit = TRY(shop.tip(repository));
  else run.commit = TRY(store.resolve(run.commit.value));
  run.actions["Detect"].outcome = TRY(detect_sync({shop, run, detect, 1, {}}));
  json::array choices;
  auto composed = compose_bundle({shop, run, compose, 1, {}}, [&](const HandlerChoice& choice) { choices.push_back(to_json(choice)); });
  const bool explains = fields.boolean_or("explain", false);
  if (!composed && !explains) return std::move(composed).error();
  json::object document{{"schema", "tandem.bundle/1"}, {"infrastructure", run.commit.value},
                        {"bundle", composed ? composed->detail.at("bundle") : json::value(nullptr)}};
  if (!explains) return Answer{std::move(document)};
  document["choices"] = std::move(choices);
  document["error"] = composed ? json::value(nullptr) : document_of(composed.error());
  return Answer{std::move(document), composed ? 0 : exit_code_of(composed.error())};
}

}  // namespace

CommandBody find_release_command(std::string_view name) {
  if (name == "status") return status_command;
  if (name == "releases") return releases_command;
  if (name == "environments") return environments_command;
  if (name == "rollback") return rollback_command;
  if (name == "verify") return verify_command;
  if (name == "stack") return stack_command;
  if (name == "invoke") return invoke_command;
  if (name == "plan") return plan_command;
  if (name == "deploy") return deploy_command;
  if (name == "compose") return compose_command;
  return nullptr;
}

}  // namespace tandem::run
