#pragma once
// The kinds of secrets we know: a pattern each, how bad it is, what to call it.

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

namespace tandem::check {

/// How a match of a rule is judged before it becomes a finding.
enum class Judge {
  Token,       ///< a prefix says what it is: only placeholders are let through
  Random,      ///< 40 characters of base64 that must look random
  PrivateKey,  ///< the header must be followed by key material
  Url,         ///< password in a URL: group 1 user, group 2 password, group 3 host
  Named,       ///< group 1 the name, group 2 the value: name and value must both look the part
};

struct SecretRule {
  std::string name;                    ///< "secret.github-token"
  std::string severity;
  std::string what;                    ///< "GitHub token"
  Judge judge{};
  std::vector<std::string> keywords;   ///< one of them is in any text that matches; empty = always try
  std::unique_ptr<RE2> pattern;        ///< group 1 (Named: 2, Url: 2) is the secret
};

/// All rules, the specific ones first: where two match the same text the earlier one wins.
const std::vector<SecretRule>& secret_rules();

}  // namespace tandem::check
