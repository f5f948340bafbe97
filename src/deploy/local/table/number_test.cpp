#include "deploy/local/table/number.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tandem::deploy::local::table {
namespace {

Number number(std::string_view text) { return *Number::parse(text); }
std::string printed(std::string_view text) { return number(text).text(); }

TEST(TableNumber, PrintsEqualNumbersAlike) {
  for (const auto* text : {"1", "1.0", "01", "+1", "1e0", "0.1e1", "10e-1", "001.000"}) EXPECT_EQ(printed(text), "1") << text;
  for (const auto* text : {"0", "-0", "0.000", "0e5"}) EXPECT_EQ(printed(text), "0") << text;
  EXPECT_EQ(printed("-12.340"), "-12.34");
  EXPECT_EQ(printed("1e3"), "1000");
  EXPECT_EQ(printed("1e-3"), "0.001");
}

TEST(TableNumber, RefusesWhatIsNoNumber) {
  for (const auto* text : {"", "-", ".", "e5", "1e", "1e+", "0x1", "1 ", " 1", "1,5", "NaN", "--1"})
    EXPECT_FALSE(Number::parse(text)) << text;
}

TEST(TableNumber, KeepsThirtyEightDigitsAndNoMore) {
  const std::string most(38, '9');
  EXPECT_EQ(printed(most), most);
  EXPECT_FALSE(Number::parse(most + "9"));
  EXPECT_TRUE(Number::parse(most + "000"));
  EXPECT_FALSE(add(number("1e37"), number("0.1")).has_value() && add(number("1e38"), number("0.1")).has_value());
}

TEST(TableNumber, HoldsTheRangeOfTheService) {
  EXPECT_TRUE(Number::parse("9.9999999999999999999999999999999999999e125"));
  EXPECT_FALSE(Number::parse("1e126"));
  EXPECT_TRUE(Number::parse("1e-130"));
  EXPECT_FALSE(Number::parse("1e-131"));
  EXPECT_FALSE(add(number("9.9e125"), number("9e125")));
}

TEST(TableNumber, AddsExactly) {
  EXPECT_EQ(add(number("0.1"), number("0.2"))->text(), "0.3");
  EXPECT_EQ(add(number("1"), number("-1"))->text(), "0");
  EXPECT_EQ(add(number("5"), -number("7.5"))->text(), "-2.5");
  EXPECT_EQ(add(number("-999"), number("1000"))->text(), "1");
  EXPECT_EQ(add(number("99999"), number("1"))->text(), "100000");
}

TEST(TableNumber, AddsLikeIntegersDo) {
  std::mt19937 random{7};  // NOLINT: the same numbers in every run
  std::uniform_int_distribution<std::int64_t> any(-1'000'000'000, 1'000'000'000);
  for (int i = 0; i < 2000; ++i) {
    const auto a = any(random);
    const auto b = any(random);
    EXPECT_EQ(add(number(std::to_string(a)), number(std::to_string(b)))->text(), std::to_string(a + b));
  }
}

TEST(TableNumber, SortsItsBytesAsItsValues) {
  const std::vector<std::string> ascending{"-9.9e125", "-1e100", "-12345", "-10.5", "-10", "-9", "-1.5", "-1", "-0.1", "-0.01", "-1e-130",
                                           "0", "1e-130", "0.01", "0.1", "0.11", "1", "1.00001", "1.5", "9", "10", "10.5", "12345", "1e100", "9.9e125"};
  for (size_t i = 0; i + 1 < ascending.size(); ++i) {
    EXPECT_LT(number(ascending[i]), number(ascending[i + 1])) << ascending[i];
    EXPECT_LT(number(ascending[i]).ordered_bytes(), number(ascending[i + 1]).ordered_bytes()) << ascending[i];
  }
}

TEST(TableNumber, SortsRandomNumbersAlikeByBytesAndByValue) {
  std::mt19937 random{11};  // NOLINT: the same numbers in every run
  std::uniform_int_distribution<int> digits(-99999, 99999);
  std::uniform_int_distribution<int> scale(-8, 8);
  std::vector<Number> numbers;
  for (int i = 0; i < 500; ++i) numbers.push_back(number(fmt::format("{}e{}", digits(random), scale(random))));
  for (const auto& a : numbers)
    for (const auto& b : numbers) EXPECT_EQ(a <=> b, a.ordered_bytes().compare(b.ordered_bytes()) <=> 0) << a.text() << " " << b.text();
}

}  // namespace
}  // namespace tandem::deploy::local::table
