#pragma once
// Files that are the same wherever and whenever they were made.

#include <filesystem>

#include "base/result.hpp"

namespace tandem::compose {

/// Every file below readable by all, writable by none, executable or not as it was, and of one fixed time.
Done fix_files(const std::filesystem::path& folder);

}  // namespace tandem::compose
