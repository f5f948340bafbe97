#pragma once
// Which Python the application says it runs on.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem::compose {

struct WantedPython {
  std::string specifier;       ///< ">=3.10,<4"
  Place place;                 ///< in the file it was read from
};

/// `requires-python` of the [project] table of pyproject.toml, or `python_requires` of [options] in setup.cfg. Other
/// tools' own tables are not read. Pure.
std::optional<WantedPython> wanted_python(std::string_view file, std::string_view text);

/// Errors: Invalid (TD0408) when `python` ("3.11.7") is none of them, or when they cannot be read.
Done check_wanted_python(const WantedPython& wanted, std::string_view python, std::string_view repository);

}  // namespace tandem::compose
