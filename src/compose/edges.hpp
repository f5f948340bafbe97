#pragma once
// Which package of a bundle needs which: what their own metadata says, as far as it holds for this Python.

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "compose/lock.hpp"
#include "compose/python.hpp"

namespace tandem::compose {

/// Names are normalised and sorted.
struct Edges {
  std::vector<std::string> asked{};                              ///< what the requirements name themselves
  std::map<std::string, std::vector<std::string>> needs{};       ///< by package; each one that is installed has an entry
  bool operator==(const Edges&) const = default;
};

std::string text(const Edges& edges);
/// The text back. Errors: Broken.
Result<Edges> edges_from(std::string_view text);

/// Reads the metadata of installed packages; nothing of them is imported or run. Requirements with a marker that does not hold, or
/// for an extra that nobody wants, are no edges. `installer` is a Python of the function's version with pip, whose reading of
/// requirements this is. Errors: Invalid (TD0403) for metadata that cannot be read; Unavailable; TimedOut; Cancelled.
Result<Edges> read_edges(const Interpreter& installer, const std::filesystem::path& packages, const std::vector<AskedFor>& asked, std::stop_token stop = {});

}  // namespace tandem::compose
