// Definitions in the shapes that teams have, each with everything that is said about it and with its corrected text.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.hpp"
#include "base/text.hpp"
#include "workflow/validation.hpp"

namespace tandem::workflow {
namespace {
namespace fs = std::filesystem;

const fs::path folder = fs::path(TANDEM_SOURCE_DIR) / "tests" / "golden" / "workflow";
const Known pair{{"staging", "production", "dev"}, {"PUBLISH_TOKEN"}, {"application", "infrastructure"}, true, {"dev"}};

std::vector<std::string> names() {
  std::vector<std::string> out;
  const auto files = files_below(folder);
  for (const auto& file : *files)
    if (file.ends_with(".yml") && !file.ends_with(".fixed.yml")) out.push_back(file.substr(0, file.size() - 4));
  return out;
}

/// What came out lies in the temporary folder afterwards, ready to be looked at and copied over the golden file.
void compare(const std::string& file, const std::string& found) {
  const auto wanted = read_file(folder / file);
  if (wanted && *wanted == found) return;
  const auto place = fs::temp_directory_path() / "tandem-golden" / file;
  const auto written = write_file(place, found);
  ADD_FAILURE() << file << " differs; what came out " << (written ? "is in " + place.string() : "could not be written") << ":\n" << found;
}

std::string said_of(const std::string& text, const std::string& name) {
  const auto examined = examine(text, name + ".yml", pair, Strictness::Strict);
  std::string out;
  for (const auto& diagnostic : examined.diagnostics)
    out += fmt::format("{} {}{}\n", word(diagnostic.severity), tandem::text(diagnostic), diagnostic.fix ? " [--fix]" : "");
  return out + fmt::format("exit {}, {}\n", exit_code(examined.diagnostics), examined.runnable() ? "runnable" : "not runnable");
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, DefinitionIsJudgedAsBefore) {
  const auto text = *read_file(folder / (GetParam() + ".yml"));
  compare(GetParam() + ".diagnostics", said_of(text, GetParam()));
}

TEST_P(Golden, DefinitionIsCorrectedAsBeforeAndOnlyOnce) {
  const auto text = *read_file(folder / (GetParam() + ".yml"));
  const auto better = corrected(text, GetParam() + ".yml", pair);
  if (better.count > 0) compare(GetParam() + ".fixed.yml", better.text);
  EXPECT_EQ(corrected(better.text, GetParam() + ".yml", pair).count, 0);
}

TEST_P(Golden, NothingThatIsSaidCouldSteerATerminal) {
  const auto said = said_of(*read_file(folder / (GetParam() + ".yml")), GetParam());
  EXPECT_TRUE(std::ranges::all_of(said, [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; })) << said;
  EXPECT_EQ(said.find('\x7f'), std::string::npos);
  EXPECT_EQ(said.find("\u202e"), std::string::npos);
  EXPECT_EQ(said.find("\u009b"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, Golden, testing::ValuesIn(names()), [](const auto& each) { return replaced(each.param, "-", "_"); });

}  // namespace
}  // namespace tandem::workflow
