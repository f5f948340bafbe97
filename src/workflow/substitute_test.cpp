#include "workflow/substitute.hpp"

#include <gtest/gtest.h>

#include "workflow/quoting.hpp"

namespace tandem::workflow {
namespace {

Values values() {
  Values out;
  out.group = "Ship";
  out.outputs = {{"Build", {{"TAG", "v1"}, {"EVIL", "${Secrets.key}"}}}, {"Ship.Pack", {{"stack-id", "s-1"}}}};
  out.source = {{"CommitId", "abc"}, {"BranchName", "feature/x"}, {"CommitMessage", "$(touch x)"}, {"CommitAuthor", "Anna"}};
  out.secrets = {{"key", "geheim"}, {"api-key", "k2"}};
  return out;
}

std::string put(std::string_view text) {
  const auto out = substituted(text, values());
  return out ? *out : out.error().code + " " + out.error().what;
}

TEST(Substitution, PutsValuesInPlaceOfReferences) {
  EXPECT_EQ(put("a-${Build.TAG}-${WorkflowSource.CommitId}"), "a-v1-abc");
  EXPECT_EQ(put("${Secrets.key}"), "geheim");
}

TEST(Substitution, FindsMembersOfTheOwnGroupWithAndWithoutItsName) {
  EXPECT_EQ(put("${Pack.stack-id} ${Ship.Pack.stack-id}"), "s-1 s-1");
}

TEST(Substitution, LeavesTheShellItsOwn) {
  for (const auto* text : {"${X}", "${X:-y}", "${X:0:8}", "${ARR[@]}", "$X.y", "${X.y", "${X.y z}", "$ {A.B}", "${X%.*}", "${.B}"})
    EXPECT_EQ(put(text), text);
}

TEST(Substitution, WorksInsideJsonText) { EXPECT_EQ(put(R"({"tag": "${Build.TAG}"})"), R"({"tag": "v1"})"); }

TEST(Substitution, LooksAtNothingTwice) { EXPECT_EQ(put("${Build.EVIL}"), "${Secrets.key}"); }

TEST(Substitution, NamesWhatDoesNotExist) {
  EXPECT_EQ(put("${Bild.TAG}"), "E160 ${Bild.TAG}: there is no action Bild");
  EXPECT_EQ(put("${Build.OTHER}"), "E161 ${Build.OTHER}: Build did not export OTHER");
  EXPECT_EQ(put("${Secrets.no}"), "E163 the secret no does not exist in this project");
}

TEST(Substitution, ReachesEveryStringOfAConfiguration) {
  const json::value configuration{{"a", "${Build.TAG}"}, {"b", {"x", {{"c", "${Secrets.key}"}}}}, {"n", nullptr}};
  const auto out = substituted(configuration, values());
  ASSERT_TRUE(out);
  EXPECT_EQ(to_text(*out), R"({"a":"v1","b":["x",{"c":"geheim"}],"n":null})");
}

TEST(Step, NeverHoldsASecretInItsText) {
  const auto script = script_of("curl -H \"${Secrets.key}\" ${Secrets.api-key}", values());
  ASSERT_TRUE(script);
  EXPECT_EQ(script->text, "curl -H \"${CATALYST_SECRETS_key}\" ${CATALYST_SECRETS_api_key}");
  EXPECT_EQ(script->environment, (std::map<std::string, std::string>{{"CATALYST_SECRETS_key", "geheim"}, {"CATALYST_SECRETS_api_key", "k2"}}));
  EXPECT_EQ(script->secrets, (std::vector<std::string>{"api-key", "key"}));
}

TEST(Step, GetsTheCommitMessageAsAVariableNotAsScript) {
  const auto script = script_of("echo \"${WorkflowSource.CommitMessage}\" ${WorkflowSource.CommitAuthor}", values());
  ASSERT_TRUE(script);
  EXPECT_EQ(script->text, "echo \"${CATALYST_SOURCE_CommitMessage}\" ${CATALYST_SOURCE_CommitAuthor}");
  EXPECT_EQ(script->environment.at("CATALYST_SOURCE_CommitMessage"), "$(touch x)");
}

TEST(Step, GetsABranchNameAsTextOnlyWhenNoShellCanMisreadIt) {
  EXPECT_EQ(script_of("git switch ${WorkflowSource.BranchName}", values())->text, "git switch feature/x");
  auto hostile = values();
  hostile.source["BranchName"] = "x$(touch${IFS}y)";
  const auto script = script_of("git switch ${WorkflowSource.BranchName}", hostile);
  EXPECT_EQ(script->text, "git switch ${CATALYST_SOURCE_BranchName}");
  EXPECT_EQ(script->environment.at("CATALYST_SOURCE_BranchName"), "x$(touch${IFS}y)");
}

TEST(Step, GetsOtherValuesAsText) { EXPECT_EQ(script_of("docker push x:${Build.TAG} ${HOME:-/}", values())->text, "docker push x:v1 ${HOME:-/}"); }

TEST(Secrets, OfAnActionAreFoundEverywhereItMayNameThem) {
  Action action;
  action.steps = {"a ${Secrets.b}", "${Secrets.a}"};
  action.variables = {{"X", "${Secrets.c}"}};
  action.configuration = {{"Context", {{"deep", "${Secrets.d}"}}}};
  EXPECT_EQ(secrets_of(action), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST(Quoting, KnowsWhereAShellExpands) {
  const auto expands = [](std::string_view script) { return shell_expands(script, script.find("${X}")); };
  EXPECT_TRUE(expands("a ${X}"));
  EXPECT_TRUE(expands("a \"'${X}'\""));
  EXPECT_FALSE(expands("a '${X}'"));
  EXPECT_TRUE(expands("a \\'${X}"));
  EXPECT_TRUE(expands("# it's\na ${X}"));
  EXPECT_TRUE(expands("cat <<EOF\nit's ${X}\nEOF\n"));
  EXPECT_FALSE(expands("cat <<'EOF'\n${X}\nEOF\n"));
  EXPECT_TRUE(expands("cat <<EOF\nit's\nEOF\n${X}"));
  EXPECT_TRUE(expands("echo $((1 << 2)) ${X}"));
}

}  // namespace
}  // namespace tandem::workflow
