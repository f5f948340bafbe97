#include "deploy/local/intrinsics.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/intrinsic_functions.hpp"

namespace tandem::deploy::local {
namespace {

/// An object with one member named like an intrinsic is a call; with more members it is a mistake.
Result<bool> is_call(const json::object& object) {
  const bool named = std::ranges::any_of(object, [](const auto& member) {
    return std::string_view(member.key()).starts_with("Fn::") ||
           (member.key() == "Ref" && member.value().is_string());
  });
  if (!named) return false;
  if (object.size() > 1)
    return failure(Fault::Invalid, "an object holds {} beside other keys",
                   std::string_view(object.begin()->key()));
  return true;
}

Result<Resolved> resolve_array(const json::array& array, const Names& names) {
  json::array out;
  for (const auto& member : array) {
    auto value = TRY(resolve(member, names));
    if (value) out.push_back(std::move(*value));
  }
  return Resolved(std::move(out));
}

/// Text that AWS would fetch from elsewhere at deploy time.
Result<Resolved> resolve_text(const json::string& text) {
  const auto start = text.find("{{resolve:");
  if (start != json::string::npos) {
    const auto end = text.find("}}", start);
    return failure(
        Fault::Invalid, "the dynamic reference {} is not resolved here",
        std::string_view(text).substr(start, end == json::string::npos ? end : end + 2 - start));
  }
  return Resolved(json::value(text));
}

void collect(const json::value& expression, std::set<std::string>& found) {
  if (const auto* array = expression.if_array())
    for (const auto& member : *array) collect(member, found);
  const auto* object = expression.if_object();
  if (object == nullptr) return;
  for (const auto& [key, value] : *object) {
    if (object->size() == 1 && key == "Ref" && value.is_string())
      found.emplace(value.as_string());
    else if (object->size() == 1 && key == "Fn::GetAtt")
      found.insert(resource_of_attribute(value));
    else if (object->size() == 1 && key == "Fn::Sub")
      found.merge(substituted_names(value));
    collect(value, found);
  }
}

}  // namespace

std::string resource_of_attribute(const json::value& argument) {
  if (const auto* text = argument.if_string()) return split(*text, '.').front();
  const auto* array = argument.if_array();
  if (array == nullptr || array->empty() || !array->front().is_string()) return {};
  return std::string(array->front().as_string());
}

Result<Resolved> resolve(const json::value& expression, const Names& names) {
  if (const auto* array = expression.if_array()) return resolve_array(*array, names);
  if (const auto* text = expression.if_string()) return resolve_text(*text);
  const auto* object = expression.if_object();
  if (object == nullptr) return Resolved(expression);
  const auto call = TRY(is_call(*object));
  if (call)
    return call_intrinsic(std::string(object->begin()->key()), object->begin()->value(), names);
  auto members = TRY(resolve_object(*object, names));
  return Resolved(json::value(std::move(members)));
}

Result<json::object> resolve_object(const json::object& object, const Names& names) {
  json::object out;
  for (const auto& [key, value] : object) {
    auto resolved = TRY(resolve(value, names), "resolving {}", std::string_view(key));
    if (resolved) out[key] = std::move(*resolved);
  }
  return out;
}

namespace {

/// The conditions that an expression names by {"Condition": name} or as first operand of Fn::If.
void conditions_in(const json::value& expression, std::set<std::string>& found) {
  if (const auto* array = expression.if_array())
    for (const auto& member : *array) conditions_in(member, found);
  const auto* object = expression.if_object();
  if (object == nullptr) return;
  for (const auto& [key, value] : *object) {
    if (key == "Condition" && value.is_string()) found.emplace(value.as_string());
    conditions_in(value, found);
  }
}

Done evaluate_condition(const std::string& name, const json::object& conditions, Names& names,
                        std::vector<std::string>& under_way) {
  if (names.conditions.contains(name)) return done();
  const auto* expression = conditions.if_contains(name);
  if (expression == nullptr) return failure(Fault::Invalid, "no condition named {}", name);
  if (std::ranges::find(under_way, name) != under_way.end())
    return failure(Fault::Invalid, "conditions depend on each other in a circle: {} -> {}",
                   join(under_way, " -> "), name);
  under_way.push_back(name);
  std::set<std::string> needed;
  conditions_in(*expression, needed);
  for (const auto& other : needed) TRY(evaluate_condition(other, conditions, names, under_way));
  const auto holds = TRY(is_true(*expression, names), "evaluating condition {}", name);
  names.conditions[name] = holds;
  under_way.pop_back();
  return done();
}

}  // namespace

Result<std::map<std::string, bool>> evaluate_conditions(const json::object& conditions,
                                                        const Names& names) {
  Names growing = names;
  growing.conditions.clear();
  std::vector<std::string> under_way;
  for (const auto& member : conditions)
    TRY(evaluate_condition(std::string(member.key()), conditions, growing, under_way));
  return std::move(growing.conditions);
}

Done check_rules(const std::vector<Rule>& rules, const Names& names) {
  for (const auto& rule : rules) {
    bool applies = true;
    if (!rule.condition.is_null())
      applies = TRY(is_true(rule.condition, names), "evaluating rule {}", rule.name);
    if (!applies) continue;
    for (const auto& assertion : rule.assertions) {
      const auto holds = TRY(is_true(assertion.assertion, names), "evaluating rule {}", rule.name);
      if (!holds)
        return failure(Fault::Invalid, "rule {} does not hold: {}", rule.name,
                       assertion.description);
    }
  }
  return done();
}

std::set<std::string> references(const json::value& expression) {
  std::set<std::string> found;
  collect(expression, found);
  found.erase("");
  return found;
}

}  // namespace tandem::deploy::local
