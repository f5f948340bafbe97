#include "workflow/pattern.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace tandem::workflow {
namespace {

bool branch(const char* pattern, const char* name) { return matches(pattern, name, PatternOf::Branch); }
bool file(const char* pattern, const char* name) { return matches(pattern, name, PatternOf::File); }

TEST(Pattern, MatchesTheWholeBranchName) {
  EXPECT_TRUE(branch("main", "main"));
  EXPECT_FALSE(branch("main", "main-v2"));
  EXPECT_TRUE(branch("main.*", "main"));
  EXPECT_TRUE(branch("main.*", "main-v2"));
  EXPECT_TRUE(branch("main.*", "maintenance"));
  EXPECT_TRUE(branch("feature/.*", "feature/x"));
  EXPECT_TRUE(branch("feature/.*", "feature/a/b"));
}

TEST(Pattern, IsNoGlob) {
  EXPECT_TRUE(branch("feature/*", "feature"));
  EXPECT_TRUE(branch("feature/*", "feature//"));
  EXPECT_FALSE(branch("feature/*", "feature/x"));
  EXPECT_FALSE(branch("feature/**", "feature/x"));
  EXPECT_TRUE(branch("!main", "!main"));
  EXPECT_FALSE(branch("!main", "other"));
}

TEST(Pattern, TakesEscapedHyphensAndSlashesAsPlainOnes) {
  EXPECT_TRUE(branch("feature\\-.*", "feature-x"));
  EXPECT_FALSE(branch("feature\\-.*", "feature/x"));
  EXPECT_TRUE(file("src\\/.*", "src/a/b.py"));
  EXPECT_TRUE(file("filename.txt", "filename.txt"));
}

TEST(Pattern, ForFilesThatEndsInASlashMeansEverythingBelow) {
  EXPECT_TRUE(file("folder2/", "folder2/a/b"));
  EXPECT_FALSE(file("folder2/", "folder2"));
  EXPECT_FALSE(branch("folder2/", "folder2/a"));
}

struct Habit {
  const char* written;
  bool invalid;
  const char* instead;
};
class GlobHabit : public testing::TestWithParam<Habit> {};

TEST_P(GlobHabit, GetsTheExpressionThatWasMeant) {
  const auto fault = fault_of(GetParam().written, PatternOf::File);
  ASSERT_TRUE(fault) << GetParam().written;
  EXPECT_EQ(fault->invalid, GetParam().invalid) << fault->what;
  EXPECT_EQ(fault->instead.value_or("none"), GetParam().instead);
}

INSTANTIATE_TEST_SUITE_P(All, GlobHabit, testing::Values(
    Habit{"feature/*", false, "feature/.*"}, Habit{"feature/**", true, "feature/.*"}, Habit{"**", true, ".*"},
    Habit{"*", true, ".*"}, Habit{"*.py", true, ".*\\.py"}, Habit{"src/**/*.py", true, "src/.*\\.py"},
    Habit{"src/*.py", false, "src/.*\\.py"}, Habit{"**/*", true, ".*"}, Habit{"release-*", false, "release-.*"},
    Habit{"main*", false, "main.*"}, Habit{"src/**/test", true, "src/.*/test"}, Habit{"!main", false, "none"},
    Habit{"/src/.*", false, "src/.*"}, Habit{"(", true, "none"}, Habit{"", true, "none"}, Habit{"(?=x)", true, "none"},
    Habit{"(a)\\1", true, "none"}));

TEST(Pattern, OfTheRightKindIsNotDoubted) {
  for (const auto* pattern : {"main", "main.*", "feature/.*", "feature\\-.*", "v\\d+\\.\\d+", "(main|dev)", "[a-z]*", "src/.+", "package.json"})
    EXPECT_FALSE(fault_of(pattern, PatternOf::File)) << pattern;
}

TEST(Pattern, CannotStallTheServer) {
  const auto start = std::chrono::steady_clock::now();
  const std::string name(10'000, 'a');
  for (const auto* pattern : {"(a+)+b", "(a|aa)+$b", "(.*a){20}b", "((a{0,30}){0,30}){0,30}b", "(a*)*(a*)*b"})
    EXPECT_FALSE(matches(pattern, name, PatternOf::Branch)) << pattern;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});
}

}  // namespace
}  // namespace tandem::workflow
