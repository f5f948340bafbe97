#include "deploy/local/parameters.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

Error refused(const Parameter& parameter, std::string_view why) {
  const auto hint =
      parameter.constraint.empty() ? std::string{} : fmt::format(" ({})", parameter.constraint);
  return failure(Fault::Invalid, "parameter {} {}{}", parameter.name, why, hint);
}

std::optional<double> number_from(const std::string& text) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The bootstrap stack's version is the one SSM parameter that exists here.
Result<std::string> from_parameter_store(const Parameter& parameter, const std::string& path) {
  if (path.starts_with("/cdk-bootstrap/") && path.ends_with("/version")) return std::string("30");
  return failure(Fault::Invalid,
                 "parameter {} reads the SSM parameter {}, and there is none of that name here",
                 parameter.name, path);
}

Done check_text(const Parameter& parameter, const std::string& text) {
  const auto length = static_cast<std::int64_t>(text.size());
  if (parameter.min_length && length < *parameter.min_length)
    return refused(parameter, fmt::format("is shorter than MinLength {}", *parameter.min_length));
  if (parameter.max_length && length > *parameter.max_length)
    return refused(parameter, fmt::format("is longer than MaxLength {}", *parameter.max_length));
  if (!parameter.allowed_values.empty() &&
      std::ranges::find(parameter.allowed_values, text) == parameter.allowed_values.end())
    return refused(parameter, fmt::format("is none of the AllowedValues {}",
                                          join(parameter.allowed_values, ", ")));
  if (parameter.allowed_pattern.empty()) return done();
  const re2::RE2 pattern(parameter.allowed_pattern, re2::RE2::Quiet);
  if (!pattern.ok())
    return refused(parameter, fmt::format("has an AllowedPattern that cannot be read here: {}",
                                          pattern.error()));
  if (!re2::RE2::FullMatch(text, pattern))
    return refused(parameter,
                   fmt::format("does not match AllowedPattern {}", parameter.allowed_pattern));
  return done();
}

Done check_number(const Parameter& parameter, const std::string& text) {
  const auto number = number_from(text);
  if (!number) return refused(parameter, "is no number");
  if (parameter.min_value && *number < *parameter.min_value)
    return refused(parameter, fmt::format("is less than MinValue {}", *parameter.min_value));
  if (parameter.max_value && *number > *parameter.max_value)
    return refused(parameter, fmt::format("is more than MaxValue {}", *parameter.max_value));
  return done();
}

std::vector<std::string> members_of(const std::string& text) {
  std::vector<std::string> members;
  for (const auto& member : split(text, ',')) members.emplace_back(trimmed(member));
  return members;
}

Result<json::value> value_of(const Parameter& parameter, std::string text) {
  auto type = parameter.type;
  constexpr std::string_view stored = "AWS::SSM::Parameter::Value<";
  if (type.starts_with(stored) && type.ends_with('>')) {
    text = TRY(from_parameter_store(parameter, text));
    type = type.substr(stored.size(), type.size() - stored.size() - 1);
  }
  const bool list = type == "CommaDelimitedList" || type.starts_with("List<");
  const bool numbers = type == "Number" || type == "List<Number>";
  const auto members = list ? members_of(text) : std::vector{text};
  for (const auto& member : members) {
    TRY(check_text(parameter, member));
    if (numbers) TRY(check_number(parameter, member));
  }
  if (list) return json::value(json_of(members));
  return json::value(text);
}

}  // namespace

Result<ParameterValues> parameter_values(const std::vector<Parameter>& parameters,
                                         const std::map<std::string, std::string>& given) {
  ParameterValues out;
  for (const auto& parameter : parameters) {
    const auto found = given.find(parameter.name);
    if (found == given.end() && !parameter.fallback)
      return refused(parameter, "has no value and no Default");
    const auto& text = found != given.end() ? found->second : *parameter.fallback;
    out.values[parameter.name] = TRY(value_of(parameter, text));
    if (parameter.no_echo && !text.empty()) out.secrets.push_back(text);
  }
  return out;
}

}  // namespace tandem::deploy::local
