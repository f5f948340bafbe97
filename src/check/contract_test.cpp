#include "check/contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/ranges.h>

#include <algorithm>

namespace tandem::check {
namespace {

constexpr std::string_view one_template = R"({
 "Resources": {
  "Things": {
   "Type": "AWS::DynamoDB::Table",
   "Properties": {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [{"IndexName": "by-owner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}]}]
   },
   "Metadata": {"aws:cdk:path": "Data/Things/Resource"}
  },
  "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
  "Policy": {
   "Type": "AWS::IAM::Policy",
   "Properties": {
    "Roles": [{"Ref": "Role"}],
    "PolicyDocument": {"Statement": [
     {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": {"Fn::GetAtt": ["Things", "Arn"]}},
     {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Things", "Arn"]}, "/index/*"]]}}
    ]}
   }
  },
  "Api": {
   "Type": "AWS::Lambda::Function",
   "Properties": {
    "Runtime": "python3.11", "Timeout": 10, "MemorySize": 256,
    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    "Environment": {"Variables": {"THINGS": {"Ref": "Things"}}}
   }
  }
 }
})";

Gifts gifts_of(std::string text = std::string(one_template), const std::string& stack = "Data") {
  auto gifts = read_gifts({{stack, stack + ".template.json", std::move(text)}});
  EXPECT_TRUE(gifts) << (gifts ? "" : gifts.error().what);
  return gifts ? std::move(*gifts) : Gifts{};
}

std::string with(std::string_view from, std::string_view to) {
  std::string text(one_template);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

VariableNeed variable(std::string name, Level level = Level::Required) { return {std::move(name), level, false, "", {"app.py", 3, 5}, {"app.py", 3, 5}}; }

CallNeed call(std::string operation, std::string action, std::optional<std::string> index = {}) {
  CallNeed need{.service = "dynamodb", .operation = std::move(operation), .actions = {std::move(action)}, .place = {"app.py", 7, 9}};
  need.resource = Expression{Expression::Kind::Variable, "THINGS"};
  if (index) need.index = Expression{Expression::Kind::Text, *index};
  return need;
}

std::vector<Breach> breaches_of(const Needs& needs, const Gifts& gifts) {
  const auto contract = compare(needs, gifts);
  EXPECT_TRUE(contract) << (contract ? "" : contract.error().what);
  return contract ? contract->breaches : std::vector<Breach>{};
}

/// Without the notes on rights that nobody uses, which most of these short examples have.
std::vector<std::string> rules(const std::vector<Breach>& breaches) {
  std::vector<std::string> out;
  for (const auto& breach : breaches)
    if (breach.rule != "contract.permission-unused") out.push_back(fmt::format("{} {}", word(breach.weight), breach.rule));
  return out;
}
using Rules = std::vector<std::string>;

TEST(Contract, IsKeptWhenTheTemplateGivesWhatTheCodeNeeds) {
  Needs needs{.variables = {variable("THINGS")}, .calls = {call("get_item", "GetItem"), call("query", "Query", "by-owner")}};
  EXPECT_EQ(rules(breaches_of(needs, gifts_of())), Rules{});
}

TEST(Contract, NamesBothPlacesOfAMissingVariable) {
  Needs needs{.variables = {variable("THINGS"), variable("OWNER_URL")}};
  const auto breaches = breaches_of(needs, gifts_of());
  ASSERT_EQ(rules(breaches), Rules{"error contract.environment"});
  EXPECT_EQ(breaches[0].code, (Place{"app.py", 3, 5}));
  ASSERT_TRUE(breaches[0].resource);
  EXPECT_EQ(breaches[0].resource->logical_id, "Api");
  EXPECT_EQ(breaches[0].resource->place, (Place{"Data.template.json", 22, 3}));
}

TEST(Contract, SuggestsTheVariableThatNobodyReads) {
  const auto breaches = breaches_of({.variables = {variable("THING")}}, gifts_of());
  ASSERT_FALSE(breaches.empty());
  EXPECT_TRUE(breaches[0].next.contains("THINGS")) << breaches[0].next;
}

TEST(Contract, AnOptionalVariableThatIsMissingIsANote) {
  const auto breaches = breaches_of({.variables = {variable("THINGS"), variable("COLOUR", Level::HasDefault)}}, gifts_of());
  EXPECT_EQ(rules(breaches), Rules{"note contract.environment-optional"});
}

TEST(Contract, VariablesOfTheRuntimeAndThoseTheCodeSetsAreThere) {
  Needs needs{.variables = {variable("THINGS"), variable("AWS_REGION"), variable("AWS_LAMBDA_FUNCTION_NAME"), variable("OWN")}, .variables_set = {"OWN"}};
  EXPECT_EQ(rules(breaches_of(needs, gifts_of())), Rules{});
}

TEST(Contract, AnIndexThatIsNotThereIsAnErrorWithTheNearestName) {
  const auto breaches = breaches_of({.variables = {variable("THINGS")}, .calls = {call("query", "Query", "by-owners")}}, gifts_of());
  ASSERT_EQ(rules(breaches), Rules{"error contract.index"});
  EXPECT_TRUE(breaches[0].next.contains("by-owner"));
  EXPECT_EQ(breaches[0].resource->construct, "Data/Things/Resource");
}

TEST(Contract, AQueryOfAnIndexNeedsTheRightToTheIndexAndNotToTheTable) {
  const auto gifts = gifts_of(with("/index/*", ""));
  EXPECT_EQ(rules(breaches_of({.variables = {variable("THINGS")}, .calls = {call("query", "Query", "by-owner")}}, gifts)), Rules{"error contract.permission"});
  EXPECT_EQ(rules(breaches_of({.variables = {variable("THINGS")}, .calls = {call("query", "Query")}}, gifts_of())), (Rules{"error contract.permission"}));
}

TEST(Contract, ADenialOutweighsEveryPermission) {
  const auto gifts = gifts_of(with(R"({"Effect": "Allow", "Action": "dynamodb:Query")", R"({"Effect": "Deny", "Action": "dynamodb:Get*", "Resource": "*"}, {"Effect": "Allow", "Action": "dynamodb:Query")"));
  const auto breaches = breaches_of({.variables = {variable("THINGS")}, .calls = {call("get_item", "GetItem"), call("query", "Query", "by-owner")}}, gifts);
  ASSERT_EQ(rules(breaches), Rules{"error contract.permission"});
  EXPECT_TRUE(breaches[0].what.contains("denies"));
}

TEST(Contract, ARoleWithAPolicyNobodyHereKnowsMakesAMissingRightUnknown) {
  const auto gifts = gifts_of(with(R"("Properties": {}})", R"("Properties": {"ManagedPolicyArns": ["arn:aws:iam::123456789012:policy/ours"]}})"));
  const auto breaches = breaches_of({.variables = {variable("THINGS")}, .calls = {call("scan", "Scan")}}, gifts);
  const auto found = rules(breaches);
  EXPECT_NE(std::ranges::find(found, "unknown contract.permission"), found.end()) << fmt::format("{}", fmt::join(found, "; "));
  EXPECT_TRUE(compare({.variables = {variable("THINGS")}, .calls = {call("scan", "Scan")}}, gifts)->is_kept());
}

TEST(Contract, EveryActionAndEveryResourceAreWarnings) {
  const auto wide_action = gifts_of(with(R"(["dynamodb:GetItem"])", R"("dynamodb:*")"));
  const auto wide_resource = gifts_of(with(R"("Resource": {"Fn::GetAtt": ["Things", "Arn"]})", R"("Resource": "*")"));
  for (const auto& gifts : {wide_action, wide_resource})
    EXPECT_EQ(rules(breaches_of({.variables = {variable("THINGS")}, .calls = {call("get_item", "GetItem"), call("query", "Query", "by-owner")}}, gifts)), Rules{"warning contract.permission-wide"});
}

TEST(Contract, AnActionIsLookedForByTheNameThatPoliciesUse) {
  const std::vector<std::array<std::string, 4>> cases{
      {"apigatewaymanagementapi", "post_to_connection", "PostToConnection", "execute-api:ManageConnections"},
      {"bedrock-runtime", "invoke_model", "InvokeModel", "bedrock:InvokeModel"},
      {"bedrock-runtime", "converse", "Converse", "bedrock:InvokeModel"},
      {"bedrock-runtime", "converse_stream", "ConverseStream", "bedrock:InvokeModelWithResponseStream"},
      {"iot-data", "publish", "Publish", "iot:Publish"},
      {"dynamodbstreams", "get_records", "GetRecords", "dynamodb:GetRecords"},
      {"opensearch", "describe_domain", "DescribeDomain", "es:DescribeDomain"},
      {"s3", "list_buckets", "ListBuckets", "s3:ListAllMyBuckets"},
      {"stepfunctions", "start_execution", "StartExecution", "states:StartExecution"}};
  for (const auto& [service, operation, action, allowed] : cases) {
    SCOPED_TRACE(service + " " + operation);
    Needs needs;
    needs.calls = {{.service = service, .operation = operation, .actions = {action}, .place = {"app.py", 7, 9}}};
    EXPECT_THAT(rules(breaches_of(needs, gifts_of())), testing::Contains("error contract.permission"));
    EXPECT_THAT(rules(breaches_of(needs, gifts_of(with("\"dynamodb:GetItem\"", '"' + allowed + '"')))), testing::Not(testing::Contains("error contract.permission")));
  }
}

TEST(Contract, WhatAwsAnswersToAnybodyNeedsNoRight) {
  for (const auto& [service, operation] : {std::pair{"sts", "get_caller_identity"}, std::pair{"cognito-idp", "initiate_auth"}, std::pair{"cognito-idp", "sign_up"}}) {
    Needs needs;
    needs.calls = {{.service = service, .operation = operation, .actions = {"Any"}, .place = {"app.py", 7, 9}}};
    EXPECT_THAT(rules(breaches_of(needs, gifts_of())), testing::Not(testing::Contains("error contract.permission"))) << operation;
  }
}

TEST(Contract, ARightThatNobodyUsesIsANoteAsLongAsEveryCallIsKnown) {
  Needs needs{.variables = {variable("THINGS")}, .calls = {call("get_item", "GetItem")}};
  const auto count = [](const std::vector<Breach>& breaches) { return std::ranges::count(breaches, "contract.permission-unused", &Breach::rule); };
  EXPECT_EQ(count(breaches_of(needs, gifts_of())), 1);
  needs.unknowns.push_back({"which operation is called", {"app.py", 9, 1}});
  EXPECT_EQ(count(breaches_of(needs, gifts_of())), 0);
}

TEST(Contract, AKeyOfAnotherTableIsAnError) {
  auto need = call("get_item", "GetItem");
  need.keys = std::vector<std::string>{"name"};
  EXPECT_EQ(rules(breaches_of({.variables = {variable("THINGS")}, .calls = {need}}, gifts_of())), Rules{"error contract.table-key"});
}

TEST(Contract, WhatCannotBeReadIsUnknownAndNoError) {
  auto need = call("get_item", "GetItem");
  need.resource = Expression{Expression::Kind::Unknown, "computed"};
  Needs needs{.variables = {variable("THINGS")}, .calls = {need}, .unknowns = {{"which operation is called", {"app.py", 9, 1}}}};
  const auto contract = compare(needs, gifts_of());
  ASSERT_TRUE(contract);
  EXPECT_TRUE(contract->is_kept());
  EXPECT_EQ(rules(contract->breaches), (Rules{"unknown contract.unknown", "unknown contract.unknown"}));
}

TEST(Contract, ARuntimeOlderThanTheSyntaxIsAnError) {
  Needs needs{.variables = {variable("THINGS")}, .versions = {{3, 10, "a match statement", {"app.py", 2, 1}}, {3, 12, "type parameters", {"app.py", 5, 1}}}, .files_read = {"app.py"}, .python = "3.13"};
  const auto breaches = breaches_of(needs, gifts_of());
  ASSERT_EQ(rules(breaches), Rules{"error contract.runtime"});
  EXPECT_EQ(breaches[0].code, (Place{"app.py", 5, 1}));
  EXPECT_TRUE(breaches[0].what.contains("3.12"));
}

TEST(Contract, AFileThatOnlyANewerPythonMayReadIsUnknown) {
  Needs needs{.variables = {variable("THINGS")}, .unparsed = {{"invalid syntax", {"app.py", 2, 1}}}, .files_read = {"app.py"}, .python = "3.11"};
  EXPECT_EQ(rules(breaches_of(needs, gifts_of())), Rules{"error contract.runtime"});
  EXPECT_EQ(rules(breaches_of(needs, gifts_of(with("python3.11", "python3.13")))), Rules{"unknown contract.runtime"});
}

TEST(Contract, AFunctionEndedBeforeOneCallIsAnErrorAndBeforeItsRetriesAWarning) {
  Needs needs{.variables = {variable("THINGS")}, .times = {{4, 12, "one AWS call", {"app.py", 4, 1}}}};
  EXPECT_EQ(rules(breaches_of(needs, gifts_of())), Rules{"warning contract.timeout"});
  EXPECT_EQ(rules(breaches_of(needs, gifts_of(with("\"Timeout\": 10", "\"Timeout\": 3")))), Rules{"error contract.timeout"});
  EXPECT_EQ(rules(breaches_of(needs, gifts_of(with("\"Timeout\": 10", "\"Timeout\": 12")))), Rules{});
}

TEST(Contract, SeveralFunctionsAskForAName) {
  const auto gifts = gifts_of(with(R"(  "Api": {)", R"(  "Other": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.11"}}, "Api": {)"));
  const auto contract = compare({.variables = {variable("THINGS")}}, gifts);
  ASSERT_FALSE(contract);
  EXPECT_EQ(contract.error().code, "TD0234");
  EXPECT_TRUE(compare({.variables = {variable("THINGS")}}, gifts, {.function = "Api"}));
}

TEST(Templates, ShortTagsAreRefusedBecauseTheyWouldBeMisread) {
  const auto gifts = read_gifts({{"S", "s.yaml", "Resources:\n  A:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !Ref Name\n"}});
  ASSERT_FALSE(gifts);
  EXPECT_EQ(gifts.error().code, "TD0232");
  EXPECT_EQ(gifts.error().place, (Place{"s.yaml", 5, 1}));
}

TEST(Templates, BrokenTextIsRefusedWithItsPlace) {
  const auto gifts = read_gifts({{"S", "s.json", "{\"Resources\": {\n  \"A\": [}"}});
  ASSERT_FALSE(gifts);
  EXPECT_EQ(gifts.error().code, "TD0232");
  EXPECT_EQ(gifts.error().place->file, "s.json");
}

TEST(Policies, StarsCoverAnyRunAndQuestionMarksOneCharacter) {
  EXPECT_TRUE(covers("dynamodb:*Item", "dynamodb:GetItem"));
  EXPECT_TRUE(covers("a?c*", "abc"));
  EXPECT_FALSE(covers("a?c", "ac"));
  EXPECT_FALSE(covers("dynamodb:Get", "dynamodb:GetItem"));
}

TEST(Policies, ARegionThatTheDeploymentFillsInFitsAny) {
  EXPECT_TRUE(covers_arn("arn:aws:dynamodb:eu-west-1:*:table/things", "arn:{Partition}:dynamodb:{Region}:{AccountId}:table/things"));
  EXPECT_TRUE(covers_arn("arn:{Partition}:dynamodb:{Region}:{AccountId}:table/things/index/*", "arn:{Partition}:dynamodb:{Region}:{AccountId}:table/things/index/by-owner"));
  EXPECT_FALSE(covers_arn("arn:aws:dynamodb:eu-west-1:*:table/things", "arn:{Partition}:dynamodb:{Region}:{AccountId}:table/others"));
  EXPECT_FALSE(covers_arn("arn:aws:s3:::things", "arn:{Partition}:dynamodb:{Region}:{AccountId}:things"));
}

}  // namespace
}  // namespace tandem::check
