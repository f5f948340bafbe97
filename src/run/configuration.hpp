#pragma once
// tandem.yaml -> Configuration, and back.

#include <filesystem>
#include <string>
#include <string_view>

#include "record/configuration.hpp"

namespace tandem::run {

/// Reads the file. Relative paths in it are relative to its folder. Errors: Missing when there is none; Invalid with
/// file, line and column, and the nearest name for an unknown key.
Result<Configuration> load_configuration(const std::filesystem::path& file);

/// The same for a text: `file` is its name in errors, its folder the start of relative paths.
Result<Configuration> parse_configuration(std::string_view text, const std::filesystem::path& file);

/// The commented YAML that `tandem init` writes; it reads back to the same value. Paths near `folder`, where the file
/// will lie, are written relative to it.
std::string configuration_text(const Configuration& configuration, const std::filesystem::path& folder = {});

}  // namespace tandem::run
