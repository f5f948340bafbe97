#pragma once
// Values that stacks give each other. Pure.

#include "deploy/local/world.hpp"

namespace tandem::deploy::local {

/// "No export named X found" when there is none.
Result<json::value> exported(const World& world, const std::string& name);
/// Output `output` of stack `stack`, without an export and without a lock.
Result<json::value> output_of(const World& world, const std::string& stack,
                              const std::string& output);
/// Export names are unique. Errors: Invalid, naming both stacks.
Done check_unique(const World& world, const StackRecord& stack);
/// An export that a live stack imports may be neither changed nor taken away. Errors: Invalid,
/// naming the importer.
Done check_in_use(const World& live, const World& next);

}  // namespace tandem::deploy::local
