#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/scene_of.hpp"
#include "deploy/local/stack_ground_test.hpp"

namespace tandem::deploy::local {
namespace {

class Stacks : public StackGround {
 protected:
  std::string refusal(const PrepareRequest& request) {
    const auto plan = target->plan(request);
    return plan ? "accepted" : plan.error().what;
  }
  Effect effect_of(const PrepareRequest& request, const std::string& logical_id) {
    const auto plan = target->plan(request);
    EXPECT_TRUE(plan) << (plan ? "" : text(plan.error()));
    const auto found = std::ranges::find(plan->changes, logical_id, &PlannedChange::logical_id);
    EXPECT_NE(found, plan->changes.end());
    return found->effect;
  }
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string table(const std::string& more = "", const std::string& hash = "id",
                  const std::string& attributes = "") {
  return replaced(
      replaced(
          replaced(R"({"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {@MORE@
    "AttributeDefinitions": [@ATTRIBUTES@{"AttributeName": "@HASH@", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "@HASH@", "KeyType": "HASH"}]}}}})",
                   "@MORE@", more),
          "@HASH@", hash),
      "@ATTRIBUTES@", attributes);
}

std::string index(const std::string& name) {
  return replaced(
      R"({"IndexName": "@", "KeySchema": [{"AttributeName": "@", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}})",
      "@", name);
}
std::string attribute(const std::string& name) {
  return replaced(R"({"AttributeName": "@", "AttributeType": "S"},)", "@", name);
}

TEST_F(Stacks, APlanSaysWhatWouldBeLost) {
  deployed(assembly("d1", {{"S", table()}}));
  const auto plan = target->plan(assembly("d2", {{"S", table("", "key")}}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->changes[0].effect, Effect::Replace);
  EXPECT_EQ(plan->changes[0].properties,
            (std::vector<std::string>{"AttributeDefinitions", "KeySchema"}));
  EXPECT_TRUE(plan->changes[0].loses_data);
}

TEST_F(Stacks, AReplacedTableIsMadeBesideTheOldOneWhichGoesInTheCleanup) {
  deployed(assembly("d1", {{"S", table()}}));
  prepared(assembly("d2", {{"S", table("", "key")}}));
  EXPECT_EQ(tables.tables.size(), 2U);
  ASSERT_TRUE(target->promote({"d2"}, ignore));
  ASSERT_EQ(tables.tables.size(), 1U);
  EXPECT_EQ(tables.tables.begin()->second.keys[0].attribute, "key");
  const auto back = target->restore({"d1"}, ignore);
  ASSERT_FALSE(back);
  EXPECT_TRUE(holds(back.error().what, "is gone")) << back.error().what;
}

TEST_F(Stacks, ATableWithAFixedNameCannotBeReplaced) {
  const std::string name = R"("TableName": "people",)";
  deployed(assembly("d1", {{"S", table(name)}}));
  EXPECT_TRUE(tables.tables.contains("people"));
  EXPECT_TRUE(holds(refusal(assembly("d2", {{"S", table(name, "key")}})),
                    "custom-named resource requires replacing. Rename people"));
}

TEST_F(Stacks, AnIndexIsAddedBesideAndRemovedOnlyAfterTheSwitch) {
  deployed(assembly("d1", {{"S", table(R"("GlobalSecondaryIndexes": [)" + index("a") + "],", "id",
                                       attribute("a"))}}));
  prepared(assembly("d2", {{"S", table()}}));
  EXPECT_EQ(tables.tables.begin()->second.indexes.size(), 1U);
  ASSERT_TRUE(target->promote({"d2"}, ignore));
  EXPECT_EQ(tables.tables.begin()->second.indexes.size(), 0U);

  ASSERT_TRUE(target->restore({"d1"}, ignore));

  EXPECT_EQ(tables.tables.begin()->second.indexes.size(), 1U)
      << "and comes back with the deployment that wants it";
}

TEST_F(Stacks, MoreThanOneIndexChangeAtATimeIsRefusedAsOnAws) {
  deployed(assembly("d1", {{"S", table()}}));
  const auto two = table(R"("GlobalSecondaryIndexes": [)" + index("a") + "," + index("b") + "],",
                         "id", attribute("a") + attribute("b"));
  EXPECT_TRUE(holds(refusal(assembly("d2", {{"S", two}})), "more than one GSI"));
}

TEST_F(Stacks, ExpiryIsSetWhenTheDeploymentIsLive) {
  const std::string expiry =
      R"("TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true},)";
  prepared(assembly("d1", {{"S", table(expiry)}}));
  EXPECT_EQ(tables.tables.begin()->second.expiry, "");
  ASSERT_TRUE(target->promote({"d1"}, ignore));
  EXPECT_EQ(tables.tables.begin()->second.expiry, "until");
}

TEST_F(Stacks, ARemovedTableGoesInTheCleanupUnlessItsPolicyKeepsIt) {
  const std::string log = R"("L": {"Type": "AWS::Logs::LogGroup"})";
  const auto both = replaced(table(), R"({"Resources": {)", R"({"Resources": {)" + log + ",");
  const auto kept = replaced(both, R"("AWS::DynamoDB::Table",)",
                             R"("AWS::DynamoDB::Table", "DeletionPolicy": "Retain",)");
  for (const auto& [body, left] : {std::pair{kept, 1U}, std::pair{both, 0U}}) {
    tables.tables.clear();
    options.folder = folder->path() / ("state" + std::to_string(left));
    target = open();
    deployed(assembly("d1", {{"S", body}}));
    deployed(assembly("d2", {{"S", R"({"Resources": {)" + log + "}}"}}));
    EXPECT_EQ(tables.tables.size(), left);
  }
}

constexpr auto two_buckets =
    R"({"Resources": {"One": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "@"}},
  "Two": {"Type": "AWS::S3::Bucket", "DependsOn": "One", "Properties": {"BucketName": "the-same-name"}}}})";

TEST_F(Stacks, ANameThatAnotherResourceHasIsRefusedAndWhatWasMadeIsUndone) {
  deployed(assembly("d1", {{"S", table()}}));
  const auto before = everything();
  const auto taken = target->prepare(assembly("d2", {{"S", table()}, {"Clash", replaced(two_buckets, "@", "the-same-name")}}),
                                     ignore, {});
  ASSERT_FALSE(taken);
  EXPECT_TRUE(holds(taken.error().what, "the-same-name already exists: it is Clash/One")) << taken.error().what;
  EXPECT_EQ(statuses("Clash").front(), "ROLLBACK_COMPLETE");
  EXPECT_TRUE(target->prepare(assembly("d3", {{"S", table()}, {"Clash", replaced(two_buckets, "@", "another-name")}}), ignore, {}));
}

TEST_F(Stacks, ANameMovesToAnotherResourceOnlyAfterItsOwnerIsGone) {
  const auto one = R"({"Resources": {"One": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a-name"}}}})";
  const auto two = R"({"Resources": {"Two": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "a-name"}}}})";
  deployed(assembly("d1", {{"S", one}}));
  EXPECT_TRUE(holds(refusal(assembly("d2", {{"S", two}})), "a-name already exists: it is S/One"));
}

TEST_F(Stacks, ABucketNameThatS3WouldNotTakeIsRefused) {
  for (const auto* name : {"Capital", "ab", "under_score", "-first", "last-", "two..dots", "192.168.5.4"})
    EXPECT_TRUE(holds(refusal(assembly("d1", {{"S", replaced(two_buckets, "@", name)}})), "is no bucket name")) << name;
}

constexpr auto producer =
    R"({"Resources": {"L": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "@"}}},
  "Outputs": {"O": {"Value": {"Ref": "L"}, "Export": {"Name": "shared"}}}})";
constexpr auto importer =
    R"({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"Path": {"Fn::ImportValue": "shared"}}}}})";

TEST_F(Stacks, AnExportInUseIsNeitherChangedNorRemoved) {
  const std::string first = replaced(producer, "@", "one");
  deployed(assembly("d1", {{"P", first}, {"I", importer, {"P"}}}));
  EXPECT_TRUE(holds(
      refusal(assembly("d2", {{"P", replaced(producer, "@", "two")}, {"I", importer, {"P"}}})),
      "Export shared of stack P cannot be updated as it is in use by I"));
  const auto without = R"({"Resources": {"L": {"Type": "AWS::Logs::LogGroup"}}})";
  EXPECT_TRUE(
      holds(refusal(assembly("d2", {{"P", without}})), "cannot be deleted as it is in use by I"));
}

TEST_F(Stacks, AnImportThatNobodyExportsIsRefused) {
  EXPECT_TRUE(holds(refusal(assembly("d1", {{"I", importer}})), "No export named shared found"));
}

TEST_F(Stacks, AWeakReferenceReadsAnotherStacksOutput) {
  const auto weak =
      R"({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"Path": {"Fn::GetStackOutput": {"StackName": "P", "OutputName": "O"}}}}}})";
  deployed(assembly("d1", {{"P", replaced(producer, "@", "one")}, {"W", weak, {"P"}}}));
  EXPECT_EQ(refusal(assembly("d2", {{"P", replaced(producer, "@", "two")}, {"W", weak, {"P"}}})),
            "accepted")
      << "no lock";
}

TEST_F(Stacks, SecretsShowNowhere) {
  const auto body =
      R"({"Parameters": {"Password": {"Type": "String", "NoEcho": true}}, "Resources": {
    "L": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::Sub": "/logs/${Password}"}}},
    "F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "def handler(e, c): pass"}, "Handler": "index.handler", "Runtime": "python3.11",
      "Role": "r", "Environment": {"Variables": {"PASSWORD": {"Ref": "Password"}}}}}},
    "Outputs": {"O": {"Value": {"Ref": "L"}}}})";
  auto request = assembly("d1", {{"S", body}});
  request.parameters["Password"] = "hunter-22";
  deployed(request);
  EXPECT_EQ(serving.views.at("live").functions[0].environment.at("PASSWORD"), "hunter-22");
  EXPECT_FALSE(holds(everything(), "hunter-22"));
  auto next = assembly("d2", {{"S", body}});
  next.parameters["Password"] = "other-33";
  const auto plan = target->plan(next);
  ASSERT_TRUE(plan) << text(plan.error());
  EXPECT_FALSE(holds(to_text(to_json(*plan)), "hunter-22"));
  options.before_each = [](const std::string&, const std::string&) -> Done {
    return failure(Fault::Broken, "other-33 is not liked");
  };
  target = open();
  const auto failed = target->prepare(next, ignore, {});
  ASSERT_FALSE(failed);
  EXPECT_FALSE(holds(text(failed.error()), "other-33")) << text(failed.error());
  EXPECT_FALSE(holds(everything(), "other-33"));
}

TEST_F(Stacks, SeveralDeploymentsToOneBucketMergeAndMarkersAreReplaced) {
  const auto body = R"({"Resources": {"B": {"Type": "AWS::S3::Bucket"},
    "First": {"Type": "Custom::CDKBucketDeployment", "Properties": {"ServiceToken": "t", "SourceObjectKeys": ["one.zip"], "DestinationBucketName": {"Ref": "B"}, "Prune": false}},
    "Second": {"Type": "Custom::CDKBucketDeployment", "Properties": {"ServiceToken": "t", "SourceObjectKeys": ["two.zip"], "DestinationBucketName": {"Ref": "B"}, "Prune": false,
      "DestinationBucketKeyPrefix": "config", "SourceMarkers": [{"<<marker:0>>": {"Fn::Sub": "say \"hi\" in ${AWS::Region}"}}], "SourceMarkersConfig": [{"jsonEscape": true}]}}}})";
  deployed(assembly(
      "d1", {{"S", body}},
      {{"one", {{"index.html", "home"}}}, {"two", {{"app.json", R"({"text": "<<marker:0>>"})"}}}}));
  const std::filesystem::path content = serving.views.at("live").buckets.begin()->second;
  EXPECT_EQ(*read_file(content / "index.html"), "home");
  EXPECT_EQ(*read_file(content / "config/app.json"), R"({"text": "say \"hi\" in us-east-1"})");
}

TEST_F(Stacks, PublishedFilesLieOverTheBucketsOwnAndOutliveTheNextDeployment) {
  const auto body = R"({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "site"}}}})";
  deployed(assembly("d1", {{"S", body}}));
  const auto fresh = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(fresh.path() / "index.html", "home"));
  ASSERT_TRUE(write_file(fresh.path() / "deep/a.txt", "a"));
  const auto first = target->publish({"site", fresh.path(), "web"});
  ASSERT_TRUE(first) << text(first.error());
  EXPECT_EQ(first->fingerprint, *target->fingerprint());
  ASSERT_TRUE(write_file(fresh.path() / "index.html", "new home"));
  ASSERT_TRUE(target->publish({"B", fresh.path(), "web"}));
  const auto content = [this] { return std::filesystem::path(serving.views.at("live").buckets.at("site")); };
  EXPECT_EQ(*read_file(content() / "web/index.html"), "new home");
  EXPECT_EQ(*read_file(content() / "web/deep/a.txt"), "a");
  target = open();
  ASSERT_TRUE(target->recover());
  EXPECT_EQ(*read_file(content() / "web/index.html"), "new home");
  deployed(assembly("d2", {{"S", body}}));
  EXPECT_EQ(*read_file(content() / "web/index.html"), "new home");
  prepared(assembly("d3", {{"S", body}}));
  const auto meanwhile = target->publish({"site", fresh.path()});
  ASSERT_FALSE(meanwhile);
  EXPECT_EQ(meanwhile.error().fault, Fault::Conflict);
  ASSERT_TRUE(target->publish({"site", fresh.path(), "", {"d3"}}));
  EXPECT_EQ(*read_file(std::filesystem::path(serving.views.at("d3").buckets.at("site")) / "index.html"), "new home");
  EXPECT_FALSE(std::filesystem::exists(content() / "index.html")) << "live traffic does not see it yet";
  const auto unknown = target->publish({"none", fresh.path(), "", {"d3"}});
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(holds(unknown.error().next, "site"));
}

TEST_F(Stacks, AnAssetThatIsNotOnDiskFailsThePrepareNamingIt) {
  auto stacks = registry_stacks("aaaa");
  const auto failed = target->prepare(
      assembly("d1", stacks, {{"aaaa", {}}, {"site", {{"index.html", "x"}}}}), ignore, {});
  ASSERT_FALSE(failed);
  EXPECT_TRUE(holds(failed.error().what, "asset.aaaa")) << failed.error().what;
  EXPECT_EQ(failed.error().fault, Fault::Missing);
}

TEST_F(Stacks, ABootstrapLosesItsBitAndGetsItBack) {
  const auto body =
      R"({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": "b", "S3Key": "c.zip"},
    "Handler": "bootstrap", "Runtime": "provided.al2023", "Role": "r"}}}})";
  const auto candidate =
      prepared(assembly("d1", {{"S", body}}, {{"c", {{"bootstrap", "#!/bin/sh"}}}}));
  const auto& folder_of_code = serving.views.at("d1").functions[0].code_folder;
  EXPECT_NE(std::filesystem::status(folder_of_code + "/bootstrap").permissions() &
                std::filesystem::perms::owner_exec,
            std::filesystem::perms::none);
  EXPECT_TRUE(std::ranges::any_of(candidate.notes, [](const auto& note) {
    return holds(note, "bootstrap is not executable");
  }));
  ASSERT_TRUE(target->abandon({"d1"}, "", ignore));
  EXPECT_TRUE(holds(refusal(assembly("d2", {{"S", body}}, {{"c", {{"main", "x"}}}})),
                    "has no file bootstrap"));
}

TEST_F(Stacks, TheEntryPointMustBeWhatTheTemplateStarts) {
  auto request = registry("d1", "aaaa");
  request.entry_point = "integrated_api_handler.lambda_handler";
  EXPECT_TRUE(
      holds(refusal(request), "no function has the Handler integrated_api_handler.lambda_handler"))
      << refusal(request);
  const auto refused = target->prepare(request, ignore, {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().next.find("TANDEM_HANDLER"), std::string::npos) << refused.error().next;
  request.entry_point = "index.handler";
  EXPECT_EQ(refusal(request), "accepted");
}

TEST_F(Stacks, WhatIsNotRunIsListed) {
  const auto plan = target->plan(registry("d1", "aaaa"));
  ASSERT_TRUE(plan);
  const auto noted = join(plan->noted, "\n");
  EXPECT_TRUE(holds(noted, "AWS::IAM::Role Api/Role: recorded, not run here")) << noted;
  EXPECT_TRUE(
      holds(noted, "AWS::Logs::LogGroup Api/Logs: RetentionInDays: recorded, without effect here"))
      << noted;
  EXPECT_TRUE(holds(noted, "AWS::Lambda::Function Site/Provider: belongs to a custom resource"))
      << noted;
}

TEST_F(Stacks, AnHttpApiIsServedAsItsStageSays) {
  const auto body = R"({"Resources": {
    "F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "x"}, "Handler": "index.handler", "Runtime": "python3.11", "Role": "r"}},
    "A": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "h", "ProtocolType": "HTTP", "CorsConfiguration": {"AllowOrigins": ["https://example.org"], "MaxAge": 60}}},
    "I": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {"ApiId": {"Ref": "A"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": {"Fn::GetAtt": ["F", "Arn"]}, "PayloadFormatVersion": "2.0"}},
    "J": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"ApiId": {"Ref": "A"}, "AuthorizerType": "JWT", "Name": "j"}},
    "R": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "A"}, "RouteKey": "GET /people/{id}", "AuthorizationType": "JWT", "AuthorizerId": {"Ref": "J"}, "Target": {"Fn::Sub": "integrations/${I}"}}},
    "S": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "A"}, "StageName": "$default", "AutoDeploy": true, "StageVariables": {"alias": "live"},
      "DefaultRouteSettings": {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}}}}})";
  const auto live = deployed(assembly("d1", {{"S", body}}));
  EXPECT_EQ(live.url, "http://127.0.0.1/live") << "the $default stage has no path";
  const auto& api = serving.views.at("live").apis.at(0);
  EXPECT_EQ(api.routes.at(0).path, "/people/{id}");
  EXPECT_EQ(api.routes.at(0).payload, "2.0");
  EXPECT_EQ(api.cors->max_age, 60);
  EXPECT_EQ(api.stages.at(0).throttle.burst, 200);
  EXPECT_TRUE(std::ranges::any_of(live.notes, [](const auto& note) {
    return holds(note, "GET /people/{id} asks for JWT, which the gateway does NOT check here");
  }));
}

TEST_F(Stacks, AnAliasWithWeightsAndProvisionedConcurrencyIsRefused) {
  auto stacks = registry_stacks("aaaa");
  stacks[1].body = replaced(
      stacks[1].body, R"("Name": "live",)",
      R"("Name": "live", "ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 2},
    "RoutingConfig": {"AdditionalVersionWeights": [{"FunctionVersion": "1", "FunctionWeight": 0.1}]},)");
  EXPECT_TRUE(
      holds(refusal(assembly("d1", stacks, {{"aaaa", {{"index.py", ""}}}, {"site", {{"i", ""}}}})),
            "both RoutingConfig weights and ProvisionedConcurrencyConfig"));
}

TEST_F(Stacks, AMethodWithoutANewDeploymentIsNotServed) {
  deployed(registry("d1", "aaaa"));
  auto stacks = registry_stacks("aaaa");
  stacks[1].body =
      replaced(stacks[1].body, R"("HttpMethod": "GET", "Auth)", R"("HttpMethod": "PUT", "Auth)");
  const auto request = assembly(
      "d2", stacks,
      {{"aaaa", {{"index.py", "# aaaa"}}}, {"site", {{"index.html", "<h1>registry</h1>"}}}});
  EXPECT_EQ(effect_of(request, "PeopleGet"), Effect::Replace);
  deployed(request);
  const auto& routes = serving.views.at("live").apis.at(0).routes;
  EXPECT_TRUE(std::ranges::none_of(routes, [](const auto& route) { return route.method == "PUT"; }))
      << "as on AWS";
}

TEST(BucketPolicy, LetsInWhomItNames) {
  const auto policy = [](const std::string& more) {
    return *parse_json(
        R"({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", )" +
        more + "}]}");
  };
  const std::string arn = "arn:aws:cloudfront::1:distribution/E1";
  const std::string service = R"("Principal": {"Service": "cloudfront.amazonaws.com"})";
  EXPECT_TRUE(lets_read(
      policy(
          service +
          R"(, "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/E1"}})"),
      "b", arn));
  EXPECT_FALSE(lets_read(
      policy(
          service +
          R"(, "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/E2"}})"),
      "b", arn));
  EXPECT_FALSE(lets_read(
      policy(service + R"(, "Condition": {"IpAddress": {"aws:SourceIp": "1.2.3.4"}})"), "b", arn));
  EXPECT_FALSE(lets_read(policy(service), "other", arn));
  EXPECT_FALSE(lets_read(policy(service), "b", "")) << "a website's visitor is not CloudFront";
  EXPECT_TRUE(lets_read(policy(R"("Principal": "*")"), "b", ""));
}

}  // namespace
}  // namespace tandem::deploy::local
