#pragma once
// Zip files: deterministic to write (sorted, fixed times, UTC), safe to read (nothing leaves the folder).

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace tandem {

/// Every regular file below `folder`, executable or not as it is there. Equal folders give equal bytes, whatever the
/// time, the time zone, the owner. A link to a file inside the folder becomes that file; another link is Invalid.
/// The archive appears when it is whole.
Done zip_folder(const std::filesystem::path& folder, const std::filesystem::path& archive);

/// Errors: Missing; Invalid for what is no zip, absolute paths, "..", links, anything over `limit_bytes` unpacked and
/// more than 100,000 entries. What was unpacked before the error stays; the caller removes the folder.
Done unzip(const std::filesystem::path& archive, const std::filesystem::path& folder,
           std::uint64_t limit_bytes = 262'144'000);

}  // namespace tandem
