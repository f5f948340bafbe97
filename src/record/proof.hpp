#pragma once
// What verification of a deployment found.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace tandem {

/// Whose fault a failed case is: the application's, the path to it, the checker's own, or nobody can tell.
enum class Blame { None, Application, Path, Checker, Inconclusive };
std::string_view word(Blame blame);        ///< "", "application", "path", "checker", "inconclusive"

struct ProofCase {
  std::string suite;       ///< endpoints, crud, auth, search, errors, performance
  std::string name;        ///< a sentence: "GET /people/search finds a person by last name"
  bool passed = false;
  Blame blame = Blame::None;
  std::string what{};      ///< "expected 200, got 500"
  Duration took{};
  bool operator==(const ProofCase&) const = default;
};

struct Proof {
  bool passed = false;
  std::string url;
  std::vector<ProofCase> cases{};
  std::vector<std::string> notes{};    ///< suites left out and why
  bool operator==(const Proof&) const = default;
};
json::value to_json(const Proof& proof);
Result<Proof> proof_from_json(const json::value& value);

}  // namespace tandem
