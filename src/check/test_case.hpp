#pragma once
// One test as the formats of test runners tell it, and what it adds to a report.

#include <optional>
#include <string>
#include <string_view>

#include "check/reports.hpp"
#include "check/xml.hpp"

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

/// Reads formats in which a test is an element with its result in attributes, and a message and a trace somewhere below.
class TestCaseReader : public XmlReader {
 public:
  void open(std::string_view name, const Attributes& attributes) final;
  void close(std::string_view name) final;
  void text(std::string_view piece) final;

 protected:
  struct Elements {
    std::string_view test;
    std::string_view message;
    std::string_view trace;
  };
  explicit TestCaseReader(Elements elements) : elements_(elements) {}
  virtual void open_root(std::string_view name, const Attributes& attributes) = 0;
  /// An element inside of the root; a test among them.
  virtual void open_element(std::string_view, const Attributes&) {}
  virtual TestCase case_of(const Attributes& attributes) = 0;
  /// Whether a test that has been read to its end counts.
  virtual bool counts(const TestCase&) const { return true; }

  Report report_;

 private:
  Elements elements_;
  int depth_ = 0;
  std::optional<TestCase> case_;
  std::string* into_ = nullptr;    ///< of case_, while such an element is open
};

/// Adds to a text of a report without letting it grow beyond what anybody reads.
void append_bounded(std::string& text, std::string_view piece);

}  // namespace tandem::check
