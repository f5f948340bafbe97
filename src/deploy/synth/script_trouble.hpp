#pragma once
// What a failed program meant by its output: the one line that matters, and the file and line it is about.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem::deploy::synth {

struct Trouble {
  std::string what;              ///< "Error: the table name is empty"; never empty
  std::optional<Place> place;    ///< relative to `folder` where it lies inside
};

/// Understands uncaught errors of node, complaints of the TypeScript compiler, Python tracebacks and npm's own errors;
/// else takes the last line that says something.
Trouble trouble_in(std::string_view out, std::string_view err, const std::filesystem::path& folder);

}  // namespace tandem::deploy::synth
