#pragma once
// What differs between a record and what is wanted, and what that means for the resource. Pure.

#include <string>
#include <vector>

#include "deploy/local/resource_type.hpp"
#include "deploy/target.hpp"

namespace tandem::deploy::local {

/// Names of the top-level properties that differ, sorted.
std::vector<std::string> differing_properties(const json::object& before,
                                              const json::object& after);
/// Keep when nothing differs, Replace when the type says so, else Update.
Effect effect_of(const ResourceType& type, const std::vector<std::string>& differing);
/// A resource whose name the template fixes cannot be made anew beside the old one.
Done check_replaceable(const ResourceType& type, Effect effect, const ResourceRecord& old,
                       const json::object& properties);

}  // namespace tandem::deploy::local
