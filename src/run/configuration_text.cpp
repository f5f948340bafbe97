#include "run/configuration.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace tandem::run {
namespace {

/// A text as YAML that reads back as the same text.
std::string scalar(const std::string& text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("_./-+@").find(c) != std::string_view::npos;
  }) && std::isalnum(static_cast<unsigned char>(text.front())) != 0;
  const bool special = text == "null" || text == "Null" || text == "NULL";
  if (plain && !special) return text;
  const bool printable = std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
  if (!printable) return to_text(json::value(text));
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() > 1 ? ", " : "") + scalar(text);
  return out + "]";
}

/// Relative to `folder` when that takes no more than one step up.
std::string near(const std::string& path, const std::filesystem::path& folder) {
  if (folder.empty() || !path.starts_with('/')) return scalar(path);
  const auto relative = std::filesystem::path(path).lexically_relative(folder).string();
  return scalar(relative.empty() || relative.starts_with("../..") ? path : relative);
}

std::string_view word(ConflictSide side) {
  if (side == ConflictSide::Application) return "application";
  return side == ConflictSide::Infrastructure ? "infrastructure" : "refuse";
}

std::string repositories(const Configuration& configuration, const std::filesystem::path& folder) {
  std::string out = R"(
# The repositories that are shipped as one. Each has a name of your choice.
#   role     application (the API) or infrastructure (the CDK app that runs it)
#   url      a path or anything else that git can fetch from
#   branch   the branch that is deployed (default: main)
#   webhook-secrets   names of secrets (tandem secrets set), any of which may sign a webhook sent to /v1/webhooks/<name>;
#                     none: no webhooks, pushes are found by looking
#   fetch-mib, fetch-objects   what one fetch from it may bring, packed (default: 4096 and 10000000); more is refused (TD0314)
repositories:)";
  out += configuration.repositories.empty() ? " {}\n" : "\n";
  for (const auto& repository : configuration.repositories) {
    out += fmt::format("  {}:\n    role: {}\n    url: {}\n    branch: {}\n    webhook-secrets: {}\n", scalar(repository.name), tandem::word(repository.role),
                       near(repository.url, folder), scalar(repository.branch), list(repository.webhook_secrets));
    const auto& limits = repository.fetch_limits;
    if (limits != git::FetchLimits{}) out += fmt::format("    fetch-mib: {}\n    fetch-objects: {}\n", limits.bytes_max >> 20, limits.objects_max);
  }
  return out;
}

std::string components(const std::vector<ComponentConfiguration>& components, const std::string& indent) {
  if (components.empty()) return " []\n";
  std::string out = "\n";
  for (const auto& component : components)
    out += fmt::format("{}- {{from: {}, to: {}{}}}\n", indent, scalar(component.from), scalar(component.to),
                       component.exclude.empty() ? "" : ", exclude: " + list(component.exclude));
  return out;
}

std::string requirements(const SyncConfiguration& sync, const std::string& indent) {
  if (sync.requirements_from.empty()) return indent + "requirements: none\n";
  return fmt::format("{0}requirements:\n{0}  from: {1}\n{0}  to: {2}\n{0}  on-conflict: {3}\n", indent, scalar(sync.requirements_from),
                     scalar(sync.requirements_to), word(sync.on_conflict));
}

std::string source(const std::string& name, const SyncConfiguration& sync) {
  auto out = fmt::format("    {}:\n      components:{}", scalar(name), components(sync.components, "        "));
  out += requirements(sync, "      ");
  if (!sync.metadata.empty()) out += fmt::format("      metadata: {}\n", scalar(sync.metadata));
  return out;
}

std::string sync(const Configuration& configuration) {
  const auto& sync = configuration.sync;
  std::string out = R"(
# What synchronisation carries from the application into the infrastructure repository.
#   components     files and folders: from is in the application, to in the infrastructure repository;
#                  exclude: files and folders below from that stay behind
#   requirements   the two requirements files that are merged; to also receives the result. Or none: the function is native
#     on-conflict  when both pin one package differently: refuse, or the side that wins (application, infrastructure)
#   metadata       where sync-metadata.json goes (default: beside what is carried)
#   on-conflict    when the copy was edited by hand: refuse, take-source (the edits are lost), or branch (a person merges)
#   commits        squash (one commit per sync), or each (one for each commit of the application)
#   keep-branches  branches tandem/sync/* that are kept; what a live release names always is (0: all)
#   sources        further applications by name, each with components, requirements and metadata of its own
sync:
  components:)";
  out += components(sync.components, "    ") + requirements(sync, "  ");
  if (!sync.metadata.empty()) out += fmt::format("  metadata: {}\n", scalar(sync.metadata));
  out += fmt::format("  on-conflict: {}\n  commits: {}\n  keep-branches: {}\n", tandem::word(sync.on_drift), tandem::word(sync.commits), sync.keep_branches);
  if (!configuration.sources.empty()) out += "  sources:\n";
  for (const auto& [name, one] : configuration.sources) out += source(name, one);
  return out;
}

std::string compose(const ComposeConfiguration& compose) {
  return fmt::format(R"(
# How the function package is put together.
#   folder     of the infrastructure repository that becomes the package
#   handlers   in order of preference; the first usable one serves
#   runtime    as Lambda calls it: python3.11, python3.12, provided.al2023 (native C++), ...
compose:
  folder: {}
  handlers: {}
  runtime: {}
)", scalar(compose.folder), list(compose.handlers), scalar(compose.runtime));
}

std::string environment(const EnvironmentConfiguration& environment) {
  auto out = fmt::format("  {}:\n    target: {}\n    region: {}\n", scalar(environment.name),
                         environment.target == TargetKind::Aws ? "aws" : "local", scalar(environment.region));
  if (!environment.endpoint.empty()) out += fmt::format("    endpoint: {}\n", scalar(environment.endpoint));
  out += fmt::format("    rollback: {}\n", environment.rollback == RollbackPolicy::Automatic ? "automatic" : "recommend");
  if (!environment.parameters.empty()) out += "    parameters:\n";
  for (const auto& [name, value] : environment.parameters) out += fmt::format("      {}: {}\n", scalar(name), scalar(value));
  if (!environment.suites.empty()) out += fmt::format("    suites: {}\n", list(environment.suites));
  if (!environment.admin_email.empty() || !environment.admin_password_secret.empty())
    out += fmt::format("    admin: {{email: {}, password-secret: {}}}\n", scalar(environment.admin_email), scalar(environment.admin_password_secret));
  if (environment.approvals > 0 || environment.other_person)
    out += fmt::format("    approvals: {{required: {}, other-person: {}}}\n", environment.approvals, environment.other_person);
  return out + fmt::format("    cdk-folder: {}\n", scalar(environment.cdk_folder));
}

std::string environments(const Configuration& configuration) {
  std::string out = R"(
# Where releases are deployed. Each environment has a name of your choice.
#   target       local (this machine) or aws
#   region       AWS region (default: us-east-1)
#   endpoint     another DynamoDB to use, for example http://127.0.0.1:8000 (default: the one built in)
#   rollback     after a failed deployment: automatic, or recommend (a person decides)
#   parameters   of the template, name: value; ${Secrets.name} becomes the value of a secret
#   suites       verification suites to run (default: all)
#   admin        who the suites log in as: email, and password-secret, the name of the secret with the password
#   approvals    what gates before it ask for: required (0 to 2 people), other-person (not whoever started the run)
#   cdk-folder   folder of cdk.json in the infrastructure repository (default: .)
environments:)";
  out += configuration.environments.empty() ? " {}\n" : "\n";
  for (const auto& one : configuration.environments) out += environment(one);
  return out;
}

std::string network(const std::vector<NetworkGrant>& grants) {
  if (grants.empty()) return " []";
  std::string out;
  for (const auto& grant : grants) out += "\n    - " + text(grant);
  return out;
}

}  // namespace

std::string configuration_text(const Configuration& configuration, const std::filesystem::path& folder) {
  auto out = fmt::format(R"(# Configuration of Tandem. Relative paths are relative to this file.

# Where journal, artifacts, secrets and local stacks are kept (default: .tandem).
state: {}
)", near(configuration.state_folder, folder));
  out += repositories(configuration, folder) + sync(configuration) + compose(configuration.compose) + environments(configuration);
  out += fmt::format(R"(
# The daemon's HTTP side.
#   port            0 = any free one
#   parallel-runs   PARALLEL runs under way at once; 0 = twice the processors
#   poll-seconds    between looks at the repositories for pushes that no hook told of; 0 = 2 on this machine, 60 elsewhere
daemon:
  port: {}
  parallel-runs: {}
  poll-seconds: {}

# How long runs are kept: those younger than keep-days, the newest keep-runs, and all that a live release needs.
#   prune   automatic: the daemon takes the others out, at its start and every hour; by-hand: only tandem maintain prune does
history:
  keep-days: {}
  keep-runs: {}
  prune: {}

# How the steps of workflows run.
#   sandbox   required: a step does not run where no sandbox can be had; optional: it runs without, and the run says so
#   network   the actions whose steps may reach the network, each as repository/workflow/action; [] = none. They also reach
#             what listens on this machine's loopback addresses
#   errexit   whether a command that fails in the middle of a step fails the step; false: it is only noted
#   memory-mib, processes, file-mib   what the steps of one action may take together, and the size of one file
steps:
  sandbox: {}
  network:{}
  errexit: {}
  memory-mib: {}
  processes: {}
  file-mib: {}
)", configuration.port, configuration.parallel_runs, configuration.poll_seconds, configuration.keep_days, configuration.keep_runs,
                     configuration.prunes_by_itself ? "automatic" : "by-hand",
                     configuration.unsandboxed ? "optional" : "required",
                     network(configuration.network_grants),
                     configuration.errexit_in_steps,
                     configuration.step_limits.memory_mib, configuration.step_limits.processes, configuration.step_limits.file_mib);
  return out;
}

}  // namespace tandem::run
