#pragma once
// How text looks on this terminal: colours or none, symbols or ASCII.

#include <string>
#include <string_view>

namespace tandem::report {

/// Chosen once by the program from the terminal, TERM, NO_COLOR, CLICOLOR_FORCE and the locale.
struct Style {
  bool colour = false;
  bool unicode = false;
  int width = 100;

  std::string bold(std::string_view text) const { return wrapped("1", text); }
  std::string dim(std::string_view text) const { return wrapped("2", text); }
  std::string red(std::string_view text) const { return wrapped("31", text); }
  std::string green(std::string_view text) const { return wrapped("32", text); }
  std::string yellow(std::string_view text) const { return wrapped("33", text); }
  /// The shape and word-colour of a run's or action's status: tick, cross, ring ...
  std::string symbol(std::string_view status) const;
  /// `text` in the colour of a status.
  std::string in_colour_of(std::string_view status, std::string_view text) const;
  /// Text from elsewhere, fit to be shown here: printable(), and '?' for what ASCII does not have where only ASCII is.
  std::string shown(std::string_view text) const;
  /// `fancy` where the terminal can, else `plain`.
  std::string pick(std::string_view fancy, std::string_view plain) const { return std::string(unicode ? fancy : plain); }

 private:
  std::string wrapped(std::string_view code, std::string_view text) const;
};

}  // namespace tandem::report
