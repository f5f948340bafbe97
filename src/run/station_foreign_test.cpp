#include "base/archive.hpp"
#include "run/cloudformation.hpp"
#include "run/station_ground_test.hpp"

namespace tandem::run {
namespace {

std::string problem(const ActionOutcome& outcome) { return outcome.error ? text(*outcome.error) : ""; }

/// A target that publishes too, and knows what is deployed.
struct Cloud : Ground {
  ActionOutcome does(const std::string& identifier, const std::string& configuration, const std::string& inputs = "    Inputs: {Sources: [WorkflowSource]}\n",
                     const std::string& more = "") {
    begin("Actions:\n  A:\n    Identifier: " + identifier + "\n    Environment: {Name: local}\n" + inputs + more + "    Configuration:\n" + configuration);
    return perform("A");
  }
};

TEST(LambdaInvoke, HandsOverTheFilteredAnswerAndKeepsTheWholeAsAFile) {
  Cloud cloud;
  cloud.commit({{"payload.json", R"({"ask": 1})"}});
  cloud.target.answer.payload = R"({"status": "ok", "body": {"items": [{"id": 7}]}})";
  cloud.target.answer.log_tail = "REPORT Duration: 3 ms";
  const auto outcome = cloud.does("aws/lambda-invoke@v1",
                                  "      Function: api\n      AWSRegion: us-east-1\n      RequestPayloadFile: payload.json\n"
                                  "      ResponseFilters: '{\"state\": \".status\", \"id\": \".body.items[0].id\", \"none\": \".x.y\"}'\n",
                                  "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: answer, Files: [lambda-response.json]}]}\n");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_EQ(cloud.target.invoked, R"(api {"ask": 1})");
  EXPECT_EQ(outcome.outputs, (std::map<std::string, std::string>{{"state", "ok"}, {"id", "7"}, {"none", ""}}));
  EXPECT_NE(cloud.log().find("REPORT Duration"), std::string::npos);
  const auto kept = cloud.artifacts();
  ASSERT_EQ(kept.size(), 1U);
  ASSERT_TRUE(write_file(cloud.root.path() / "a.zip", *cloud.shop->artifacts.get(kept[0].digest)));
  ASSERT_TRUE(unzip(cloud.root.path() / "a.zip", cloud.root.path() / "a"));
  EXPECT_EQ(*read_file(cloud.root.path() / "a/lambda-response.json"), cloud.target.answer.payload);
}

TEST(LambdaInvoke, FailsOnAFunctionErrorUnlessItMayGoOnAndThenSaysSo) {
  Cloud cloud;
  cloud.commit({{"a", "a"}});
  cloud.target.answer = {.payload = R"({"errorMessage": "boom"})", .function_error = "Unhandled", .log_tail = "secret trace"};
  const std::string base = "      Function: api\n      AWSRegion: us-east-1\n      LogType: None\n";
  const auto failed = cloud.does("aws/lambda-invoke@v1", base);
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, "E-RUN-16");
  EXPECT_EQ(cloud.log().find("secret trace"), std::string::npos) << "LogType None";
  const auto going_on = cloud.does("aws/lambda-invoke@v1", base + "      ContinueOnError: true\n");
  EXPECT_TRUE(going_on.succeeded);
  ASSERT_FALSE(going_on.notes.empty());
  EXPECT_TRUE(going_on.notes[0].starts_with("degraded: ")) << going_on.notes[0];
  EXPECT_EQ(going_on.outputs.at("errorMessage"), "boom") << "without filters every key is a variable";
}

TEST(LambdaInvoke, KeepsItsPayloadFileInsideTheWorkspaceAndItsSecretsToItself) {
  Cloud cloud;
  cloud.commit({{"a", "a"}});
  EXPECT_FALSE(cloud.does("aws/lambda-invoke@v1", "      Function: api\n      AWSRegion: r\n      RequestPayloadFile: ../../../../../etc/passwd\n").succeeded);
  EXPECT_TRUE(cloud.target.invoked.empty());
  ASSERT_TRUE(cloud.shop->secrets.set("token", "hush-hush-hush"));
  cloud.target.answer.payload = R"({"echo": "hush-hush-hush", "fine": "x"})";
  const auto outcome = cloud.does("aws/lambda-invoke@v1", "      Function: api\n      AWSRegion: r\n      RequestPayload: '{\"t\": \"${Secrets.token}\"}'\n");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_EQ(cloud.target.invoked, R"(api {"t": "hush-hush-hush"})");
  EXPECT_EQ((to_text(to_json(outcome)) + cloud.log()).find("hush"), std::string::npos) << to_text(to_json(outcome)) << cloud.log();
  EXPECT_EQ(outcome.outputs.at("echo"), "***");
}

const char* const bucket_template = R"({"Parameters": {"Name": {"Type": "String"}}, "Resources": {"B": {"Type": "AWS::S3::Bucket"}}})";

TEST(CfnDeploy, MakesAnAssemblyOfTheTemplateAndPromotesIt) {
  Cloud cloud;
  cloud.commit({{"infra/t.json", bucket_template}, {"p.json", R"([{"ParameterKey": "Name", "ParameterValue": "from file"}])"}});
  cloud.target.outputs = {{"web.Url", "http://x"}};
  const auto outcome = cloud.does("aws/cfn-deploy@v1", "      name: web\n      region: us-east-1\n      template: /sources/WorkflowSource/infra/t.json\n"
                                  "      parameter-overrides: file:///sources/WorkflowSource/p.json\n      role-arn: arn:x\n      termination-protection: \"1\"\n");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  ASSERT_EQ(cloud.target.prepared.size(), 1U);
  const auto& asked = cloud.target.prepared[0];
  EXPECT_EQ(asked.assembly.stacks, std::vector<std::string>{"web"});
  EXPECT_EQ(asked.parameters.at("Name"), "from file");
  const auto manifest = *read_file(std::filesystem::path(asked.assembly.folder) / "manifest.json");
  EXPECT_NE(manifest.find("\"terminationProtection\": true"), std::string::npos) << manifest;
  EXPECT_EQ(outcome.outputs.at("deployment-platform"), "AWS:CloudFormation");
  EXPECT_EQ(outcome.outputs.at("region"), "us-east-1");
  EXPECT_TRUE(std::ranges::find(outcome.notes, "role-arn is ignored by the local target") != outcome.notes.end());
  for (const auto* refused : {"disable-rollback", "no-execute-changeset"}) {
    const auto no = cloud.does("aws/cfn-deploy@v1", fmt::format("      name: web\n      region: r\n      template: infra/t.json\n      {}: true\n", refused));
    ASSERT_TRUE(no.error);
    EXPECT_NE(no.error->what.find(refused), std::string::npos) << no.error->what;
  }
  EXPECT_FALSE(cloud.does("aws/cfn-deploy@v1", "      name: web\n      region: r\n      template: https://example.org/t.json\n").succeeded);
  EXPECT_EQ(cloud.target.prepared.size(), 1U);
}

TEST(CdkDeploy, TakesAReadyAssemblyOfAnArtifact) {
  Cloud cloud;
  cloud.commit({{"out/manifest.json", R"({"version": "36.0.0", "artifacts": {}})"}, {"out/x.json", "{}"}});
  cloud.target.outputs = {{"web.Url", "http://x"}};
  const auto outcome = cloud.does("aws/cdk-deploy@v2", "      StackName: web\n      CloudAssemblyRootPath: out\n      CfnOutputVariables: '[\"Missing\"]'\n");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  ASSERT_EQ(cloud.target.prepared.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(cloud.target.prepared[0].assembly.folder) / "x.json")) << "it outlives the workspace";
  EXPECT_TRUE(std::ranges::find(outcome.notes, "CfnOutputVariables names Missing, which the stack does not output") != outcome.notes.end());
  EXPECT_FALSE(cloud.does("aws/cdk-deploy@v2", "      StackName: web\n      CloudAssemblyRootPath: none\n").succeeded);
}

TEST(S3Publish, IsRefusedByNameByATargetThatCannotDoIt) {
  Cloud cloud;
  cloud.commit({{"site/index.html", "x"}});
  const auto outcome = cloud.does("aws/s3-publish@v1", "      SourcePath: site\n      DestinationBucketName: web\n");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, "E-RUN-16");
  EXPECT_NE(outcome.error->what.find("cannot publish files to the bucket web"), std::string::npos) << outcome.error->what;
}

TEST(S3Publish, PutsFilesOfTheSourceIntoTheBucketAndNeverWhatALinkLeadsTo) {
  Cloud cloud;
  cloud.target.publishes = true;
  cloud.commit({{"site/index.html", "x"}, {"site/deep/a.css", "y"}});
  const auto whole = cloud.does("aws/s3-publish@v1", "      SourcePath: site\n      DestinationBucketName: web\n      TargetPath: v1\n");
  ASSERT_TRUE(whole.succeeded) << problem(whole);
  EXPECT_EQ(cloud.target.published.at("web/v1"), (std::vector<std::string>{"deep/a.css", "index.html"}));
  EXPECT_NE(cloud.log().find("2 files of site are in the bucket web below v1"), std::string::npos) << cloud.log();
  ASSERT_TRUE(cloud.does("aws/s3-publish@v1", "      SourcePath: site/index.html\n      DestinationBucketName: one\n").succeeded);
  EXPECT_EQ(cloud.target.published.at("one/"), std::vector<std::string>{"index.html"});
  const auto link = *cloud.repository.write_blob("/etc");
  const auto tree = *cloud.repository.write_tree(std::nullopt, {{"leak", link, 0120000}, {"site/link", link, 0120000}, {"site/real", link}});
  const auto before = *cloud.repository.find_ref("refs/heads/main");
  cloud.tip = *cloud.repository.write_commit(tree, {*before}, {"a", "b", {}}, {"a", "b", {}}, "m");
  ASSERT_TRUE(cloud.repository.move_ref("refs/heads/main", cloud.tip, before));
  EXPECT_FALSE(cloud.does("aws/s3-publish@v1", "      SourcePath: leak\n      DestinationBucketName: two\n").succeeded);
  EXPECT_FALSE(cloud.does("aws/s3-publish@v1", "      SourcePath: ../../../..\n      DestinationBucketName: two\n").succeeded);
  EXPECT_FALSE(cloud.target.published.contains("two/"));
  EXPECT_TRUE(cloud.does("aws/s3-publish@v1", "      SourcePath: site\n      DestinationBucketName: three\n").succeeded);
  EXPECT_EQ(cloud.target.published.at("three/"), std::vector<std::string>{"real"});
}

TEST(Templates, AreReadAsJsonAndLongYamlAndShortFormsAreRefusedByName) {
  const auto yaml = parse_template("Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Timeout: 30\n      Account: '012345678901'\n      Number: 123456789012\n      Live: true\n      Name: {Ref: Name}\n", "t.yml");
  ASSERT_TRUE(yaml) << text(yaml.error());
  EXPECT_EQ(to_text(*yaml), R"({"Resources":{"F":{"Type":"AWS::Lambda::Function","Properties":{"Timeout":30,"Account":"012345678901","Number":"123456789012","Live":true,"Name":{"Ref":"Name"}}}}})");
  const auto refused = parse_template("Resources:\n  F:\n    Name: !Ref Name\n", "t.yml");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().place, (Place{"t.yml", 3}));
  EXPECT_FALSE(parse_template("just a text", "t.yml"));
}

TEST(Templates, ParametersAreReadInEveryForm) {
  EXPECT_EQ(*parameter_overrides("A=1,B=\"x,y\",C=undefined, D=a=b"), (std::map<std::string, std::string>{{"A", "1"}, {"B", "x,y"}, {"D", "a=b"}}));
  EXPECT_FALSE(parameter_overrides("A"));
  EXPECT_EQ(*parameter_file(R"({"Parameters": {"A": "1", "N": 2}})", "p"), (std::map<std::string, std::string>{{"A", "1"}, {"N", "2"}}));
  EXPECT_FALSE(parameter_file("[{}]", "p"));
}

TEST(Templates, PathsFindWhatTheyName) {
  const auto value = *parse_json(R"({"a": {"b": [{"c": 5}]}})");
  EXPECT_EQ(to_text(*at_path(value, ".a.b[0].c")), "5");
  EXPECT_EQ(at_path(value, ".a.b[1].c"), nullptr);
  EXPECT_EQ(at_path(value, ".a.b[x]"), nullptr);
  EXPECT_EQ(at_path(value, "a"), nullptr);
  EXPECT_EQ(at_path(value, ".a.b[0"), nullptr);
}

}  // namespace
}  // namespace tandem::run
