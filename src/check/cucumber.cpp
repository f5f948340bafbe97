// Cucumber's JSON: features, in them scenarios, in them steps. A scenario is a test.

#include "base/text.hpp"
#include "check/report_formats.hpp"
#include "check/test_case.hpp"

namespace tandem::check {
namespace {

Result<json::array> list_of(const json::value& document, std::string_view name, std::string_view format) {
  if (const auto* list = document.if_array()) return *list;
  return failure(Fault::Invalid, "not {}: a list was expected", format).at({std::string(name)});
}

/// Adds what the steps or hooks in `list` say to the scenario: the first failure counts, a step nobody wrote is one.
void take_steps(TestCase& test, const json::array& list, bool& ran, Place place) {
  for (const auto& value : list) {
    Fields step(value, "a step");
    Fields result(step.object("result"), "a result");
    const auto status = lower(result.string_or("status", "undefined"));
    if (status == "passed") ran = true;
    if (status == "passed" || status == "skipped" || status == "pending" || test.result == TestResult::Failed) continue;
    test.result = TestResult::Failed;
    place.line = static_cast<int>(step.integer_or("line", place.line));
    test.place = place;
    append_bounded(test.message, result.string_or("error_message", fmt::format("{}: {}", status, step.string_or("name", "a hook"))));
  }
}

void take_feature(Report& report, const json::value& value) {
  Fields feature(value, "a feature");
  const auto file = feature.string_or("uri", "");
  const auto title = feature.string_or("name", file);
  TestCase test;
  bool ran = false;
  for (const auto& member : feature.list("elements")) {
    Fields element(member, "a scenario");
    const Place place{file, static_cast<int>(element.integer_or("line", 0))};
    for (const auto* part : {"before", "steps", "after"}) take_steps(test, element.list(part), ran, place);
    // A background is the beginning of the scenario that follows it.
    if (element.string_or("type", "scenario") == "background") continue;
    test.name = fmt::format("{}: {}", title, element.string_or("name", ""));
    if (!ran && test.result == TestResult::Passed) test.result = TestResult::Skipped;
    add(report, test);
    test = {};
    ran = false;
  }
}

}  // namespace

Result<Report> parse_cucumber(std::string_view text, std::string_view name) {
  const auto document = TRY(parse_json(text, name));
  const auto features = TRY(list_of(document, name, "Cucumber JSON"));
  Report report;
  for (const auto& feature : features) take_feature(report, feature);
  return report;
}

}  // namespace tandem::check
