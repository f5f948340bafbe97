#include "check/globs.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::check {
namespace {

bool matches(const std::string& pattern, std::string_view path) {
  auto globs = Globs::parse({pattern});
  EXPECT_TRUE(globs) << pattern;
  return globs && globs->match(path);
}

TEST(Globs, AStarStaysWithinAName) {
  EXPECT_TRUE(matches("reports/*.xml", "reports/unit.xml"));
  EXPECT_FALSE(matches("reports/*.xml", "reports/deep/unit.xml"));
  EXPECT_TRUE(matches("*.xml", "unit.xml"));
  EXPECT_FALSE(matches("*.xml", "reports/unit.xml"));
}

TEST(Globs, TwoStarsCrossFoldersAndAlsoMeanNone) {
  EXPECT_TRUE(matches("**/*.xml", "unit.xml"));
  EXPECT_TRUE(matches("**/*.xml", "a/b/unit.xml"));
  EXPECT_TRUE(matches("a/**/b.txt", "a/b.txt"));
  EXPECT_TRUE(matches("a/**/b.txt", "a/x/y/b.txt"));
  EXPECT_TRUE(matches("a/**", "a/x/y"));
  EXPECT_FALSE(matches("a/**", "b/x"));
}

TEST(Globs, AQuestionMarkIsOneCharacter) {
  EXPECT_TRUE(matches("a?.txt", "ab.txt"));
  EXPECT_FALSE(matches("a?.txt", "a.txt"));
  EXPECT_FALSE(matches("a?b", "a/b"));
}

TEST(Globs, TheNameOfAFolderMeansEverythingBelow) {
  EXPECT_TRUE(matches("build", "build/a/b.o"));
  EXPECT_TRUE(matches("./build/", "build/a"));
  EXPECT_TRUE(matches("**/build", "x/build/a"));
  EXPECT_FALSE(matches("build", "rebuild/a"));
  EXPECT_FALSE(matches("build*", "build1/a"));
}

TEST(Globs, EverythingElseIsLiteral) {
  EXPECT_TRUE(matches("a[1](b)+.txt", "a[1](b)+.txt"));
  EXPECT_FALSE(matches("a.txt", "abtxt"));
}

TEST(Globs, APatternMayNotLeaveTheFolder) {
  EXPECT_EQ(Globs::parse({"../x"}).error().fault, Fault::Invalid);
  EXPECT_EQ(Globs::parse({"a/../../x"}).error().fault, Fault::Invalid);
  EXPECT_EQ(Globs::parse({"/etc/passwd"}).error().fault, Fault::Invalid);
}

TEST(Globs, FilesAreIncludedThenExcludedAndSorted) {
  const auto folder = TemporaryFolder::make();
  for (const auto* name : {"r/b.xml", "r/a.xml", "r/old/c.xml", "r/a.txt", ".git/x.xml"})
    ASSERT_TRUE(write_file(folder->path() / name, "x"));
  const auto files = matching_files(folder->path(), {"**/*.xml"}, {"r/old"});
  EXPECT_EQ(*files, (std::vector<std::string>{"r/a.xml", "r/b.xml"}));
}

TEST(Globs, ALinkCountsOnlyWhenItStaysInside) {
  const auto folder = TemporaryFolder::make();
  const auto outside = TemporaryFolder::make();
  ASSERT_TRUE(write_file(outside->path() / "secret.xml", "x"));
  ASSERT_TRUE(write_file(folder->path() / "real.xml", "x"));
  std::filesystem::create_symlink(outside->path() / "secret.xml", folder->path() / "out.xml");
  std::filesystem::create_symlink("real.xml", folder->path() / "in.xml");
  std::filesystem::create_symlink("nowhere.xml", folder->path() / "dangling.xml");
  EXPECT_EQ(*matching_files(folder->path(), {"*.xml"}, {}), (std::vector<std::string>{"in.xml", "real.xml"}));
  EXPECT_EQ(left_out_of(folder->path(), {"*.xml"}).value(), (std::vector<std::string>{"dangling.xml", "out.xml"}));
}

}  // namespace
}  // namespace tandem::check
