#include "check/requirements.hpp"

#include <gtest/gtest.h>

namespace tandem::check {
namespace {

std::string said(std::string_view path, std::string_view text) {
  std::string out;
  for (const auto& finding : find_requirement_faults(path, text))
    out += fmt::format("{} {} {}\n", finding.place.line, finding.severity, finding.rule);
  return out;
}

TEST(Requirements, PinnedOnesWithMarkersHashesAndCommentsAreFine) {
  EXPECT_EQ(said("requirements.txt",
                 "# pinned\nfastapi==0.110.0 ; python_version >= '3.8'\nmangum==0.17.0 \\\n    --hash=sha256:00ff\n-r base.txt\n\n"),
            "");
}

TEST(Requirements, CodeFromElsewhereThanTheIndexIsAHighFinding) {
  EXPECT_EQ(said("requirements.txt", "a @ https://x.test/a.whl\ngit+https://x.test/b.git\n./local\nhttp://x.test/c.tar.gz\n"),
            "1 HIGH requirement.url\n2 HIGH requirement.url\n3 HIGH requirement.url\n4 HIGH requirement.url\n");
  EXPECT_EQ(said("requirements.txt", "a @ https://x.test/a.whl#sha256=00ff\n"), "1 MEDIUM requirement.url\n");
}

TEST(Requirements, EditableInstallsAndAnotherIndexAreHighFindings) {
  EXPECT_EQ(said("requirements-dev.txt", "-e .\n--editable=./x\n--extra-index-url https://x.test\n-i https://x.test\n--trusted-host x.test\n"),
            "1 HIGH requirement.editable\n2 HIGH requirement.editable\n3 HIGH requirement.index\n4 HIGH requirement.index\n"
            "5 HIGH requirement.index\n");
}

TEST(Requirements, ALineThatOnlyPipSeesIsAHighFinding) {
  EXPECT_EQ(said("requirements.txt", "a==1\nb==1 # \rc @ https://x.test/c.whl\n"), "2 HIGH requirement.hidden-line\n");
  EXPECT_EQ(said("requirements.txt", "a==1\r\nb==1\t# \xe2\x80\xa8-e .\n"), "2 HIGH requirement.hidden-line\n");
}

TEST(Requirements, AVersionThatMayMoveIsALowFinding) {
  EXPECT_EQ(said("requirements/base.txt", "boto3\nmangum>=0.17\nx==1.*\ny==1.0\n"),
            "1 LOW requirement.unpinned\n2 LOW requirement.unpinned\n3 LOW requirement.unpinned\n");
}

TEST(Requirements, APasswordInAUrlIsNotRepeated) {
  const auto findings = find_requirement_faults("requirements.txt", "a @ https://ci:" "hidden1234@x.test/a.whl\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_FALSE(findings[0].what.contains("hidden1234"));
}

TEST(Requirements, PackageJsonMayNotPointElsewhere) {
  EXPECT_EQ(said("package.json", "{\"dependencies\": {\n\"a\": \"git+https://x.test/a.git\",\n\"b\": \"*\",\n\"c\": \"^1.0.0\"}}"),
            "2 HIGH requirement.url\n3 LOW requirement.unpinned\n");
  EXPECT_EQ(said("package.json", "{\"devDependencies\": {\"gitleaks\": \"1.0.0\"}}"), "1 MEDIUM requirement.lookalike\n");
  EXPECT_EQ(said("package.json", "{oops"), "1 HIGH requirement.unreadable\n");
}

TEST(Requirements, OnlyFilesOfThatNameAreLookedAt) {
  EXPECT_TRUE(is_requirement_file("lambda/requirements.txt"));
  EXPECT_TRUE(is_requirement_file("requirements/dev.txt"));
  EXPECT_TRUE(is_requirement_file("constraints.txt"));
  EXPECT_TRUE(is_requirement_file("infra/package.json"));
  EXPECT_FALSE(is_requirement_file("docs/notes.txt"));
}

}  // namespace
}  // namespace tandem::check
