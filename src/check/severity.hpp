#pragma once
// The order of severities.

#include <string_view>

namespace tandem::check {

/// 4 CRITICAL, 3 HIGH, 2 MEDIUM, 1 LOW, 0 INFORMATIONAL and everything unknown.
constexpr int weight(std::string_view severity) {
  if (severity == "CRITICAL") return 4;
  if (severity == "HIGH") return 3;
  if (severity == "MEDIUM") return 2;
  if (severity == "LOW") return 1;
  return 0;
}

}  // namespace tandem::check
