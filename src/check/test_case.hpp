#pragma once
// One test as the formats of test runners tell it, and what it adds to a report.

#include <string>
#include <string_view>

#include "check/reports.hpp"

namespace tandem::check {

enum class TestResult { Passed, Failed, Skipped };

struct TestCase {
  std::string name;
  TestResult result = TestResult::Passed;
  Place place{};
  std::string message{};   ///< why it failed, in a few words
  std::string trace{};     ///< where
};

/// Counts it; a failed one becomes a finding at its place, or at the first place of its trace that is the project's own.
void add(Report& report, const TestCase& test);

/// A run that says it failed although no test did: a crash, or a set-up that failed.
void add_failed_run(Report& report, std::string what);

/// Adds to a text of a report without letting it grow beyond what anybody reads.
void append_bounded(std::string& text, std::string_view piece);

}  // namespace tandem::check
