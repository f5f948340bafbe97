#pragma once
// Patterns for branches and files: regular expressions over the whole name, and the glob habit.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::workflow {

enum class PatternOf { Branch, File };

/// Whether the pattern matches all of `name`. An invalid pattern matches nothing.
bool matches(std::string_view pattern, std::string_view name, PatternOf what);

/// Patterns compiled once, for many names.
class Patterns {
 public:
  Patterns(const std::vector<std::string>& patterns, PatternOf what);
  ~Patterns();
  bool match(std::string_view name) const;   ///< whether any of them matches all of `name`

 private:
  struct Compiled;
  std::vector<std::unique_ptr<Compiled>> all_;
};

/// The first pattern that matches all of `name`, if any.
std::optional<std::string> first_match(const std::vector<std::string>& patterns, std::string_view name, PatternOf what);

/// What is doubtful or wrong about a pattern.
struct PatternFault {
  bool invalid = false;                  ///< E125; else W302
  std::string what;
  std::optional<std::string> instead{};  ///< what was probably meant
};
std::optional<PatternFault> fault_of(std::string_view pattern, PatternOf what);

}  // namespace tandem::workflow
