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
    request.paths = {folder.path()};
    request.known.check_known = false;
    return run::validate(request);
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
  const auto answer = validate({.paths = {"/nowhere/at/all"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "TD0103");
}

TEST(Validation, WritesOnlyCorrectionsThatStillFit) {
  Diagnostic fits{.place = {"f", 2, 3}};
  fits.fix = TextEdit{{"f", 2, 3}, "Push", "PUSH"};
  Diagnostic stale = fits;
  stale.fix = TextEdit{{"f", 1, 1}, "nothing", "something"};
  const auto better = corrected("\u00e4: b\n\u00fc Push\n", {stale, fits});
  EXPECT_EQ(better.text, "\u00e4: b\n\u00fc PUSH\n");
  EXPECT_EQ(better.count, 1);
}

TEST(Validation, SaysTheSameAsSarif) {
  const auto answer = Disk(with("Steps:", "Stpes:")).validate();
  ASSERT_TRUE(answer);
  const auto sarif = sarif_of(answer->document, "1.2.3");
  const auto& results = sarif.at("runs").at(0).at("results").as_array();
  const auto found = std::ranges::find_if(results, [](const auto& each) { return each.at("ruleId") == "E110"; });
  ASSERT_NE(found, results.end()) << to_pretty_text(sarif);
  const auto& result = *found;
  EXPECT_EQ(result.at("level"), "error");
  EXPECT_EQ(result.at("locations").at(0).at("physicalLocation").at("region").at("startLine"), 10);
}

}  // namespace
}  // namespace tandem::run
