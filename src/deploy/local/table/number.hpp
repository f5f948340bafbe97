#pragma once
// DynamoDB numbers: decimal, up to 38 significant digits, magnitude 1E-130 to 9.99..E+125, or zero.

#include <compare>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem::deploy::local::table {

/// A normalised decimal: "1.0", "01" and "1" are the same value and print as "1".
class Number {
 public:
  Number() = default;
  /// Errors: ValidationException for text that is no number, is out of range or has more than 38 digits.
  static Result<Number> parse(std::string_view text);

  /// Plain notation without exponent, as the service prints it.
  std::string text() const;
  /// Bytes whose order is the order of the numbers, whatever their length.
  std::string ordered_bytes() const;
  /// What the number counts towards the item's size.
  size_t size_bytes() const;
  /// The integer part if it fits, e.g. for expiry times; 0 otherwise.
  std::int64_t whole() const;

  std::strong_ordering operator<=>(const Number& other) const;
  bool operator==(const Number&) const = default;
  Number operator-() const;
  /// Errors: ValidationException when the result does not fit 38 digits or the range.
  friend Result<Number> add(const Number& a, const Number& b);

 private:
  static Result<Number> normalised(int sign, std::string digits, std::int64_t exponent);

  int sign_ = 0;         ///< -1, 0, 1
  std::string digits_;   ///< '0' to '9', neither first nor last is '0'; empty for zero
  int exponent_ = 0;     ///< value = sign * 0.digits * 10^exponent
};

Result<Number> add(const Number& a, const Number& b);

}  // namespace tandem::deploy::local::table
