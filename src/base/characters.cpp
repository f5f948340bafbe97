#include "base/characters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace tandem {
namespace {

/// Turns the direction of text, or is invisible: fit to make a reader see another text than there is.
bool misleads(char32_t value) {
  return (value >= 0x200B && value <= 0x200F) || (value >= 0x2028 && value <= 0x202E) || (value >= 0x2060 && value <= 0x206F) || value == 0xFEFF || value == 0x061C;
}

}  // namespace

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (size == 1 || lead >= 0xF5 || text.size() < size) return {lead, 1, false};
  char32_t value = lead & (0xFFU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {lead, 1, false};
    value = value << 6U | (next & 0x3FU);
  }
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (is_overlong || is_surrogate || value > 0x10FFFF) return {lead, 1, false};
  return {value, size, true};
}

std::string printable(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; })) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto bytes = text.substr(0, character.size_bytes);
    text.remove_prefix(character.size_bytes);
    const auto value = static_cast<std::uint32_t>(character.value);
    if (!character.is_valid || (value < 0x20 && value != '\t') || value == 0x7f) out += fmt::format("\\x{:02x}", value);
    else if ((value >= 0x80 && value < 0xa0) || misleads(character.value)) out += fmt::format("\\u{:04x}", value);
    else out += bytes;
  }
  return out;
}

}  // namespace tandem
