// TRX, the result files of Visual Studio and `dotnet test`.

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/test_case.hpp"
#include "check/xml.hpp"

namespace tandem::check {
namespace {

TestResult result_of(std::string_view outcome) {
  if (outcome == "Passed" || outcome == "Completed" || outcome == "Warning") return TestResult::Passed;
  if (outcome == "NotExecuted" || outcome == "Inconclusive" || outcome == "Pending") return TestResult::Skipped;
  return TestResult::Failed;
}

/// A test with rows of data is a result that holds the results of its rows; the rows count, not their sum.
struct Open {
  TestCase test;
  bool has_rows = false;
};

class TrxReader final : public XmlReader {
 public:
  void open(std::string_view name, const Attributes& attributes) override {
    if (depth_++ == 0) is_trx_ = name == "TestRun";
    if (name == "UnitTestResult") {
      if (!open_.empty()) open_.back().has_rows = true;
      open_.push_back({{text_of(attributes, "testName"), result_of(text_of(attributes, "outcome"))}});
    }
    if (name == "ResultSummary") outcome_ = text_of(attributes, "outcome");
    in_error_ += name == "ErrorInfo" ? 1 : 0;
    into_ = open_.empty() || in_error_ == 0 ? nullptr
            : name == "Message"             ? &open_.back().test.message
            : name == "StackTrace"          ? &open_.back().test.trace
                                            : nullptr;
  }
  void close(std::string_view name) override {
    --depth_;
    into_ = nullptr;
    in_error_ -= name == "ErrorInfo" ? 1 : 0;
    if (name != "UnitTestResult" || open_.empty()) return;
    if (!open_.back().has_rows) add(report_, open_.back().test);
    open_.pop_back();
  }
  void text(std::string_view piece) override {
    if (into_ != nullptr) append_bounded(*into_, piece);
  }

  Result<Report> report(std::string_view name) && {
    if (!is_trx_) return failure(Fault::Invalid, "not TRX: its root is not TestRun").at({std::string(name)});
    const bool fine = outcome_.empty() || outcome_ == "Completed" || outcome_ == "Passed" || outcome_ == "Warning";
    if (!fine && report_.tests.failed == 0) add_failed_run(report_, fmt::format("the run ended as {}, but names no failed test", outcome_));
    return std::move(report_);
  }

 private:
  int depth_ = 0;
  bool is_trx_ = false;
  int in_error_ = 0;
  std::string outcome_;
  std::vector<Open> open_;
  std::string* into_ = nullptr;    ///< of the innermost open result, while such an element is open
  Report report_;
};

}  // namespace

Result<Report> parse_trx(std::string_view text, std::string_view name) {
  TrxReader reader;
  TRY(read_xml(text, name, reader));
  return std::move(reader).report(name);
}

}  // namespace tandem::check
