#pragma once
// The values of a template's parameters. Pure.

#include <map>
#include <set>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "deploy/local/template.hpp"

namespace tandem::deploy::local {

/// Values by name as Ref gives them (lists are lists), and those that must never be shown.
struct ParameterValues {
  std::map<std::string, json::value> values{};
  std::vector<std::string> secrets{};  ///< values of NoEcho parameters
};

/// `given` wins over Default; values of an earlier deployment are not remembered, so that a release
/// says it all. Errors: Invalid, naming the parameter and the constraint, never the value.
Result<ParameterValues> parameter_values(const std::vector<Parameter>& parameters,
                                         const std::map<std::string, std::string>& given);

}  // namespace tandem::deploy::local
