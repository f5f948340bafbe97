// Patterns of IAM policies.

#include <array>

#include "base/text.hpp"
#include "check/contract.hpp"

namespace tandem::check {
namespace {

/// "arn:partition:service:region:account:resource", the resource with whatever colons it has.
std::optional<std::array<std::string_view, 6>> arn_parts(std::string_view arn) {
  std::array<std::string_view, 6> out;
  for (size_t part = 0; part < 5; ++part) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    out[part] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  out[5] = arn;
  return out;
}

/// A region or account that the deployment fills in fits any that is written out.
bool fits_place(std::string_view pattern, std::string_view text) {
  return pattern.starts_with('{') || text.starts_with('{') || covers(pattern, text);
}

}  // namespace

bool covers(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0;
  size_t star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') ++p, ++t;
    else if (p < pattern.size() && pattern[p] == '*') star = p++, mark = t;
    else if (star != std::string_view::npos) p = star + 1, t = ++mark;
    else return false;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool covers_arn(std::string_view pattern, std::string_view arn) {
  if (pattern == "*") return true;
  const auto wanted = arn_parts(pattern);
  const auto given = arn_parts(arn);
  if (!wanted || !given) return covers(pattern, arn);
  return fits_place((*wanted)[1], (*given)[1]) && covers((*wanted)[2], (*given)[2]) && fits_place((*wanted)[3], (*given)[3]) &&
         fits_place((*wanted)[4], (*given)[4]) && covers((*wanted)[5], (*given)[5]);
}

}  // namespace tandem::check
