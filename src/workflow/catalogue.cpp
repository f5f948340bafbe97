#include "workflow/catalogue.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"

namespace tandem::workflow {
namespace {

using enum ValueKind;

constexpr std::string_view region_of_environment = "the environment has its region";
constexpr std::string_view own_library = "the app is run with the library it brings";
constexpr std::string_view not_local = "the local target has nothing like it";

/// A key that is read and checked, and that changes nothing here.
ConfigurationKey ignored(ConfigurationKey key, std::string_view why) {
  key.ignored = why;
  return key;
}

const std::vector<std::string_view> deployment_variables{"deployment-platform", "region", "stack-id", "SKIP-DEPLOYMENT"};

std::vector<ConfigurationKey> build_keys() { return {{"Steps", Steps, true}, {"Container", Container}}; }

std::vector<ActionKind> foreign() {
  return {
      {"aws/build", 1, Nature::Build, false, false, build_keys()},
      {"aws/managed-test", 1, Nature::Build, false, false, build_keys()},
      {"aws/github-actions-runner", 1, Nature::Build, false, false, {{"Steps", GithubSteps, true}}},
      {"aws/approval", 1, Nature::Gate, false, false, {{"ApprovalsRequired", Whole, false, {}, 1, 2}}},
      {"aws/cdk-bootstrap", 2, Nature::Deploy, true, true, {ignored({"Region", Text, true}, region_of_environment), ignored({"CdkCliVersion"}, own_library)}, deployment_variables},
      {"aws/cdk-deploy", 2, Nature::Deploy, true, true,
       {{"StackName", Text, true}, ignored({"Region"}, region_of_environment), {"Context", Json}, ignored({"Tags", Json}, not_local),
        ignored({"CdkCliVersion"}, own_library), {"CdkRootPath"},
        {"CfnOutputVariables", JsonList}, {"CloudAssemblyRootPath"}},
       deployment_variables, true},
      {"aws/cfn-deploy", 1, Nature::Deploy, true, false,
       {{"name", Text, true}, ignored({"region", Text, true}, region_of_environment), {"template", Text, true},
        ignored({"role-arn"}, not_local), ignored({"capabilities", List}, not_local),
        {"parameter-overrides"}, {"no-execute-changeset", Flag}, {"fail-on-empty-changeset", Flag},
        {"disable-rollback", Flag}, {"termination-protection", Flag},
        ignored({"timeout-in-minutes", Whole, false, {}, 1, 100'000}, not_local), ignored({"notification-arns", List, false, {}, 0, 5}, not_local),
        ignored({"monitor-alarm-arns", List, false, {}, 0, 5}, not_local),
        ignored({"monitor-timeout-in-minutes", Whole, false, {}, 0, 180}, not_local), {"tags", JsonList}},
       {"deployment-platform", "region", "stack-id"}},
      {"aws/lambda-invoke", 1, Nature::Deploy, true, true,
       {{"Function", Text, true}, ignored({"AWSRegion", Text, true}, region_of_environment), {"RequestPayload", Json}, {"RequestPayloadFile"},
        {"ContinueOnError", Flag}, {"LogType", Word, false, {"Tail", "None"}}, {"ResponseFilters", Json}},
       {}, true},
      {"aws/s3-publish", 1, Nature::Deploy, true, true,
       {{"SourcePath", Text, true}, {"DestinationBucketName", Text, true}, {"TargetPath"}}},
  };
}

std::vector<ActionKind> ours() {
  return {
      {"tandem/scan", 1, Nature::Other, false, false, {{"Paths", List}, {"FailOn"}}, {"Findings"}},
      {"tandem/sync", 1, Nature::Other, false, false, {{"Repository"}, {"Strategy"}}, {"InfraCommit", "SyncId"}},
      {"tandem/start-workflow", 1, Nature::Other, false, false,
       {{"Repository", Text, true}, {"Workflow", Text, true}, {"Branch"}, {"Inputs", Json}, ignored({"Wait", Flag}, "it always waits")}, {"RunId"}},
      {"tandem/detect-sync", 1, Nature::Other, false, false, {{"Strategy"}}, {"DeploymentType", "ApiCommit", "SyncId"}},
      {"tandem/compose", 1, Nature::Other, false, false, {ignored({"Handler"}, "tandem.yaml has the order of the handlers")}, {"Bundle", "Handler"}},
      {"tandem/contract", 1, Nature::Other, false, false, {{"Function"}, {"Strict", Flag}}, {"Findings"}},
      {"tandem/deploy", 1, Nature::Deploy, true, false, {{"CdkRootPath"}, {"Context", Json}, ignored({"Parameters", Json}, "tandem.yaml has them by environment")},
       {"CandidateUrl"}, true},
      {"tandem/verify", 1, Nature::Deploy, true, false, {{"Suites", List}, {"Url"}}, {"Proof"}},
      {"tandem/promote", 1, Nature::Deploy, true, false,
       {{"Strategy", Word, false, {"all-at-once", "canary", "linear"}}}, {"LiveUrl"}},
      {"tandem/rollback", 1, Nature::Deploy, true, false, {{"To"}}, {"Release"}},
      {"tandem/report", 1, Nature::Other, false, false, {ignored({"Repositories", List}, "both repositories are told")}},
  };
}

}  // namespace

const std::vector<ActionKind>& catalogue() {
  static const auto all = [] {
    auto kinds = foreign();
    for (auto& kind : ours()) kinds.push_back(std::move(kind));
    return kinds;
  }();
  return all;
}

const ActionKind* find_action_kind(std::string_view name) {
  for (const auto& kind : catalogue())
    if (kind.name == name) return &kind;
  return nullptr;
}

bool is_gate(std::string_view identifier) { return identifier_from(identifier).name == "aws/approval"; }

Identifier identifier_from(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos) return {std::string(text), std::nullopt};
  static const RE2 version(R"(v(\d{1,4})(?:\.\d{1,6}){0,2})");
  Identifier out{std::string(text.substr(0, at)), 0};
  int major = 0;
  const auto written = text.substr(at + 1);
  if (RE2::FullMatch(re2::StringPiece(written.data(), written.size()), version, &major)) out.major = major;
  return out;
}

std::string known_identifiers() {
  std::vector<std::string> out;
  for (const auto& kind : foreign()) out.push_back(fmt::format("{}@v{}", kind.name, kind.newest));
  return join(out, ", ");
}

}  // namespace tandem::workflow
