#include "deploy/local/function_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::deploy::local {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct World {
  TemporaryFolder folder = TemporaryFolder::make("log").value();
  ManualClock clock;
  LogGroups logs(LogGroups::Limits limits) { return LogGroups(folder.path(), clock, limits); }
};

TEST(LogGroups, KeepLinesWithTheirTimeUnderTheNameOfTheGroup) {
  World world;
  auto logs = world.logs({});
  logs.write("/aws/lambda/people", "START");
  logs.write("/aws/lambda/people", "two\nparts");
  EXPECT_THAT(logs.names(), ElementsAre("/aws/lambda/people"));
  EXPECT_THAT(logs.last_lines("/aws/lambda/people", 10),
              ElementsAre("2026-09-21T14:13:20.000Z START", "2026-09-21T14:13:20.000Z two\rparts"));
  EXPECT_THAT(logs.last_lines("unknown", 10), IsEmpty());
}

TEST(LogGroups, RotateAndForgetTheOldest) {
  World world;
  auto logs = world.logs({.line_bytes = 100, .file_bytes = 64, .files_max = 2});
  for (int i = 0; i < 9; ++i) logs.write("g", fmt::format("line {}", i));
  const auto lines = logs.last_lines("g", 100);
  ASSERT_FALSE(lines.empty());
  EXPECT_LE(lines.size(), 4U);
  EXPECT_TRUE(lines.back().ends_with("line 8"));
  EXPECT_EQ(logs.last_lines("g", 1).size(), 1U);
}

TEST(LogGroups, CutALineThatIsTooLongAndSaySo) {
  World world;
  auto logs = world.logs({.line_bytes = 4, .file_bytes = 1000, .files_max = 2});
  logs.write("g", "abcdefgh");
  EXPECT_TRUE(logs.last_lines("g", 1).at(0).ends_with(" abcd [cut]"));
}

TEST(LineCutter, JoinsPiecesAndKeepsWhatIsNotYetALine) {
  LineCutter cutter(100);
  EXPECT_THAT(cutter.add("one\ntw"), ElementsAre("one"));
  EXPECT_THAT(cutter.add("o\r\n\nthree"), ElementsAre("two", ""));
  EXPECT_EQ(cutter.rest(), "three");
}

TEST(LineCutter, DropsTheRestOfALineThatIsTooLong) {
  LineCutter cutter(3);
  EXPECT_THAT(cutter.add("abcdef"), IsEmpty());
  EXPECT_THAT(cutter.add("ghi\nok\n"), ElementsAre("abc [cut]", "ok"));
}

}  // namespace
}  // namespace tandem::deploy::local
