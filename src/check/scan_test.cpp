#include "check/scan.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::check {
namespace {

const std::string key = "key = 'AK" "IA" "QW3RTYU7IOP5ASDF'\n";

/// A bare repository that trees are put into.
struct World {
  TemporaryFolder folder = *TemporaryFolder::make();
  git::Repository repository = *git::Repository::init_bare(folder.path() / "app.git");

  TreeId tree(const std::map<std::string, std::string>& files) {
    std::vector<git::Placement> placements;
    for (const auto& [path, text] : files) placements.push_back({path, *repository.write_blob(text)});
    return *repository.write_tree(std::nullopt, placements);
  }
  Verdict scan(const TreeId& tree, const std::optional<TreeId>& base = {}, const ScanOptions& options = {}) {
    auto verdict = scan_tree(repository, tree, base, options);
    EXPECT_TRUE(verdict) << (verdict ? "" : verdict.error().what);
    return verdict ? *verdict : Verdict{};
  }
};

TEST(Scan, ACleanTreePasses) {
  World world;
  const auto verdict = world.scan(world.tree({{"src/main.py", "print('hello')\n"}, {"requirements.txt", "fastapi==0.110.0\n"}}));
  EXPECT_TRUE(verdict.passed);
  EXPECT_TRUE(verdict.findings.empty());
}

TEST(Scan, ASecretAnywhereFailsWithItsPlace) {
  World world;
  const auto verdict = world.scan(world.tree({{"a/b/c.py", "x = 1\n" + key}, {"README.md", "hello\n"}}));
  EXPECT_FALSE(verdict.passed);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].place, (Place{"a/b/c.py", 2, 8}));
}

TEST(Scan, LowFindingsDoNotFailUnlessAskedTo) {
  World world;
  const auto tree = world.tree({{"requirements.txt", "boto3\n"}});
  EXPECT_TRUE(world.scan(tree).passed);
  EXPECT_FALSE(world.scan(tree, {}, {.fails_at = "LOW"}).passed);
}

TEST(Scan, WithAPassedBaseOnlyWhatChangedIsLookedAt) {
  World world;
  const auto base = world.tree({{"old.py", key}, {"a.py", "1\n"}});
  const auto same = world.tree({{"old.py", key}, {"a.py", "2\n"}});
  const auto worse = world.tree({{"old.py", key}, {"a.py", key}});
  EXPECT_TRUE(world.scan(same, base).passed);
  const auto verdict = world.scan(worse, base);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].place.file, "a.py");
}

TEST(Scan, BinaryFilesAreSkippedAndCounted) {
  World world;
  const auto verdict = world.scan(world.tree({{"logo.png", std::string("\x89PNG\0\0", 6) + key}, {"a.py", "1\n"}}));
  EXPECT_TRUE(verdict.passed);
  ASSERT_EQ(verdict.findings.size(), 1U);
  EXPECT_EQ(verdict.findings[0].rule, "scan.binary");
  EXPECT_EQ(verdict.findings[0].what, "1 file binary, not looked at: logo.png");
}

TEST(Scan, ATextWithTwoBytesACharacterIsNotBinary) {
  World world;
  std::string wide = "\xff\xfe";
  for (const char c : key) wide += {c, '\0'};
  EXPECT_FALSE(world.scan(world.tree({{"env.ps1", wide}})).passed);
}

TEST(Scan, AKeyStoreIsAFindingThoughItIsBinary) {
  World world;
  EXPECT_FALSE(world.scan(world.tree({{"release.p12", std::string("0\x82\0\0", 4)}})).passed);
}

TEST(Scan, ATextOverTheLimitIsNotClean) {
  World world;
  const auto tree = world.tree({{"data.csv", std::string(3000, 'a')}});
  const auto verdict = world.scan(tree, {}, {.file_bytes_max = 2000});
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.findings[0].rule, "scan.too-long");
  const auto excluded = world.scan(tree, {}, {.file_bytes_max = 2000, .exclude = {"*.csv"}});
  EXPECT_TRUE(excluded.passed);
  EXPECT_EQ(excluded.findings[0].rule, "scan.excluded");
}

TEST(Scan, PathsLimitWhatIsLookedAtAndSayWhatIsNot) {
  World world;
  const auto tree = world.tree({{"src/a.py", key}, {"docs/b.md", "text\n"}, {"web/c.js", "1\n"}});
  EXPECT_FALSE(world.scan(tree).passed);
  const auto limited = world.scan(tree, {}, {.only = {"docs/**", "web/*.js"}});
  EXPECT_TRUE(limited.passed);
  ASSERT_EQ(limited.findings.size(), 1U);
  EXPECT_EQ(limited.findings[0].rule, "scan.outside");
  EXPECT_EQ(limited.findings[0].what, "1 file not named by the paths to scan: src/a.py");
  EXPECT_FALSE(world.scan(tree, {}, {.only = {"src"}}).passed);
}

TEST(Scan, PathsThatNameNoFileAreNotClean) {
  World world;
  const auto verdict = world.scan(world.tree({{"src/a.py", "1\n"}}), {}, {.only = {"source/**"}});
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.findings[0].rule, "scan.nothing");
}

TEST(Scan, AnObjectThatCannotBeReadIsNotClean) {
  World world;
  const auto blob = *world.repository.write_blob("lost\n");
  const auto tree = *world.repository.write_tree(std::nullopt, {{"a.py", blob}});
  std::filesystem::remove(world.repository.path() / "objects" / blob.substr(0, 2) / blob.substr(2));
  auto fresh = git::Repository::open(world.repository.path());
  const auto verdict = scan_tree(*fresh, tree, std::nullopt);
  ASSERT_TRUE(verdict) << verdict.error().what;
  EXPECT_FALSE(verdict->passed);
  EXPECT_EQ(verdict->findings[0].rule, "scan.unread");
}

TEST(Scan, FindingsOfToolsCountAndAMissingReportIsNotClean) {
  World world;
  const auto tree = world.tree({{"a.py", "1\n"}});
  const auto report = world.folder.path() / "bandit.sarif";
  EXPECT_FALSE(world.scan(tree, {}, {.sarif = {report}}).passed);
  ASSERT_TRUE(write_file(report, R"({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "bandit"}}, "results": []}]})"));
  EXPECT_TRUE(world.scan(tree, {}, {.sarif = {report}}).passed);
  ASSERT_TRUE(write_file(report, R"({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "bandit"}},
    "results": [{"ruleId": "B1", "level": "error", "message": {"text": "eval"}}]}]})"));
  EXPECT_FALSE(world.scan(tree, {}, {.sarif = {report}}).passed);
}

TEST(Scan, AnUnknownSeverityIsRefused) {
  World world;
  const auto verdict = scan_tree(world.repository, world.tree({{"a", "1"}}), std::nullopt, {.fails_at = "SEVERE"});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().fault, Fault::Invalid);
}

}  // namespace
}  // namespace tandem::check
