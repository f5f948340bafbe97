// Whether a bucket's policy lets CloudFront (or anybody) read: the one question asked of a policy
// here.
#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/scene_of.hpp"
#include "deploy/local/template.hpp"

namespace tandem::deploy::local {
namespace {

std::vector<std::string> one_or_many(const json::value* value) {
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (const auto* array = value->if_array()) {
    for (const auto& member : *array) texts.push_back(scalar_text(member).value_or(""));
  } else {
    texts.push_back(scalar_text(*value).value_or(""));
  }
  return texts;
}

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches(pattern.substr(1), text.substr(1));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return matches(pattern, text); });
}

bool names_reader(const json::value* principal, bool distribution) {
  if (principal == nullptr) return false;
  if (principal->is_string()) return principal->as_string() == "*";
  const auto* object = principal->if_object();
  if (object == nullptr) return false;
  const auto people = one_or_many(object->if_contains("AWS"));
  if (std::ranges::find(people, "*") != people.end()) return true;
  const auto services = one_or_many(object->if_contains("Service"));
  return distribution && std::ranges::find(services, "cloudfront.amazonaws.com") != services.end();
}

/// Conditions on the source's ARN or account; a test that is not known here does not hold.
bool conditions_hold(const json::value* conditions, const std::string& arn) {
  if (conditions == nullptr) return true;
  if (!conditions->is_object()) return false;
  for (const auto& [test, keys] : conditions->as_object()) {
    const bool equality =
        test == "StringEquals" || test == "StringLike" || test == "ArnEquals" || test == "ArnLike";
    if (!equality || !keys.is_object()) return false;
    for (const auto& [key, value] : keys.as_object()) {
      const auto wanted = one_or_many(&value);
      const auto name = lower(std::string_view(key));
      const auto parts = split(arn, ':');
      if (name == "aws:sourcearn" && any_matches(wanted, arn)) continue;
      if (name == "aws:sourceaccount" && parts.size() > 4 && any_matches(wanted, parts[4]))
        continue;
      return false;
    }
  }
  return true;
}

/// A Deny counts unless its conditions cannot concern this reader (HTTPS only: the distribution
/// reads over HTTPS).
bool concerns_plain_http_only(const json::value* conditions) {
  if (conditions == nullptr || !conditions->is_object()) return false;
  const auto* flags = conditions->as_object().if_contains("Bool");
  if (flags == nullptr || !flags->is_object()) return false;
  return text_at(flags->as_object(), "aws:SecureTransport") == "false";
}

}  // namespace

bool lets_read(const json::value& policy_document, const std::string& bucket,
               const std::string& distribution_arn) {
  const auto* document = policy_document.if_object();
  const auto* list = document == nullptr ? nullptr : document->if_contains("Statement");
  if (list == nullptr) return false;
  const auto statements = list->is_array() ? list->as_array() : json::array({*list});
  bool allowed = false;
  for (const auto& member : statements) {
    if (!member.is_object()) continue;
    const auto& statement = member.as_object();
    const bool reads = any_matches(one_or_many(statement.if_contains("Action")), "s3:GetObject");
    const bool objects = any_matches(one_or_many(statement.if_contains("Resource")),
                                     "arn:aws:s3:::" + bucket + "/index.html");
    if (!reads || !objects ||
        !names_reader(statement.if_contains("Principal"), !distribution_arn.empty()))
      continue;
    const auto* conditions = statement.if_contains("Condition");
    if (text_at(statement, "Effect") == "Deny") {
      if (!concerns_plain_http_only(conditions)) return false;
    } else if (conditions_hold(conditions, distribution_arn)) {
      allowed = true;
    }
  }
  return allowed;
}

}  // namespace tandem::deploy::local
