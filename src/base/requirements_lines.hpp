#pragma once
// The lines of a requirements file as pip takes them: continuations joined, comments split off.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::python {

struct RequirementsLine {
  int number = 0;            ///< where it starts
  std::string text;          ///< without comment, never empty
  std::string comment;       ///< with its '#'
};
std::vector<RequirementsLine> requirements_lines(std::string_view file);

/// A byte that makes a reader and the installer see different lines.
struct HiddenLineEnd {
  int line = 0;
  std::string what;          ///< "U+2028", "a carriage return", ...
};
/// The first lone carriage return, control character, Unicode line end or byte that is no UTF-8, if there is one:
/// pip starts a new line there, an editor shows one line.
std::optional<HiddenLineEnd> find_hidden_line_end(std::string_view file);

}  // namespace tandem::python
