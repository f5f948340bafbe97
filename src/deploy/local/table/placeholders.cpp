// ExpressionAttributeNames and ExpressionAttributeValues.
#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/table/expression.hpp"
#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

bool is_placeholder(std::string_view text, char sign) {
  if (text.size() < 2 || text.front() != sign) return false;
  return text.substr(1).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         std::string_view::npos;
}

/// A map parameter of the request; nullptr when it is absent.
Result<const json::object*> map_of(const json::object& request, std::string_view name) {
  const auto* found = request.if_contains(name);
  if (found == nullptr || found->is_null()) return static_cast<const json::object*>(nullptr);
  const auto* map = found->if_object();
  if (map == nullptr) return misshapen("Unexpected value type in payload");
  if (map->empty()) return invalid("{} must not be empty", name);
  return map;
}

bool is_filled(const json::object& request, std::string_view name) {
  const auto* found = request.if_contains(name);
  return found != nullptr && found->is_object() && !found->get_object().empty();
}

Done refuse_idle(const json::object& request, std::initializer_list<std::string_view> expressions) {
  if (is_filled(request, "ExpressionAttributeNames"))
    return invalid("ExpressionAttributeNames can only be specified when using expressions");
  if (!is_filled(request, "ExpressionAttributeValues")) return done();
  std::vector<std::string> takers;
  for (const auto& name : expressions)
    if (name != "ProjectionExpression") takers.emplace_back(name);
  return invalid("ExpressionAttributeValues can only be specified when using expressions: {} {} null", join(takers, " and "),
                 takers.size() > 1 ? "are" : "is");
}

}  // namespace

Result<Placeholders> Placeholders::parse(const json::object& request, std::initializer_list<std::string_view> expressions) {
  Placeholders out;
  const auto is_given = [&](std::string_view name) {
    const auto* found = request.if_contains(name);
    return found != nullptr && !found->is_null();
  };
  if (std::ranges::none_of(expressions, is_given)) {
    TRY(refuse_idle(request, expressions));
    return out;
  }
  if (const auto* names = TRY(map_of(request, "ExpressionAttributeNames")); names != nullptr) {
    for (const auto& pair : *names) {
      if (!is_placeholder(pair.key(), '#'))
        return invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{}\"", std::string_view(pair.key()));
      const auto* name = pair.value().if_string();
      if (name == nullptr) return misshapen("NUMBER_VALUE cannot be converted to String");
      if (name->empty())
        return invalid("ExpressionAttributeNames contains invalid value: Empty attribute name for key {}", std::string_view(pair.key()));
      out.names_.emplace(pair.key(), *name);
    }
  }
  if (const auto* values = TRY(map_of(request, "ExpressionAttributeValues")); values != nullptr) {
    for (const auto& pair : *values) {
      if (!is_placeholder(pair.key(), ':'))
        return invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{}\"", std::string_view(pair.key()));
      auto value = parse_value(pair.value());
      if (!value && value.error().code == exception::validation)
        return invalid("ExpressionAttributeValues contains invalid value: {} for key {}", value.error().what, std::string_view(pair.key()));
      if (!value) return value.error();
      out.values_.emplace(pair.key(), std::move(value).value());
    }
  }
  return out;
}

const std::string* Placeholders::name(std::string_view placeholder) {
  const auto found = names_.find(placeholder);
  if (found == names_.end()) return nullptr;
  used_.emplace(placeholder);
  return &found->second;
}

const Value* Placeholders::value(std::string_view placeholder) {
  const auto found = values_.find(placeholder);
  if (found == values_.end()) return nullptr;
  used_.emplace(placeholder);
  return &found->second;
}

Done Placeholders::finish() const {
  std::vector<std::string> unused;
  for (const auto& [placeholder, name] : names_)
    if (!used_.contains(placeholder)) unused.push_back(placeholder);
  if (!unused.empty())
    return invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{}}}", join(unused, ", "));
  for (const auto& [placeholder, value] : values_)
    if (!used_.contains(placeholder)) unused.push_back(placeholder);
  if (!unused.empty())
    return invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{}}}", join(unused, ", "));
  return done();
}

}  // namespace tandem::deploy::local::table
