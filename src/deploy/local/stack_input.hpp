#pragma once
// A stack of an assembly, understood: template, parameter values, conditions and the order of its
// resources. Pure.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "deploy/local/assembly.hpp"
#include "deploy/local/graph.hpp"
#include "deploy/local/intrinsics.hpp"
#include "deploy/local/parameters.hpp"
#include "deploy/local/template.hpp"

namespace tandem::deploy::local {

/// What a template may ask about where it is deployed.
struct Surroundings {
  std::string account;
  std::string region;
};

struct StackInput {
  std::string name;
  std::string id;  ///< the stack's ARN
  Surroundings place;
  Template parsed;
  ParameterValues parameters;
  std::map<std::string, bool> conditions{};
  Graph graph;
  std::set<std::string>
      providers{};  ///< functions and layers behind custom resources built in here
  std::map<std::string, std::string> tags{};
  bool termination_protection = false;

  /// Names without resources: parameters, pseudo parameters, mappings, conditions.
  Names names() const;
};

/// Errors: Invalid, naming the stack and what is wrong; a type that is not known here is refused
/// with those that are.
Result<StackInput> stack_input(const AssemblyStack& stack,
                               const std::map<std::string, std::string>& parameters,
                               const Surroundings& otherwise);

}  // namespace tandem::deploy::local
