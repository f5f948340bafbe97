#include "check/test_case.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"

namespace tandem::check {
namespace {

constexpr size_t text_bytes_max = 64 << 10;

/// The first "path/to/file.ext:12" of a trace that is not in somebody else's package.
Place place_in_trace(std::string_view trace) {
  static const RE2 place(R"(([\w@./\\-]+\.[A-Za-z]{1,5}):(?:line )?(\d{1,7}))");
  re2::StringPiece rest(trace.data(), trace.size());
  std::string file;
  int line = 0;
  while (RE2::FindAndConsume(&rest, place, &file, &line))
    if (!file.contains("node_modules") && !file.contains("site-packages") && !file.contains("node:")) return {file, line};
  return {};
}

Finding finding_of(const TestCase& failed) {
  auto place = failed.place;
  const auto traced = place_in_trace(failed.trace);
  if (place.file.empty()) place = traced;
  else if (place.line == 0 && traced.file.ends_with(place.file)) place.line = traced.line;
  const std::string_view said = trimmed(failed.message).empty() ? trimmed(failed.trace) : trimmed(failed.message);
  const auto line = said.substr(0, std::min<size_t>(said.find('\n'), 300));
  return {"report.test-failed", "HIGH", place, line.empty() ? failed.name : fmt::format("{}: {}", failed.name, trimmed(line))};
}

}  // namespace

void add(Report& report, const TestCase& test) {
  ++report.tests.tests;
  if (test.result == TestResult::Skipped) ++report.tests.skipped;
  if (test.result != TestResult::Failed) return;
  ++report.tests.failed;
  report.findings.push_back(finding_of(test));
}

void add_failed_run(Report& report, std::string what) {
  ++report.tests.tests;
  ++report.tests.failed;
  report.findings.push_back({"report.test-failed", "HIGH", {}, std::move(what)});
}

void TestCaseReader::open(std::string_view name, const Attributes& attributes) {
  if (depth_++ == 0) open_root(name, attributes);
  open_element(name, attributes);
  if (name == elements_.test) case_ = case_of(attributes);
  into_ = !case_ ? nullptr : name == elements_.message ? &case_->message : name == elements_.trace ? &case_->trace : nullptr;
}

void TestCaseReader::close(std::string_view name) {
  --depth_;
  into_ = nullptr;
  if (name != elements_.test || !case_) return;
  if (counts(*case_)) add(report_, *case_);
  case_.reset();
}

void TestCaseReader::text(std::string_view piece) {
  if (into_ != nullptr) append_bounded(*into_, piece);
}

void append_bounded(std::string& text, std::string_view piece) {
  text += piece.substr(0, text_bytes_max - std::min(text_bytes_max, text.size()));
}

}  // namespace tandem::check
