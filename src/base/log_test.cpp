#include "base/log.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace tandem {
namespace {

TEST(Log, WritesOneJsonObjectALineWhateverTheFieldsHold) {
  testing::internal::CaptureStderr();
  log(Level::Warning, "run.held", {{"reason", "two\nlines"}, {"run", "r1"}});
  const auto lines = lines_of(testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 1u);
  const auto line = parse_json(lines[0]);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->at("level"), "warning");
  EXPECT_EQ(line->at("event"), "run.held");
  EXPECT_EQ(line->at("reason"), "two\nlines");
  EXPECT_TRUE(parse_rfc3339(std::string(line->at("at").as_string())));
}

TEST(Log, DropsWhatIsBelowTheLevelAndKeepsItsOwnFields) {
  testing::internal::CaptureStderr();
  log(Level::Debug, "noise");
  set_log_level(Level::Error);
  log(Level::Warning, "noise");
  log(Level::Error, "boom", {{"level", "debug"}});
  set_log_level(Level::Info);
  const auto lines = lines_of(testing::internal::GetCapturedStderr());
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(parse_json(lines[0])->at("level"), "error");
}

}  // namespace
}  // namespace tandem
