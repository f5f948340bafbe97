#include "check/secret_shape.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string>

#include "base/text.hpp"

namespace tandem::check {
namespace {

bool is_any_in(std::string_view text, const auto& words) {
  return std::ranges::any_of(words, [text](std::string_view word) { return text.contains(word); });
}

/// Which kinds of characters a text is made of.
struct Kinds {
  bool lower = false, upper = false, digit = false, symbol = false;
};

Kinds kinds_of(std::string_view text) {
  Kinds kinds;
  for (const unsigned char c : text) {
    if (std::islower(c)) kinds.lower = true;
    else if (std::isupper(c)) kinds.upper = true;
    else if (std::isdigit(c)) kinds.digit = true;
    else if (c != '-' && c != '_' && c != '.') kinds.symbol = true;
  }
  return kinds;
}

/// "aaaaaaaa", "12121212", "********".
bool repeats_itself(std::string_view text) {
  std::array<bool, 256> seen{};
  for (const unsigned char c : text) seen[c] = true;
  return std::ranges::count(seen, true) <= 3;
}

/// "12345678", "abcdefgh": most characters are the successor of the one before.
bool counts_up(std::string_view text) {
  size_t steps = 0;
  for (size_t i = 1; i < text.size(); ++i)
    if (text[i] == text[i - 1] + 1) ++steps;
  return text.size() > 3 && steps * 4 >= text.size() * 3;
}

}  // namespace

double entropy_bits(std::string_view text) {
  if (text.empty()) return 0;
  std::array<size_t, 256> counts{};
  for (const unsigned char c : text) ++counts[c];
  double bits = 0;
  for (const auto count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool is_placeholder(std::string_view text) {
  static constexpr std::array<std::string_view, 26> words{
      "example", "changeme", "change-me", "change_me", "changeit", "placeholder", "dummy",   "sample",  "redacted",
      "your-",   "your_",    "yourpass",  "insert",    "replace",  "xxxx",        "fake",    "mock",    "foobar",
      "not-a-",  "not_a_",   "secret-here", "todo",    "000000",   "fixture",     "letmein", "...",
  };
  const auto low = lower(text);
  if (is_any_in(low, words)) return true;
  // "test" is common in random text only when that is long; at the edges of a word it is said on purpose.
  for (const std::string_view word : {"test", "dev", "local"})
    if (low.starts_with(word) || low.ends_with(word) || low.contains("-" + std::string(word) + "-") ||
        low.contains("_" + std::string(word) + "_"))
      return true;
  return repeats_itself(text) || counts_up(text);
}

bool is_reference(std::string_view text) {
  static constexpr std::array<std::string_view, 16> marks{
      "${", "$(", "{{", "}}", "<%", "%(", "process.env", "os.environ", "getenv", "secretsmanager",
      "ssm:", "import(", "Fn::", "#{", "vault:", "keyring"};
  // A regular expression, a piece of markup.
  static constexpr std::array<std::string_view, 9> code{"[^", "[A-", "[a-", "[0-", "(?", "\\w", "\\d", "\">", "</"};
  if (is_any_in(text, marks) || is_any_in(text, code)) return true;
  if (text.starts_with("arn:") || text.starts_with("/") || text.starts_with("./") || text.starts_with("../")) return true;
  if (text.starts_with("$") || text.starts_with("!") || text.starts_with("@@")) return true;
  if (text.starts_with("<") && text.ends_with(">")) return true;
  if (text.starts_with("{") && text.ends_with("}")) return true;
  return text.starts_with("%") && text.ends_with("%");
}

bool looks_random(std::string_view text) {
  if (text.size() < 8) return false;
  const auto kinds = kinds_of(text);
  const auto bits = entropy_bits(text);
  // A digit among letters, or a symbol a name would not hold: short passwords are like that.
  if ((kinds.digit && (kinds.lower || kinds.upper)) || (kinds.symbol && (kinds.digit || kinds.upper)))
    return bits >= 2.7;
  if (kinds.digit && !kinds.lower && !kinds.upper) return text.size() >= 16 && bits >= 3.0;
  // Letters alone are mostly words and camelCase names, whose entropy stays below this.
  return kinds.lower && kinds.upper && text.size() >= 24 && bits >= 4.2;
}

bool names_no_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 30> ends{
      "url",   "uri",    "path",   "file",  "name",   "id",      "arn",   "type",   "field",  "label",
      "length", "ttl",   "regex",  "pattern", "header", "prefix", "suffix", "hint", "format", "policy",
      "endpoint", "expiry", "lifetime", "expires", "reset", "hash", "digest", "title", "message", "description"};
  const auto low = lower(name);
  if (low.contains("public") || low.contains("tokeniz") || low.contains("author") || low.contains("forgot")) return true;
  if (low.contains("integrity") || low.contains("placeholder") || low.contains("error")) return true;
  return std::ranges::any_of(ends, [&](std::string_view end) { return low.ends_with(end); });
}

}  // namespace tandem::check
