#pragma once
// The Python that functions of the local target run on: a virtual environment with Amazon's runtime client and boto3.

#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.hpp"

namespace tandem::deploy::local {

inline constexpr std::string_view awslambdaric_version = "4.2.2";
inline constexpr std::string_view boto3_version = "1.44.5";

/// The environment in `cache_folder` for this `python` (a program, looked up in PATH), made when it is not there yet:
/// once, under a lock, and whole or not at all. `on_line` hears what pip says. Errors: Missing (no such python),
/// Unavailable (packages cannot be installed), TimedOut.
Result<std::filesystem::path> ensure_python_runtime(const std::filesystem::path& cache_folder, const std::string& python,
                                                    const std::function<void(std::string_view)>& on_line);

}  // namespace tandem::deploy::local
