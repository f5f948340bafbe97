#include <algorithm>

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/test_case.hpp"
#include "check/xml.hpp"

namespace tandem::check {
namespace {

/// A test suite while its element is open.
struct Suite {
  std::string name;
  TestCounts said;         ///< by its attributes
  bool has_children = false;
};

class JunitReader final : public XmlReader {
 public:
  void open(std::string_view name, const Attributes& attributes) override {
    if (depth_++ == 0 && (name == "testsuites" || name == "testsuite")) is_junit_ = true;
    if (name == "testsuite") open_suite(attributes);
    else if (name == "testcase") open_case(attributes);
    else if (case_) open_in_case(name, attributes);
  }

  void close(std::string_view name) override {
    --depth_;
    if (name == "testcase") close_case();
    else if (name == "testsuite") close_suite();
    else if (name == "failure" || name == "error") in_trace_ = false;
  }

  void text(std::string_view piece) override {
    if (in_trace_ && case_) append_bounded(case_->trace, piece);
  }

  Result<Report> report(std::string_view name) && {
    if (!is_junit_) return failure(Fault::Invalid, "not JUnit XML: no testsuites or testsuite at its root").at({std::string(name)});
    return std::move(report_);
  }

 private:
  void open_suite(const Attributes& attributes) {
    if (!suites_.empty()) suites_.back().has_children = true;
    const auto count = [&](const char* name) { return static_cast<int>(std::min(number_of(attributes, name), 1e8)); };
    suites_.push_back({text_of(attributes, "name"),
                       {count("tests"), count("failures") + count("errors"), std::max(count("skipped"), count("disabled"))}});
  }

  /// A suite that lists no cases may still say how many there were.
  void close_suite() {
    if (suites_.empty()) return;
    const auto suite = std::move(suites_.back());
    suites_.pop_back();
    if (suite.has_children || suite.said.tests == 0) return;
    add({suite.said.tests, std::min(suite.said.failed, suite.said.tests), std::min(suite.said.skipped, suite.said.tests)});
    if (suite.said.failed > 0)
      report_.findings.push_back({"report.test-failed", "HIGH", {}, fmt::format("{}: {} of {} tests failed", suite.name, suite.said.failed, suite.said.tests)});
  }

  void open_case(const Attributes& attributes) {
    if (!suites_.empty()) suites_.back().has_children = true;
    const auto group = text_of(attributes, "classname");
    const auto own = text_of(attributes, "name");
    TestCase opened{group.empty() || own.starts_with(group) ? own : group + "." + own, TestResult::Passed,
                    {text_of(attributes, "file"), static_cast<int>(std::min(number_of(attributes, "line"), 1e8))}};
    // pytest's older form counts lines from 0.
    if (!suites_.empty() && suites_.back().name == "pytest" && !opened.place.file.empty()) ++opened.place.line;
    const auto status = text_of(attributes, "status");
    if (status == "notrun" || status == "skipped" || text_of(attributes, "result") == "suppressed") opened.result = TestResult::Skipped;
    case_ = std::move(opened);
  }

  void open_in_case(std::string_view name, const Attributes& attributes) {
    if (name == "skipped" && case_->result == TestResult::Passed) case_->result = TestResult::Skipped;
    if (name != "failure" && name != "error") return;
    case_->result = TestResult::Failed;
    in_trace_ = true;
    if (case_->message.empty()) case_->message = text_of(attributes, "message");
  }

  void close_case() {
    if (!case_) return;
    check::add(report_, *case_);
    case_.reset();
  }

  void add(const TestCounts& counts) {
    report_.tests.tests += counts.tests;
    report_.tests.failed += counts.failed;
    report_.tests.skipped += counts.skipped;
  }

  int depth_ = 0;
  bool is_junit_ = false;
  bool in_trace_ = false;
  std::vector<Suite> suites_;
  std::optional<TestCase> case_;
  Report report_;
};

}  // namespace

Result<Report> parse_junit(std::string_view text, std::string_view name) {
  JunitReader reader;
  TRY(read_xml(text, name, reader));
  return std::move(reader).report(name);
}

}  // namespace tandem::check
