// Whatever the bytes are, a definition is judged and nothing else happens.

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "base/files.hpp"
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
    const auto there = *files_below(workflows);
    for (const auto& file : there) out.push_back(*read_file(workflows / file));
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
      if (d.code != "N200") { EXPECT_GE(d.place.line, 1) << d.code << " " << d.what; }
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
