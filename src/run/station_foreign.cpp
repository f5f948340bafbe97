// Stations of the actions that AWS gave its service: CDK and CloudFormation deployments, a function called, files published.

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "run/cloudformation.hpp"
#include "run/hand_over.hpp"
#include "run/station.hpp"
#include "run/workspace.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

Result<bool> flag(const Work& work, std::string_view key) {
  const auto text = TRY(work.configured(key, "false"));
  return text == "true" || text == "1";
}

/// What AWS's deployments say of themselves.
Result<std::map<std::string, std::string>> stack_variables(const Work& work, const std::string& environment, const std::string& stack) {
  auto* const target = TRY(work.shop.target(environment));
  const auto configured = TRY(work.shop.environment(environment));
  std::map<std::string, std::string> out{{"deployment-platform", "AWS:CloudFormation"}, {"region", configured.region}};
  const auto stacks = TRY(target->stacks());
  if (stacks.is_object())
    for (const auto& each : Fields(stacks, "the stacks").list("stacks")) {
      Fields record(each, "a stack");
      if (record.string_or("name", "") == stack) out["stack-id"] = record.string_or("id", "");
    }
  return out;
}

/// Candidate, then the switch at once: the workflow has no verification of its own in between.
Result<ActionOutcome> promoted(const Work& work, ActionOutcome outcome) {
  auto run = work.run;
  run.actions[work.action.name].outcome = outcome;
  const auto live = TRY(promote({work.shop, run, work.action, work.attempt, work.stop, work.masker}));
  outcome.outputs.insert(live.outputs.begin(), live.outputs.end());
  outcome.detail["deployment"] = live.detail.at("deployment");
  outcome.notes.push_back("promoted without verification: the workflow has no tandem/verify@v1 between deploy and promote");
  return outcome;
}

/// A ready assembly as a release of its own, prepared as a candidate.
Result<ActionOutcome> deploy_assembly(const Work& work, const EnvironmentConfiguration& environment, const Assembly& assembly,
                                      const std::map<std::string, std::string>& parameters) {
  Release release{.infrastructure = work.run.commit, .assembly = assembly.digest, .at = work.shop.clock.now()};
  release.id = release_id(release);
  TRY(work.shop.ledger->record("release.created", release.id.value, to_json(release)));
  deploy::PrepareRequest request{.deployment = {fmt::format("dep-{}-{}", work.run.id.value, work.action.name)}, .release = release.id,
                                 .assembly = assembly, .parameters = parameters};
  for (const auto& [name, text] : environment.parameters) {
    auto value = TRY(work.shop.revealed(text), "reading the parameter {}", name);
    request.parameters.emplace(name, std::move(value));
  }
  auto* const target = TRY(work.shop.target(environment.name));
  TRY(work.shop.ledger->record("deployment.intended", request.deployment.value,
                               json::object{{"run", work.run.id.value}, {"release", release.id.value}, {"environment", environment.name}}));
  std::string first_failure;
  auto prepared = target->prepare(request, [&](const StackEvent& event) {
    work.say(fmt::format("{} {} {} {} {}", event.stack, event.logical_id, event.type, event.status, event.reason));
    if (first_failure.empty() && event.status.ends_with("FAILED")) first_failure = fmt::format("{}/{} {}: {}", event.stack, event.logical_id, event.status, event.reason);
  }, work.stop);
  if (!prepared) {
    TRY(note_deployment(work.shop, {.id = request.deployment, .release = release.id, .environment = environment.name, .run = work.run.id,
                                    .phase = Phase::Failed, .reason = prepared.error().what}));
    auto error = std::move(prepared).error();
    if (!first_failure.empty()) error.what = first_failure;
    if (error.code.empty()) error.code = "E-RUN-16";
    return error;
  }
  auto deployment = std::move(*prepared);
  deployment.environment = environment.name;
  deployment.run = work.run.id;
  deployment.release = release.id;
  deployment = TRY(note_deployment(work.shop, std::move(deployment)));
  std::map<std::string, std::string> outputs;
  for (const auto& [name, value] : deployment.outputs) outputs[name.substr(name.find('.') + 1)] = value;
  auto outcome = succeeded(std::move(outputs));
  outcome.detail["release"] = to_json(release);
  outcome.detail["deployment"] = to_json(deployment);
  return outcome;
}

/// Kept beyond the action: a release names it.
Result<Assembly> kept_assembly(const Work& work, const fs::path& folder, std::vector<std::string> stacks) {
  Assembly assembly{.stacks = std::move(stacks)};
  assembly.digest = TRY(digest_of_folder(folder));
  const auto place = work.shop.folders.cache() / "assemblies" / assembly.digest.value.substr(assembly.digest.value.find(':') + 1);
  assembly.folder = place.string();
  std::error_code code;
  if (fs::exists(place, code)) return assembly;
  auto fresh = TRY(TemporaryFolder::make_in(place.parent_path(), ".new"));
  TRY(copy_folder(folder, fresh.path()));
  fs::rename(fresh.path(), place, code);
  if (code && !fs::exists(place)) return failure(Fault::Unavailable, "cannot keep the assembly: {}", code.message());
  if (!code) (void)fresh.release();
  return assembly;
}

Result<std::vector<std::string>> json_list(const Work& work, std::string_view key) {
  const auto text = TRY(work.configured(key));
  std::vector<std::string> out;
  if (text.empty()) return out;
  const auto value = TRY(parse_json(text, key), "reading {}", key);
  if (!value.is_array()) return failure(Fault::Invalid, "{} must be a JSON list", key).with_code("E113").at(work.action.place);
  for (const auto& item : value.get_array())
    if (item.is_string()) out.emplace_back(item.get_string());
  return out;
}

void note_missing(const Work& work, const std::vector<std::string>& wanted, std::map<std::string, std::string>& outputs, std::vector<std::string>& notes) {
  for (const auto& name : wanted)
    if (!outputs.contains(name)) notes.push_back(fmt::format("CfnOutputVariables names {}, which the stack does not output", name));
  if (wanted.empty() && outputs.size() > 4)
    work.say(fmt::format("all {} outputs of the stack can be referred to; the service would give the first four only", outputs.size()));
}

}  // namespace

Result<ActionOutcome> bootstrap(const Work& work) {
  work.say("the local target needs no bootstrap stack");
  const auto environment = TRY(work.shop.environment(work.action.environment));
  auto outcome = succeeded({{"deployment-platform", "AWS:CloudFormation"}, {"region", environment.region}, {"stack-id", ""}, {"SKIP-DEPLOYMENT", "true"}});
  outcome.notes.emplace_back("nothing was bootstrapped: the local target needs no bootstrap stack");
  return outcome;
}

Result<ActionOutcome> deploy_cdk_app(const Work& work) {
  const auto environment = TRY(work.shop.environment(work.action.environment));
  const auto ready = TRY(work.configured("CloudAssemblyRootPath"));
  const auto stack = TRY(work.configured("StackName"));
  const auto wanted = TRY(json_list(work, "CfnOutputVariables"));
  ActionOutcome outcome;
  if (ready.empty()) {
    outcome = TRY(deploy_candidate(work));
  } else {
    const auto space = TRY(Workspace::lay_out(work), "laying out the workspace");
    const auto folder = TRY(space.inside(ready), "reading CloudAssemblyRootPath");
    if (!fs::exists(folder / "manifest.json"))
      return failure(Fault::Missing, "there is no cloud assembly in {}: it holds no manifest.json", ready).with_code("E-RUN-16").at(work.action.place);
    const auto assembly = TRY(kept_assembly(work, folder, stack.empty() ? std::vector<std::string>{} : std::vector<std::string>{stack}));
    outcome = TRY(deploy_assembly(work, environment, assembly, {}));
  }
  outcome = TRY(promoted(work, std::move(outcome)));
  const auto variables = TRY(stack_variables(work, environment.name, stack));
  note_missing(work, wanted, outcome.outputs, outcome.notes);
  if (!ready.empty() && work.action.configuration.contains("Context")) outcome.notes.emplace_back("Context is ignored: the assembly is ready, and no app is run");
  for (const auto* key : {"Tags", "CdkCliVersion"})
    if (work.action.configuration.contains(key)) outcome.notes.push_back(fmt::format("{} is ignored by the local target", key));
  outcome.outputs.insert(variables.begin(), variables.end());
  return outcome;
}

namespace {

/// What of cfn-deploy has no meaning on this machine: each is named where it is written.
std::vector<std::string> ignored_keys(const Work& work) {
  std::vector<std::string> notes;
  for (const auto* key : {"role-arn", "capabilities", "notification-arns", "monitor-alarm-arns", "monitor-timeout-in-minutes", "timeout-in-minutes"})
    if (work.action.configuration.contains(key)) notes.push_back(fmt::format("{} is ignored by the local target", key));
  return notes;
}

Result<std::map<std::string, std::string>> overrides_of(const Work& work, const Workspace& space) {
  const auto text = TRY(work.configured("parameter-overrides"));
  if (!text.starts_with("file://")) return parameter_overrides(text);
  const auto path = TRY(space.inside(text.substr(7)), "reading parameter-overrides");
  const auto bytes = TRY(read_file(path), "reading parameter-overrides");
  return parameter_file(bytes, path.filename().string());
}

Result<json::value> template_of(const Work& work, const Workspace& space) {
  const auto name = TRY(work.configured("template"));
  if (name.starts_with("http://") || name.starts_with("https://"))
    return failure(Fault::Invalid, "the template {} lies on the network; the local target reads templates of the source or an artifact", name)
        .with_code("E-RUN-16").at(work.action.place).with_next("commit the template, or fetch it in a step and hand it over as an artifact");
  const auto path = TRY(space.inside(name), "reading the template");
  const auto bytes = TRY(read_file(path), "reading the template {}", name);
  return parse_template(bytes, name);
}

}  // namespace

Result<ActionOutcome> deploy_template(const Work& work) {
  const auto environment = TRY(work.shop.environment(work.action.environment));
  const auto stack = TRY(work.configured("name"));
  for (const auto* key : {"disable-rollback", "no-execute-changeset"}) {
    const bool asked = TRY(flag(work, key));
    if (asked)
      return failure(Fault::Invalid, "{} cannot be had on the local target: a deployment is made whole or undone", key)
          .with_code("E-RUN-16").at(work.action.place).with_next(fmt::format("take {} out; tandem plan shows what would change", key));
  }
  const auto space = TRY(Workspace::lay_out(work), "laying out the workspace");
  const auto body = TRY(template_of(work, space));
  const auto parameters = TRY(overrides_of(work, space));
  const bool protects = TRY(flag(work, "termination-protection"));
  const auto tags = TRY(work.configured("tags"));
  const auto folder = TRY(TemporaryFolder::make_in(space.root(), "assembly"));
  TRY(write_assembly({stack, body, parameters, tags, protects}, folder.path()));
  const auto assembly = TRY(kept_assembly(work, folder.path(), {stack}));
  auto* const target = TRY(work.shop.target(environment.name));
  const auto plan = TRY(target->plan({.deployment = {"plan"}, .release = {"plan"}, .assembly = assembly, .parameters = parameters}), "planning {}", stack);
  const bool empty = !plan.changes.empty() && std::ranges::all_of(plan.changes, [](const deploy::PlannedChange& change) { return change.effect == deploy::Effect::Keep; });
  const bool fails_if_empty = TRY(flag(work, "fail-on-empty-changeset"));
  if (empty && fails_if_empty)
    return failure(Fault::Broken, "nothing of the stack {} would change, and fail-on-empty-changeset is set", stack).with_code("E-RUN-16").at(work.action.place);
  auto outcome = succeeded();
  if (empty) {
    work.say(fmt::format("nothing of the stack {} has changed", stack));
  } else {
    auto candidate = TRY(deploy_assembly(work, environment, assembly, parameters));
    outcome = TRY(promoted(work, std::move(candidate)));
  }
  const auto variables = TRY(stack_variables(work, environment.name, stack));
  outcome.outputs.insert(variables.begin(), variables.end());
  const auto ignored = ignored_keys(work);
  outcome.notes.insert(outcome.notes.end(), ignored.begin(), ignored.end());
  return outcome;
}

namespace {

constexpr std::uint64_t payload_bytes_max = 6UL << 20;   // as the service's own limit

Result<std::string> payload_of(const Work& work, const Workspace& space) {
  const auto text = TRY(work.configured("RequestPayload"));
  const auto file = TRY(work.configured("RequestPayloadFile"));
  if (!text.empty() && !file.empty())
    return failure(Fault::Invalid, "RequestPayload and RequestPayloadFile are both given").with_code("E-RUN-16").at(work.action.place).with_next("take one of them out");
  if (file.empty()) return text.empty() ? std::string("{}") : text;
  const auto path = TRY(space.inside(file), "reading RequestPayloadFile");
  std::error_code code;
  if (fs::file_size(path, code) > payload_bytes_max && !code)
    return failure(Fault::Invalid, "{} is larger than a request may be (6 MiB)", file).with_code("E-RUN-16").at(work.action.place);
  return read_file(path);
}

std::string as_variable(const json::value& value) { return value.is_string() ? std::string(value.get_string()) : to_text(value); }

}  // namespace

Result<ActionOutcome> invoke_function(const Work& work) {
  auto* const target = TRY(work.shop.target(work.action.environment));
  const auto space = TRY(Workspace::lay_out(work), "laying out the workspace");
  const auto function = TRY(work.configured("Function"));
  const auto payload = TRY(payload_of(work, space));
  const auto filters = TRY(work.configured("ResponseFilters"));
  const bool goes_on = TRY(flag(work, "ContinueOnError"));
  const auto log_type = TRY(work.configured("LogType", "Tail"));
  const auto answer = TRY(target->invoke(function, "", payload), "invoking {}", function);
  if (same_ignoring_case(log_type, "Tail") && !answer.log_tail.empty()) work.say(answer.log_tail);
  work.say(answer.payload.substr(0, 4096));
  TRY(write_file(space.working() / "lambda-response.json", answer.payload));
  for (const auto& artifact : work.action.output_artifacts) TRY(keep_artifact(work, space, artifact));
  const bool failed = answer.status >= 300 || !answer.function_error.empty();
  const auto why = failure(Fault::Broken, "{} answered with a function error: {}", function, answer.payload.substr(0, 300)).with_code("E-RUN-16").at(work.action.place);
  if (failed && !goes_on) return why;
  auto outcome = succeeded();
  if (failed) outcome.notes.push_back("degraded: " + why.what + "; ContinueOnError lets the run go on");
  const auto parsed = parse_json(answer.payload, "lambda-response.json");
  if (!filters.empty()) {
    if (!parsed) return failure(Fault::Broken, "the answer of {} is no JSON, so ResponseFilters find nothing in it", function).with_code("E-RUN-16").at(work.action.place);
    const auto wanted = TRY(parse_json(filters, "ResponseFilters"), "reading ResponseFilters");
    if (!wanted.is_object()) return failure(Fault::Invalid, "ResponseFilters must be a JSON map of name to path").with_code("E113").at(work.action.place);
    for (const auto& [name, path] : wanted.get_object()) {
      const auto* found = path.is_string() ? at_path(*parsed, path.get_string()) : nullptr;
      if (found == nullptr) outcome.notes.push_back(fmt::format("W311: ResponseFilters: {} finds nothing at {} and is empty", std::string_view(name), as_variable(path)));
      outcome.outputs[std::string(name)] = found == nullptr ? "" : as_variable(*found);
    }
  } else if (parsed && parsed->is_object()) {
    for (const auto& [name, value] : parsed->get_object()) outcome.outputs[std::string(name)] = as_variable(value);
  }
  return outcome;
}

namespace {

/// The files to publish, copied out of the workspace: regular ones only.
Result<size_t> collect(const fs::path& from, const fs::path& to) {
  std::error_code code;
  if (fs::is_regular_file(fs::symlink_status(from, code))) {
    fs::copy_file(from, to / from.filename(), code);
    if (code) return failure(Fault::Unavailable, "cannot copy {}: {}", from.filename().string(), code.message());
    return size_t{1};
  }
  if (!fs::is_directory(from, code)) return failure(Fault::Missing, "there is no file or folder {}", from.filename().string());
  const auto files = TRY(files_below(from));
  size_t count = 0;
  for (const auto& file : files) {
    if (fs::is_symlink(from / file, code)) continue;
    TRY(make_folders((to / file).parent_path()));
    fs::copy_file(from / file, to / file, code);
    if (code) return failure(Fault::Unavailable, "cannot copy {}: {}", file, code.message());
    ++count;
  }
  return count;
}

}  // namespace

Result<ActionOutcome> publish_to_bucket(const Work& work) {
  const auto environment = TRY(work.shop.environment(work.action.environment));
  auto* const target = TRY(work.shop.target(environment.name));
  const auto space = TRY(Workspace::lay_out(work), "laying out the workspace");
  const auto source = TRY(work.configured("SourcePath"));
  deploy::PublishRequest request;
  request.bucket = TRY(work.configured("DestinationBucketName"));
  request.prefix = TRY(work.configured("TargetPath"));
  if (const auto deployment = deployment_of(work.run); deployment && deployment->phase == Phase::Candidate) request.candidate = deployment->id;
  const auto from = TRY(space.inside(source), "reading SourcePath");
  const auto folder = TRY(TemporaryFolder::make_in(space.root(), "publish"));
  const auto count = TRY(collect(from, folder.path()), "publishing {}", source);
  request.folder = folder.path();
  auto deployment = target->publish(request);
  if (!deployment) return std::move(deployment).error().with_code("E-RUN-16").at(work.action.place);
  // The proof of a later way back compares with what the outside sees from now on.
  if (request.candidate.empty() && !deployment->fingerprint.empty()) {
    const auto known = TRY(work.shop.ledger->history([&](store::History& history) { return history.find_deployment(deployment->id); }));
    if (known) {
      auto changed = *known;
      changed.fingerprint = deployment->fingerprint;
      TRY(note_deployment(work.shop, std::move(changed)));
    }
  }
  work.say(fmt::format("{} files of {} are in the bucket {}{}", count, source, request.bucket, request.prefix.empty() ? "" : " below " + request.prefix));
  return succeeded();
}

}  // namespace tandem::run
