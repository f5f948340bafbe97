#pragma once
// What the synthesised template gives the function that the bundle becomes: its variables and its runtime.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "record/release.hpp"

namespace tandem::run {

struct FunctionEnvironment {
  std::map<std::string, std::string> variables{};
  std::vector<std::string> hidden_values{};   ///< of NoEcho parameters
  std::vector<std::string> stand_ins{};       ///< variables whose value names what only a deployment makes
  std::string runtime{};                      ///< "python3.11"
  std::string architecture{};                 ///< "arm64", "x86_64"; empty where the template does not say
  std::string function{};                     ///< "RegistryApi/Function76856677"
};

/// The function of the assembly whose Handler is `entry_point`, or the only one there is; nothing when neither is so.
/// Names of resources that are not made yet stand for themselves: the logical id, in an ARN where an ARN is asked for.
/// Errors: Invalid for a template or parameters that cannot be read.
Result<std::optional<FunctionEnvironment>> function_environment(const Assembly& assembly, const std::string& entry_point,
                                                                const std::map<std::string, std::string>& parameters, const std::string& region);

}  // namespace tandem::run
