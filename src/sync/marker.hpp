#pragma once
// The condition behind the ';' of a requirement (PEP 508): on which machines the line counts.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem::sync {

/// What a marker's variables stand for: "python_version" -> "3.11".
using MarkerEnvironment = std::map<std::string, std::string, std::less<>>;

/// `python_version < "3.9" and (sys_platform == "linux" or extra == "x")`, read once.
class Marker {
 public:
  /// Errors: Invalid, saying what was expected and what was found.
  static Result<Marker> parse(std::string_view text);
  /// In one spelling: one space between words, "double" quotes, brackets only where they are needed.
  std::string text() const;
  bool holds(const MarkerEnvironment& environment) const;

 private:
  friend struct MarkerReader;
  struct Node;
  explicit Marker(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;   ///< never changed, so copies share it
};

/// Where a function can run: CPython on Linux, on both machines, in the Python versions that Lambda has had since 3.8.
const std::vector<MarkerEnvironment>& function_environments();

}  // namespace tandem::sync
