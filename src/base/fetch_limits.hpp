#pragma once
// How much a repository that we do not know may put onto our disk.

#include <cstdint>

namespace tandem::git {

/// How much one fetch may bring. What comes is counted packed, as it is sent.
struct FetchLimits {
  std::uint64_t bytes_max = 4096UL << 20;
  std::uint64_t objects_max = 10'000'000;
  bool operator==(const FetchLimits&) const = default;
};
inline constexpr auto too_large = "TD0314";   ///< code of the error that says so

}  // namespace tandem::git
