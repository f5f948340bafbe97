#pragma once
// The characters of a text, and text from elsewhere made fit to be shown.

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem {

/// The first character of UTF-8 text, or the first byte when it begins none.
struct Character {
  char32_t value = 0;
  size_t size_bytes = 1;
  bool is_valid = false;
};
Character first_character(std::string_view text);

/// Escapes control characters, bytes that are no UTF-8 and characters that turn the direction of text, so that text
/// from elsewhere cannot steer a terminal or its reader. A tab stays.
std::string printable(std::string_view text);

}  // namespace tandem
