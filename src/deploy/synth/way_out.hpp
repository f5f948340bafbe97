#pragma once
// What a person can do about a CDK app, or its build, that ended with an error.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace tandem::deploy::synth {

/// The error with its next step: the package to add and the file to add it to, or the command that shows it elsewhere.
/// One that has a next step keeps it.
Error with_way_out(Error error, const std::filesystem::path& folder, const std::vector<std::string>& argv);

}  // namespace tandem::deploy::synth
