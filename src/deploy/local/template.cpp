#include "deploy/local/template.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

constexpr std::array known_sections{"AWSTemplateFormatVersion",
                                    "Description",
                                    "Metadata",
                                    "Parameters",
                                    "Mappings",
                                    "Conditions",
                                    "Rules",
                                    "Resources",
                                    "Outputs",
                                    "Transform"};
constexpr std::array known_attributes{"Type",         "Properties",     "DependsOn",
                                      "Condition",    "DeletionPolicy", "UpdateReplacePolicy",
                                      "UpdatePolicy", "CreationPolicy", "Metadata"};

template <size_t N>
Done only_known(const json::object& object, const std::array<const char*, N>& known,
                std::string_view what) {
  for (const auto& [key, value] : object)
    if (std::ranges::find(known, std::string_view(key)) == known.end())
      return failure(Fault::Invalid, "{} has an unknown key: {}", what, std::string_view(key));
  return done();
}

std::optional<double> number_of(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->to_number<double>();
  if (!value->is_string()) return std::nullopt;
  try {
    return std::stod(std::string(value->as_string()));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

Result<Parameter> parameter_from(std::string_view name, const json::value& value) {
  Fields fields(value, fmt::format("parameter {}", name));
  Parameter parameter;
  parameter.name = name;
  parameter.type = fields.string("Type");
  if (const auto* fallback = fields.find("Default")) {
    parameter.fallback = scalar_text(*fallback);
    if (!parameter.fallback) fields.refuse("has a Default that is no text or number");
  }
  for (const auto& allowed : fields.list("AllowedValues"))
    parameter.allowed_values.push_back(scalar_text(allowed).value_or(""));
  parameter.allowed_pattern = fields.string_or("AllowedPattern", "");
  parameter.min_value = number_of(fields.find("MinValue"));
  parameter.max_value = number_of(fields.find("MaxValue"));
  if (const auto min = number_of(fields.find("MinLength")))
    parameter.min_length = static_cast<std::int64_t>(*min);
  if (const auto max = number_of(fields.find("MaxLength")))
    parameter.max_length = static_cast<std::int64_t>(*max);
  parameter.constraint = fields.string_or("ConstraintDescription", "");
  if (const auto* hidden = fields.find("NoEcho"))
    parameter.no_echo = scalar_text(*hidden) == "true";
  TRY(fields.finish());
  return parameter;
}

/// Snapshot has no local meaning for the types run here; keeping the thing is the careful reading.
Result<Policy> policy_from(Fields& fields, std::string_view key) {
  const auto word = fields.string_or(key, "Delete");
  if (word == "Delete") return Policy::Delete;
  if (word == "Retain" || word == "RetainExceptOnCreate" || word == "Snapshot")
    return Policy::Retain;
  return failure(Fault::Invalid, "{} is {}, not Delete, Retain, RetainExceptOnCreate or Snapshot",
                 key, word);
}

std::vector<std::string> depends_on(Fields& fields) {
  const auto* value = fields.find("DependsOn");
  if (value == nullptr) return {};
  if (value->is_string()) return {std::string(value->as_string())};
  return fields.strings("DependsOn");
}

Result<Resource> resource_from(std::string_view logical_id, const json::value& value) {
  Fields fields(value, fmt::format("resource {}", logical_id));
  Resource resource;
  resource.logical_id = logical_id;
  resource.type = fields.string("Type");
  resource.properties = fields.object("Properties");
  resource.depends_on = depends_on(fields);
  resource.condition = fields.string_or("Condition", "");
  resource.deletion = TRY(policy_from(fields, "DeletionPolicy"), "reading resource {}", logical_id);
  resource.replacement =
      TRY(policy_from(fields, "UpdateReplacePolicy"), "reading resource {}", logical_id);
  for (const auto* key : {"UpdatePolicy", "CreationPolicy"})
    if (fields.find(key) != nullptr) resource.not_run.emplace_back(key);
  TRY(fields.finish());
  TRY(only_known(value.as_object(), known_attributes, fmt::format("resource {}", logical_id)));
  return resource;
}

Result<OutputDefinition> output_from(std::string_view name, const json::value& value) {
  Fields fields(value, fmt::format("output {}", name));
  OutputDefinition output;
  output.name = name;
  if (const auto* found = fields.find("Value"))
    output.value = *found;
  else
    fields.refuse("lacks Value");
  output.condition = fields.string_or("Condition", "");
  const auto exported = fields.object("Export");
  if (const auto* export_name = exported.if_contains("Name")) output.export_name = *export_name;
  TRY(fields.finish());
  return output;
}

Result<Rule> rule_from(std::string_view name, const json::value& value) {
  Fields fields(value, fmt::format("rule {}", name));
  Rule rule;
  rule.name = name;
  if (const auto* condition = fields.find("RuleCondition")) rule.condition = *condition;
  for (const auto& member : fields.list("Assertions")) {
    Fields assertion(member, fmt::format("an assertion of rule {}", name));
    const auto* test = assertion.find("Assert");
    if (test == nullptr) assertion.refuse("lacks Assert");
    const auto description = assertion.string_or("AssertDescription", "");
    TRY(assertion.finish());
    rule.assertions.push_back({*test, description});
  }
  TRY(fields.finish());
  return rule;
}

/// Reads each member of a section with `from` into `into`.
template <typename T>
Done read_section(const json::object& section, std::vector<T>& into,
                  Result<T> (*from)(std::string_view, const json::value&)) {
  for (const auto& [name, value] : section) {
    auto member = TRY(from(name, value));
    into.push_back(std::move(member));
  }
  return done();
}

Done check_limits(const Template& parsed) {
  if (parsed.resources.empty()) return failure(Fault::Invalid, "the template has no resources");
  if (parsed.resources.size() > 500)
    return failure(Fault::Invalid, "the template has {} resources, more than 500",
                   parsed.resources.size());
  if (parsed.parameters.size() > 200)
    return failure(Fault::Invalid, "the template has {} parameters, more than 200",
                   parsed.parameters.size());
  if (parsed.outputs.size() > 200)
    return failure(Fault::Invalid, "the template has {} outputs, more than 200",
                   parsed.outputs.size());
  return done();
}

}  // namespace

const Resource* Template::find(std::string_view logical_id) const {
  const auto found = std::ranges::find(resources, logical_id, &Resource::logical_id);
  return found == resources.end() ? nullptr : &*found;
}

Result<Template> parse_template(const json::value& body) {
  Fields fields(body, "the template");
  TRY(fields.finish());
  if (const auto* transform = fields.find("Transform"))
    return failure(Fault::Invalid, "the template asks for the transform {}, which is not run here",
                   to_text(*transform));
  TRY(only_known(body.as_object(), known_sections, "the template"));
  Template parsed;
  parsed.mappings = fields.object("Mappings");
  parsed.conditions = fields.object("Conditions");
  TRY(read_section(fields.object("Parameters"), parsed.parameters, parameter_from));
  TRY(read_section(fields.object("Rules"), parsed.rules, rule_from));
  TRY(read_section(fields.object("Resources"), parsed.resources, resource_from));
  TRY(read_section(fields.object("Outputs"), parsed.outputs, output_from));
  TRY(fields.finish());
  TRY(check_limits(parsed));
  return parsed;
}

std::optional<std::string> scalar_text(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int64() || value.is_uint64()) return to_text(value);
  if (value.is_double()) return fmt::format("{}", value.as_double());
  return std::nullopt;
}

std::string text_at(const json::object& object, std::string_view key, std::string_view fallback) {
  const auto* value = object.if_contains(key);
  const auto text = value == nullptr ? std::nullopt : scalar_text(*value);
  return text.value_or(std::string(fallback));
}

}  // namespace tandem::deploy::local
