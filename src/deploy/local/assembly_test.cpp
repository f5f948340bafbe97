#include "deploy/local/assembly.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::deploy::local {
namespace {

class AssemblyTest : public ::testing::Test {
 protected:
  void put(const std::string& file, const std::string& text) { ASSERT_TRUE(write_file(folder.path() / file, text)); }
  std::string why() {
    const auto read = read_assembly(folder.path());
    return read ? "accepted" : read.error().what;
  }
  TemporaryFolder folder = *TemporaryFolder::make("assembly");
};

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(AssemblyTest, PutsStacksInTheOrderOfTheirDependencies) {
  put("manifest.json", R"({"version": "55.0.0", "futureField": 1, "artifacts": {
    "Site": {"type": "aws:cloudformation:stack", "environment": "aws://111122223333/eu-west-1", "properties": {"templateFile": "t.json", "stackName": "site-prod",
      "tags": {"a": "b"}, "terminationProtection": true}, "dependencies": ["Api"]},
    "Api": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "t.json"}, "dependencies": ["Api.assets"]},
    "Api.assets": {"type": "cdk:asset-manifest", "properties": {"file": "a.json"}},
    "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}})");
  put("t.json", R"({"Resources": {}})");
  put("a.json", R"({"version": "1", "files": {"f": {"source": {"path": "asset.f", "packaging": "zip"}, "destinations": {"x": {"bucketName": "b", "objectKey": "f.zip"}}}}, "dockerImages": {}})");

  const auto read = read_assembly(folder.path());

  ASSERT_TRUE(read) << text(read.error());
  ASSERT_EQ(read->stacks.size(), 2U);
  EXPECT_EQ(read->stacks[0].name, "Api");
  EXPECT_EQ(read->stacks[0].account, "");
  EXPECT_EQ(read->stacks[1].name, "site-prod");
  EXPECT_EQ(read->stacks[1].region, "eu-west-1");
  EXPECT_TRUE(read->stacks[1].termination_protection);
  EXPECT_EQ(read->assets.at("f.zip"), (Asset{folder.path() / "asset.f", Packaging::Folder}));
  EXPECT_EQ(read_assembly(folder.path(), {"Site"})->stacks.size(), 1U);
  EXPECT_FALSE(read_assembly(folder.path(), {"Nowhere"}));
}

TEST_F(AssemblyTest, NamesTheFileAndTheKeyThatAreWrong) {
  EXPECT_TRUE(holds(why(), "manifest.json"));
  put("manifest.json", R"({"version": "55.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {}}}})");
  EXPECT_TRUE(holds(why(), "stack S lacks templateFile")) << why();
  put("manifest.json", R"({"version": "55.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../x.json"}}}})");
  EXPECT_TRUE(holds(why(), "templateFile names a file outside the assembly")) << why();
  put("manifest.json", R"({"version": "55.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}}})");
  put("t.json", "{");
  EXPECT_TRUE(holds(why(), "template of stack S")) << why();
  put("manifest.json", R"({"version": "55.0.0", "artifacts": {"A": {"type": "cdk:asset-manifest", "properties": {"file": "a.json"}}}})");
  put("a.json", R"({"files": {}, "dockerImages": {"image1": {}}})");
  EXPECT_TRUE(holds(why(), "docker image image1 is not run here")) << why();
}

}  // namespace
}  // namespace tandem::deploy::local
