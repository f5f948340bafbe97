#pragma once
// A CloudFormation template as values. Parsed once; expressions stay JSON until they are resolved.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local {

struct Parameter {
  std::string name;
  std::string type;  ///< String, Number, List<Number>, CommaDelimitedList, AWS::...
  std::optional<std::string> fallback{};  ///< Default
  std::vector<std::string> allowed_values{};
  std::string allowed_pattern{};
  std::optional<double> min_value{};
  std::optional<double> max_value{};
  std::optional<std::int64_t> min_length{};
  std::optional<std::int64_t> max_length{};
  std::string constraint{};  ///< ConstraintDescription
  bool no_echo = false;      ///< the value never shows in events, plans or errors
  bool operator==(const Parameter&) const = default;
};

/// What happens to the real thing when its resource leaves the stack or is replaced.
enum class Policy { Delete, Retain };

struct Resource {
  std::string logical_id;
  std::string type;
  json::object properties{};
  std::vector<std::string> depends_on{};
  std::string condition{};  ///< name, empty = none
  Policy deletion = Policy::Delete;
  Policy replacement = Policy::Delete;  ///< UpdateReplacePolicy
  std::vector<std::string>
      not_run{};  ///< attributes without meaning here: UpdatePolicy, CreationPolicy
  bool operator==(const Resource&) const = default;
};

struct OutputDefinition {
  std::string name;
  json::value value;
  json::value export_name;  ///< null = not exported
  std::string condition{};
};

struct Assertion {
  json::value assertion;
  std::string description;
};
struct Rule {
  std::string name;
  json::value condition;  ///< null = always
  std::vector<Assertion> assertions{};
};

struct Template {
  std::vector<Parameter> parameters{};
  json::object mappings{};
  json::object conditions{};
  std::vector<Rule> rules{};
  std::vector<Resource> resources{};  ///< in the order of the file
  std::vector<OutputDefinition> outputs{};

  const Resource* find(std::string_view logical_id) const;
};

/// Errors: Invalid for what is no template, for Transform, for unknown sections and for
/// CloudFormation's limits.
Result<Template> parse_template(const json::value& body);

/// A scalar as CloudFormation turns it into text: 1 -> "1", true -> "true". Nothing for lists and
/// objects.
std::optional<std::string> scalar_text(const json::value& value);
/// The scalar member `key` of an object as text; `fallback` when it is absent or no scalar.
std::string text_at(const json::object& object, std::string_view key,
                    std::string_view fallback = {});

}  // namespace tandem::deploy::local
