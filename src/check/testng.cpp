// TestNG: methods of classes. A failed set-up makes TestNG skip the tests behind it, so it counts as a failed test.

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/test_case.hpp"
#include "check/xml.hpp"

namespace tandem::check {
namespace {

class TestngReader final : public XmlReader {
 public:
  void open(std::string_view name, const Attributes& attributes) override {
    if (depth_++ == 0) is_testng_ = name == "testng-results";
    if (name == "class") class_ = text_of(attributes, "name");
    if (name == "test-method") open_method(attributes);
    into_ = !case_ ? nullptr : name == "message" ? &case_->message : name == "full-stacktrace" ? &case_->trace : nullptr;
  }
  void close(std::string_view name) override {
    --depth_;
    into_ = nullptr;
    if (name != "test-method" || !case_) return;
    if (!is_set_up_ || case_->result == TestResult::Failed) add(report_, *case_);
    case_.reset();
  }
  void text(std::string_view piece) override {
    if (into_ != nullptr) append_bounded(*into_, piece);
  }

  Result<Report> report(std::string_view name) && {
    if (!is_testng_) return failure(Fault::Invalid, "not TestNG XML: its root is not testng-results").at({std::string(name)});
    return std::move(report_);
  }

 private:
  void open_method(const Attributes& attributes) {
    const auto status = text_of(attributes, "status");
    case_ = TestCase{class_ + "." + text_of(attributes, "name"),
                     status == "PASS" ? TestResult::Passed : status == "SKIP" ? TestResult::Skipped : TestResult::Failed};
    is_set_up_ = text_of(attributes, "is-config") == "true";
  }

  int depth_ = 0;
  bool is_testng_ = false;
  bool is_set_up_ = false;
  std::string class_;
  std::optional<TestCase> case_;
  std::string* into_ = nullptr;    ///< of case_, while such an element is open
  Report report_;
};

}  // namespace

Result<Report> parse_testng(std::string_view text, std::string_view name) {
  TestngReader reader;
  TRY(read_xml(text, name, reader));
  return std::move(reader).report(name);
}

}  // namespace tandem::check
