#include "workflow/parse.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace tandem::workflow {
namespace {

const Known known{{"dev", "prod"}, {"TOKEN"}, {"api", "infrastructure"}};

Parsed parse(std::string_view text) { return parse_workflow(text, "w.yml", known); }

std::string all(const Parsed& parsed) {
  std::string out;
  for (const auto& diagnostic : parsed.diagnostics) out += text(diagnostic) + "\n";
  return out;
}

const Action& action(const Parsed& parsed, std::string_view name) {
  for (const auto& candidate : parsed.workflow.value().actions)
    if (candidate.name == name) return candidate;
  throw Bug("no such action");
}

constexpr std::string_view whole = R"(Name: api-deployment
SchemaVersion: "1.0"
RunMode: SUPERSEDED
Triggers:
  - Type: PUSH
    Branches: [main, release/.*]
    FilesChanged: ['src/.*']
  - Type: PULLREQUEST
    Branches: [main]
    Events: [OPEN, REVISION]
  - Type: SCHEDULE
    Expression: 0 3 ? * MON-FRI *
Actions:
  Build:
    Identifier: aws/build@v1.0.1
    Timeout: 30
    Inputs:
      Sources: [WorkflowSource]
      Variables:
        - Name: STAGE
          Value: ${WorkflowSource.BranchName}
    Outputs:
      Variables: [TAG]
      Artifacts:
        - Name: bundle
          Files: ["dist/**/*"]
      Reports:
        Unit:
          Format: JUNITXML
          IncludePaths: [reports/*.xml]
          SuccessCriteria:
            PassRate: 95.5
        Packages:
          Format: SARIFSCA
          IncludePaths: [reports/*.sarif]
          SuccessCriteria:
            Vulnerabilities: {Severity: HIGH, Number: 2}
    Caching:
      FileCaching:
        pip: {Path: .pip, RestoreKeys: [pip-old]}
    Configuration:
      Steps:
        - Run: pip install -r requirements.txt
        - Run: |
            set -e
            TAG=1
  Ship:
    DependsOn: [Build]
    Actions:
      Approve:
        Identifier: aws/approval@v1
        Configuration: {ApprovalsRequired: 2}
      Deploy:
        DependsOn: [Approve]
        Identifier: aws/cdk-deploy@v2
        Environment:
          Name: prod
          Connections: [{Name: "123456789012", Role: deployer}]
        Inputs:
          Artifacts: [bundle]
        Configuration:
          StackName: people
          Context: '{"tag": "${Build.TAG}", "key": "${Secrets.TOKEN}"}'
)";

TEST(Definition, BecomesAWorkflowWithEverythingThatWasWritten) {
  const auto parsed = parse(whole);
  ASSERT_TRUE(parsed.workflow) << all(parsed);
  EXPECT_TRUE(parsed.runnable());
  EXPECT_EQ(all(parsed),
            "w.yml:58:32: N205 Actions.Ship.Actions.Deploy.Environment.Connections[0].Name: the connection 123456789012 is "
            "ignored: the environment says where it deploys\n");
  const auto& workflow = *parsed.workflow;
  EXPECT_EQ(workflow.mode, RunMode::Superseded);
  ASSERT_EQ(workflow.triggers.size(), 3U);
  EXPECT_EQ(workflow.triggers[0].branches, (std::vector<std::string>{"main", "release/.*"}));
  EXPECT_EQ(workflow.triggers[0].files_place, (Place{"w.yml", 7, 5}));
  EXPECT_EQ(workflow.triggers[1].events, (std::vector<std::string>{"OPEN", "REVISION"}));
  EXPECT_EQ(workflow.triggers[2].expression, "0 3 ? * MON-FRI *");
  const auto& build = action(parsed, "Build");
  EXPECT_EQ(build.identifier, "aws/build@v1");
  EXPECT_EQ(build.timeout_minutes, 30);
  EXPECT_TRUE(build.takes_source);
  EXPECT_EQ(build.variables, (std::vector<std::pair<std::string, std::string>>{{"STAGE", "${WorkflowSource.BranchName}"}}));
  EXPECT_EQ(build.output_artifacts, (std::vector<ArtifactOutput>{{"bundle", {"dist/**/*"}}}));
  ASSERT_EQ(build.reports.size(), 2U);
  EXPECT_EQ(build.reports[0].pass_rate, 95.5);
  EXPECT_EQ(build.reports[1].finding_limits, (std::vector<FindingLimit>{{"Vulnerabilities", "HIGH", 2}}));
  EXPECT_EQ(build.caches, (std::vector<FileCache>{{"pip", ".pip", {"pip-old"}}}));
  EXPECT_EQ(build.steps, (std::vector<std::string>{"pip install -r requirements.txt", "set -e\nTAG=1\n"}));
  EXPECT_TRUE(build.depends_on.empty());
  const auto& deploy = action(parsed, "Ship.Deploy");
  EXPECT_EQ(deploy.group, "Ship");
  EXPECT_EQ(deploy.depends_on, (std::vector<std::string>{"Build", "Ship.Approve"}));
  EXPECT_EQ(deploy.environment, "prod");
  EXPECT_EQ(deploy.role, "deployer");
  EXPECT_EQ(deploy.input_artifacts, std::vector<std::string>{"bundle"});
  EXPECT_EQ(deploy.configuration.at("StackName").as_string(), "people");
  EXPECT_EQ(action(parsed, "Ship.Approve").depends_on, std::vector<std::string>{"Build"});
}

TEST(Definition, SurvivesTheWayThroughJson) {
  const auto parsed = parse(whole);
  const auto back = workflow_from_json(to_json(*parsed.workflow));
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(*back, *parsed.workflow);
}

TEST(Parse, ADefinitionWithErrorsStillSaysItsNameAndItsTriggers) {
  const auto parsed = parse("Name: nightly\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: PUSH\n    Branches: [release]\nActions:\n"
                            "  A:\n    Identifier: aws/build@v9\n");
  ASSERT_FALSE(parsed.workflow);
  EXPECT_EQ(parsed.outline.name, "nightly");
  ASSERT_TRUE(parsed.outline.triggers);
  EXPECT_EQ(parsed.outline.triggers->at(0).branches, std::vector<std::string>{"release"});
}

TEST(Parse, TriggersWithErrorsAndFilesThatAreNoYamlSayNothingOfWhenTheyStart) {
  EXPECT_FALSE(parse("Name: w\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: PUSH\n    Branches: ['feature/**']\nActions: {}\n").outline.triggers);
  EXPECT_FALSE(parse("Name: [\n").outline.triggers);
  EXPECT_FALSE(parse("name: x\non: push\njobs: {}\n").outline.triggers);
  EXPECT_EQ(parse("Name: no name\nSchemaVersion: \"1.0\"\nActions: {}\n").outline.name, "");
}

TEST(Parse, AStepOfGithubKeepsItsFolderAndItsVariablesToItself) {
  const auto parsed = parse("Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/github-actions-runner@v1.0.0\n    Inputs: {Sources: [WorkflowSource]}\n"
                            "    Configuration:\n      Steps:\n        - name: Say it\n          run: |\n            make\n            make test\n"
                            "          env: {A: 'x $y \"`\\', B: '${Secrets.TOKEN}$'}\n          working-directory: sub dir\n          shell: bash\n"
                            "        - run: lint\n          continue-on-error: true\n");
  ASSERT_TRUE(parsed.workflow) << all(parsed);
  EXPECT_TRUE(parsed.runnable());
  EXPECT_EQ(action(parsed, "A").steps,
            (std::vector<std::string>{"#: Say it\n( set -e\nset -o pipefail\nexport A=\"x \\$y \\\"\\`\\\\\"\nexport B=\"${Secrets.TOKEN}\\$\"\ncd -- \"sub dir\"\nmake\nmake test\n\n)\n",
                                      "#: lint\nset +e\n( set -e\nlint\n)\n"
                                      "case $? in 0) ;; *) echo \"continue-on-error: the step failed with exit $?, and the action goes on\" ;; esac\n"}));
}

}  // namespace
}  // namespace tandem::workflow
