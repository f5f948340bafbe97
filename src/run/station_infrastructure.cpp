// Stations of the infrastructure side: detect, compose, deploy the candidate, verify it.

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/compose.hpp"
#include "deploy/local/runtime.hpp"
#include "deploy/synth.hpp"
#include "run/function_environment.hpp"
#include "run/station.hpp"
#include "run/syncing.hpp"
#include "run/verification.hpp"
#include "sync/detect.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

/// What detection found, as the stations after it read it.
struct Detected {
  CommitId application;           ///< empty: no application code has ever been carried here
  std::string strategy;
};

json::value to_json(const sync::Detection& detection) {
  json::array components;
  if (detection.sync)
    for (const auto& component : detection.sync->components)
      components.push_back({{"from", component.from}, {"to", component.to}, {"object", component.object}});
  return json::object{{"commit", detection.commit.value},
                      {"tree", detection.tree.value},
                      {"strategy", detection.strategy},
                      {"application", detection.sync ? json::value(detection.sync->application.value) : json::value(nullptr)},
                      {"sync", detection.sync ? json::value(detection.sync->id.value) : json::value(nullptr)},
                      {"repository", detection.sync ? json::value(detection.sync->source_repository) : json::value(nullptr)},
                      {"components", components},
                      {"landed", detection.sync ? json::value(detection.sync->landed.value) : json::value(nullptr)}};
}

Detected detected(const Run& run) {
  const auto* found = find_detail(run, "detection");
  if (found == nullptr) return {};
  Fields fields(*found, "the detection");
  return {{fields.string_or("application", "")}, fields.string_or("strategy", "")};
}

/// A folder of this attempt alone, made anew.
Result<fs::path> fresh_workspace(const Work& work) {
  const auto folder = work.shop.folders.workspaces() / work.run.id.value / work.action.name;
  TRY(tandem::remove_all(folder), "emptying the workspace");
  TRY(make_folders(folder));
  return folder;
}

/// The infrastructure tree with the bundle in the place of the folder it was composed from.
Result<fs::path> laid_out(const Work& work, const std::optional<Bundle>& bundle) {
  const auto folder = TRY(fresh_workspace(work));
  const auto store = TRY(work.shop.objects());
  const auto tree = TRY(store.tree_of(deployed_commit(work.run)));
  TRY(store.extract(tree, folder), "extracting {}", deployed_commit(work.run).value.substr(0, 12));
  if (!bundle) return folder;
  const auto place = folder / work.shop.configuration.compose.folder;
  TRY(tandem::remove_all(place));
  TRY(copy_folder(bundle->folder, place), "putting the bundle into place");
  return folder;
}

/// How the action that deploys wants the CDK app to be run.
struct AppSettings {
  std::string root;               ///< folder of cdk.json
  json::object context;           ///< laid over that of cdk.json
};

Result<AppSettings> app_settings(const Work& deploying, const EnvironmentConfiguration& environment) {
  AppSettings out{TRY(deploying.configured("CdkRootPath", environment.cdk_folder)), TRY(deploying.configured_map("Context"))};
  return out;
}

/// Runs the CDK app on a laid-out tree. `bundle` stands for the function's folder, so that code which changes there
/// alone does not run the app again.
Result<Assembly> synthesised(const Work& work, const EnvironmentConfiguration& environment, const fs::path& folder, const AppSettings& app,
                             const std::string& entry_point, const Digest& bundle) {
  deploy::SynthRequest request{.folder = (folder / app.root).lexically_normal(), .cache = work.shop.folders.cache() / "synth",
                               .environment = environment.name};
  request.tools = package_environment();
  if (!bundle.empty()) {
    request.entry_point = entry_point;
    request.bundle = bundle;
    request.bundle_path = fs::path(work.shop.configuration.compose.folder).lexically_relative(fs::path(app.root).lexically_normal()).string();
    request.context["handler"] = entry_point;
  }
  request.context["environment"] = environment.name;
  for (const auto& [name, value] : app.context) {
    if (name == "handler" && !bundle.empty())
      return failure(Fault::Invalid, "Context names the handler, which tandem/compose@v1 has chosen: {}", entry_point).with_code("E113").at(work.action.place)
          .with_next("take handler out of Context");
    request.context[name] = value;
  }
  return deploy::synthesise(request, [&](std::string_view line) { work.say(line); }, work.stop);
}

Result<Release> released(const Work& work, const std::optional<Bundle>& bundle, const Assembly& assembly) {
  Release release{.application = detected(work.run).application, .infrastructure = deployed_commit(work.run), .assembly = assembly.digest,
                  .at = work.shop.clock.now()};
  if (bundle) {
    release.requirements = bundle->requirements;
    release.bundle = bundle->digest;
    release.handler = bundle->handler;
  }
  release.id = release_id(release);
  TRY(work.shop.ledger->record("release.created", release.id.value, tandem::to_json(release)));
  return release;
}

Result<std::map<std::string, std::string>> parameters_for(const Work& work, const EnvironmentConfiguration& environment, const Release& release) {
  std::map<std::string, std::string> out{{"TandemRelease", release.id.value}};
  for (const auto& [name, text] : environment.parameters) out[name] = TRY(work.shop.revealed(text), "reading the parameter {}", name);
  return out;
}

/// Stands for the release until there is one: its id is made from what compose gives.
const ReleaseId no_release{"rel-0000000000000000"};

/// What the function would get in this assembly, told in the log. Nothing when the template does not say which it is.
Result<std::optional<FunctionEnvironment>> environment_in(const Work& work, const EnvironmentConfiguration& environment, const Assembly& assembly,
                                                          const std::string& entry_point, const ReleaseId& release) {
  const auto parameters = TRY(parameters_for(work, environment, {.id = release}));
  auto found = TRY(function_environment(assembly, entry_point, parameters, environment.region));
  if (!found) return found;
  // Secrets stay unseen even where the template forgets NoEcho.
  for (const auto& [name, text] : environment.parameters)
    if (parameters.at(name) != text) found->hidden_values.push_back(parameters.at(name));
  const auto& wanted = work.shop.configuration.compose.runtime;
  if (found->runtime.empty() || found->runtime == wanted) return found;
  return failure(Fault::Invalid, "the template gives {} the runtime {}, the bundle is made for {}", found->function, found->runtime, wanted)
      .with_code("TD0408").with_next(fmt::format("set compose.runtime: {} in tandem.yaml, or the function's runtime in the CDK app", found->runtime));
}

/// The action of the same workflow that deploys what is composed: it says for which environment, and where the CDK app is.
const Action& deploying_action(const Work& work) {
  const auto found = std::ranges::find_if(work.run.workflow.actions, [](const Action& action) {
    return action.identifier.starts_with("tandem/deploy@") || action.identifier.starts_with("aws/cdk-deploy@");
  });
  return found == work.run.workflow.actions.end() ? work.action : *found;
}

/// The environment the function will have, out of the template as it is without this bundle: compose comes before synth.
/// Nothing where no CDK app is.
Result<std::optional<FunctionEnvironment>> expected_environment(const Work& work, const EnvironmentConfiguration& environment) {
  const auto& compose = work.shop.configuration.compose;
  const auto entry_point = compose.handlers.front() + (compose::is_native(compose.runtime) ? "" : ".lambda_handler");
  const auto folder = TRY(laid_out(work, std::nullopt));
  auto deploying = work.action;
  deploying.configuration = deploying_action(work).configuration;
  const Work asked{work.shop, work.run, deploying, work.attempt, work.stop};
  const auto app = TRY(app_settings(asked, environment));
  std::error_code ignored;
  if (!fs::exists(folder / app.root / "cdk.json", ignored)) return std::optional<FunctionEnvironment>{};
  const auto assembly = TRY(synthesised(work, environment, folder, app, entry_point, digest_of("before there is a bundle")), "synthesising for the function's environment");
  return environment_in(work, environment, assembly, entry_point, no_release);
}

Digest digest_of_environment(const std::optional<FunctionEnvironment>& environment) {
  return environment ? digest_of(to_canonical_text(json_of(environment->variables))) : Digest{};
}

/// boto3 and the runtime client, as Lambda's Python brings them.
Result<fs::path> packages_of_runtime(const Work& work) {
  const auto& runtime = work.shop.configuration.compose.runtime;
  if (compose::is_native(runtime)) return fs::path{};
  const auto folder = TRY(deploy::local::ensure_python_runtime(work.shop.folders.cache() / "python", "python3", [&](std::string_view line) { work.say(line); }),
                          "making the Python runtime of functions");
  const auto packages = folder / "lib" / runtime / "site-packages";
  std::error_code ignored;
  return fs::exists(packages, ignored) ? packages : fs::path{};
}

/// Where and how a handler is tried.
Result<compose::ComposeRequest> compose_request(const Work& work, const std::optional<FunctionEnvironment>& environment) {
  const auto store = TRY(work.shop.objects());
  compose::ComposeRequest request{.tree = TRY(store.tree_of(deployed_commit(work.run))), .repository = work.run.repository,
                                  .configuration = work.shop.configuration.compose, .stop = work.stop};
  if (environment) {
    request.function_environment = environment->variables;
    request.hidden_values = environment->hidden_values;
    request.architecture = environment->architecture;
  }
  request.runtime_packages = TRY(packages_of_runtime(work));
  request.installer_environment = package_environment();
  request.cache = work.shop.folders.cache() / "packages";
  request.bundles = work.shop.folders.bundles();
  if (work.shop.configuration.unsandboxed) request.isolation = compose::Isolation::IfAvailable;
  return request;
}

/// The handler has been tried in the environment that was expected; where this release gives it another one, once more.
Done try_in_final_environment(const Work& work, const EnvironmentConfiguration& environment, const Bundle& bundle, const Assembly& assembly, const Release& release) {
  const auto same_but_release = TRY(environment_in(work, environment, assembly, bundle.entry_point, no_release));
  const auto* tried = find_detail(work.run, "environment");
  const auto digest = digest_of_environment(same_but_release);
  if (tried != nullptr && tried->is_string() && std::string_view(tried->as_string()) == digest.value) {
    work.say("the handler was tried in the very environment of this release, but for the release's own name");
    return done();
  }
  const auto final_one = TRY(environment_in(work, environment, assembly, bundle.entry_point, release.id));
  const auto request = TRY(compose_request(work, final_one));
  const auto answer = TRY(compose::try_again(bundle, request), "trying {} in the environment of this release", bundle.handler);
  work.say(fmt::format("{} was tried again, because the environment is not the one it was composed with: answered {} on GET /health", bundle.handler, answer.status));
  return done();
}

/// The application that detection has proven, as compose wants to know it.
Result<std::optional<compose::ProvenApplication>> proven_application(const Work& work) {
  const auto* found = find_detail(work.run, "detection");
  if (found == nullptr)
    return failure(Fault::Missing, "{} has not been detected yet", deployed_commit(work.run).value.substr(0, 12)).with_code("TD0410")
        .with_next("put a tandem/detect-sync@v1 action before this one (DependsOn)");
  Fields fields(*found, "the detection");
  if (fields.find("sync") == nullptr) return std::optional<compose::ProvenApplication>{};
  compose::ProvenApplication application{.sync = {fields.string("sync")}, .repository = fields.string_or("repository", ""),
                                         .commit = {fields.string("application")}};
  for (const auto& member : fields.list("components")) {
    Fields component(member, "a component");
    application.components.push_back({component.string("from"), component.string("to"), component.string_or("object", ""), true});
  }
  TRY(fields.finish());
  return std::optional(std::move(application));
}

Error proof_failure(const Proof& proof) {
  const auto worst = std::ranges::find_if(proof.cases, [](const ProofCase& item) { return !item.passed; });
  const auto count = std::ranges::count_if(proof.cases, [](const ProofCase& item) { return !item.passed; });
  if (worst == proof.cases.end()) return failure(Fault::Broken, "verification did not pass").with_code("TD0420");
  return failure(Fault::Broken, "verification failed, {} of {} cases: {}: {}: {} (blame: {})", count, proof.cases.size(), worst->suite,
                 worst->name, worst->what, word(worst->blame))
      .with_code("TD0420")
      .with_next(worst->suite == "handler" ? "mend the cause and push again (docs/handler.md says what /health answers, and from where the application has it); what is live was not touched"
                                           : "mend the cause and push again; what is live was not touched");
}

}  // namespace

CommitId deployed_commit(const Run& run) {
  if (find_detail(run, "sync") != nullptr)
    if (const auto record = sync_of(run); record && record->target_repository == run.repository) return record->landed;
  return run.commit;
}

Result<Assembly> synthesised(const Work& work, const EnvironmentConfiguration& environment, const std::optional<Bundle>& bundle) {
  const auto folder = TRY(laid_out(work, bundle));
  const auto app = TRY(app_settings(work, environment));
  auto assembly = TRY(synthesised(work, environment, folder, app, bundle ? bundle->entry_point : "", bundle ? bundle->digest : Digest{}), "synthesising");
  work.say(assembly.reused ? "synth: nothing the CDK app reads has changed; the assembly of an earlier run is used"
                           : fmt::format("synth: {} stacks", assembly.stacks.size()));
  return assembly;
}

Result<ActionOutcome> detect_sync(const Work& work) {
  auto request = detect_request(work.shop, TRY(work.shop.repository(Role::Application)), TRY(work.shop.repository(work.run.repository)), deployed_commit(work.run));
  request.stop = work.stop;
  const auto strategy = TRY(work.configured("Strategy"));
  request.is_coordinated = strategy == "coordinated";
  const auto detection = TRY(sync::detect(work.shop.pair, request), "proving the synchronised tree of {}", deployed_commit(work.run).value.substr(0, 12));
  work.say(detection.sync ? fmt::format("{}: holds the application at {}, proven", detection.strategy, detection.sync->application.value)
                          : fmt::format("{}: no sync has reached this commit", detection.strategy));
  auto outcome = succeeded({{"DeploymentType", detection.strategy},
                            {"ApiCommit", detection.sync ? detection.sync->application.value : ""},
                            {"SyncId", detection.sync ? detection.sync->id.value : ""}});
  outcome.notes = detection.notes;
  outcome.detail["detection"] = to_json(detection);
  return outcome;
}

Result<ActionOutcome> compose_bundle(const Work& work) {
  return compose_bundle(work, [&](const HandlerChoice& choice) {
    work.say(fmt::format("{} {}: {}: {}{}", choice.chosen ? "*" : " ", choice.handler, choice.state, choice.reason, choice.place ? fmt::format(" ({})", text(*choice.place)) : ""));
  });
}

Result<ActionOutcome> compose_bundle(const Work& work, const std::function<void(const HandlerChoice&)>& on_choice) {
  const auto store = TRY(work.shop.objects());
  auto application = TRY(proven_application(work));
  if (application) application->tree = TRY(store.tree_of(application->commit));
  const auto& named = work.action.environment.empty() ? deploying_action(work).environment : work.action.environment;
  const auto environment = TRY(work.shop.environment(named));
  const auto expected = TRY(expected_environment(work, environment));
  auto request = TRY(compose_request(work, expected));
  request.application = std::move(application);
  if (expected)
    work.say(fmt::format("handlers are tried with the {} variables that the template gives {}{}{}", expected->variables.size(), expected->function,
                         expected->stand_ins.empty() ? "" : "; stand-ins for what is not made yet: ", join(expected->stand_ins, ", ")));
  const auto bundle = TRY(compose::compose(store, request, on_choice), "composing the handler of {}", deployed_commit(work.run).value.substr(0, 12));
  work.say(fmt::format("bundle {}: {} packages", bundle.digest.value, bundle.packages.size()));
  for (const auto& note : bundle.notes) work.say(note);
  auto outcome = succeeded({{"Bundle", bundle.digest.value}, {"Handler", bundle.handler}});
  for (const auto& choice : bundle.choices)
    if (choice.state == "rejected") outcome.notes.push_back(fmt::format("{} cannot stand in: {}", choice.handler, choice.reason));
  if (!expected) outcome.notes.emplace_back("no template says which function the bundle becomes; its handlers were tried without the function's variables");
  outcome.detail["bundle"] = tandem::to_json(bundle);
  outcome.detail["environment"] = digest_of_environment(expected).value;
  return outcome;
}

/// The bill of materials and the lock, as artifacts of the run.
Done keep_materials(const Work& work, const Bundle& bundle) {
  for (const auto* name : {compose::sbom_file, compose::lock_file}) {
    const auto bytes = read_file(fs::path(bundle.folder) / name);
    if (bytes) TRY(work.shop.keep(work.run.id, work.action.name, name, ArtifactKind::Document, *bytes), "keeping {}", name);
  }
  return done();
}

Result<deploy::Plan> plan_candidate(const Work& work) {
  const auto environment = TRY(work.shop.environment(work.action.environment));
  std::optional<Bundle> bundle;
  if (find_detail(work.run, "bundle") != nullptr) bundle = TRY(bundle_of(work.run));
  const auto assembly = TRY(synthesised(work, environment, bundle));
  Release release{.application = detected(work.run).application, .infrastructure = deployed_commit(work.run), .assembly = assembly.digest};
  if (bundle) release.bundle = bundle->digest;
  release.id = release_id(release);
  deploy::PrepareRequest request{.deployment = {"plan"}, .release = release.id, .assembly = assembly,
                                 .entry_point = bundle ? bundle->entry_point : "", .parameters = TRY(parameters_for(work, environment, release))};
  auto* const target = TRY(work.shop.target(environment.name));
  return target->plan(request);
}

Result<ActionOutcome> deploy_candidate(const Work& work) {
  const auto environment = TRY(work.shop.environment(work.action.environment));
  std::optional<Bundle> bundle;
  if (find_detail(work.run, "bundle") != nullptr) bundle = TRY(bundle_of(work.run));
  const auto assembly = TRY(synthesised(work, environment, bundle));
  const auto release = TRY(released(work, bundle, assembly));
  if (bundle) {
    TRY(try_in_final_environment(work, environment, *bundle, assembly, release));
    TRY(keep_materials(work, *bundle));
  }
  deploy::PrepareRequest request{.deployment = {"dep-" + work.run.id.value}, .release = release.id, .assembly = assembly,
                                 .entry_point = bundle ? bundle->entry_point : "", .parameters = TRY(parameters_for(work, environment, release))};
  auto* const target = TRY(work.shop.target(environment.name));
  TRY(work.shop.ledger->record("deployment.intended", request.deployment.value,
                               json::object{{"run", work.run.id.value}, {"release", release.id.value}, {"environment", environment.name}}));
  auto prepared = target->prepare(request, [&](const StackEvent& event) {
    work.say(fmt::format("{} {} {} {}{}{}", event.stack, event.logical_id, event.type, event.status, event.reason.empty() ? "" : " ", event.reason));
  }, work.stop);
  if (!prepared) {
    TRY(note_deployment(work.shop, {.id = request.deployment, .release = release.id, .environment = environment.name, .run = work.run.id,
                                    .phase = Phase::Failed, .reason = prepared.error().what}));
    auto error = std::move(prepared).error();
    if (error.code.empty()) error = std::move(error).with_code("TD0504");
    if (error.next.empty()) error = std::move(error).with_next("nothing of it is left and live traffic never saw it; tandem stack --events tells the story");
    return std::move(error).during(fmt::format("deploying release {} to {}", release.id.value, environment.name));
  }
  auto deployment = std::move(*prepared);
  deployment.environment = environment.name;
  deployment.run = work.run.id;
  deployment.release = release.id;
  deployment = TRY(note_deployment(work.shop, std::move(deployment)));
  work.say(fmt::format("release {} is a candidate at {}", release.id.value, deployment.candidate_url));
  std::map<std::string, std::string> outputs{{"CandidateUrl", deployment.candidate_url}, {"Release", release.id.value}};
  for (const auto& [name, value] : deployment.outputs) outputs[name.substr(name.find('.') + 1)] = value;
  auto outcome = succeeded(std::move(outputs));
  if (assembly.reused) outcome.notes.push_back("synth was left out: nothing the CDK app reads has changed");
  outcome.detail["release"] = tandem::to_json(release);
  outcome.detail["deployment"] = tandem::to_json(deployment);
  return outcome;
}

Result<ActionOutcome> verify_candidate(const Work& work) {
  const auto deployment = TRY(deployment_of(work.run));
  VerificationRequest request{.environment = TRY(work.shop.environment(deployment.environment)), .url = deployment.candidate_url,
                              .site = deployment.candidate_site, .release = TRY(release_of(work.run))};
  const auto suites = TRY(work.configured("Suites"));
  for (const auto& suite : split(suites, ','))
    if (!trimmed(suite).empty()) request.suites.emplace_back(trimmed(suite));
  request.url = TRY(work.configured("Url", request.url));
  const auto proof = TRY(verify_at(work.shop, request, work.stop), "verifying {}", request.url);
  for (const auto& item : proof.cases)
    work.say(fmt::format("{} {}: {} ({}){}{}", item.passed ? "passed" : "FAILED", item.suite, item.name, for_people(item.took),
                         item.what.empty() ? "" : ": ", item.what));
  for (const auto& note : proof.notes) work.say(note);
  ActionOutcome outcome{.succeeded = proof.passed, .outputs = {{"Proof", proof.passed ? "passed" : "failed"}}, .notes = proof.notes};
  outcome.detail["proof"] = tandem::to_json(proof);
  if (!proof.passed) outcome.error = proof_failure(proof);
  return outcome;
}

}  // namespace tandem::run
