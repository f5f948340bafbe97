#include "run/function_environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::run {
namespace {

using testing::ElementsAre;
using testing::Pair;

/// An assembly of one stack, as the CDK writes it.
struct Written {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-assembly");
  Assembly assembly{.folder = folder.path().string(), .stacks = {"Api"}};

  explicit Written(std::string_view body) {
    const auto manifest = R"({"version":"55.0.0","artifacts":{"Api":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"Api.template.json"}}}})";
    EXPECT_TRUE(write_file(folder.path() / "manifest.json", manifest));
    EXPECT_TRUE(write_file(folder.path() / "Api.template.json", body));
  }
  Result<std::optional<FunctionEnvironment>> find(const std::string& entry_point, const std::map<std::string, std::string>& parameters = {}) const {
    return function_environment(assembly, entry_point, parameters, "eu-west-1");
  }
};

constexpr auto one_function = R"({
  "Parameters": {"Release": {"Type": "String", "Default": "none"}, "Hash": {"Type": "String", "NoEcho": true, "Default": ""}},
  "Resources": {
    "People": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
    "Main": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "integrated_api_handler.lambda_handler", "Runtime": "python3.11",
      "Code": {"S3Bucket": "b", "S3Key": "k"},
      "Environment": {"Variables": {"TABLE": {"Ref": "People"}, "TABLE_ARN": {"Fn::GetAtt": ["People", "Arn"]}, "RELEASE": {"Ref": "Release"},
        "HASH": {"Ref": "Hash"}, "PLAIN": "x", "URL": {"Fn::Sub": "https://${AWS::Region}.test/${Release}"}, "OTHER": {"Fn::ImportValue": "Data:Table"}}}}},
    "Helper": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "helper.handler", "Runtime": "python3.12", "Code": {"ZipFile": ""}}}}})";

TEST(FunctionEnvironment, IsWhatTheTemplateGivesWithStandInsForWhatIsNotMadeYet) {
  const Written written(one_function);
  const auto found = written.find("integrated_api_handler.lambda_handler", {{"Release", "rel-1"}, {"Hash", "scrypt$x"}});
  ASSERT_TRUE(found) << text(found.error());
  ASSERT_TRUE(*found);
  EXPECT_THAT((*found)->variables, ElementsAre(Pair("HASH", "scrypt$x"), Pair("OTHER", "Data-Table"), Pair("PLAIN", "x"), Pair("RELEASE", "rel-1"), Pair("TABLE", "People"),
                                              Pair("TABLE_ARN", "arn:aws:tandem:eu-west-1:000000000000:People"), Pair("URL", "https://eu-west-1.test/rel-1")));
  EXPECT_THAT((*found)->stand_ins, testing::UnorderedElementsAre("TABLE", "TABLE_ARN", "OTHER"));
  EXPECT_THAT((*found)->hidden_values, ElementsAre("scrypt$x"));
  EXPECT_EQ((*found)->runtime, "python3.11");
  EXPECT_EQ((*found)->function, "Api/Main");
  EXPECT_EQ((*found)->architecture, "");
}

TEST(FunctionEnvironment, SaysForWhichProcessorTheFunctionIs) {
  const Written written(R"({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler", "Runtime": "python3.11", "Architectures": ["arm64"], "Code": {"ZipFile": ""}}}}})");
  EXPECT_EQ((*written.find("index.handler"))->architecture, "arm64");
}

TEST(FunctionEnvironment, OfSeveralFunctionsOnlyTheOneThatIsEnteredThroughTheHandlerIsTaken) {
  const Written written(one_function);
  EXPECT_FALSE(*written.find("nobody.handler"));
  EXPECT_EQ((*written.find("helper.handler"))->function, "Api/Helper");
}

TEST(FunctionEnvironment, TheOnlyFunctionIsTakenWhateverItsHandlerIsCalled) {
  const Written written(R"({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler", "Runtime": "python3.11", "Code": {"ZipFile": ""}}}}})");
  EXPECT_EQ((*written.find("integrated_api_handler.lambda_handler"))->function, "Api/F");
}

}  // namespace
}  // namespace tandem::run
