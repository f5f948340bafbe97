#pragma once
// Names (PEP 503), versions and version specifiers (PEP 440) of Python packages.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tandem::python {

/// PEP 503: lower case, runs of - _ . become one -.
std::string normalised_name(std::string_view name);

/// 1!2.3rc1.post2.dev3+local, in PEP 440's order.
class Version {
 public:
  /// Errors: Invalid for what PEP 440 does not read, and for numbers past 2^63.
  static Result<Version> parse(std::string_view text);
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
  /// In PEP 440's one spelling: "1.0a1", "1.0.post2".
  std::string text() const;
  /// Everything before '+'.
  Version without_local() const;
  bool has_local() const { return !local_.empty(); }
  bool is_prerelease() const { return pre_.has_value() || dev_.has_value(); }
  bool is_plain() const { return !pre_ && !post_ && !dev_ && local_.empty(); }   ///< epoch and numbers only
  const std::vector<std::int64_t>& release() const { return release_; }

  // Neighbours in the order, for the ends of ranges.
  Version first_dev() const;              ///< 1.4 -> 1.4.dev0, below every 1.4 there is
  Version after_series(size_t parts) const;  ///< the first version behind 1.4.*: 1.5.dev0
  Version after_locals() const;           ///< the first version behind this one and all its local ones
  Version last_post() const;              ///< above every post-release of this one

 private:
  std::int64_t epoch_ = 0;
  std::vector<std::int64_t> release_;
  std::optional<std::pair<char, std::int64_t>> pre_;   ///< 'a', 'b' or 'r'
  std::optional<std::int64_t> post_;
  std::optional<std::int64_t> dev_;
  std::string local_;                     ///< '.' between its parts, no leading zeros in numbers
};

enum class Comparison { Compatible, Equal, NotEqual, AtMost, AtLeast, Below, Above, Arbitrary };

/// One comparison of a specifier: `>=1.2`, `==1.4.*`, `===anything`.
struct Clause {
  Comparison comparison{};
  Version version;                       ///< of `==1.4.*`: 1.4; of `===`: what could be read
  bool is_prefix = false;                ///< ends in .*
  std::string text;                      ///< no spaces
  bool operator==(const Clause& other) const { return text == other.text; }

  static Result<Clause> parse(std::string_view text);
  /// Whether `candidate` satisfies it. Pre-releases are versions like others here; taking them is the installer's policy.
  bool accepts(const Version& candidate) const;
};

/// "a,b,c" as clauses. Errors: Invalid.
Result<std::vector<Clause>> parse_specifier(std::string_view text);

bool accepts(const std::vector<Clause>& clauses, const Version& candidate);

/// The exact version that the clauses pin, if they do: `==1.2.3` without a star.
const Clause* pin_of(const std::vector<Clause>& clauses);

/// True when no version can satisfy both.
bool are_disjoint(const std::vector<Clause>& a, const std::vector<Clause>& b);

}  // namespace tandem::python
