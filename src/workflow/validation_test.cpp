#include "workflow/validation.hpp"

#include <gtest/gtest.h>

namespace tandem::workflow {
namespace {

const Known nothing{{}, {}, {}, false};

std::string fixed(std::string_view text) { return apply_fixes(text, validate(text, "w.yml", nothing)); }

std::string said(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  for (const auto& d : diagnostics) out += fmt::format("{}:{} {}\n", d.place.line, d.place.column, d.code);
  return out;
}

#define TAIL "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: []}\n"

TEST(Fix, MakesEveryCorrectionThatIsPossibleInOneWay) {
  EXPECT_EQ(fixed("Name: w\nSchemaVersion: 2\nTrigers:\n  - Type: push\n    Branches: [feature/**]\n" TAIL),
            "Name: w\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: push\n    Branches: [feature/**]\n" TAIL);
  EXPECT_EQ(fixed("Name: w\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: push\n    Branches: [feature/**]\n" TAIL),
            "Name: w\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: PUSH\n    Branches: [feature/.*]\n" TAIL);
}

TEST(Fix, LeavesADefinitionThatIsValidAfterwards) {
  const auto text = fixed("Name: w\nSchemaVersion: 1\nRunMode: parallel\nTriggers:\n  - Type: PullRequest\n    Events: [opened]\nActions:\n"
                          "  Build:\n    Identifier: aws/build@v7\n    Inputs: {Sources: [main]}\n    Configuration:\n      Commands:\n"
                          "        - npm ci\n        - \"npm: test\"\n  B:\n    Identifier: aws/build\n    DependsOn: [Biuld]\n"
                          "    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [ls]}\n");
  EXPECT_TRUE(validate(text, "w.yml", nothing).empty()) << text << said(validate(text, "w.yml", nothing));
  EXPECT_NE(text.find("      Steps:\n        - Run: npm ci\n        - Run: \"npm: test\"\n"), std::string::npos) << text;
}

TEST(Fix, TurnsDoubleQuotesAroundAPatternIntoSingleOnes) {
  EXPECT_EQ(fixed("Name: w\nTriggers:\n  - Branches: [\"release\\-.*\"]\n"), "Name: w\nTriggers:\n  - Branches: ['release\\-.*']\n");
}

TEST(Fix, CountsColumnsInCharacters) {
  const auto edit = [](int column) { return Diagnostic{.fix = TextEdit{{"w.yml", 1, column}, "b", "X"}}; };
  EXPECT_EQ(apply_fixes("éb: 1\n", {edit(2)}), "éX: 1\n");
}

TEST(Fix, DoesNothingWhereTheTextIsAnother) {
  EXPECT_EQ(apply_fixes("abc", {{.fix = TextEdit{{"w.yml", 1, 2}, "x", "y"}}, {.fix = TextEdit{{"w.yml", 9, 9}, "x", "y"}}}), "abc");
}

TEST(Fix, MakesOnlyTheFirstOfTwoOverlappingCorrections) {
  EXPECT_EQ(apply_fixes("abc", {{.fix = TextEdit{{"", 1, 1}, "ab", "x"}}, {.fix = TextEdit{{"", 1, 2}, "bc", "y"}}}), "xc");
}

TEST(Smells, AreHabitsThatHideFailures) {
  const std::string text = "Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                           "    Configuration:\n      Steps:\n        - Run: npm test || true\n        - Run: |\n            sleep 30\n"
                           "            sed -i s/a/b/ src/main.py\n        - Run: |\n            set -euo pipefail\n            until curl x; do\n"
                           "              sleep 1\n            done\n            npm test\n";
  EXPECT_EQ(said(validate(text, "w.yml", nothing)), "9:16 W320\n11:13 W321\n12:13 W322\n");
  EXPECT_EQ(said(validate(text, "w.yml", nothing, Strictness::Strict)), "9:16 W320\n10:16 W316\n11:13 W321\n12:13 W322\n");
}

std::string smell_of(const std::string& command) {
  return said(validate("Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                       "    Configuration:\n      Steps:\n        - Run: |\n            " + command + "\n", "w.yml", nothing));
}

TEST(Smells, ASwallowedFailureHasManyForms) {
  for (const auto* command : {"npm test || true", "npm test || :", "npm test || echo failed", "set +e", "npm test; true", "npm test || exit 0", "a $(b) || true"})
    EXPECT_EQ(smell_of(command), "10:13 W320\n") << command;
  for (const auto* command : {"npm test || exit 1", "x=$(cat f 2>/dev/null || true)", "echo trueish", "[ -f x ] || cp y x", "# npm test || true"})
    EXPECT_EQ(smell_of(command), "") << command;
}

TEST(Smells, AreSaidOnceForAStepWithTheOtherLines) {
  const std::string step = "Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                           "    Configuration:\n      Steps:\n        - Run: |\n            a || true\n            sleep 5\n            b || echo no\n            c || true\n"
                           "            sleep 6\n        - Run: d || true\n";
  const auto found = validate(step, "w.yml", nothing);
  EXPECT_EQ(said(found), "10:13 W320\n11:13 W321\n15:16 W320\n");
  EXPECT_EQ(found.at(0).what, "this hides a failure, also in lines 12 and 13");
  EXPECT_EQ(found.at(1).what, "a fixed sleep is too long or too short, also in line 14");
}

TEST(Corrections, QuoteCommandsInWhichYamlSeesAKey) {
  const std::string text = "Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                           "    Configuration:\n      Commands:\n        - echo \"Commit: it's $X\"   # why\n        - make\n        - echo \"a: b\" | tee c\n";
  const auto better = corrected(text, "w.yml", nothing);
  EXPECT_EQ(better.text, "Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                         "    Configuration:\n      Steps:\n        - Run: 'echo \"Commit: it''s $X\"'   # why\n        - Run: make\n        - Run: 'echo \"a: b\" | tee c'\n");
  EXPECT_TRUE(validate(better.text, "w.yml", nothing).empty());
}

TEST(Corrections, LeaveCommandsThatAreMapsOfTheirOwn) {
  const std::string text = "Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                           "    Configuration:\n      Commands:\n        - name: x\n          run: y\n";
  EXPECT_EQ(corrected(text, "w.yml", nothing).count, 0);
}

TEST(Paths, CountTheStepsInWhichAReferenceStands) {
  const auto found = validate("Name: w\nSchemaVersion: \"1.0\"\nActions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n"
                              "    Configuration:\n      Steps:\n        - Run: a\n        - Run: b ${Nobody.X}\n", "w.yml", nothing);
  ASSERT_EQ(said(found), "10:18 E160\n");
  EXPECT_EQ(found.at(0).path, "Actions.A.Configuration.Steps[1].Run");
}

TEST(Corrections, AreMadeUntilNoneIsLeftAndThenChangeNothing) {
  const std::string text = "# kept\nName: w\nSchemaVersion: 1\nTrigers:   # why\n  - Type: push\n    Branches: [\"feature/*\", 'release/**']\n"
                           "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n"
                           "        - Run: |\n            cat <<EOF\n{\nEOF\n        - Run: |\n            cat <<EOF\n}\nEOF\n";
  const auto better = corrected(text, "w.yml", nothing);
  EXPECT_EQ(better.text, "# kept\nName: w\nSchemaVersion: \"1.0\"\nTriggers:   # why\n  - Type: PUSH\n    Branches: [\"feature/.*\", 'release/.*']\n"
                         "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration:\n      Steps:\n"
                         "        - Run: |\n            cat <<EOF\n            {\n            EOF\n        - Run: |\n            cat <<EOF\n            }\n            EOF\n");
  EXPECT_EQ(better.count, 7);
  EXPECT_EQ(corrected(better.text, "w.yml", nothing).count, 0);
}

TEST(Corrections, GoIntoTheQuotesThatStandThere) {
  const auto branches = [](const std::string& written) {
    const auto text = fixed("Name: w\nTriggers:\n  - Type: PUSH\n    FilesChanged: [" + written + "]\n");
    return text.substr(text.find('[') + 1, text.find(']') - text.find('[') - 1);
  };
  EXPECT_EQ(branches("'src/*'"), "'src/.*'");
  EXPECT_EQ(branches("\"src/*\""), "\"src/.*\"");
  EXPECT_EQ(branches("\"src/*.py\""), "'src/.*\\.py'") << "a backslash is an escape in double quotes";
  EXPECT_EQ(branches("src/*.py"), "src/.*\\.py");
}

TEST(ExitCode, TellsErrorsFromMissingCapabilities) {
  EXPECT_EQ(exit_code({}), 0);
  EXPECT_EQ(exit_code({{Severity::Note}}), 0);
  EXPECT_EQ(exit_code({{Severity::Warning}}), 0);
  EXPECT_EQ(exit_code({{Severity::Warning}}, Strictness::Strict), 2);
  EXPECT_EQ(exit_code({{Severity::Capability}}), 4);
  EXPECT_EQ(exit_code({{Severity::Capability}, {Severity::Error}}), 2);
}

TEST(Sarif, HoldsRulePlaceMessageAndCorrection) {
  const auto log = to_sarif(validate("Name: w\nSchemaVersion: 2\n" TAIL, "w.yml", nothing), "1.0");
  const auto& run = log.at("runs").at(0);
  EXPECT_EQ(run.at("tool").at("driver").at("rules").at(0).at("id").as_string(), "E115");
  const auto& result = run.at("results").at(0);
  EXPECT_EQ(result.at("level").as_string(), "error");
  EXPECT_EQ(to_text(result.at("locations").at(0).at("physicalLocation").at("region")), R"({"startLine":2,"startColumn":16})");
  EXPECT_EQ(to_text(result.at("fixes").at(0).at("artifactChanges").at(0).at("replacements").at(0)),
            R"({"deletedRegion":{"startLine":2,"startColumn":16,"endLine":2,"endColumn":17},"insertedContent":{"text":"\"1.0\""}})");
}

TEST(Codes, HaveTitles) {
  for (const auto* code : {"E100", "E191", "W301", "W322", "N200", "N201", "N206"}) EXPECT_FALSE(title(code).empty()) << code;
}

}  // namespace
}  // namespace tandem::workflow
