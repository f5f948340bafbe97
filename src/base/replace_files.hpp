#pragma once
// Several files of one folder, each replaced atomically, durable together with one fsync of the folder.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem {

struct NewFile {
  std::string name;         ///< in the folder
  std::string_view bytes;   ///< borrowed for the length of the call
};

/// All are written and synced before the first gets its name; then they do, in the order given. Durable when it returns.
/// Errors: Unavailable (no room, no such folder), Denied.
Done replace_files(const std::filesystem::path& folder, const std::vector<NewFile>& files, unsigned mode);

}  // namespace tandem
