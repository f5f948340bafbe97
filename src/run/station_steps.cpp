// The station of shell steps: a workspace from git objects, steps in a sandbox, artifacts, caches, reports.

#include <algorithm>

#include "base/characters.hpp"
#include "base/files.hpp"
#include "base/git.hpp"
#include "base/text.hpp"
#include "run/action_log.hpp"
#include "run/file_caches.hpp"
#include "run/hand_over.hpp"
#include "run/network_policy.hpp"
#include "run/station.hpp"
#include "run/workspace.hpp"
#include "shell/steps.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

/// What every step finds without asking. The undocumented names are there because workflow files gate deployments on them.
std::map<std::string, std::string> provided(const Run& run, const Action& action, const workflow::Values& values) {
  const auto of_source = [&values](const char* name) {
    const auto found = values.source.find(name);
    return found == values.source.end() ? std::string() : found->second;
  };
  std::map<std::string, std::string> out{{"CI", "true"},
                                         {"CATALYST_WORKFLOW_SPACE_NAME", "-"},
                                         {"CATALYST_WORKFLOW_SPACE_ID", "-"},
                                         {"CATALYST_WORKFLOW_PROJECT_NAME", run.repository},
                                         {"CATALYST_WORKFLOW_PROJECT_ID", run.repository},
                                         {"CODECATALYST_SOURCE_BRANCH_NAME", run.event.branch},
                                         {"CODECATALYST_BRANCH_NAME", run.event.branch},
                                         {"CODECATALYST_COMMIT_ID", run.commit.value},
                                         {"CODECATALYST_SOURCE_BRANCH_REF", run.commit.value},
                                         {"CODECATALYST_WORKFLOW_NAME", run.workflow.name},
                                         {"CODECATALYST_COMMIT_AUTHOR", of_source("CommitAuthor")},
                                         {"CODECATALYST_TRIGGER_TYPE", of_source("TriggerType")},
                                         {"TANDEM_EFFECT_KEY", run.id.value + "/" + action.name}};  // the same on every attempt
  if (!run.event.destination.empty()) out["CODECATALYST_TARGET_BRANCH_NAME"] = run.event.destination;
  return out;
}

/// Steps with an environment may use tools of AWS: on the local target with credentials that open nothing.
void add_credentials(const EnvironmentConfiguration& environment, std::map<std::string, std::string>& variables) {
  for (const auto& [name, value] : std::map<std::string, std::string>{{"AWS_REGION", environment.region}, {"AWS_DEFAULT_REGION", environment.region},
                                                                      {"AWS_ACCESS_KEY_ID", "local"}, {"AWS_SECRET_ACCESS_KEY", "local"}})
    variables.emplace(name, value);
  if (!environment.endpoint.empty()) variables.emplace("AWS_ENDPOINT_URL_DYNAMODB", environment.endpoint);
}

shell::Limits limits_of(const Configuration& configuration) {
  return {.memory_bytes = configuration.step_limits.memory_mib << 20, .processes = configuration.step_limits.processes,
          .file_bytes = configuration.step_limits.file_mib << 20};
}

NetworkGrant grant_for(const Work& work) { return {work.run.repository, work.run.workflow.name, work.action.name}; }

Result<shell::StepsRequest> request_for(const Work& work, const Workspace& space) {
  const auto values = TRY(work.values());
  const auto& configuration = work.shop.configuration;
  shell::StepsRequest request{.folder = space.root(), .source_folder = space.source(), .artifact_folders = space.artifact_folders(),
                              .working_folder = space.working()};
  // Every secret of the action is masked, each is seen only by the steps that name it.
  request.secrets = values.secrets;
  for (const auto& step : work.action.steps) {
    auto script = TRY(workflow::script_of(step, values), "reading a step of {}", work.action.name);
    request.steps.push_back({std::move(script.text), script.secrets});
    for (const auto& [name, value] : script.environment)
      if (!name.starts_with("CATALYST_SECRETS_")) request.variables[name] = value;
  }
  for (const auto& [name, text] : work.action.variables) request.variables[name] = TRY(workflow::substituted(std::string_view(text), values));
  for (const auto& [name, value] : work.run.inputs) request.variables.emplace(name, value);
  for (const auto& [name, value] : provided(work.run, work.action, values)) request.variables.emplace(name, value);
  if (!work.action.environment.empty()) {
    const auto environment = TRY(work.shop.environment(work.action.environment));
    if (environment.target == TargetKind::Local) add_credentials(environment, request.variables);
  }
  request.outputs = work.action.output_variables;
  request.time_limit = std::chrono::minutes{work.action.timeout_minutes.value_or(480)};
  request.network = configuration.grants_network(grant_for(work)) ? shell::Network::Allowed : shell::Network::Denied;
  request.isolation = configuration.unsandboxed ? shell::IsolationPolicy::AllowUnsandboxed : shell::IsolationPolicy::Required;
  request.errexit = configuration.errexit_in_steps ? shell::Errexit::On : shell::Errexit::Off;
  request.limits = limits_of(configuration);
  request.cache_folder = download_cache(work);
  TRY(make_folders(*request.cache_folder));
  request.hidden_folders = {work.shop.folders.state};
  return request;
}

/// A step that did not find a file which lies in an input artifact gets told where; files of artifacts are not in the
/// working directory when there is a source as well.
void add_hint(const Workspace& space, Error& error) {
  if (!error.next.empty()) return;
  if (error.what.contains("No such file") || error.what.contains("ENOENT") || error.what.contains("FileNotFound")) {
    for (const auto& [name, folder] : space.artifacts()) {
      if (folder == space.working()) continue;
      const auto files = files_below(folder);
      if (!files) continue;
      for (const auto& file : *files)
        if (error.what.contains(file)) {
          error.next = fmt::format("{} exists in input artifact {}: use $CATALYST_SOURCE_DIR_{}/{}", file, name, replaced(name, "-", "_"), file);
          return;
        }
    }
  }
  if (error.what.contains("command not found"))
    error.next = "steps use the tools of this machine, not those of the workflow's image: install it, or install it in a step";
}

/// A failure among whose words is one of a program that found no network says that there was none to be found.
void add_network_hint(const Work& work, const std::string& complaint, Error& error) {
  constexpr size_t characters_max = 200;
  std::string said;
  for (std::string_view rest = complaint; !rest.empty() && said.size() < characters_max; rest.remove_prefix(first_character(rest).size_bytes))
    said += rest.substr(0, first_character(rest).size_bytes);
  error.what += error.what.contains(said) ? "; this action has no network" : fmt::format("; this action has no network, and a step said: {}", said);
  error.next = how_to_grant(grant_for(work), work.shop.file.string());
}

/// What the steps came to, with what is judged and handed over after them.
Result<ActionOutcome> finished(const Work& work, const Workspace& space, const shell::StepsOutcome& steps, const std::string& network_complaint) {
  ActionOutcome outcome{.succeeded = steps.succeeded, .error = steps.error, .outputs = steps.outputs, .notes = steps.warnings};
  outcome.notes.insert(outcome.notes.end(), steps.annotations.begin(), steps.annotations.end());
  outcome.detail["isolation"] = shell::word(steps.isolation);
  if (steps.isolation == shell::Isolation::None) outcome.notes.push_back("degraded: the steps ran without a sandbox");
  if (outcome.error && !network_complaint.empty()) add_network_hint(work, network_complaint, *outcome.error);
  if (outcome.error) add_hint(space, *outcome.error);
  if (!work.action.reports.empty()) {
    const auto verdict = TRY(judge_reports(work, space));
    outcome.detail["verdict"] = to_json(verdict);
    for (const auto& finding : verdict.findings) work.say(fmt::format("{}: {}", finding.rule, finding.what));
    if (outcome.succeeded && !verdict.passed) {
      outcome.succeeded = false;
      outcome.error = criteria_error(work, verdict);
    }
  }
  if (outcome.succeeded) {
    for (const auto& artifact : work.action.output_artifacts) TRY(keep_artifact(work, space, artifact));
    save_caches(work, space);
  }
  return outcome;
}

}  // namespace

Result<ActionOutcome> run_the_steps(const Work& work) {
  const auto space = TRY(Workspace::lay_out(work), "laying out the workspace");
  restore_caches(work, space);
  const auto request = TRY(request_for(work, space));
  ActionLog log([&work](std::string_view lines) { work.shop.logs.add(work.run.id, work.action.name, lines); });
  std::string network_complaint;   // the first one; stays empty where there is a network
  const auto on_line = [&log, &network_complaint, &request](size_t, std::string_view line) {
    log.add(line);
    if (request.network == shell::Network::Denied && network_complaint.empty() && tells_of_no_network(line)) network_complaint = line;
  };
  const auto ran = shell::run_steps(request, on_line, work.stop, [&log] { log.flush(); });
  log.finish();
  const auto steps = TRY(ran);
  if (steps.isolation == shell::Isolation::None) network_complaint.clear();
  auto outcome = TRY(finished(work, space, steps, network_complaint));
  if (!outcome.succeeded) outcome.outputs.clear();
  const auto discarded = TRY(space.discarded(work), "comparing the workspace with its start");
  if (discarded) {
    work.say(discarded->line);
    if (!discarded->only_leftovers) outcome.notes.push_back(discarded->line);
  }
  return outcome;
}

}  // namespace tandem::run
