#include "event/pull_request_event.hpp"

#include <gtest/gtest.h>

namespace tandem::event {
namespace {

constexpr Instant noon{std::chrono::milliseconds{1'795'435'200'000}};

PullRequest request() {
  return {.repository = "app", .number = 7, .source = "feature", .destination = "main", .head = {"c1"}};
}

TEST(PullRequestEvent, HasTheSourcesHeadAndTheDestinationsName) {
  const auto event = event_of(request(), PullRequestStep::Open, "anna", noon);
  EXPECT_EQ(event.branch, "feature");
  EXPECT_EQ(event.destination, "main");
  EXPECT_EQ(event.after.value, "c1");
  EXPECT_FALSE(event.is_foreign);
}

TEST(PullRequestEvent, IsTheSameWhenToldAgainAndAnotherForEachRevision) {
  auto later = request();
  later.head = {"c2"};
  const auto id = [](const PullRequest& each, PullRequestStep step) { return event_of(each, step, "anna", noon).id; };
  EXPECT_EQ(id(request(), PullRequestStep::Revision), id(request(), PullRequestStep::Revision));
  EXPECT_NE(id(request(), PullRequestStep::Revision), id(later, PullRequestStep::Revision));
  EXPECT_EQ(id(request(), PullRequestStep::Open), id(later, PullRequestStep::Draft)) << "a draft that is opened is created once";
}

TEST(PullRequestEvent, FromAnotherRepositoryIsForeign) {
  auto outside = request();
  outside.from = "/somewhere/else.git";
  EXPECT_TRUE(event_of(outside, PullRequestStep::Open, "eve", noon).is_foreign);
}

}  // namespace
}  // namespace tandem::event
