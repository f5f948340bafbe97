#pragma once
// Enumerations and their words, both ways, from one table.

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace tandem {

template <typename Enum, size_t Count>
struct Words {
  std::array<std::pair<Enum, std::string_view>, Count> table;

  constexpr std::string_view word(Enum value) const {
    for (const auto& [known, text] : table)
      if (known == value) return text;
    throw Bug("an enumerator without a word");
  }
  constexpr std::optional<Enum> find(std::string_view text) const {
    for (const auto& [value, known] : table)
      if (known == text) return value;
    return std::nullopt;
  }
};

}  // namespace tandem
