#include <gtest/gtest.h>

#include "base/files.hpp"
#include "check/reports.hpp"

namespace tandem::check {
namespace {

Report parsed(std::string_view format, std::string_view text) {
  auto report = parse_report(format, text, "r");
  EXPECT_TRUE(report) << (report ? "" : report.error().what);
  return report ? *report : Report{};
}

const char* const nunit3 = R"(<?xml version="1.0"?>
<test-run id="0" testcasecount="4" result="Failed" total="4" passed="1" failed="1" inconclusive="0" skipped="2">
 <test-suite type="Assembly" result="Failed"><failure><message>One or more child tests had errors</message></failure>
  <test-suite type="TestFixture"><test-case fullname="Shop.Cart.Adds" result="Passed"/>
   <test-case fullname="Shop.Cart.Removes" result="Failed" label="Error"><failure><message><![CDATA[Expected: 1
But was: 2]]></message><stack-trace>at Shop.Cart.Removes() in /src/Cart.cs:line 41</stack-trace></failure></test-case>
   <test-case fullname="Shop.Cart.Later" result="Skipped" label="Ignored"><reason><message>later</message></reason></test-case>
   <test-case fullname="Shop.Cart.Maybe" result="Inconclusive"/></test-suite></test-suite></test-run>)";

TEST(ReportFormats, NUnit3CountsCasesAndNotSuites) {
  const auto report = parsed("NUNIT3XML", nunit3);
  EXPECT_EQ(report.tests, (TestCounts{4, 1, 2}));
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].what, "Shop.Cart.Removes: Expected: 1");
  EXPECT_EQ(report.findings[0].place, (Place{"/src/Cart.cs", 41}));
}

TEST(ReportFormats, NUnit2HasOtherWordsForTheSame) {
  const auto report = parsed("NUNITXML", R"(<test-results name="a.dll" total="3" errors="1" failures="1" not-run="1"><test-suite><results>
    <test-case name="A.Ok" executed="True" result="Success" success="True"/><test-case name="A.Off" executed="False" result="Ignored"/>
    <test-case name="A.Bad" executed="True" result="Failure" success="False"><failure><message>no</message></failure></test-case>
    <test-case name="A.Worse" executed="True" result="Error"/></results></test-suite></test-results>)");
  EXPECT_EQ(report.tests, (TestCounts{4, 2, 1}));
}

TEST(ReportFormats, ARunThatSaysItFailedIsNotPassedForWantOfAFailedTest) {
  EXPECT_EQ(parsed("NUNIT3XML", R"(<test-run result="Failed" failed="0"><test-suite result="Failed" site="SetUp"/></test-run>)").tests.failed, 1);
  EXPECT_EQ(parsed("VISUALSTUDIOTRX", R"(<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results/><ResultSummary outcome="Aborted"/></TestRun>)").tests.failed, 1);
}

TEST(ReportFormats, TestNgCountsMethodsAndAFailedSetUpButNotOneThatPassed) {
  const auto report = parsed("TESTNGXML", R"(<testng-results skipped="1" failed="1" total="3" passed="1"><suite><test><class name="shop.Cart">
    <test-method status="PASS" name="setUp" is-config="true"/><test-method status="PASS" name="adds"/>
    <test-method status="FAIL" name="removes"><exception class="java.lang.AssertionError"><message><![CDATA[expected 1]]></message>
      <full-stacktrace><![CDATA[at shop.Cart.removes(Cart.java:17)]]></full-stacktrace></exception></test-method>
    <test-method status="SKIP" name="later"/><test-method status="FAIL" name="tearDown" is-config="true"/></class></test></suite></testng-results>)");
  EXPECT_EQ(report.tests, (TestCounts{4, 2, 1}));
  EXPECT_EQ(report.findings[0].what, "shop.Cart.removes: expected 1");
  EXPECT_EQ(report.findings[0].place, (Place{"Cart.java", 17}));
}

TEST(ReportFormats, TrxCountsRowsOfDataInsteadOfTheirSum) {
  const auto report = parsed("VISUALSTUDIOTRX", R"xml(<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
    <UnitTestResult testName="Shop.Adds" outcome="Passed"/><UnitTestResult testName="Shop.Later" outcome="NotExecuted"/>
    <UnitTestResult testName="Shop.Rows" outcome="Failed"><InnerResults><UnitTestResult testName="Shop.Rows (1)" outcome="Passed"/>
      <UnitTestResult testName="Shop.Rows (2)" outcome="Failed"><Output><StdOut>noise</StdOut><ErrorInfo><Message>two is not one</Message>
      <StackTrace>at Shop.Rows() in C:\src\Shop.cs:line 9</StackTrace></ErrorInfo></Output></UnitTestResult></InnerResults></UnitTestResult>
    </Results><ResultSummary outcome="Failed"><Counters total="4" failed="1"/></ResultSummary></TestRun>)xml");
  EXPECT_EQ(report.tests, (TestCounts{4, 1, 1}));
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].what, "Shop.Rows (2): two is not one");
  EXPECT_EQ(report.findings[0].place.line, 9);
}

const char* const cucumber = R"([{"uri":"features/cart.feature","name":"Cart","keyword":"Feature","elements":[
  {"type":"background","name":"","line":3,"steps":[{"name":"a shop","line":4,"result":{"status":"passed"}}]},
  {"type":"scenario","name":"adds","line":6,"steps":[{"name":"I add","line":7,"result":{"status":"passed"}}]},
  {"type":"background","line":3,"steps":[{"name":"a shop","line":4,"result":{"status":"passed"}}]},
  {"type":"scenario","name":"removes","line":9,"steps":[{"name":"I remove","line":10,"result":{"status":"failed","error_message":"expected 1\n  at x"}},
     {"name":"it is gone","line":11,"result":{"status":"skipped"}}]},
  {"type":"scenario","name":"unwritten","line":13,"steps":[{"name":"I dream","line":14,"result":{"status":"undefined"}}]},
  {"type":"scenario","name":"off","line":16,"steps":[{"name":"x","line":17,"result":{"status":"skipped"}}]}]}])";

TEST(ReportFormats, CucumberCountsScenariosAndAStepNobodyWroteFailsOne) {
  const auto report = parsed("CUCUMBERJSON", cucumber);
  EXPECT_EQ(report.tests, (TestCounts{4, 2, 1}));
  EXPECT_EQ(report.findings[0].what, "Cart: removes: expected 1");
  EXPECT_EQ(report.findings[0].place, (Place{"features/cart.feature", 10}));
  EXPECT_EQ(report.findings[1].what, "Cart: unwritten: undefined: I dream");
}

TEST(ReportFormats, SimpleCovIsReadInAllItsShapesAndRunsAreMerged) {
  const auto kept = parsed("SIMPLECOV", R"({"RSpec":{"coverage":{"/a.rb":{"lines":[1,null,0,0],"branches":{"[:if, 0]":{"[:then, 1]":3,"[:else, 2]":0}}}}},
    "Minitest":{"coverage":{"/a.rb":{"lines":[0,null,2,0]},"/b.rb":[1,1]}}})");
  EXPECT_EQ(kept.lines, (Covered{4, 5}));
  EXPECT_EQ(kept.branches, (Covered{1, 2}));
  const auto formatted = parsed("SIMPLECOV", R"({"meta":{"simplecov_version":"0.22.0"},"coverage":{"/a.rb":{"lines":[1,null,"ignored",0],
    "branches":[{"type":"then","coverage":1},{"type":"else","coverage":0}]}},"groups":{}})");
  EXPECT_EQ(formatted.lines, (Covered{1, 2}));
  EXPECT_EQ(formatted.branches, (Covered{1, 2}));
  EXPECT_EQ(parsed("SIMPLECOV", R"({"files":[{"filename":"/a.rb","coverage":[0,1,null]}],"metrics":{}})").lines, (Covered{1, 2}));
  EXPECT_FALSE(parse_report("SIMPLECOV", "{}", "r"));
}

TEST(ReportFormats, EslintAndPylintBecomeFindingsOfTheirKind) {
  const auto eslint = parsed("ESLINTJSON", R"([{"filePath":"/a.js","messages":[{"ruleId":"no-eval","severity":2,"message":"eval is evil","line":3,"column":5},
    {"ruleId":"security/detect-object-injection","severity":1,"message":"m","line":1,"column":1},{"ruleId":null,"fatal":true,"severity":2,"message":"Parsing error"}],
    "suppressedMessages":[{"ruleId":"x","severity":2}]}])");
  ASSERT_EQ(eslint.findings.size(), 3U);
  EXPECT_EQ(eslint.findings[0], (Finding{"eslint.no-eval", "HIGH", {"/a.js", 3, 5}, "eval is evil"}));
  EXPECT_EQ(eslint.kinds, (std::vector<std::string>{"Quality", "Security", "Bug"}));
  EXPECT_EQ(eslint.findings[1].severity, "MEDIUM");
  const auto pylint = parsed("PYLINTJSON", R"([{"type":"error","path":"a.py","line":7,"column":0,"symbol":"no-member","message":"no","message-id":"E1101"},
    {"type":"convention","path":"a.py","line":1,"column":0,"symbol":"missing-docstring","message":"m","message-id":"C0114"}])");
  EXPECT_EQ(pylint.findings[0], (Finding{"pylint.no-member", "HIGH", {"a.py", 7, 1}, "no"}));
  EXPECT_EQ(pylint.findings[1].severity, "LOW");
  EXPECT_EQ(parsed("PYLINTJSON", R"({"messages":[{"type":"fatal","symbol":"x","messageId":"F1"}],"statistics":{}})").findings[0].severity, "CRITICAL");
}

TEST(ReportFormats, AreDiscoveredByTheirBeginning) {
  EXPECT_EQ(discover_format(nunit3), "NUNIT3XML");
  EXPECT_EQ(discover_format("<test-results name='a'/>"), "NUNITXML");
  EXPECT_EQ(discover_format("<?xml version='1.0'?><testng-results total='1'>"), "TESTNGXML");
  EXPECT_EQ(discover_format("<TestRun id='1' xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'>"), "VISUALSTUDIOTRX");
  EXPECT_EQ(discover_format(cucumber), "CUCUMBERJSON");
  EXPECT_EQ(discover_format(R"([{"filePath":"/a.js","messages":[]}])"), "ESLINTJSON");
  EXPECT_EQ(discover_format(R"([{"type":"error","symbol":"x","message-id":"E1"}])"), "PYLINTJSON");
  EXPECT_EQ(discover_format(R"({"RSpec":{"coverage":{"/app/a.rb":{"lines":[1]}}}})"), "SIMPLECOV");
  EXPECT_EQ(discover_format(R"([1,2,3])"), "");
  EXPECT_EQ(discover_format(R"({"coverage":"lines"})"), "");
}

TEST(ReportFormats, RefuseHostileAndForeignTexts) {
  const auto* bomb = R"(<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><test-run><test-case name="&b;"/></test-run>)";
  for (const auto* format : {"NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX"}) {
    const auto refused = parse_report(format, bomb, "r");
    ASSERT_FALSE(refused) << format;
    EXPECT_NE(refused.error().what.find("declares an entity"), std::string::npos) << refused.error().what;
    EXPECT_FALSE(parse_report(format, "<other/>", "r")) << format;
    EXPECT_FALSE(parse_report(format, "", "r")) << format;
  }
  for (const auto* format : {"CUCUMBERJSON", "ESLINTJSON", "PYLINTJSON", "SIMPLECOV"}) {
    EXPECT_FALSE(parse_report(format, "{]", "r")) << format;
    EXPECT_FALSE(parse_report(format, "7", "r")) << format;
    // Values of other types than the format's are no reason to fall over.
    (void)parse_report(format, R"([{"elements":7,"messages":"x","filePath":3}, 5, null, []])", "r");
    (void)parse_report(format, R"({"coverage":{"a":{"lines":{"x":1},"branches":7}},"files":3})", "r");
  }
}

TEST(ReportFormats, OfAllKindsAreHeldAgainstTheCriteriaOfTheirKind) {
  const auto judge = [](const char* format, const char* text, const auto& set) {
    const auto folder = *TemporaryFolder::make();
    EXPECT_TRUE(write_file(folder.path() / "report", text));
    ReportOutput criteria{"r", format, {"report"}, {}};
    set(criteria);
    return judge_report_in(criteria, folder.path())->passed;
  };
  EXPECT_FALSE(judge("NUNIT3XML", nunit3, [](ReportOutput& it) { it.pass_rate = 51; }));
  EXPECT_TRUE(judge("NUNIT3XML", nunit3, [](ReportOutput& it) { it.pass_rate = 50; }));
  EXPECT_FALSE(judge("CUCUMBERJSON", cucumber, [](ReportOutput& it) { it.pass_rate = 100; }));
  EXPECT_FALSE(judge("SIMPLECOV", R"({"coverage":{"a.rb":[1,0]}})", [](ReportOutput& it) { it.line_coverage = 50.1; }));
  const auto* lint = R"([{"filePath":"a","messages":[{"ruleId":"r","severity":2,"message":"m"}]}])";
  EXPECT_FALSE(judge("ESLINTJSON", lint, [](ReportOutput& it) { it.finding_limits = {{"StaticAnalysisQuality", "HIGH", 0}}; }));
  EXPECT_TRUE(judge("ESLINTJSON", lint, [](ReportOutput& it) { it.finding_limits = {{"StaticAnalysisBug", "HIGH", 0}}; }));
}

TEST(ReportFormats, DiscoveryHonoursItsPathsAndLeavesPackagesAlone) {
  const auto folder = *TemporaryFolder::make();
  const auto* failing = "<testsuite><testcase name='a'><failure/></testcase></testsuite>";
  for (const auto* file : {"node_modules/x/r.xml", "web/node_modules/x/r.xml", ".venv/lib/r.xml", "old/r.xml"}) ASSERT_TRUE(write_file(folder.path() / file, failing));
  ASSERT_TRUE(write_file(folder.path() / "new/r.xml", "<testsuite><testcase name='a'/></testsuite>"));
  ReportOutput criteria{"auto", "", {}, {"old/**"}};
  criteria.pass_rate = 100;
  const auto without = *judge_report_in(criteria, folder.path());
  EXPECT_TRUE(without.passed);
  EXPECT_EQ(without.tests.tests, 1);
  criteria.exclude_paths.clear();
  EXPECT_FALSE(judge_report_in(criteria, folder.path())->passed);
  criteria.include_paths = {"new"};
  EXPECT_TRUE(judge_report_in(criteria, folder.path())->passed);
}

}  // namespace
}  // namespace tandem::check
