#include "workflow/catalogue.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"

namespace tandem::workflow {
namespace {

using enum ValueKind;

const std::vector<std::string_view> deployment_variables{"deployment-platform", "region", "stack-id", "SKIP-DEPLOYMENT"};

std::vector<ConfigurationKey> build_keys() { return {{"Steps", Steps, true}, {"Container", Container}}; }

std::vector<ActionKind> foreign() {
  return {
      {"aws/build", 1, Nature::Build, false, false, build_keys()},
      {"aws/managed-test", 1, Nature::Build, false, false, build_keys()},
      {"aws/approval", 1, Nature::Gate, false, false, {{"ApprovalsRequired", Whole, false, {}, 1, 2}}},
      {"aws/cdk-bootstrap", 2, Nature::Deploy, true, true, {{"Region", Text, true}, {"CdkCliVersion"}}, deployment_variables},
      {"aws/cdk-deploy", 2, Nature::Deploy, true, true,
       {{"StackName", Text, true}, {"Region"}, {"Context", Json}, {"Tags", Json}, {"CdkCliVersion"}, {"CdkRootPath"},
        {"CfnOutputVariables", JsonList}, {"CloudAssemblyRootPath"}},
       deployment_variables, true},
      {"aws/cfn-deploy", 1, Nature::Deploy, true, false,
       {{"name", Text, true}, {"region", Text, true}, {"template", Text, true}, {"role-arn"}, {"capabilities"},
        {"parameter-overrides"}, {"no-execute-changeset", Flag}, {"fail-on-empty-changeset", Flag},
        {"disable-rollback", Flag}, {"termination-protection", Flag},
        {"timeout-in-minutes", Whole, false, {}, 1, 100'000}, {"notification-arns"}, {"monitor-alarm-arns"},
        {"monitor-timeout-in-minutes", Whole, false, {}, 0, 180}, {"tags", Json}},
       {"deployment-platform", "region", "stack-id"}},
      {"aws/lambda-invoke", 1, Nature::Deploy, true, true,
       {{"Function", Text, true}, {"AWSRegion", Text, true}, {"RequestPayload"}, {"RequestPayloadFile"},
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
       {{"Repository", Text, true}, {"Workflow", Text, true}, {"Branch"}, {"Inputs", Json}, {"Wait", Flag}}, {"RunId"}},
      {"tandem/detect-sync", 1, Nature::Other, false, false, {{"Strategy"}}, {"DeploymentType", "ApiCommit", "SyncId"}},
      {"tandem/compose", 1, Nature::Other, false, false, {{"Handler"}}, {"Bundle", "Handler"}},
      {"tandem/contract", 1, Nature::Other, false, false, {{"Function"}, {"Strict", Flag}}, {"Findings"}},
      {"tandem/deploy", 1, Nature::Deploy, true, false, {{"CdkRootPath"}, {"Context", Json}, {"Parameters", Json}},
       {"CandidateUrl"}, true},
      {"tandem/verify", 1, Nature::Deploy, true, false, {{"Suites", List}, {"Url"}}, {"Proof"}},
      {"tandem/promote", 1, Nature::Deploy, true, false,
       {{"Strategy", Word, false, {"all-at-once", "canary", "linear"}}}, {"LiveUrl"}},
      {"tandem/rollback", 1, Nature::Deploy, true, false, {{"To"}}, {"Release"}},
      {"tandem/report", 1, Nature::Other, false, false, {{"Repositories", List}}},
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
  for (const auto& kind : catalogue()) out.push_back(fmt::format("{}@v{}", kind.name, kind.newest));
  return join(out, ", ");
}

}  // namespace tandem::workflow
