// NUnit, versions 2 and 3: elements test-case, told apart by their root only.

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/test_case.hpp"
#include "check/xml.hpp"

namespace tandem::check {
namespace {

TestResult result_of(const Attributes& attributes) {
  const auto result = text_of(attributes, "result");
  if (result == "Passed" || result == "Success" || result == "Warning") return TestResult::Passed;
  const bool skipped = result == "Skipped" || result == "Ignored" || result == "Inconclusive" || text_of(attributes, "executed") == "False";
  return skipped ? TestResult::Skipped : TestResult::Failed;
}

class NunitReader final : public TestCaseReader {
 public:
  NunitReader() : TestCaseReader({"test-case", "message", "stack-trace"}) {}

  Result<Report> report(std::string_view name) && {
    if (!is_nunit_) return failure(Fault::Invalid, "not NUnit XML: its root is neither test-run nor test-results").at({std::string(name)});
    if (report_.tests.failed == 0 && says_failed_) add_failed_run(report_, "the run says that it failed, but names no test");
    return std::move(report_);
  }

 private:
  void open_root(std::string_view name, const Attributes& attributes) override {
    is_nunit_ = name == "test-run" || name == "test-results";
    says_failed_ = text_of(attributes, "result") == "Failed" || number_of(attributes, "failed") > 0 || number_of(attributes, "failures") > 0 ||
                   number_of(attributes, "errors") > 0;
  }
  TestCase case_of(const Attributes& attributes) override {
    const auto whole = text_of(attributes, "fullname");
    return {whole.empty() ? text_of(attributes, "name") : whole, result_of(attributes)};
  }

  bool is_nunit_ = false;
  bool says_failed_ = false;
};

}  // namespace

Result<Report> parse_nunit(std::string_view text, std::string_view name) {
  NunitReader reader;
  TRY(read_xml(text, name, reader));
  return std::move(reader).report(name);
}

}  // namespace tandem::check
