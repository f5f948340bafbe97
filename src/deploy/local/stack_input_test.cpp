#include "deploy/local/stack_input.hpp"

#include <gtest/gtest.h>

#include "deploy/local/resource_type.hpp"

namespace tandem::deploy::local {
namespace {

Result<StackInput> read(std::string_view body, const std::map<std::string, std::string>& parameters = {}) {
  AssemblyStack stack;
  stack.id = stack.name = "S";
  auto value = parse_json(body);
  EXPECT_TRUE(value) << (value ? "" : text(value.error()));
  stack.body = *value;
  return stack_input(stack, parameters, {"000000000000", "us-east-1"});
}

std::string why(std::string_view body, const std::map<std::string, std::string>& parameters = {}) {
  const auto input = read(body, parameters);
  return input ? "accepted" : input.error().what;
}

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(StackInput, OrdersResourcesByEveryKindOfReference) {
  const auto input = read(R"({"Resources": {
    "C": {"Type": "AWS::Logs::LogGroup", "Properties": {"X": {"Fn::Sub": "${B.Arn}"}}},
    "B": {"Type": "AWS::Logs::LogGroup", "Properties": {"X": {"Ref": "A"}}},
    "A": {"Type": "AWS::Logs::LogGroup"},
    "D": {"Type": "AWS::Logs::LogGroup", "DependsOn": "A"}}})");
  ASSERT_TRUE(input) << text(input.error());
  EXPECT_EQ(input->graph.waves, (std::vector<std::vector<std::string>>{{"A"}, {"B", "D"}, {"C"}}));
}

TEST(StackInput, NamesTheResourcesOfACircle) {
  const auto reason = why(R"({"Resources": {
    "A": {"Type": "AWS::Logs::LogGroup", "Properties": {"X": {"Ref": "B"}}},
    "B": {"Type": "AWS::Logs::LogGroup", "Properties": {"X": {"Ref": "C"}}},
    "C": {"Type": "AWS::Logs::LogGroup", "DependsOn": ["B"]},
    "D": {"Type": "AWS::Logs::LogGroup"}}})");
  EXPECT_TRUE(holds(reason, "circular dependency between resources: B -> C -> B")) << reason;
}

TEST(StackInput, DropsResourcesWhoseConditionIsFalseWithTheEdgesToThem) {
  const auto input = read(R"({"Conditions": {"Never": {"Fn::Equals": [1, 2]}}, "Resources": {
    "A": {"Type": "AWS::Moon::Base", "Condition": "Never"},
    "B": {"Type": "AWS::Logs::LogGroup", "DependsOn": ["A"]}}})");
  ASSERT_TRUE(input) << text(input.error());
  EXPECT_EQ(input->graph.waves, (std::vector<std::vector<std::string>>{{"B"}}));
  EXPECT_EQ(input->graph.dropped, std::vector<std::string>{"A"});
}

TEST(StackInput, RefusesUnknownTypesByNameAndListsThoseItRuns) {
  const auto input = read(R"({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}, "T": {"Type": "AWS::SNS::Topic"}, "H": {"Type": "Custom::Homemade"}}})");
  ASSERT_FALSE(input);
  EXPECT_TRUE(holds(input.error().what, "AWS::SQS::Queue (Q), AWS::SNS::Topic (T), Custom::Homemade (H)")) << input.error().what;
  EXPECT_TRUE(holds(input.error().next, "AWS::DynamoDB::Table"));
  EXPECT_TRUE(holds(input.error().next, "AWS::Lambda::Function"));
}

TEST(StackInput, RefusesWhatTheEngineWouldOtherwiseDrop) {
  EXPECT_TRUE(holds(why(R"({"Transform": "AWS::LanguageExtensions", "Resources": {}})"), "transform \"AWS::LanguageExtensions\""));
  EXPECT_TRUE(holds(why(R"({"Resources": {}, "Surprise": {}})"), "unknown key: Surprise"));
  EXPECT_TRUE(holds(why(R"({"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "Wish": 1}}})"), "unknown key: Wish"));
  EXPECT_TRUE(holds(why(R"({"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "DependsOn": "Z"}}})"), "depends on Z"));
  EXPECT_TRUE(holds(why(R"({"Resources": {"A": {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Keep"}}})"), "DeletionPolicy is Keep"));
}

constexpr auto with_parameters = R"({"Parameters": {
    "Weight": {"Type": "Number", "Default": 0, "MinValue": 0, "MaxValue": 1},
    "Size": {"Type": "String", "Default": "small", "AllowedValues": ["small", "large"]},
    "Name": {"Type": "String", "Default": "abc", "AllowedPattern": "[a-z]+", "MinLength": 2, "MaxLength": 5},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Password": {"Type": "String", "NoEcho": true, "AllowedPattern": "[a-z0-9]+", "Default": "hunter22"},
    "BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}},
  "Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}})";

TEST(Parameters, TakeDefaultsAndGivenValues) {
  const auto input = read(with_parameters, {{"Size", "large"}, {"Elsewhere", "x"}});
  ASSERT_TRUE(input) << text(input.error());
  EXPECT_EQ(input->parameters.values.at("Size"), json::value("large"));
  EXPECT_EQ(input->parameters.values.at("Weight"), json::value("0"));
  EXPECT_EQ(input->parameters.values.at("Zones"), json::value(json::array{"a", "b"}));
  EXPECT_EQ(input->parameters.values.at("BootstrapVersion"), json::value("30"));
  EXPECT_EQ(input->parameters.secrets, std::vector<std::string>{"hunter22"});
}

TEST(Parameters, KeepTheirConstraints) {
  EXPECT_TRUE(holds(why(with_parameters, {{"Weight", "2"}}), "Weight is more than MaxValue 1"));
  EXPECT_TRUE(holds(why(with_parameters, {{"Weight", "much"}}), "Weight is no number"));
  EXPECT_TRUE(holds(why(with_parameters, {{"Size", "huge"}}), "Size is none of the AllowedValues small, large"));
  EXPECT_TRUE(holds(why(with_parameters, {{"Name", "ABC"}}), "Name does not match AllowedPattern [a-z]+"));
  EXPECT_TRUE(holds(why(with_parameters, {{"Name", "a"}}), "Name is shorter than MinLength 2"));
  EXPECT_TRUE(holds(why(with_parameters, {{"BootstrapVersion", "/my/own"}}), "SSM parameter /my/own"));
  const auto reason = why(with_parameters, {{"Password", "NOT ALLOWED"}});
  EXPECT_TRUE(holds(reason, "Password does not match")) << reason;
  EXPECT_FALSE(holds(reason, "NOT ALLOWED")) << "a secret never shows in an error";
}

TEST(Rules, AreEvaluatedTruthfully) {
  const auto rule = R"({"Parameters": {"Version": {"Type": "String"}}, "Rules": {"Old": {"Assertions": [
    {"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}]}, "AssertDescription": "bootstrap again"}]}},
    "Resources": {"A": {"Type": "AWS::Logs::LogGroup"}}})";
  EXPECT_EQ(why(rule, {{"Version", "30"}}), "accepted");
  EXPECT_TRUE(holds(why(rule, {{"Version", "2"}}), "rule Old does not hold: bootstrap again"));
}

TEST(ResourceTypes, NotePropertiesWithoutEffect) {
  const auto* type = find_type("AWS::CloudFront::Distribution");
  ASSERT_NE(type, nullptr);
  const auto properties = *parse_json(R"({"DistributionConfig": {"Enabled": true, "Aliases": ["x"], "DefaultCacheBehavior": {"TargetOriginId": "o", "CachePolicyId": "c"},
    "Origins": [{"Id": "o", "DomainName": "d", "OriginShield": {}}]}, "Tags": []})");
  EXPECT_EQ(not_honoured(*type, properties.as_object()),
            (std::vector<std::string>{"DistributionConfig.Aliases", "DistributionConfig.DefaultCacheBehavior.CachePolicyId", "DistributionConfig.Origins.OriginShield"}));
}

}  // namespace
}  // namespace tandem::deploy::local
