#include "record/verdict.hpp"

namespace tandem {

json::value to_json(const Finding& finding) {
  return json::object{{"rule", finding.rule},
                      {"severity", finding.severity},
                      {"file", finding.place.file},
                      {"line", finding.place.line},
                      {"column", finding.place.column},
                      {"what", finding.what}};
}

json::value to_json(const Verdict& verdict) {
  json::array findings;
  for (const auto& finding : verdict.findings) findings.push_back(to_json(finding));
  return json::object{{"passed", verdict.passed},
                      {"findings", findings},
                      {"tests", {{"tests", verdict.tests.tests},
                                 {"failed", verdict.tests.failed},
                                 {"skipped", verdict.tests.skipped}}}};
}

Result<Verdict> verdict_from_json(const json::value& value) {
  Fields fields(value, "a verdict");
  Verdict verdict;
  verdict.passed = fields.boolean_or("passed", false);
  for (const auto& member : fields.list("findings")) {
    Fields finding(member, "a finding");
    verdict.findings.push_back({finding.string_or("rule", ""), finding.string_or("severity", ""),
                                {finding.string_or("file", ""), static_cast<int>(finding.integer_or("line", 0)),
                                 static_cast<int>(finding.integer_or("column", 0))},
                                finding.string_or("what", "")});
  }
  const json::value counts = fields.object("tests");
  Fields tests(counts, "test counts");
  verdict.tests = {static_cast<int>(tests.integer_or("tests", 0)), static_cast<int>(tests.integer_or("failed", 0)),
                   static_cast<int>(tests.integer_or("skipped", 0))};
  TRY(fields.finish());
  return verdict;
}

}  // namespace tandem
