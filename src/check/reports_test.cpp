#include "check/reports.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::check {
namespace {

Report parsed(std::string_view format, std::string_view text) {
  auto report = parse_report(format, text, "r");
  EXPECT_TRUE(report) << (report ? "" : report.error().what);
  return report ? *report : Report{};
}

const char* const pytest_report = R"(<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.1">
<testcase classname="tests.test_people" name="test_reads" time="0.01"/>
<testcase classname="tests.test_people" name="test_creates"><failure message="assert 500 == 201">def test_creates():
&gt;   assert answer.status_code == 201
E   assert 500 == 201

tests/test_people.py:42: AssertionError</failure></testcase>
<testcase classname="tests.test_auth" name="test_login"><error message="fixture 'x' not found">tests/test_auth.py:7</error></testcase>
<testcase classname="tests.test_auth" name="test_slow"><skipped message="slow"/></testcase>
</testsuite></testsuites>)";

TEST(Reports, JUnitCasesAreCountedAndFailuresBecomeFindingsWithTheirPlace) {
  const auto report = parsed("JUNITXML", pytest_report);
  EXPECT_EQ(report.tests, (TestCounts{4, 2, 1}));
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].place, (Place{"tests/test_people.py", 42}));
  EXPECT_EQ(report.findings[0].what, "tests.test_people.test_creates: assert 500 == 201");
  EXPECT_EQ(report.findings[1].place, (Place{"tests/test_auth.py", 7}));
}

TEST(Reports, JUnitUnderstandsNestedSuitesDisabledTestsAndSuitesWithoutCases) {
  const auto report = parsed("JUNITXML", R"(<testsuites tests="9"><testsuite name="outer" tests="3">
    <testsuite name="inner"><testcase name="A" status="run" result="completed" file="a_test.cpp" line="12"><failure message="no"/></testcase>
    <testcase name="B" status="notrun" result="suppressed"/></testsuite></testsuite>
    <testsuite name="summary" tests="5" failures="2" skipped="1"/></testsuites>)");
  EXPECT_EQ(report.tests, (TestCounts{7, 3, 2}));
  EXPECT_EQ(report.findings[0].place, (Place{"a_test.cpp", 12}));
  EXPECT_EQ(report.findings[1].what, "summary: 2 of 5 tests failed");
}

TEST(Reports, ACaseWithFailureAndErrorFailsOnce) {
  EXPECT_EQ(parsed("JUNITXML", "<testsuite><testcase name='a'><failure/><error/></testcase></testsuite>").tests, (TestCounts{1, 1, 0}));
}

TEST(Reports, CoberturaIsTakenFromItsRootOrFromItsLines) {
  const auto said = parsed("COBERTURAXML", R"(<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
    <coverage lines-covered="90" lines-valid="100" branches-covered="3" branches-valid="4" line-rate="0.9"/>)");
  EXPECT_DOUBLE_EQ(*said.lines.percent(), 90);
  EXPECT_DOUBLE_EQ(*said.branches.percent(), 75);
  const auto counted = parsed("COBERTURAXML", R"xml(<coverage line-rate="0.5"><packages><package><classes><class filename="a.py">
    <methods><method><lines><line number="1" hits="0"/></lines></method></methods>
    <lines><line number="1" hits="3"/><line number="2" hits="0" branch="true" condition-coverage="50% (1/2)"/></lines>
    </class></classes></package></packages></coverage>)xml");
  EXPECT_EQ(counted.lines, (Covered{1, 2}));
  EXPECT_EQ(counted.branches, (Covered{1, 2}));
}

TEST(Reports, LcovMergesTheSameFileOfSeveralTests) {
  const auto report = parsed("LCOV", "TN:one\nSF:a.js\nDA:1,1\nDA:2,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nLF:2\nLH:1\nend_of_record\n"
                                     "TN:two\nSF:a.js\nDA:1,0\nDA:2,4\nend_of_record\nSF:b.js\nLF:8\nLH:2\nend_of_record\n");
  EXPECT_EQ(report.lines, (Covered{4, 10}));
  EXPECT_EQ(report.branches, (Covered{1, 2}));
}

TEST(Reports, JacocoCountsTheReportsOwnCountersOnly) {
  const auto report = parsed("JACOCOXML", R"(<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
    <report name="x"><package name="p"><counter type="LINE" missed="1" covered="1"/></package>
    <counter type="LINE" missed="20" covered="80"/><counter type="BRANCH" missed="1" covered="3"/></report>)");
  EXPECT_EQ(report.lines, (Covered{80, 100}));
  EXPECT_EQ(report.branches, (Covered{3, 4}));
}

TEST(Reports, CloverCountsStatementsAndConditionals) {
  const auto report = parsed("CLOVERXML", R"(<coverage generated="1"><project><file name="a"><metrics statements="1" coveredstatements="1"/></file>
    <metrics statements="10" coveredstatements="7" conditionals="4" coveredconditionals="1"/></project></coverage>)");
  EXPECT_EQ(report.lines, (Covered{7, 10}));
  EXPECT_EQ(report.branches, (Covered{1, 4}));
}

const char* const sarif_report = R"({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Bandit", "rules": [
  {"id": "B1", "properties": {"tags": ["security"]}}, {"id": "Q1", "defaultConfiguration": {"level": "note"}},
  {"id": "C1", "properties": {"security-severity": "9.8"}}]}}, "results": [
  {"ruleId": "B1", "ruleIndex": 0, "level": "error", "message": {"text": "eval is used\nmore"},
   "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/a%20b.py"}, "region": {"startLine": 3, "startColumn": 5}}}]},
  {"ruleId": "B1", "level": "warning", "message": {"text": "w"}},
  {"ruleId": "Q1", "message": {"text": "the rule's own level"}},
  {"ruleId": "unknown", "message": {"text": "no level anywhere"}},
  {"ruleId": "C1", "level": "error", "message": {"text": "critical"}},
  {"ruleId": "B1", "level": "error", "message": {"text": "s"}, "suppressions": [{"kind": "inSource"}]},
  {"ruleId": "B1", "level": "error", "message": {"text": "r"}, "suppressions": [{"kind": "external", "status": "rejected"}]},
  {"ruleId": "B1", "kind": "pass", "message": {"text": "p"}}]}]})";

TEST(Reports, SarifLevelsBecomeSeveritiesAndSuppressedResultsDoNotCount) {
  const auto report = parsed("SARIFSA", sarif_report);
  std::vector<std::string> severities;
  for (const auto& finding : report.findings) severities.push_back(finding.severity);
  EXPECT_EQ(severities, (std::vector<std::string>{"HIGH", "MEDIUM", "LOW", "MEDIUM", "CRITICAL", "HIGH"}));
  EXPECT_EQ(report.findings[0], (Finding{"bandit.B1", "HIGH", {"src/a b.py", 3, 5}, "eval is used"}));
  EXPECT_EQ(report.kinds[0], "Security");
}

TEST(Reports, AnAnalyserThatDidNotFinishIsNoCleanReport) {
  const auto report = parse_report("SARIFSA", R"({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [],
    "invocations": [{"executionSuccessful": false, "exitCodeDescription": "database too old"}]}]})", "r");
  ASSERT_FALSE(report);
  EXPECT_TRUE(report.error().what.contains("database too old"));
}

TEST(Reports, XmlMayNotDeclareEntitiesNorReachOutside) {
  const auto outside = parse_report("JUNITXML", "<!DOCTYPE t [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><testsuite name='&x;'/>", "r.xml");
  ASSERT_FALSE(outside);
  EXPECT_TRUE(outside.error().what.contains("entity")) << outside.error().what;
  const auto bomb = parse_report("JUNITXML", "<!DOCTYPE t [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><testsuite>&b;</testsuite>", "r.xml");
  ASSERT_FALSE(bomb);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<testsuite>";
  EXPECT_FALSE(parse_report("JUNITXML", deep, "r.xml"));
}

TEST(Reports, BrokenFilesAreErrorsWithTheirPlace) {
  const auto cut = parse_report("JUNITXML", "<testsuites>\n<testcase", "unit.xml");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().place->file, "unit.xml");
  EXPECT_EQ(cut.error().place->line, 2);
  EXPECT_FALSE(parse_report("JUNITXML", "<html/>", "r"));
  EXPECT_FALSE(parse_report("COBERTURAXML", "<report/>", "r"));
  EXPECT_FALSE(parse_report("LCOV", "<html>", "r"));
  EXPECT_FALSE(parse_report("SARIFSA", "{}", "r"));
  EXPECT_FALSE(parse_report("SARIFSA", "[1", "r"));
}

TEST(Reports, DiscoveryKnowsEachFormatByItsBeginning) {
  EXPECT_EQ(discover_format(pytest_report), "JUNITXML");
  EXPECT_EQ(discover_format("<?xml version='1.0'?><coverage version='7' line-rate='0.9'>"), "COBERTURAXML");
  EXPECT_EQ(discover_format("<coverage generated='1' clover='3.2.0'><project timestamp='1'>"), "CLOVERXML");
  EXPECT_EQ(discover_format("<?xml?><!DOCTYPE report PUBLIC \"-//JACOCO//DTD\""), "JACOCOXML");
  EXPECT_EQ(discover_format("TN:\nSF:a.js\n"), "LCOV");
  EXPECT_EQ(discover_format(sarif_report), "SARIFSA");
  EXPECT_EQ(discover_format("<html>"), "");
  EXPECT_EQ(discover_format("{\"name\": \"x\", \"version\": \"2.1.0\"}"), "");
}

/// A folder with report files, judged.
struct Judged {
  TemporaryFolder folder = *TemporaryFolder::make();
  ReportOutput criteria{"unit", "JUNITXML", {"*.xml"}, {}};

  Judged& file(const std::string& name, std::string_view text) {
    EXPECT_TRUE(write_file(folder.path() / name, text));
    return *this;
  }
  Verdict verdict() const { return *judge_report_in(criteria, folder.path()); }
};

std::string cases(int passed, int failed) {
  std::string out = "<testsuite>";
  for (int i = 0; i < passed; ++i) out += "<testcase name='p'/>";
  for (int i = 0; i < failed; ++i) out += "<testcase name='f'><failure message='no'/></testcase>";
  return out + "</testsuite>";
}

TEST(Judgement, APassRateIsJudgedOverAllFilesTogether) {
  Judged judged;
  judged.file("a.xml", cases(9, 0)).file("b.xml", cases(0, 1));
  judged.criteria.pass_rate = 90;
  EXPECT_TRUE(judged.verdict().passed);
  judged.criteria.pass_rate = 95;
  const auto verdict = judged.verdict();
  EXPECT_FALSE(verdict.passed);
  EXPECT_EQ(verdict.findings[0].rule, "report.pass-rate");
  EXPECT_EQ(verdict.findings[0].what, "E-RUN-14 report unit: PassRate 90.0 < 95");
}

TEST(Judgement, FailedTestsAreFindingsEvenWithoutACriterion) {
  Judged judged;
  judged.file("a.xml", cases(1, 1));
  const auto verdict = judged.verdict();
  EXPECT_TRUE(verdict.passed);
  EXPECT_EQ(verdict.tests, (TestCounts{2, 1, 0}));
  EXPECT_EQ(verdict.findings.size(), 1U);
}

TEST(Judgement, NoTestAtAllIsNotAPassRateOfHundred) {
  Judged judged;
  judged.file("a.xml", "<testsuites/>");
  judged.criteria.pass_rate = 100;
  EXPECT_FALSE(judged.verdict().passed);
}

TEST(Judgement, AMissingReportFailsWithItsCode) {
  Judged judged;
  const auto verdict = judged.verdict();
  EXPECT_FALSE(verdict.passed);
  EXPECT_TRUE(verdict.findings[0].what.starts_with("E-RUN-13")) << verdict.findings[0].what;
}

TEST(Judgement, AnUnreadableReportFails) {
  Judged judged;
  judged.file("a.xml", cases(3, 0)).file("b.xml", "<testsuite><testcase");
  EXPECT_FALSE(judged.verdict().passed);
}

TEST(Judgement, ACriterionOfAnotherKindIsNotJudgedAndSaysSo) {
  Judged judged;
  judged.file("a.xml", cases(1, 0));
  judged.criteria.line_coverage = 80;
  const auto verdict = judged.verdict();
  EXPECT_TRUE(verdict.passed);
  EXPECT_EQ(verdict.findings[0].rule, "report.not-judged");
}

TEST(Judgement, CoverageOfNothingIsNoCoverage) {
  Judged judged;
  judged.criteria.format = "LCOV";
  judged.file("a.xml", "SF:a.js\nDA:1,1\nend_of_record\n");
  judged.criteria.line_coverage = 100;
  EXPECT_TRUE(judged.verdict().passed);
  judged.criteria.branch_coverage = 1;
  EXPECT_FALSE(judged.verdict().passed);
}

TEST(Judgement, FindingLimitsCountASeverityOrWorseOfTheirKind) {
  Judged judged;
  judged.file("a.xml", sarif_report);
  judged.criteria.format = "SARIFSA";
  judged.criteria.finding_limits = {{"StaticAnalysisSecurity", "HIGH", 2}};
  EXPECT_TRUE(judged.verdict().passed);
  judged.criteria.finding_limits = {{"StaticAnalysisSecurity", "MEDIUM", 2}};
  EXPECT_FALSE(judged.verdict().passed);
  judged.criteria.finding_limits = {{"StaticAnalysisFinding", "CRITICAL", 0}};
  EXPECT_FALSE(judged.verdict().passed);
  judged.criteria.finding_limits = {{"Vulnerabilities", "CRITICAL", 0}};
  EXPECT_TRUE(judged.verdict().passed);
  judged.criteria.format = "SARIFSCA";
  EXPECT_FALSE(judged.verdict().passed);
}

TEST(Judgement, DiscoveryJudgesWhatItFindsAndNothingIsOnlyANote) {
  Judged judged;
  judged.criteria = {"auto", "", {}, {}};
  judged.criteria.pass_rate = 100;
  EXPECT_TRUE(judged.verdict().passed);
  judged.file("deep/unit.xml", cases(1, 1)).file("page.xml", "<html/>");
  EXPECT_FALSE(judged.verdict().passed);
}

}  // namespace
}  // namespace tandem::check
