#include "event/ticks.hpp"

#include <gtest/gtest.h>

namespace tandem::event {
namespace {

using std::chrono::minutes;
constexpr Instant noon{std::chrono::milliseconds{1'795'435'200'000}};

/// Fires at every half hour, counted from noon.
std::optional<Instant> half_hours(Instant instant) {
  const auto passed = std::chrono::floor<minutes>(instant - noon).count();
  return noon + minutes{(passed / 30 + (passed < 0 ? 0 : 1)) * 30};
}

TEST(Ticks, FireOnceWhenTheirMinuteHasCome) {
  EXPECT_TRUE(ticks(noon + minutes{1}, noon + minutes{29}, minutes{2}, half_hours).due.empty());
  EXPECT_EQ(ticks(noon + minutes{1}, noon + minutes{30}, minutes{2}, half_hours).due, std::vector{noon + minutes{30}});
  EXPECT_TRUE(ticks(noon + minutes{30}, noon + minutes{31}, minutes{2}, half_hours).due.empty());
}

TEST(Ticks, ThatNobodyLookedAtAreCountedAndNeverFired) {
  const auto found = ticks(noon, noon + minutes{125}, minutes{0}, half_hours);
  EXPECT_TRUE(found.due.empty());
  EXPECT_EQ(found.missed, 4);
  EXPECT_EQ(found.last_missed, noon + minutes{120});
}

TEST(Ticks, AClockSetBackFiresNothingTwice) {
  EXPECT_TRUE(ticks(noon + minutes{30}, noon + minutes{5}, minutes{2}, half_hours).due.empty());
  EXPECT_TRUE(ticks(noon + minutes{30}, noon + minutes{30}, minutes{2}, half_hours).due.empty());
}

TEST(Ticks, EndWithTheYearsOfTheExpression) {
  EXPECT_TRUE(ticks(noon, noon + minutes{500}, minutes{500}, [](Instant) { return std::optional<Instant>{}; }).due.empty());
}

}  // namespace
}  // namespace tandem::event
