#pragma once
// Zip files: deterministic to write (sorted, fixed times, UTC), safe to read (nothing leaves the folder).

#include <filesystem>

#include "base/result.hpp"

namespace tandem {

/// Every regular file below `folder`, modes kept.
Done zip_folder(const std::filesystem::path& folder, const std::filesystem::path& archive);
/// Errors: Invalid for absolute paths, "..", links and anything over `limit_bytes` unpacked.
Done unzip(const std::filesystem::path& archive, const std::filesystem::path& folder,
           std::uint64_t limit_bytes = 262'144'000);

}  // namespace tandem
