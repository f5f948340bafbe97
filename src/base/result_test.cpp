#include "base/result.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return failure(Fault::Invalid, "{} is odd", number);
  return number / 2;
}

Result<int> quarter(int number) {
  const auto once = TRY(half(number), "halving {}", number);
  return TRY(half(once), "halving again");
}

TEST(Result, CarriesTheValueThroughTry) { EXPECT_EQ(*quarter(12), 3); }

TEST(Result, SaysWhatWasGoingOnWhenTryFails) {
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "3 is odd, while halving again");
  EXPECT_EQ(failed.error().fault, Fault::Invalid);
}

TEST(Result, TextOfAnErrorHasCodePlaceAndNextStep) {
  const auto error = failure(Fault::Invalid, "no Name").at({"a.yml", 3, 7}).with_code("E112").with_next("add Name:");
  EXPECT_EQ(text(error), "error[E112]: a.yml:3:7: no Name\n  try: add Name:");
}

TEST(Result, EveryFaultHasAWordThatReadsBack) {
  for (const auto fault : {Fault::Invalid, Fault::Conflict, Fault::Unavailable, Fault::TimedOut, Fault::Denied,
                           Fault::Missing, Fault::Cancelled, Fault::Broken})
    EXPECT_EQ(fault_from(word(fault)), fault);
}

}  // namespace
}  // namespace tandem
