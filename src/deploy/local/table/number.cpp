#include "deploy/local/table/number.hpp"

#include <algorithm>

#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr int digits_max = 38;
constexpr int exponent_max = 126;   // 9.99E+125 is 0.999 * 10^126
constexpr int exponent_min = -129;  // 1E-130 is 0.1 * 10^-129

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits of `number` as a column of `width` places that starts at 10^top.
std::string column(const std::string& digits, int exponent, int top, size_t width) {
  std::string out(static_cast<size_t>(top - exponent), '0');
  out += digits;
  out.resize(width, '0');
  return out;
}

std::string sum_of(const std::string& a, const std::string& b) {
  std::string out(a.size(), '0');
  int carry = 0;
  for (size_t i = a.size(); i-- > 0;) {
    const int total = (a[i] - '0') + (b[i] - '0') + carry;
    out[i] = static_cast<char>('0' + total % 10);
    carry = total / 10;
  }
  return out;
}

/// a - b for columns with a >= b.
std::string difference_of(const std::string& a, const std::string& b) {
  std::string out(a.size(), '0');
  int borrow = 0;
  for (size_t i = a.size(); i-- > 0;) {
    int total = (a[i] - '0') - (b[i] - '0') - borrow;
    borrow = total < 0 ? 1 : 0;
    if (total < 0) total += 10;
    out[i] = static_cast<char>('0' + total);
  }
  return out;
}

}  // namespace

Result<Number> Number::parse(std::string_view text) {
  const auto refuse = [&] {
    return text.empty() ? invalid("The parameter cannot be converted to a numeric value")
                        : invalid("The parameter cannot be converted to a numeric value: {}", text);
  };
  size_t at = 0;
  int sign = 1;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) sign = text[at++] == '-' ? -1 : 1;
  std::string digits;
  std::int64_t exponent = 0;
  bool any = false;
  for (; at < text.size() && is_digit(text[at]); ++at, ++exponent, any = true) digits += text[at];
  if (at < text.size() && text[at] == '.')
    for (++at; at < text.size() && is_digit(text[at]); ++at, any = true) digits += text[at];
  if (!any) return refuse();
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    int direction = 1;
    if (++at < text.size() && (text[at] == '-' || text[at] == '+')) direction = text[at++] == '-' ? -1 : 1;
    if (at == text.size()) return refuse();
    std::int64_t power = 0;
    for (; at < text.size() && is_digit(text[at]); ++at)
      power = std::min<std::int64_t>(power * 10 + (text[at] - '0'), 1'000'000'000);
    exponent += direction * power;
  }
  if (at != text.size()) return refuse();
  return normalised(sign, std::move(digits), exponent);
}

Result<Number> Number::normalised(int sign, std::string digits, std::int64_t exponent) {
  const auto first = digits.find_first_not_of('0');
  if (first == std::string::npos) return Number{};
  exponent -= static_cast<std::int64_t>(first);
  digits = digits.substr(first, digits.find_last_not_of('0') - first + 1);
  if (exponent > exponent_max)
    return invalid("Number overflow. Attempting to store a number with magnitude larger than supported range");
  if (exponent < exponent_min)
    return invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range");
  if (digits.size() > digits_max)
    return invalid("Attempting to store more than 38 significant digits in a Number");
  Number out;
  out.sign_ = sign;
  out.digits_ = std::move(digits);
  out.exponent_ = static_cast<int>(exponent);
  return out;
}

std::string Number::text() const {
  if (sign_ == 0) return "0";
  std::string out = sign_ < 0 ? "-" : "";
  const int count = static_cast<int>(digits_.size());
  if (exponent_ <= 0) return out + "0." + std::string(static_cast<size_t>(-exponent_), '0') + digits_;
  if (count <= exponent_) return out + digits_ + std::string(static_cast<size_t>(exponent_ - count), '0');
  const auto point = static_cast<size_t>(exponent_);
  return out + digits_.substr(0, point) + "." + digits_.substr(point);
}

std::string Number::ordered_bytes() const {
  if (sign_ == 0) return "\x80";
  const auto scale = static_cast<unsigned>(exponent_ + 1024);
  std::string out{'\xC0', static_cast<char>(scale >> 8U), static_cast<char>(scale & 0xFFU)};
  for (const char digit : digits_) out += static_cast<char>(digit - '0' + 1);
  out += '\0';
  if (sign_ < 0)
    for (auto& byte : out) byte = static_cast<char>(~byte);
  return out;
}

size_t Number::size_bytes() const {
  if (sign_ == 0) return 1;
  return (digits_.size() + 1) / 2 + 1 + (sign_ < 0 ? 1 : 0);
}

std::int64_t Number::whole() const {
  if (sign_ == 0 || exponent_ <= 0 || exponent_ > 18) return 0;
  std::int64_t out = 0;
  for (int i = 0; i < exponent_; ++i) {
    const auto at = static_cast<size_t>(i);
    out = out * 10 + (at < digits_.size() ? digits_[at] - '0' : 0);
  }
  return sign_ * out;
}

std::strong_ordering Number::operator<=>(const Number& other) const {
  if (sign_ != other.sign_) return sign_ <=> other.sign_;
  if (sign_ == 0) return std::strong_ordering::equal;
  auto order = exponent_ <=> other.exponent_;
  if (order == 0) order = digits_.compare(other.digits_) <=> 0;
  return sign_ > 0 ? order : 0 <=> order;
}

Number Number::operator-() const {
  auto out = *this;
  out.sign_ = -sign_;
  return out;
}

Result<Number> add(const Number& a, const Number& b) {
  if (a.sign_ == 0) return b;
  if (b.sign_ == 0) return a;
  const int top = std::max(a.exponent_, b.exponent_) + 1;  // one place for the carry
  const auto places = [top](const Number& n) { return static_cast<size_t>(top - n.exponent_) + n.digits_.size(); };
  const auto width = std::max(places(a), places(b));
  const auto left = column(a.digits_, a.exponent_, top, width);
  const auto right = column(b.digits_, b.exponent_, top, width);
  if (a.sign_ == b.sign_) return Number::normalised(a.sign_, sum_of(left, right), top);
  if (left >= right) return Number::normalised(a.sign_, difference_of(left, right), top);
  return Number::normalised(b.sign_, difference_of(right, left), top);
}

}  // namespace tandem::deploy::local::table
