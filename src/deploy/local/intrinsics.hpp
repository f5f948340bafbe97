#pragma once
// CloudFormation's intrinsic functions: an expression and what its names stand for -> a plain
// value. Pure.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "deploy/local/template.hpp"

namespace tandem::deploy::local {

/// What names stand for. The functions say Invalid, naming what is not there.
struct Names {
  std::map<std::string, json::value>
      values{};  ///< parameters, and pseudo parameters by "AWS::Region"
  const json::object* mappings = nullptr;
  std::map<std::string, bool> conditions{};
  std::function<Result<json::value>(const std::string& logical_id)> ref{};
  std::function<Result<json::value>(const std::string& logical_id, const std::string& attribute)>
      attribute{};
  std::function<Result<json::value>(const std::string& export_name)> import{};
  std::function<Result<json::value>(const std::string& stack, const std::string& output)>
      stack_output{};
};

/// Nothing means AWS::NoValue: whoever holds it leaves it out.
using Resolved = std::optional<json::value>;

/// Evaluates every intrinsic inside `expression`. Errors: Invalid, naming the function and why;
/// functions that need a Transform and dynamic references are refused by name.
Result<Resolved> resolve(const json::value& expression, const Names& names);

/// The properties of a resource or another object whose members may be AWS::NoValue.
Result<json::object> resolve_object(const json::object& object, const Names& names);

/// Conditions of a template, each once; those they name first. Errors: Invalid, also for a circle.
Result<std::map<std::string, bool>> evaluate_conditions(const json::object& conditions,
                                                        const Names& names);

/// Errors: Invalid with the description of the first assertion that does not hold.
Done check_rules(const std::vector<Rule>& rules, const Names& names);

/// Resources that `expression` names through Ref, GetAtt and Sub, parameters and pseudo parameters
/// included.
std::set<std::string> references(const json::value& expression);
/// The resource that the argument of a Fn::GetAtt names; empty when it is malformed.
std::string resource_of_attribute(const json::value& argument);

}  // namespace tandem::deploy::local
