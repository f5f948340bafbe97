// Whatever the bytes are, a definition is judged and nothing else happens.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>

#include "base/files.hpp"
#include "workflow/pattern.hpp"
#include "workflow/validation.hpp"

namespace tandem::workflow {
namespace {

const Known nothing{{}, {}, {}, false};

std::string repeated(std::string_view piece, size_t size) {
  std::string out;
  while (out.size() < size) out += piece;
  return out;
}

std::string definition(const std::string& actions) { return "Name: w\nSchemaVersion: \"1.0\"\nActions:\n" + actions; }

/// The definitions of the shipped pair, if they are there.
std::vector<std::string> shipped() {
  std::vector<std::string> out;
  for (const auto* folder : {"registry/api-fastapi", "registry/infrastructure", "registry/api"}) {
    const auto workflows = std::filesystem::path(TANDEM_SOURCE_DIR) / folder / ".codecatalyst/workflows";
    if (!std::filesystem::exists(workflows)) continue;
    const auto files = files_below(workflows);
    for (const auto& file : *files) out.push_back(*read_file(workflows / file));
  }
  return out;
}

TEST(Hostile, DeepNestingIsRefused) {
  for (const auto* piece : {"[", "{a: ", "- ", "{a: [", "? "}) {
    const auto parsed = parse_workflow("Name: " + repeated(piece, 100'000), "w.yml", nothing);
    EXPECT_FALSE(parsed.workflow) << piece;
    EXPECT_FALSE(parsed.diagnostics.empty()) << piece;
  }
}

TEST(Hostile, AliasBombsAreRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  const auto parsed = parse_workflow(bomb, "w.yml", nothing);
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_EQ(parsed.diagnostics[0].code, "E105");
}

std::string first_code(std::string_view text) {
  const auto parsed = parse_workflow(text, "w.yml", nothing);
  EXPECT_FALSE(parsed.workflow) << text.substr(0, 60);
  return parsed.diagnostics.empty() ? "nothing" : parsed.diagnostics.front().code + " " + parsed.diagnostics.front().what;
}

TEST(Hostile, BytesThatAreNoTextAreRefusedByName) {
  EXPECT_EQ(first_code(std::string_view("Name: a\0b\n", 10)), "E102 not valid YAML: control character 0x00");
  EXPECT_EQ(first_code("Name: caf\xe9\n"), "E102 not valid YAML: this line is not UTF-8");
  EXPECT_EQ(first_code("Name: \xed\xa0\x80\n"), "E102 not valid YAML: this line is not UTF-8") << "half a surrogate pair";
  EXPECT_EQ(first_code("Name: a\x1b[2J\n"), "E102 not valid YAML: control character 0x1b");
  EXPECT_EQ(first_code("Name: w\nActions:\n\tA: 1\n"), "E102 not valid YAML: a tab is used for indentation");
  EXPECT_TRUE(first_code(std::string("\xFF\xFEN\0a\0", 6)).starts_with("E102"));
}

TEST(Hostile, ADefinitionThatIsTooLongIsRefusedWithItsSize) {
  EXPECT_EQ(first_code("Name: w\n#" + repeated("x", 300 * 1024)), "E105 the definition is 301 KB; the limit is 256 KB");
}

TEST(Hostile, WindowsLineEndsAndAByteOrderMarkChangeNothing) {
  const std::string text = "\xEF\xBB\xBFName: w\r\nSchemaVersion: \"1.0\"\r\nRunMode: paralell\r\nActions:\r\n  A:\r\n    Identifier: aws/build@v1\r\n"
                           "    Inputs: {Sources: [WorkflowSource]}\r\n    Configuration:\r\n      Steps:\r\n        - Run: |\r\n            set -e\r\n            make\r\n";
  const auto parsed = parse_workflow(text, "w.yml", nothing);
  ASSERT_EQ(parsed.diagnostics.size(), 1U) << tandem::text(parsed.diagnostics.front());
  EXPECT_EQ(parsed.diagnostics[0].place, (Place{"w.yml", 3, 10}));
  const auto better = corrected(text, "w.yml", nothing);
  EXPECT_EQ(better.text, std::string(text).replace(text.find("paralell"), 8, "PARALLEL"));
  const auto again = parse_workflow(better.text, "w.yml", nothing);
  ASSERT_TRUE(again.workflow);
  EXPECT_EQ(again.workflow->actions[0].steps[0], "set -e\nmake\n");
}

TEST(Hostile, PatternsThatStallOtherMatchersAreJudgedAtOnce) {
  const auto definition_with = [](const std::string& pattern) {
    return "Name: w\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: PUSH\n    Branches: ['" + pattern + "']\nActions:\n  A:\n    Identifier: aws/build@v1\n"
           "    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: []}\n";
  };
  EXPECT_TRUE(first_code(definition_with("((a{100}){100}){100}")).starts_with("E125"));
  EXPECT_TRUE(first_code(definition_with(repeated("a", 2000))).starts_with("E125 this pattern has 2000 characters; the limit is 1000"));
  EXPECT_TRUE(first_code(definition_with("(a)\\1")).starts_with("E125")) << "no back-references";
  const auto nested = parse_workflow(definition_with("(a*)*b"), "w.yml", nothing);
  ASSERT_TRUE(nested.workflow);
  EXPECT_FALSE(matches(nested.workflow->triggers[0].branches[0], repeated("a", 100'000), PatternOf::Branch));
}

TEST(Hostile, ManyPatternsAreRefusedBeforeTheyAreCompiled) {
  std::string patterns;
  for (int i = 0; i < 20'000; ++i) patterns += "'a{900}', ";
  EXPECT_EQ(first_code("Name: w\nSchemaVersion: \"1.0\"\nTriggers:\n  - Type: PUSH\n    Branches: [" + patterns + "]\nActions: {}\n"),
            "E125 20000 patterns in Branches; the limit is 50");
}

TEST(Hostile, ManyActionsThatAllDependOnEachOtherAreJudged) {
  std::string actions;
  std::string names;
  for (int i = 0; i < 300; ++i) names += fmt::format("{}A{}", i == 0 ? "" : ", ", i);
  for (int i = 0; i < 100; ++i) actions += fmt::format("  A{}:\n    Identifier: aws/build@v1\n    DependsOn: [{}]\n", i, names);
  EXPECT_FALSE(parse_workflow(definition(actions), "w.yml", nothing).workflow);
}

TEST(Hostile, ManyReferencesInOneStepAreJudged) {
  const auto step = repeated("${A.B} ${Secrets.x} '${Secrets.x}' ", 200'000);
  const auto parsed = parse_workflow(definition("  S:\n    Identifier: aws/build@v1\n    Configuration:\n      Steps:\n        - Run: |\n            " + step + "\n"),
                                     "w.yml", nothing);
  EXPECT_EQ(parsed.diagnostics.size(), 51U);
}

/// Generous: what is meant is that nothing grows with the square of the text.
constexpr auto soon = std::chrono::seconds{2};

template <typename Work> void expect_soon(const char* what, Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  EXPECT_LT(std::chrono::steady_clock::now() - start, soon) << what;
}

TEST(Hostile, WhatIsWrongManyTimesWithLongNamesIsToldSoonAndShortly) {
  std::string actions;
  for (int i = 0; i < 50; ++i) {
    const auto names = fmt::format("{0}1, {0}2, {0}3, {0}4", std::string(700, 'q'));
    actions += fmt::format("  {}{}:\n    Identifier: aws/build@v1\n    DependsOn: [{}]\n", repeated("ab", 800), i, names);
  }
  expect_soon("long names", [&] {
    for (const auto& d : parse_workflow(definition(actions), "w.yml", nothing).diagnostics) EXPECT_LT(text(d).size(), 2'000U) << d.code;
  });
}

TEST(Hostile, ManyReferencesAndVariablesInOneStepOfGithubAreToldSoon) {
  const auto one = [](const std::string& step) { return definition("  A:\n    Identifier: aws/github-actions-runner@v1\n    Configuration:\n      Steps:\n        - " + step); };
  expect_soon("references", [&] { parse_workflow(one("{run: a, env: {A: \"" + repeated("${B.C}$", 200'000) + "\"}}\n"), "w.yml", nothing); });
  std::string variables;
  for (int i = 0; i < 12'000; ++i) variables += fmt::format("$CATALYST_{} ", i);
  expect_soon("variables", [&] { parse_workflow(definition("  A:\n    Identifier: aws/build@v1\n    Configuration: {Steps: [{Run: \"" + variables + "\"}]}\n"), "w.yml", nothing); });
}

TEST(Hostile, EveryTruncationOfARealDefinitionIsJudged) {
  for (const auto& text : shipped())
    for (size_t length = 0; length < text.size(); length += 7) {
      const auto cut = std::string_view(text).substr(0, length);
      apply_fixes(cut, validate(cut, "w.yml", nothing, Strictness::Strict));
    }
}

TEST(Hostile, MutationsOfRealDefinitionsAreJudged) {
  const auto texts = shipped();
  std::mt19937 random(20261123);
  const std::string_view pieces[] = {"*", "&a ", "!", "'", "\"", "|", ">", ": ", "- ", "\t", "{", "[", "}", "]", "#", "\n", "%", "@", "${", "<<: ", "---\n", "\\", "\xff", "~", "é", "? "};
  for (int round = 0; round < 2000 && !texts.empty(); ++round) {
    auto text = texts[random() % texts.size()];
    for (int change = 0; change < 1 + round % 4; ++change) {
      const auto at = random() % text.size();
      if (random() % 2 == 0) text.insert(at, pieces[random() % std::size(pieces)]);
      else text.erase(at, 1 + random() % 20);
      if (text.empty()) text = "x";
    }
    const auto diagnostics = validate(text, "w.yml", nothing, Strictness::Strict);
    for (const auto& d : diagnostics) {
      if (d.code == "N200") continue;
      EXPECT_GE(d.place.line, 1) << d.code << " " << d.what;
    }
    to_sarif(diagnostics);
  }
}

TEST(Shipped, DefinitionsHaveNoErrorsAndNoSmells) {
  const Known pair{{"local"}, {}, {"application", "infrastructure"}};
  for (const auto& text : shipped())
    for (const auto& d : validate(text, text.substr(0, text.find('\n')), pair, Strictness::Strict))
      EXPECT_EQ(d.severity, Severity::Note) << tandem::text(d);
}

}  // namespace
}  // namespace tandem::workflow
