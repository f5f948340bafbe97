#include "workflow/schedule.hpp"

#include <gtest/gtest.h>

namespace tandem::workflow {
namespace {

Instant at(const char* text) { return *parse_rfc3339(text); }

std::string next(const char* expression, const char* from) {
  const auto schedule = Schedule::parse(expression);
  if (!schedule) return schedule.error().what;
  const auto instant = schedule->next_after(at(from));
  return instant ? rfc3339(*instant).substr(0, 16) : "never";
}

std::string refusal(const char* expression) {
  const auto schedule = Schedule::parse(expression);
  return schedule ? "accepted" : schedule.error().what;
}

struct Firing {
  const char* expression;
  const char* from;
  const char* next;
};
class Firings : public testing::TestWithParam<Firing> {};
TEST_P(Firings, ComeNext) { EXPECT_EQ(next(GetParam().expression, GetParam().from), GetParam().next) << GetParam().expression; }

// 2026-11-23 is a Monday.
INSTANTIATE_TEST_SUITE_P(All, Firings, testing::Values(
    Firing{"0 3 ? * MON-FRI *", "2026-11-23T03:00:00Z", "2026-11-24T03:00"},
    Firing{"0 3 ? * MON-FRI *", "2026-11-23T02:59:59.999Z", "2026-11-23T03:00"},
    Firing{"0 3 ? * 2-6 *", "2026-11-27T04:00:00Z", "2026-11-30T03:00"},
    Firing{"0,30 * * * ? *", "2026-11-23T10:07:00Z", "2026-11-23T10:30"},
    Firing{"0/30 8-9 * * ? *", "2026-11-23T09:30:00Z", "2026-11-24T08:00"},
    Firing{"cron(15 12 1 JAN ? *)", "2026-11-23T00:00:00Z", "2027-01-01T12:15"},
    Firing{"0 0 29 2 ? *", "2026-11-23T00:00:00Z", "2028-02-29T00:00"},
    Firing{"0 0 30 2 ? *", "2026-11-23T00:00:00Z", "never"},
    Firing{"0 0 L * ? *", "2026-11-23T00:00:00Z", "2026-11-30T00:00"},
    Firing{"0 0 LW * ? *", "2026-10-01T00:00:00Z", "2026-10-30T00:00"},
    Firing{"0 0 1W * ? *", "2026-07-15T00:00:00Z", "2026-08-03T00:00"},
    Firing{"0 0 15W * ? *", "2026-11-01T00:00:00Z", "2026-11-16T00:00"},
    Firing{"0 0 ? * 2#1 *", "2026-11-23T00:00:00Z", "2026-12-07T00:00"},
    Firing{"0 0 ? * FRIL *", "2026-11-23T00:00:00Z", "2026-11-27T00:00"},
    Firing{"0 0 ? * L *", "2026-11-23T00:00:00Z", "2026-11-28T00:00"},
    Firing{"0 0 ? * sun *", "2026-11-23T00:00:00Z", "2026-11-29T00:00"},
    Firing{"0 0 1 1 ? 2030", "2026-11-23T00:00:00Z", "2030-01-01T00:00"},
    Firing{"0 0 1 1 ? 2020-2022", "2026-11-23T00:00:00Z", "never"},
    Firing{"59 23 31 12 ? *", "2199-12-31T23:59:00Z", "never"}));

TEST(Schedule, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(refusal("60 0 * * ? *"), "field minutes: 60 is not between 0 and 59");
  EXPECT_EQ(refusal("0 24 * * ? *"), "field hours: 24 is not between 0 and 23");
  EXPECT_EQ(refusal("0 0 32 * ? *"), "field day-of-month: 32 is not between 1 and 31");
  EXPECT_EQ(refusal("0 0 * FOO ? *"), "field month: \"FOO\" is not a number");
  EXPECT_EQ(refusal("0 0 ? * 0 *"), "field day-of-week: 0 is not between 1 and 7");
  EXPECT_EQ(refusal("0 0 ? * FRI-MON *"), "field day-of-week: \"FRI-MON\" goes backwards");
  EXPECT_EQ(refusal("0 0 * * ? 1969"), "field year: 1969 is not between 1970 and 2199");
  EXPECT_EQ(refusal("*/0 0 * * ? *"), "field minutes: \"0\" is not a step");
  EXPECT_EQ(refusal("0, 0 * * ? *"), "field minutes: \"\" is not a number");
  EXPECT_EQ(refusal("0 0 * * *"), "a schedule has six fields (minutes hours day-of-month month day-of-week year), not 5");
  EXPECT_EQ(refusal("0 0 * * * *"), "write ? in exactly one of day-of-month and day-of-week");
  EXPECT_EQ(refusal("0 0 ? * ? *"), "write ? in exactly one of day-of-month and day-of-week");
}

TEST(Schedule, KnowsItsShortestGapAlsoOverMidnight) {
  EXPECT_EQ(Schedule::parse("0/30 * * * ? *")->shortest_gap(), std::chrono::minutes{30});
  EXPECT_EQ(Schedule::parse("0 12 * * ? *")->shortest_gap(), std::chrono::minutes{1440});
  EXPECT_EQ(Schedule::parse("0,50 0,23 * * ? *")->shortest_gap(), std::chrono::minutes{10});
  EXPECT_EQ(Schedule::parse("0,50 0,23 ? * 2 *")->shortest_gap(), std::chrono::minutes{50});
  EXPECT_EQ(Schedule::parse("0,50 0,23 1 * ? *")->shortest_gap(), std::chrono::minutes{50});
}

TEST(Schedule, FiresInTheWholeMinute) {
  const auto schedule = *Schedule::parse("30 10 * * ? *");
  EXPECT_TRUE(schedule.fires_at(at("2026-11-23T10:30:59.999Z")));
  EXPECT_FALSE(schedule.fires_at(at("2026-11-23T10:31:00Z")));
}

}  // namespace
}  // namespace tandem::workflow
