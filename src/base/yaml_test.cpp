#include "base/yaml.hpp"

#include "base/yaml_lines.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tandem::yaml {
namespace {

std::string first(const Document& document) {
  if (document.issues.empty()) return "none";
  const auto& issue = document.issues.front();
  return fmt::format("{}:{} {} {}. {}", issue.line, issue.column, issue.code, issue.what, issue.suggestion);
}

TEST(Yaml, KeepsEveryScalarAsItWasWritten) {
  const auto document = read("a: 0777\nb: 2024_03\nc: \"1:30\"\nd: on\ne: ~\nf:\n");
  ASSERT_TRUE(document.readable);
  EXPECT_EQ(document.root.find("a")->text, "0777");
  EXPECT_EQ(document.root.find("b")->text, "2024_03");
  EXPECT_EQ(document.root.find("c")->text, "1:30");
  EXPECT_TRUE(document.root.find("c")->was_quoted());
  EXPECT_FALSE(document.root.find("d")->was_quoted());
  EXPECT_TRUE(document.root.find("e")->is_null());
  EXPECT_EQ(document.root.find("f")->line, 6);
}

TEST(Yaml, CountsColumnsInCharactersNotBytes) {
  const auto document = read("é: {ü: x}\n");
  ASSERT_TRUE(document.readable);
  EXPECT_EQ(document.root.find("é")->find("ü")->column, 8);
}

TEST(Yaml, FindsPlacesOnLongLinesOfAnyCharacters) {
  std::string text = "first\n";
  for (int i = 0; i < 500; ++i) text += i % 3 == 0 ? "\u00e9" : i % 3 == 1 ? "x" : "\u65e5";
  text += "\nlast";
  const Lines lines(text);
  size_t at = 6;
  for (int column = 1; column <= 500; ++column) {
    ASSERT_EQ(lines.offset(2, column), at) << column;
    ASSERT_EQ(lines.column_at(at), column);
    ASSERT_EQ(lines.column_of_byte(2, static_cast<int>(at) - 5), column);
    at += (column - 1) % 3 == 0 ? 2 : (column - 1) % 3 == 1 ? 1 : 3;
  }
  EXPECT_EQ(lines.offset(2, 900), text.size() - 5) << "no further than the line";
  EXPECT_EQ(lines.offset(3, 2), text.size() - 3);
}

TEST(Yaml, TellsBlocksFromQuotedText) {
  const auto document = read("a: |\n  x\nb: 'y'\nc: !!str z\n");
  EXPECT_EQ(document.root.find("a")->style, Style::Block);
  EXPECT_EQ(document.root.find("a")->text, "x\n");
  EXPECT_EQ(document.root.find("b")->style, Style::Quoted);
  EXPECT_EQ(document.root.find("c")->style, Style::Quoted);
}

TEST(Yaml, ResolvesAliasesAndMergeKeys) {
  const auto document = read("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3\ne: *x\n");
  ASSERT_TRUE(document.readable);
  EXPECT_EQ(document.root.find("d")->find("b")->text, "1");
  EXPECT_EQ(document.root.find("d")->find("c")->text, "3");
  EXPECT_EQ(document.root.find("d")->entries.size(), 2U);
  EXPECT_EQ(document.root.find("e")->find("c")->text, "2");
}

TEST(Yaml, NamesBothLinesOfADuplicateKey) {
  const auto document = read("a: 1\nb: 2\na: 3\n");
  EXPECT_EQ(first(document), "3:1 E104 a is given twice (first at line 1). Keep one of them");
  EXPECT_TRUE(document.readable);
  EXPECT_EQ(document.root.find("a")->text, "1");
}

TEST(Yaml, NoticesASecondDocumentAndDoesNotReadIt) {
  const auto document = read("---\na: 1\n---\nb: [\n");
  EXPECT_TRUE(document.readable);
  EXPECT_EQ(document.second_document_line, 3);
  EXPECT_EQ(document.root.entries.size(), 1U);
  EXPECT_EQ(read("# c\n---\na: 1\n...\n").second_document_line, 0);
}

TEST(Yaml, NamesTheTextBlockThatAHereDocumentCutShort) {
  const auto document = read("A:\n  - Run: |\n      cat <<EOF > x\n{\n  \"a\": 1\n}\nEOF\n      echo done\n");
  EXPECT_EQ(first(document),
            "4:1 E101 the text block that starts at line 2 (A[0].Run) was cut short here, because this line is not indented. "
            "If this is the body of a here-document, indent it to column 7 or write the file with printf");
}

TEST(Yaml, NamesTheCutBlockEvenWhenTheParserOnlyFailsAtTheEnd) {
  EXPECT_TRUE(first(read("A:\n  - Run: |\n      python3 -c \"\nimport os\n\"\n  - Run: b\n")).starts_with("4:1 E101"));
  EXPECT_TRUE(first(read("A:\n  - Run: |\n      cat <<EOF\nfoo: bar\nEOF\nB: 1\n")).starts_with("4:1 E101"));
  EXPECT_TRUE(first(read("A:\n  - Run: |\n      a\n# note\n      b\n")).starts_with("4:1 E101"));
}

struct Fault {
  const char* text;
  const char* said;
};
class YamlFault : public testing::TestWithParam<Fault> {};

TEST_P(YamlFault, IsExplainedForItsAuthor) { EXPECT_EQ(first(read(GetParam().text)), GetParam().said); }

INSTANTIATE_TEST_SUITE_P(All, YamlFault, testing::Values(
    Fault{"a:\n  - *\n", "2:5 E102 not valid YAML: a plain * starts a YAML alias. Quote the text"},
    Fault{"a: *.py\n", "1:4 E102 not valid YAML: a plain * starts a YAML alias. Quote the text"},
    Fault{"a: !main\n", "1:4 E102 not valid YAML: a plain ! starts a YAML tag. Quote the text"},
    Fault{"a: &\n", "1:4 E102 not valid YAML: a plain & starts a YAML anchor. Quote the text"},
    Fault{"a: %x\n", "1:4 E102 not valid YAML: a plain % starts a YAML directive. Quote the text"},
    Fault{"a: @x\n", "1:4 E102 not valid YAML: plain text cannot start with @. Quote the text"},
    Fault{"a:\n\t- b\n", "2:1 E102 not valid YAML: a tab is used for indentation. Use spaces"},
    Fault{"a: \"release\\-.*\"\n", "1:4 E102 not valid YAML: \\- is no escape in double quotes. Use single quotes or none"},
    Fault{"a: echo b: c\n", "1:4 E102 not valid YAML: a colon followed by a space inside plain text. Quote the text, or put "
                            "it into a block: | on this line and the text indented below"},
    Fault{"a:\n  b: 1\n   c: 2\n", "3:4 E102 not valid YAML: this line is indented differently from the lines it belongs to. "
                                   "Put it in the same column as its neighbours, or give the line above a value of its own"},
    Fault{"a: 1\nb: \"x\nc: 2\n", "2:4 E102 not valid YAML: the \" here is never closed. Close it, or put the text into a "
                                  "block: | on this line and the text indented below"},
    Fault{"? [a]\n: b\n", "1:3 E102 not valid YAML: a key must be plain text. Write name: value"},
    Fault{"a: x\x01y\n", "1:5 E102 not valid YAML: control character 0x01. Save the file as text in UTF-8"},
    Fault{"a: 1\nb: \xff\n", "2:1 E102 not valid YAML: this line is not UTF-8. Save the file as text in UTF-8"}));

TEST(Yaml, OffersToIndentTheLinesOfABlockThatIsEmptyWithoutThem) {
  const std::string head = "A:\n  - Run: |\n";
  for (const auto* body : {"  make\n\n   make test\n", "    make\n\n     make test\n"}) {
    const auto document = read(head + body + "  - Run: b\n");
    EXPECT_EQ(first(document), fmt::format("3:1 E101 the text block of line 2 (A[0].Run) is empty, because this line does not stand further right than its key. "
                                           "Indent the lines of the block to column 7"));
    const auto& issue = document.issues.at(0);
    EXPECT_EQ(issue.before, std::string(body, std::string_view(body).size() - 1));
    EXPECT_EQ(issue.after, "      make\n\n       make test");
  }
  EXPECT_EQ(read(head + "  make\n  - flag\n key: 1\n").issues.at(0).after.substr(0, 10), "      make");
  EXPECT_EQ(read(head + "  make\n    - flag\n  - Run: b\n").issues.at(0).after, "") << "a part of a script, or of the structure: nobody can tell";
}

TEST(Yaml, OffersSingleQuotesForAPatternInDoubleQuotes) {
  const auto document = read("a: \"release\\-.*\"\n");
  EXPECT_EQ(document.issues.at(0).before, "\"release\\-.*\"");
  EXPECT_EQ(document.issues.at(0).after, "'release\\-.*'");
}

TEST(Yaml, OffersQuotesForAColonInPlainText) {
  const auto document = read("- Run: echo b: c  \n");
  EXPECT_EQ(document.issues.at(0).before, "echo b: c");
  EXPECT_EQ(document.issues.at(0).after, "'echo b: c'");
  EXPECT_EQ(read("- Run: echo 'b: c'\n").issues.at(0).before, "") << "single quotes are taken already";
}

TEST(Yaml, OffersQuotesForAReservedCharacter) {
  const auto document = read("a: [x, !main, y]\n");
  EXPECT_EQ(document.issues.at(0).before, "!main");
  EXPECT_EQ(document.issues.at(0).after, "'!main'");
  EXPECT_EQ(read("a: *.py # all\n").issues.at(0).after, "'*.py'");
  EXPECT_EQ(read("a: !Ref Name\n").issues.at(0).after, "") << "a tag with a value is a habit of CloudFormation";
  EXPECT_EQ(read("a: *\n").issues.at(0).after, "");
}

std::string corrected(std::string_view text) {
  const auto document = read(text);
  if (document.issues.empty() || document.issues[0].before.empty()) return "nothing";
  const auto& issue = document.issues[0];
  const Lines lines(text);
  std::string out(text);
  return out.replace(lines.offset(issue.line, issue.column), issue.before.size(), issue.after);
}

TEST(Yaml, IndentsTheBodyOfAHereDocumentWhoseEndIsClear) {
  EXPECT_EQ(corrected("A:\n  - Run: |\n      cat <<'EOF' > x\n{\n  \"a\": 1\n\n}\nEOF\n      echo done\n"),
            "A:\n  - Run: |\n      cat <<'EOF' > x\n      {\n        \"a\": 1\n\n      }\n      EOF\n      echo done\n");
  EXPECT_EQ(corrected("A:\r\n  - Run: |\r\n      cat <<EOF\r\nx\r\nEOF\r\n"), "A:\r\n  - Run: |\r\n      cat <<EOF\r\n      x\r\n      EOF\r\n");
  EXPECT_EQ(corrected("A:\n  - Run: |\n      cat <<EOF\n  x\n  EOF\nB: 1\n"), "A:\n  - Run: |\n      cat <<EOF\n      x\n      EOF\nB: 1\n")
      << "the end word decides how far";
}

TEST(Yaml, LeavesAHereDocumentAloneWhenItsShapeIsInDoubt) {
  EXPECT_EQ(corrected("A:\n  - Run: |\n      cat <<EOF\n{\n"), "nothing") << "no end word";
  EXPECT_EQ(corrected("A:\n  - Run: |\n      cat <<EOF\n      {\n}\nEOF\n"), "nothing") << "a part is indented already";
  EXPECT_EQ(corrected("A:\n  - Run: |\n      cat <<EOF\nx\n  EOF\n"), "nothing") << "the end word stands deeper than the text";
  EXPECT_EQ(corrected("A:\n  - Run: |\n      python3 -c \"\nimport os\n\"\n"), "nothing") << "no here-document";
}

TEST(Yaml, NamesTheWayToTheBlockThatWasCut) {
  EXPECT_NE(first(read("Actions:\n  Sync:\n    Configuration:\n      Steps:\n      - Run: |\n          a: b\n      - Run: |\n          cat <<EOF\n{}\nEOF\n"))
                .find("line 7 (Actions.Sync.Configuration.Steps[1].Run)"),
            std::string::npos);
}

TEST(Yaml, RefusesAnAliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{0}: &a{0} [", i);
    for (int k = 0; k < 10; ++k) bomb += fmt::format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    bomb += "]\n";
  }
  EXPECT_TRUE(first(read(bomb)).find("E105 aliases make more than 10000 values") != std::string::npos) << first(read(bomb));
}

TEST(Yaml, RefusesAnAliasInsideItself) {
  EXPECT_EQ(first(read("a: &x {b: *x}\n")), "1:11 E105 this alias stands inside the value it names. Write the value out");
}

TEST(Yaml, SurvivesDeepNestingOfEveryKind) {
  const std::string pieces[] = {"[", "{", "- ", "{a: ", "? ", "[{", "!a ", "&a ", "*a", "\"", "'", ":", "a: - ", "|", "%"};
  for (const auto& piece : pieces) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    const auto document = read(text);
    EXPECT_TRUE(!document.readable || document.issues.empty()) << piece;
  }
}

TEST(Yaml, RefusesATextThatIsTooLong) {
  EXPECT_EQ(first(read(std::string(300 * 1024, 'a'))),
            "1:1 E105 the definition is 300 KB; the limit is 256 KB. Move long scripts into files of the repository");
}

}  // namespace
}  // namespace tandem::yaml
