#include "sync/tree_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/fold.hpp"

namespace tandem::sync {
namespace {

using testing::Contains;
using testing::IsEmpty;

Listed file(std::string name, unsigned mode = 0100644) {
  const auto kind = mode == 0040000 ? git::EntryKind::Tree : git::EntryKind::Blob;
  return {{std::move(name), kind, mode, std::string(40, '1')}, 0};
}

/// The rules that refuse something in a folder holding `entries`.
std::vector<std::string> rules(std::vector<Listed> entries, std::string path = "src", std::string destination = "lambda/src") {
  std::vector<std::string> out;
  for (const auto& refusal : check_folder({std::move(path), std::move(entries), std::move(destination)}, {"lambda"}))
    out.push_back(refusal.rule);
  return out;
}

TEST(TreeRules, OrdinaryNamesPass) {
  EXPECT_THAT(rules({file(".gitignore"), file("__init__.py"), file("a b.txt"), file("caf\xC3\xA9.py"), file("git"), file("run.sh", 0100755),
                     file("sub", 0040000)}), IsEmpty());
}

TEST(TreeRules, EverySpellingOfDotGitIsRefused) {
  for (const auto* name : {".git", ".GIT", "git~1", "GIT~1", ".git ", ".git.", ".git::$INDEX_ALLOCATION", ".gi\xE2\x80\x8Ct",
                           "\xEF\xBB\xBF.git"})
    EXPECT_THAT(rules({file(name)}), Contains("name.git")) << shown(name);
}

TEST(TreeRules, EverySpellingOfDotGitmodulesIsRefused) {
  for (const auto* name : {".gitmodules", ".GitModules", "gitmod~1", "GI7EBA~1", "gi7eb~10", ".gitmodules "})
    EXPECT_THAT(rules({file(name)}), Contains("name.gitmodules")) << name;
  EXPECT_THAT(rules({file("gitmod~x"), file("gi~notes"), file("~1")}), IsEmpty());
}

TEST(TreeRules, NamesThatLeaveTheirFolderAreRefused) {
  EXPECT_THAT(rules({file("..")}), Contains("name.dot"));
  EXPECT_THAT(rules({file(".")}), Contains("name.dot"));
  EXPECT_THAT(rules({file("a/b")}), Contains("name.slash"));
  EXPECT_THAT(rules({file("a\\b")}), Contains("name.backslash"));
  EXPECT_THAT(rules({file("")}), Contains("name.empty"));
}

TEST(TreeRules, NamesThatNobodyCanReadAreRefused) {
  EXPECT_THAT(rules({file("a\nb")}), Contains("name.control"));
  EXPECT_THAT(rules({file("a\x7F")}), Contains("name.control"));
  EXPECT_THAT(rules({file("\xFF\xFE")}), Contains("name.utf8"));
  EXPECT_THAT(rules({file(std::string(5000, 'n'))}), Contains("name.length"));
}

TEST(TreeRules, NamesThatAreReadAsOthersAreRefused) {
  for (const auto* name : {"a\xE2\x80\xAEyp.exe", "a\xE2\x81\xA6" "b", "\xE2\x80\x8F" "a", "a\xD8\x9C" "b", "a\xE2\x80\x8B.py", "\xEF\xBB\xBFmain.py"})
    EXPECT_THAT(rules({file(name)}), testing::ElementsAre("name.unseen")) << shown(name);
  EXPECT_THAT(rules({file("a\xC2\x9B" "b")}), testing::ElementsAre("name.control"));
  EXPECT_THAT(rules({file("\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB1.py"), file("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB.md")}), IsEmpty())
      << "joiners belong to the spelling of some languages, and to signs";
}

/// The carried code runs on Linux, where these are names like others; who checks out on Windows reads docs/sync.md.
TEST(TreeRules, NamesThatAreDevicesOnWindowsPass) {
  EXPECT_THAT(rules({file("a."), file("a:b"), file("aux.py"), file("com1"), file("con"), file("nul.txt"), file("prn"), file("z ")}), IsEmpty());
}

TEST(TreeRules, NamesThatSomeFileSystemsTakeForOneAreRefused) {
  EXPECT_THAT(rules({file("A"), file("a")}), Contains("name.clash"));
  EXPECT_THAT(rules({file("caf\x65\xCC\x81"), file("caf\xC3\xA9")}), Contains("name.clash"));
  EXPECT_THAT(rules({file("STRASSE"), file("stra\xC3\x9F" "e")}), Contains("name.clash"));
  EXPECT_THAT(rules({file("\xEA\xB0\x80"), file("\xE1\x84\x80\xE1\x85\xA1")}), Contains("name.clash"));
}

TEST(TreeRules, DuplicatesAndDisorderAreRefused) {
  EXPECT_THAT(rules({file("a"), file("a")}), Contains("name.duplicate"));
  EXPECT_THAT(rules({file("b"), file("a")}), Contains("name.order"));
  EXPECT_THAT(rules({file("a.py"), file("a", 0040000)}), IsEmpty()) << "a folder sorts as a/";
}

TEST(TreeRules, LinksSubmodulesAndOddModesAreRefused) {
  EXPECT_THAT(rules({file("passwd", 0120000)}), Contains("mode.link"));
  EXPECT_THAT(rules({file("lib", 0160000)}), Contains("mode.submodule"));
  EXPECT_THAT(rules({file("x", 0100664)}), Contains("mode.unknown"));
  EXPECT_THAT(rules({file("x", 0104755)}), Contains("mode.unknown"));
}

TEST(TreeRules, GeneratedFilesBelongToTheInfrastructure) {
  for (const auto* name : {"sync-metadata.json", "integrated_api_handler.py", "API_Handler.py", "my_api_handler.py", "requirements.txt"})
    EXPECT_THAT(rules({file(name)}, "", "lambda"), testing::ElementsAre("name.reserved")) << name;
  EXPECT_THAT(rules({file("my_api_handler.py")}), IsEmpty()) << "below the root they are ordinary";
}

TEST(TreeRules, DepthLengthAndSizeHaveLimits) {
  std::string deep = "d";
  for (int level = 1; level < 64; ++level) deep += "/d";
  EXPECT_THAT(rules({file("x")}, deep), Contains("path.depth"));
  EXPECT_THAT(rules({file(std::string(200, 'x'))}, std::string(900, 'y')), Contains("path.length"));
  auto big = file("big");
  big.size_bytes = 60UL << 20;
  EXPECT_THAT(rules({big}), Contains("size.blob"));
}

TEST(TreeRules, AnErrorNamesTheFirstPathTheRuleAndTheRest) {
  const auto error = refused(check_folder({"src", {file("a\nb"), file("link", 0120000)}, "lambda/src"}, {"lambda"}));
  EXPECT_EQ(error.what, "src/a\\x0ab has a control character in its name (name.control) (and 1 more)");
}

TEST(Folding, JoinsWhatCaseAndCompositionKeepApart) {
  EXPECT_EQ(folded_name("\xC3\x84pfel"), folded_name("a\xCC\x88PFEL"));
  EXPECT_EQ(folded_name("\xCE\xA3"), folded_name("\xCF\x82"));
  EXPECT_NE(folded_name("a"), folded_name("b"));
}

}  // namespace
}  // namespace tandem::sync
