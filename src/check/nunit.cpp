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

class NunitReader final : public XmlReader {
 public:
  void open(std::string_view name, const Attributes& attributes) override {
    if (depth_++ == 0) open_root(name, attributes);
    if (name == "test-case") {
      const auto whole = text_of(attributes, "fullname");
      case_ = TestCase{whole.empty() ? text_of(attributes, "name") : whole, result_of(attributes)};
    }
    into_ = !case_ ? nullptr : name == "message" ? &case_->message : name == "stack-trace" ? &case_->trace : nullptr;
  }
  void close(std::string_view name) override {
    --depth_;
    into_ = nullptr;
    if (name != "test-case" || !case_) return;
    add(report_, *case_);
    case_.reset();
  }
  void text(std::string_view piece) override {
    if (into_ != nullptr) append_bounded(*into_, piece);
  }

  Result<Report> report(std::string_view name) && {
    if (!is_nunit_) return failure(Fault::Invalid, "not NUnit XML: its root is neither test-run nor test-results").at({std::string(name)});
    if (report_.tests.failed == 0 && says_failed_) add_failed_run(report_, "the run says that it failed, but names no test");
    return std::move(report_);
  }

 private:
  void open_root(std::string_view name, const Attributes& attributes) {
    is_nunit_ = name == "test-run" || name == "test-results";
    says_failed_ = text_of(attributes, "result") == "Failed" || number_of(attributes, "failed") > 0 || number_of(attributes, "failures") > 0 ||
                   number_of(attributes, "errors") > 0;
  }

  int depth_ = 0;
  bool is_nunit_ = false;
  bool says_failed_ = false;
  std::optional<TestCase> case_;
  std::string* into_ = nullptr;    ///< of case_, while such an element is open
  Report report_;
};

}  // namespace

Result<Report> parse_nunit(std::string_view text, std::string_view name) {
  NunitReader reader;
  TRY(read_xml(text, name, reader));
  return std::move(reader).report(name);
}

}  // namespace tandem::check
