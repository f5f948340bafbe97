#pragma once
// The functions themselves, by name. Used by intrinsics.cpp only.

#include <set>
#include <string>

#include "deploy/local/intrinsics.hpp"

namespace tandem::deploy::local {

/// Ref or "Fn::...". Errors: Invalid; unknown names and those that need a Transform are refused by
/// name.
Result<Resolved> call_intrinsic(const std::string& function, const json::value& argument,
                                const Names& names);

/// The value of a condition expression; {"Condition": name} looks the name up.
Result<bool> is_true(const json::value& expression, const Names& names);

/// Names inside ${} of a Fn::Sub that are not given by its own map, without attributes.
std::set<std::string> substituted_names(const json::value& argument);

}  // namespace tandem::deploy::local
