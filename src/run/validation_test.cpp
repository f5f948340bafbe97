#include "run/validation.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::run {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view good = R"(Name: build
SchemaVersion: "1.0"
Actions:
  Build:
    Identifier: aws/build@v1
    Inputs:
      Sources:
        - WorkflowSource
    Configuration:
      Steps:
        - Run: make
)";

/// A repository on disk with one workflow file in it.
struct Disk {
  TemporaryFolder folder = *TemporaryFolder::make("validation");
  fs::path file = folder.path() / ".codecatalyst" / "workflows" / "build.yml";
  explicit Disk(std::string_view text) { EXPECT_TRUE(write_file(file, text)); }
  Result<Answer> validate(ValidationRequest request = {}) {
    if (request.paths.empty()) request.paths = {folder.path()};
    request.known.check_known = false;
    const auto files = TRY(examine(request));
    return answer_of(files, request);
  }
};

std::string with(std::string_view what, std::string_view by) {
  std::string text(good);
  return text.replace(text.find(what), what.size(), by);
}

TEST(Validation, FindsTheWorkflowsOfARepositoryAndIsContentWithGoodOnes) {
  const auto answer = Disk(good).validate();
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->exit, 0) << to_pretty_text(answer->document);
  EXPECT_EQ(answer->document.at("checked"), 1);
}

TEST(Validation, ExitsTwoWithPlaceAndExcerptForAnError) {
  const auto answer = Disk(with("Steps:", "Stpes:")).validate();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit, 2);
  const auto& findings = answer->document.at("files").at(0).at("diagnostics").as_array();
  const auto found = std::ranges::find_if(findings, [](const auto& each) { return each.at("code") == "E110"; });
  ASSERT_NE(found, findings.end()) << to_pretty_text(answer->document);
  const auto& finding = *found;
  EXPECT_EQ(finding.at("line"), 10);
  EXPECT_EQ(finding.at("excerpt"), "      Stpes:\n      ^");
}

TEST(Validation, ExitsFourWhenAFileIsValidButCannotRunHere) {
  const auto answer = Disk(with("aws/build@v1", "aws/github-actions-runner@v1")).validate();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit, 4) << to_pretty_text(answer->document);
}

TEST(Validation, SaysWhichPathIsNotThere) {
  const auto files = examine({.paths = {"/nowhere/at/all"}});
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, "TD0103");
}

TEST(Validation, SaysHowLargeAFileIsThatItDoesNotRead) {
  Disk disk(good);
  fs::resize_file(disk.file, 20UL << 20);
  const auto answer = disk.validate();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit, 2);
  EXPECT_EQ(answer->document.at("files").at(0).at("diagnostics").at(0).at("message").as_string(), "the definition is 20480 KB; the limit is 256 KB");
}

TEST(Validation, ReadsStandardInput) {
  const auto answer = Disk(good).validate({.paths = {"-"}, .standard_input = with("Steps:", "Stpes:")});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit, 2);
  EXPECT_EQ(answer->document.at("files").at(0).at("file"), "standard input");
}

TEST(Validation, RefusesStandardInputThatIsTooLargeAndGivesItBackAsItWas) {
  const ValidationRequest request{.paths = {"-"}, .standard_input = std::string(workflow::definition_bytes_max + 1, 'a'), .corrections = ValidationRequest::Corrections::Write};
  const auto files = examine(request);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->at(0).text, request.standard_input);
  const auto answer = answer_of(*files, request);
  EXPECT_EQ(answer.exit, 2);
  const auto& file = answer.document.at("files").at(0);
  EXPECT_EQ(file.at("diagnostics").at(0).at("message").as_string(), "the definition is larger than the limit of 256 KB");
  EXPECT_FALSE(file.as_object().contains("corrected"));
}

TEST(Validation, FindsDefinitionsInSubfoldersAndLeavesOtherYamlAlone) {
  Disk disk(good);
  EXPECT_TRUE(write_file(disk.file.parent_path() / "nightly" / "b.yaml", good));
  EXPECT_TRUE(write_file(disk.file.parent_path() / "off.yml.disabled", "["));
  EXPECT_TRUE(write_file(disk.folder.path() / "compose.yml", "services: {}\n"));
  EXPECT_TRUE(write_file(disk.folder.path() / "node_modules" / "x" / ".codecatalyst" / "workflows" / "c.yml", "["));
  const auto answer = disk.validate();
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->document.at("checked"), 2) << to_pretty_text(answer->document);
}

TEST(Validation, WritesCorrectionsOnceAndKeepsTheRestOfTheFileAndItsMode) {
  const auto text = "# why we build\n" + with("Steps:", "Stpes:   # one per command");
  Disk disk(text);
  fs::permissions(disk.file, fs::perms{0600});
  const ValidationRequest fix{.corrections = ValidationRequest::Corrections::Write};
  const auto answer = disk.validate(fix);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit, 0) << to_pretty_text(answer->document);
  EXPECT_EQ(answer->document.at("fixed"), 1);
  EXPECT_EQ(*read_file(disk.file), "# why we build\n" + with("Steps:", "Steps:   # one per command"));
  EXPECT_EQ(fs::status(disk.file).permissions(), fs::perms{0600});
  EXPECT_EQ(disk.validate(fix)->document.at("fixed"), 0);
}

TEST(Validation, ShowsThePlanWhenAsked) {
  const auto answer = Disk(good).validate({.plans = ValidationRequest::Plans::Show});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->document.at("files").at(0).at("plan").at("actions").at(0).at("identifier"), "aws/build@v1");
}

TEST(Validation, CountsWarningsAsErrorsWhenStrict) {
  const auto text = with("- Run: make", "- Run: make || true");
  EXPECT_EQ(Disk(text).validate()->exit, 0);
  EXPECT_EQ(Disk(text).validate({.strictness = workflow::Strictness::Strict})->exit, 2);
}

TEST(Validation, SaysTheSameAsSarif) {
  Disk disk(with("Steps:", "Stpes:"));
  ValidationRequest request{.paths = {disk.file}};
  request.known.check_known = false;
  const auto sarif = sarif_of(*examine(request), "1.2.3");
  const auto& result = sarif.at("runs").at(0).at("results").at(0);
  EXPECT_EQ(result.at("level"), "error");
  EXPECT_EQ(result.at("locations").at(0).at("physicalLocation").at("region").at("startLine"), 10);
}

}  // namespace
}  // namespace tandem::run
