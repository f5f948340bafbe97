// TestNG: methods of classes. A failed set-up makes TestNG skip the tests behind it, so it counts as a failed test.

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/test_case.hpp"
#include "check/xml.hpp"

namespace tandem::check {
namespace {

class TestngReader final : public TestCaseReader {
 public:
  TestngReader() : TestCaseReader({"test-method", "message", "full-stacktrace"}) {}

  Result<Report> report(std::string_view name) && {
    if (!is_testng_) return failure(Fault::Invalid, "not TestNG XML: its root is not testng-results").at({std::string(name)});
    return std::move(report_);
  }

 private:
  void open_root(std::string_view name, const Attributes&) override { is_testng_ = name == "testng-results"; }
  void open_element(std::string_view name, const Attributes& attributes) override {
    if (name == "class") class_ = text_of(attributes, "name");
  }
  TestCase case_of(const Attributes& attributes) override {
    const auto status = text_of(attributes, "status");
    is_set_up_ = text_of(attributes, "is-config") == "true";
    return {class_ + "." + text_of(attributes, "name"),
            status == "PASS" ? TestResult::Passed : status == "SKIP" ? TestResult::Skipped : TestResult::Failed};
  }
  bool counts(const TestCase& test) const override { return !is_set_up_ || test.result == TestResult::Failed; }

  bool is_testng_ = false;
  bool is_set_up_ = false;
  std::string class_;
};

}  // namespace

Result<Report> parse_testng(std::string_view text, std::string_view name) {
  TestngReader reader;
  TRY(read_xml(text, name, reader));
  return std::move(reader).report(name);
}

}  // namespace tandem::check
