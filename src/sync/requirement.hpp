#pragma once
// One line of a requirements file (PEP 508), as a value.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/python_version.hpp"
#include "base/result.hpp"

namespace tandem::sync {

/// `Uvicorn[Standard] >= 0.20 ; python_version < "3.12"` with its parts in one spelling.
struct Requirement {
  std::string name;                    ///< normalised (PEP 503): lower case, runs of - _ . become one -
  std::vector<std::string> extras{};   ///< normalised, sorted
  std::vector<python::Clause> clauses{};  ///< sorted by text
  std::string marker{};                ///< after the ';', as Marker::text() spells it
  std::vector<std::string> hashes{};   ///< "sha256:...", sorted
  std::string file{};                  ///< for messages: "api:requirements.txt"
  int line = 0;                        ///< where it starts in its file
  bool operator==(const Requirement& other) const;   ///< everything but the place

  /// Name and marker: two requirements with equal keys speak of the same thing.
  std::string key() const { return marker.empty() ? name : name + " ; " + marker; }
};

/// name[extras]specifier ; marker --hash=..., the way a requirements file spells it.
std::string text(const Requirement& requirement);

/// Reads one requirement without comment. Errors: Invalid for URLs, paths, options and environment variables, which
/// do not cross repositories, and for what PEP 508 does not read; code TD0320. The caller adds the place.
Result<Requirement> parse_requirement(std::string_view text);

using python::normalised_name;

/// Tools that test or check code and have no business in a function: pytest, coverage, mypy, ...
bool is_test_tool(std::string_view normalised);

}  // namespace tandem::sync
