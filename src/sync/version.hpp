#pragma once
// Versions and version specifiers of Python packages (PEP 440), as far as comparing two requirements needs them.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem::sync {

/// 1!2.3rc1.post2.dev3+local, in PEP 440's order.
class Version {
 public:
  /// Errors: Invalid for what PEP 440 does not read.
  static Result<Version> parse(std::string_view text);
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
  /// Everything before '+', for `==1.2` accepting 1.2+local.
  Version without_local() const;
  bool has_local() const { return !local_.empty(); }
  std::int64_t epoch() const { return epoch_; }
  const std::vector<std::int64_t>& release() const { return release_; }
  /// The first version of a release series: `1.4` -> 1.4.dev0, below every 1.4 there is.
  static Version first_of(std::int64_t epoch, std::vector<std::int64_t> release);

 private:
  struct Ranked;                         ///< what order is decided by
  std::int64_t epoch_ = 0;
  std::vector<std::int64_t> release_;
  std::optional<std::pair<char, std::int64_t>> pre_;   ///< 'a', 'b' or 'r'
  std::optional<std::int64_t> post_;
  std::optional<std::int64_t> dev_;
  std::string local_;
};

enum class Comparison { Compatible, Equal, NotEqual, AtMost, AtLeast, Below, Above, Arbitrary };

/// One comparison of a specifier: `>=1.2`, `==1.4.*`, `===anything`.
struct Clause {
  Comparison comparison{};
  Version version;                       ///< of `==1.4.*`: 1.4
  bool is_prefix = false;                ///< ends in .*
  std::string text;                      ///< normalised: no spaces
  bool operator==(const Clause& other) const { return text == other.text; }

  static Result<Clause> parse(std::string_view text);
  bool accepts(const Version& candidate) const;
};

/// "a,b,c" as clauses. Errors: Invalid.
Result<std::vector<Clause>> parse_specifier(std::string_view text);

/// The exact version that the clauses pin, if they do: `==1.2.3` without a star.
const Clause* pin_of(const std::vector<Clause>& clauses);

/// True when no version can satisfy both. Never true by mistake; what cannot be decided is false.
bool are_disjoint(const std::vector<Clause>& a, const std::vector<Clause>& b);

}  // namespace tandem::sync
