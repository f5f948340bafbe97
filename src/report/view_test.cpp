#include "report/view.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.hpp"
#include "base/text.hpp"
#include "report/columns.hpp"

namespace tandem::report {
namespace {
namespace fs = std::filesystem;

constexpr Instant later{std::chrono::milliseconds{1'795'483'050'000}};   // 2026-11-24 01:17:30, three hours after the release
const fs::path folder = fs::path(TANDEM_SOURCE_DIR) / "src" / "report" / "golden";

/// Every document that has a golden text: golden/<name>.json with .txt (ASCII, 100 columns, absolute times) and
/// .unicode.txt (symbols, 100 columns, relative times).
std::vector<std::string> names() {
  std::vector<std::string> out;
  const auto files = files_below(folder);
  for (const auto& file : *files)
    if (file.ends_with(".json")) out.push_back(file.substr(0, file.size() - 5));
  return out;
}

json::value document(const std::string& name) { return *parse_json(*read_file(folder / (name + ".json")), name); }

/// What came out lies in the temporary folder afterwards, ready to be looked at and copied over the golden file.
void compare(const std::string& file, const std::string& found) {
  const auto wanted = read_file(folder / file);
  if (wanted && *wanted == found) return;
  const auto place = fs::temp_directory_path() / "tandem-golden" / file;
  const auto written = write_file(place, found);
  ADD_FAILURE() << file << " differs; what came out " << (written ? "is in " + place.string() : "could not be written") << ":\n" << found;
}

std::string without_escapes(std::string text) {
  for (auto at = text.find("\x1b["); at != std::string::npos; at = text.find("\x1b[")) text.erase(at, text.find('m', at) - at + 1);
  return text;
}

TEST(View, EveryDocumentLooksAsItsGoldenText) {
  for (const auto& name : names()) {
    compare(name + ".txt", render(document(name), {}));
    compare(name + ".unicode.txt", render(document(name), {.unicode = true, .width = 100}, later));
  }
}

TEST(View, IsPlainAsciiWhereTheTerminalIsNot) {
  for (const auto& name : names())
    EXPECT_TRUE(std::ranges::all_of(render(document(name), {}), [](char c) { return c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f); })) << name;
}

TEST(View, ColourChangesNothingButColour) {
  for (const auto& name : names()) {
    const auto coloured = render(document(name), {.colour = true, .unicode = true, .width = 60});
    EXPECT_EQ(without_escapes(coloured), render(document(name), {.unicode = true, .width = 60})) << name;
  }
}

TEST(View, KeepsWithinTheTerminalUnlessAWordIsLonger) {
  for (const auto& name : names()) {
    if (name == "logs" || name == "validation" || name == "unknown") continue;   // what tools print is not cut
    for (const auto& line : lines_of(render(document(name), {.unicode = true, .width = 72}, later))) {
      const auto words = split(line, ' ');
      const bool has_long_word = std::ranges::any_of(words, [](const auto& word) { return columns(word) > 30; });
      EXPECT_TRUE(columns(line) <= 72 || has_long_word) << name << ": " << line;
    }
  }
}

TEST(View, ADocumentThatLacksEverythingIsStillDrawn) {
  for (const auto& name : names()) {
    const json::value bare = json::object{{"schema", document(name).at("schema")}};
    EXPECT_FALSE(render(bare, {}).empty() && name != "logs") << name;
  }
  EXPECT_EQ(render(nullptr, {}), "null\n");
}

TEST(View, SurvivesMembersOfTheWrongKind) {
  for (const auto& name : names()) {
    auto wrong = document(name).as_object();
    for (auto& [key, value] : wrong)
      if (key != "schema") value = value.is_array() ? json::value(json::object{{"run", 7}}) : json::value(json::array{1, nullptr, "x"});
    EXPECT_NO_THROW(render(wrong, {})) << name;
  }
}

TEST(Columns, CountsWideAndCombiningCharactersAsATerminalDoes) {
  EXPECT_EQ(columns("abc"), 3U);
  EXPECT_EQ(columns("\u65e5\u672c"), 4U);
  EXPECT_EQ(columns("e\u0301"), 1U);
  EXPECT_EQ(columns("\x1b[31mred\x1b[0m"), 3U);
}

TEST(Columns, ShortensWithoutCuttingACharacter) {
  EXPECT_EQ(fitted("gr\u00fc\u00dfe", 4, {.unicode = true}), "gr\u00fc\u2026");
  EXPECT_EQ(fitted("\u65e5\u672c\u8a9e", 4, {.unicode = true}), "\u65e5\u2026");
  EXPECT_EQ(fitted("abcdef", 4, {}), "ab..");
}

TEST(Style, TextCannotHideOrTurnWhatAReaderSees) {
  EXPECT_EQ(printable("a\u202eb\u200bc"), "a\\u202eb\\u200bc");
  EXPECT_EQ(printable("\xc2\x9b" "31m"), "\\u009b31m");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Style{}.shown("gr\u00fc\u00dfe"), "gr??e");
}

}  // namespace
}  // namespace tandem::report
