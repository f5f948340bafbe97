#include "deploy/local/intrinsics.hpp"

#include <gtest/gtest.h>

namespace tandem::deploy::local {
namespace {

json::value parsed(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return std::move(value).value_or(json::value());
}

Names names() {
  static const auto mappings = parsed(R"({"Sizes": {"small": {"mb": 128, "zones": ["a", "b"]}}})").as_object();
  Names out;
  out.values = {{"AWS::Region", "eu-west-1"}, {"AWS::AccountId", "000000000000"}, {"Stage", "dev"}, {"Count", "3"},
                {"Subnets", json::array{"s-1", "s-2"}}};
  out.mappings = &mappings;
  out.conditions = {{"IsProd", false}, {"IsDev", true}};
  out.ref = [](const std::string& id) -> Result<json::value> {
    if (id == "Table") return json::value("people");
    return failure(Fault::Invalid, "nothing named {}", id);
  };
  out.attribute = [](const std::string& id, const std::string& name) -> Result<json::value> { return json::value(id + "-" + name); };
  out.import = [](const std::string& name) -> Result<json::value> {
    if (name == "Data:People") return json::value("people");
    return failure(Fault::Invalid, "No export named {} found", name);
  };
  out.stack_output = [](const std::string& stack, const std::string& output) -> Result<json::value> { return json::value(stack + "." + output); };
  return out;
}

/// The value as canonical text; "nothing" for AWS::NoValue, "error: ..." for a refusal.
std::string resolved(std::string_view expression) {
  const auto value = resolve(parsed(expression), names());
  if (!value) return "error: " + value.error().what;
  return *value ? to_canonical_text(**value) : "nothing";
}

struct Case {
  const char* expression;
  const char* expected;
};

TEST(Intrinsics, GiveWhatCloudFormationGives) {
  const Case cases[] = {
      {R"({"Ref": "Stage"})", R"("dev")"},
      {R"({"Ref": "Table"})", R"("people")"},
      {R"({"Ref": "AWS::Region"})", R"("eu-west-1")"},
      {R"({"Ref": "AWS::NoValue"})", "nothing"},
      {R"({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]})", R"({"b":[1]})"},
      {R"({"Fn::GetAtt": ["Table", "Arn"]})", R"("Table-Arn")"},
      {R"({"Fn::GetAtt": "Table.Stream.Arn"})", R"("Table-Stream.Arn")"},
      {R"({"Fn::Join": ["-", ["a", 1, true, {"Ref": "Stage"}]]})", R"("a-1-true-dev")"},
      {R"({"Fn::Join": [",", {"Ref": "Subnets"}]})", R"("s-1,s-2")"},
      {R"({"Fn::Sub": "${Stage}-${Table.Arn}-${AWS::Region}-${!Literal}"})", R"("dev-Table-Arn-eu-west-1-${Literal}")"},
      {R"({"Fn::Sub": ["${Name}/${Stage}", {"Name": {"Ref": "Table"}}]})", R"("people/dev")"},
      {R"({"Fn::Select": [1, ["a", "b"]]})", R"("b")"},
      {R"({"Fn::Select": ["0", {"Fn::Split": [",", "x,y"]}]})", R"("x")"},
      {R"({"Fn::Split": ["::", "a::b::"]})", R"(["a","b",""])"},
      {R"({"Fn::Base64": "hello"})", R"("aGVsbG8=")"},
      {R"({"Fn::FindInMap": ["Sizes", "small", "mb"]})", "128"},
      {R"({"Fn::FindInMap": ["Sizes", "small", "zones"]})", R"(["a","b"])"},
      {R"({"Fn::Cidr": ["10.0.0.0/16", 2, 8]})", R"(["10.0.0.0/24","10.0.1.0/24"])"},
      {R"({"Fn::GetAZs": ""})", R"(["eu-west-1a","eu-west-1b","eu-west-1c"])"},
      {R"({"Fn::ImportValue": "Data:People"})", R"("people")"},
      {R"({"Fn::GetStackOutput": {"StackName": "Data", "OutputName": "Name"}})", R"("Data.Name")"},
      {R"({"Fn::If": ["IsDev", "yes", {"Ref": "Missing"}]})", R"("yes")"},
      {R"({"Fn::If": ["IsProd", "yes", {"Ref": "AWS::NoValue"}]})", "nothing"},
      {R"({"Fn::Equals": [{"Ref": "Count"}, 3]})", "true"},
      {R"({"Fn::And": [{"Condition": "IsDev"}, {"Fn::Not": [{"Condition": "IsProd"}]}]})", "true"},
      {R"({"Fn::Or": [{"Condition": "IsProd"}, {"Fn::Equals": ["a", "b"]}]})", "false"},
      {R"({"Fn::Contains": [["1", "2"], "2"]})", "true"},
      {R"({"Fn::EachMemberIn": [["1", "2"], ["1", "2", "3"]]})", "true"},
      {R"({"Fn::EachMemberEquals": [["1", "2"], "1"]})", "false"},
      {R"({"Condition": {"StringEquals": {"a": "b"}}, "Ref2": 1})", R"({"Condition":{"StringEquals":{"a":"b"}},"Ref2":1})"},
  };
  for (const auto& each : cases) EXPECT_EQ(resolved(each.expression), each.expected) << each.expression;
}

TEST(Intrinsics, RefuseByNameWhatCannotBeHad) {
  const Case cases[] = {
      {R"({"Fn::Select": [2, ["a", "b"]]})", "index 2 for a list of 2"},
      {R"({"Fn::Select": [-1, ["a", "b"]]})", "whole number"},
      {R"({"Fn::FindInMap": ["Sizes", "large", "mb"]})", "finds no large"},
      {R"({"Fn::Sub": "${Nothing}"})", "nothing named Nothing"},
      {R"({"Fn::Sub": "${Open"})", "without its }"},
      {R"({"Fn::Sub": "${Subnets}"})", "a list or an object"},
      {R"({"Fn::ImportValue": "Data:Gone"})", "No export named Data:Gone found"},
      {R"({"Ref": "AWS::Moon"})", "no pseudo parameter AWS::Moon"},
      {R"({"Fn::Length": [1]})", "Fn::Length needs a Transform"},
      {R"({"Fn::ToJsonString": {}})", "Fn::ToJsonString needs a Transform"},
      {R"({"Fn::ForEach::Loop": []})", "Fn::ForEach needs a Transform"},
      {R"({"Fn::RefAll": "AWS::EC2::VPC::Id"})", "Fn::RefAll asks the account"},
      {R"({"Fn::Unheard": 1})", "Fn::Unheard is no intrinsic function"},
      {R"({"Fn::Join": ["", ["a"]], "More": 1})", "beside other keys"},
      {R"("{{resolve:secretsmanager:prod/db:SecretString:password}}")", "dynamic reference {{resolve:secretsmanager:prod/db:SecretString:password}}"},
      {R"({"Fn::And": [true]})", "2 to 10 operands"},
      {R"({"Fn::GetStackOutput": {"StackName": "Data", "OutputName": "Name", "Region": "us-east-1"}})", "one region only"},
  };
  for (const auto& each : cases) EXPECT_NE(resolved(each.expression).find(each.expected), std::string::npos) << resolved(each.expression);
}

TEST(Conditions, MayNameEachOtherInAnyOrderButNotInACircle) {
  const auto fine = evaluate_conditions(parsed(R"({"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Equals": [1, 2]}})").as_object(), names());
  ASSERT_TRUE(fine);
  EXPECT_TRUE(fine->at("A"));
  const auto circle = evaluate_conditions(parsed(R"({"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}})").as_object(), names());
  ASSERT_FALSE(circle);
  EXPECT_NE(circle.error().what.find("A -> B -> A"), std::string::npos) << circle.error().what;
}

TEST(References, AreFoundWhereverTheyStand) {
  EXPECT_EQ(references(parsed(R"({"a": [{"Ref": "X"}, {"Fn::GetAtt": ["Y", "Arn"]}], "b": {"Fn::Sub": ["${Z.Arn} ${Own} ${!No}", {"Own": {"Ref": "W"}}]}})")),
            (std::set<std::string>{"W", "X", "Y", "Z"}));
}

}  // namespace
}  // namespace tandem::deploy::local
