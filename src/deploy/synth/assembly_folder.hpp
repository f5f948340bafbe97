#pragma once
// A cloud assembly as a folder: whether it is whole, its digest, its stacks in deploy order.

#include <filesystem>

#include "base/result.hpp"
#include "record/release.hpp"

namespace tandem::deploy::synth {

/// Reads manifest.json and everything it names. The digest is over the ids and templates of the stacks, their asset
/// manifests and the contents of their assets, mode bits included, which CDK's own asset hashes leave out.
///
/// Errors, all Invalid: E-SYN-20 no manifest or none that can be read; E-SYN-21 a file it names is missing or lies
/// outside; E-SYN-22 the app asks for look-ups in an account; E-SYN-23 no stacks; E-SYN-24 stacks wait for each other.
Result<Assembly> read_assembly(const std::filesystem::path& folder);

}  // namespace tandem::deploy::synth
