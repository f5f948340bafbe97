#pragma once
// Which resource needs which: from DependsOn and every reference. Pure.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/local/template.hpp"

namespace tandem::deploy::local {

struct Graph {
  std::map<std::string, std::set<std::string>>
      needs{};  ///< logical id -> logical ids that must be there first
  std::vector<std::vector<std::string>>
      waves{};                         ///< each needs earlier waves only; template order within
  std::vector<std::string> dropped{};  ///< resources whose condition is false
};

/// Errors: Invalid for a circle (named), for a DependsOn or a condition that names nothing.
Result<Graph> dependency_graph(const Template& parsed,
                               const std::map<std::string, bool>& conditions);

}  // namespace tandem::deploy::local
