#pragma once
// What checking a source tree says.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem {

struct Finding {
  std::string rule;        ///< "secret.aws-access-key", "requirement.url", "report.pass-rate"
  std::string severity;    ///< CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL
  Place place;
  std::string what;        ///< never holds the secret itself
  bool operator==(const Finding&) const = default;
};

/// Tests of one report file set, added up.
struct TestCounts {
  int tests = 0;
  int failed = 0;          ///< failures and errors
  int skipped = 0;
  double pass_rate() const { return tests == skipped ? 100.0 : 100.0 * (tests - failed - skipped) / (tests - skipped); }
  bool operator==(const TestCounts&) const = default;
};

struct Verdict {
  bool passed = false;
  std::vector<Finding> findings{};
  TestCounts tests{};
  bool operator==(const Verdict&) const = default;
};

json::value to_json(const Finding& finding);
json::value to_json(const Verdict& verdict);
Result<Verdict> verdict_from_json(const json::value& value);

}  // namespace tandem
