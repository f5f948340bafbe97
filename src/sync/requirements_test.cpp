#include "sync/requirements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::sync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using python::parse_specifier, python::are_disjoint, python::Version;

Result<MergedRequirements> merge(std::string app, std::string infra, ConflictSide side = ConflictSide::Refuse) {
  return merge_requirements({"api:requirements.txt", std::move(app)}, {"infra:lambda/requirements.txt", std::move(infra)}, side);
}

/// The lines that name packages, marks included.
std::vector<std::string> lines(const Result<MergedRequirements>& merged) {
  std::vector<std::string> out;
  if (!merged) return {text(merged.error())};
  for (const auto& package : merged->packages) out.push_back(text(package.requirement));
  return out;
}

TEST(Requirements, AreSortedAndMarkedWithTheirOrigin) {
  const auto merged = merge("fastapi==0.110.0\nmangum\n", "boto3>=1.34\nmangum\n");
  ASSERT_TRUE(merged) << text(merged.error());
  EXPECT_EQ(merged->text,
            "# Written by tandem sync. Lines without a `# tandem:` mark, and those marked infrastructure, are yours.\n"
            "boto3>=1.34  # tandem: infrastructure\n"
            "fastapi==0.110.0  # tandem: application\n"
            "mangum  # tandem: both\n");
}

TEST(Requirements, NamesThatPipTakesForOneAreOne) {
  EXPECT_THAT(lines(merge("Typing_Extensions>=4", "typing.extensions<5")), ElementsAre("typing-extensions<5,>=4"));
}

TEST(Requirements, ExtrasAreUnited) {
  EXPECT_THAT(lines(merge("uvicorn[standard]", "uvicorn[Watch_Files]")), ElementsAre("uvicorn[standard,watch-files]"));
}

TEST(Requirements, MarkersKeepLinesApartAndAreSpelledOneWay) {
  EXPECT_THAT(lines(merge("x==1;python_version<'3.9'\nx==2; python_version >= \"3.9\"", "x==1 ; python_version < \"3.9\"")),
              ElementsAre("x==1 ; python_version < \"3.9\"", "x==2 ; python_version >= \"3.9\""));
}

TEST(Requirements, TwoDifferentPinsAreAConflictNamingBothFilesAndLines) {
  const auto merged = merge("fastapi\n\npydantic==2.7.0\n", "pydantic==1.10.2\n");
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().fault, Fault::Conflict);
  EXPECT_EQ(merged.error().code, "TD0321");
  EXPECT_EQ(merged.error().what, "pydantic cannot be both pydantic==2.7.0 (api:requirements.txt:3) and pydantic==1.10.2 "
                                 "(infra:lambda/requirements.txt:1)");
  EXPECT_EQ(merged.error().place, (Place{"api:requirements.txt", 3}));
}

TEST(Requirements, RangesThatCannotMeetAreAConflict) {
  EXPECT_FALSE(merge("a>=2", "a<2"));
  EXPECT_FALSE(merge("a~=1.4", "a>=2.0"));
  EXPECT_FALSE(merge("a==1.*", "a>=2"));
  EXPECT_FALSE(merge("a==1.5", "a>=2"));
  EXPECT_FALSE(merge("a==1.5", "a!=1.5.0"));
}

TEST(Requirements, RangesThatMeetBecomeOneLine) {
  EXPECT_THAT(lines(merge("a>=1,<3", "a!=2.1")), ElementsAre("a!=2.1,<3,>=1"));
  EXPECT_THAT(lines(merge("a==1.5.0", "a>=1,<2")), ElementsAre("a==1.5.0"));
  EXPECT_THAT(lines(merge("a==1.0", "a==1.0.0")), ElementsAre("a==1.0"));
}

TEST(Requirements, APolicyPicksASideAndSaysSo) {
  const auto merged = merge("a==2", "a==1", ConflictSide::Application);
  ASSERT_TRUE(merged);
  EXPECT_THAT(lines(merged), ElementsAre("a==2"));
  EXPECT_THAT(merged->notes, ElementsAre("a: a==2 over a==1 by policy"));
  EXPECT_THAT(merged->text, HasSubstr("a==2  # tandem: application; infrastructure: a==1\n"));
  EXPECT_THAT(lines(merge("a==2", "a==1", ConflictSide::Infrastructure)), ElementsAre("a==1"));
}

TEST(Requirements, MergingAgainWithTheResultGivesTheResult) {
  const std::string app = "a==2\nb>=1\nc\nd[x]>=2\nPytest==8\n";
  for (const auto side : {ConflictSide::Application, ConflictSide::Infrastructure}) {
    const auto once = merge(app, "a==1\nb<2\ne~=1.2\nd[y]\ncoverage\n", side);
    ASSERT_TRUE(once) << text(once.error());
    const auto twice = merge(app, once->text, side);
    ASSERT_TRUE(twice) << text(twice.error());
    EXPECT_EQ(twice->text, once->text);
  }
}

TEST(Requirements, WhatTheApplicationDropsGoesAndWhatItRaisesRises) {
  const auto once = merge("a>=1\nb==1\nc==1", "a<3\nboto3");
  const auto next = merge("a>=2\nc==2", once->text);
  ASSERT_TRUE(next) << text(next.error());
  EXPECT_THAT(lines(next), ElementsAre("a<3,>=2", "boto3", "c==2"));
}

TEST(Requirements, ALineThatInfrastructureWritesAnewReplacesItsOldWish) {
  const auto once = merge("a>=1", "a<3");
  EXPECT_THAT(lines(merge("a>=1", once->text + "a<2\n")), ElementsAre("a<2,>=1"));
}

TEST(Requirements, TestToolsStayBehindWithANote) {
  const auto merged = merge("fastapi\npytest-asyncio>=0.21\n", "moto[dynamodb]\n");
  ASSERT_TRUE(merged);
  EXPECT_THAT(lines(merged), ElementsAre("fastapi"));
  EXPECT_THAT(merged->left_out, ElementsAre(LeftOut{"pytest-asyncio>=0.21", {"api:requirements.txt", 2}},
                                            LeftOut{"moto[dynamodb]", {"infra:lambda/requirements.txt", 1}}));
}

TEST(Requirements, WhatMustNotCrossRepositoriesIsRefusedWithItsLine) {
  for (const auto* line : {"-e .", "--index-url https://evil/simple", "-r more.txt", "-c missing.txt", "./wheel.whl", "../lib",
                           "pkg @ https://x/y.whl", "git+https://x/y", "pkg-1.0.whl", "--pre", "a==${VERSION}", "/abs/path",
                           "a==1 --global-option=x", "file:///etc", "dir/pkg", "C:\\x"}) {
    const auto merged = merge(std::string("fastapi\n") + line, "");
    ASSERT_FALSE(merged) << line;
    EXPECT_EQ(merged.error().fault, Fault::Invalid) << line;
    EXPECT_EQ(merged.error().place, (Place{"api:requirements.txt", 2})) << line;
  }
}

/// The application's file names limits.txt with -c.
Result<MergedRequirements> bounded(const std::string& app, const std::string& limits, const std::string& infra, ConflictSide side = ConflictSide::Refuse) {
  return merge_requirements({"api:requirements.txt", app + "-c limits.txt\n", {{"limits.txt", limits}}}, {"infra:lambda/requirements.txt", infra}, side);
}

TEST(Requirements, AConstraintNarrowsWhatIsAskedForAndInstallsNothing) {
  const auto merged = bounded("fastapi>=0.110\nboto3\n", "fastapi<0.112\nboto3==1.34.144\nurllib3<2\nstarlette==0.37.2\n", "aws-xray-sdk\n");
  ASSERT_TRUE(merged) << text(merged.error());
  EXPECT_THAT(lines(merged), ElementsAre("aws-xray-sdk", "boto3==1.34.144", "fastapi<0.112,>=0.110"));
  EXPECT_THAT(merged->text, testing::EndsWith("# tandem: constraint: starlette==0.37.2\n# tandem: constraint: urllib3<2\n"));
  EXPECT_THAT(application_lines(merged->text), testing::Contains("# tandem: constraint: urllib3<2"));
}

TEST(Requirements, AConstraintCountsAgainstTheInfrastructuresLine) {
  EXPECT_THAT(lines(bounded("", "urllib3<2\n", "urllib3>=1.25\n")), ElementsAre("urllib3<2,>=1.25"));
  const auto refused = bounded("", "# why\nurllib3<2\n", "urllib3==2.2.0\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "TD0321");
  EXPECT_EQ(refused.error().place, (Place{"api:limits.txt", 2}));
  EXPECT_THAT(lines(bounded("", "urllib3<2\n", "urllib3==2.2.0\n", ConflictSide::Infrastructure)), ElementsAre("urllib3==2.2.0"));
  const auto won = bounded("", "urllib3<2\n", "urllib3==2.2.0\n", ConflictSide::Application);
  EXPECT_THAT(lines(won), ElementsAre("urllib3<2"));
  EXPECT_THAT(lines(merge("", won->text)), ElementsAre("urllib3==2.2.0"));
}

TEST(Requirements, MergingAgainWithConstraintsGivesTheSameBytes) {
  const auto once = bounded("a>=1\n", "a<3\nb<2\nc==1\n", "b\n");
  ASSERT_TRUE(once) << text(once.error());
  EXPECT_EQ(bounded("a>=1\n", "a<3\nb<2\nc==1\n", once->text)->text, once->text);
  EXPECT_THAT(merge("a>=1\n", once->text)->text, testing::Not(HasSubstr("constraint")));
}

TEST(Requirements, AConstraintUnderAMarkerNarrowsOnlyWhatStandsUnderIt) {
  const auto merged = bounded("a\nb ; python_version < \"3.12\"\n", "a<2 ; python_version < \"3.12\"\nb<2 ; python_version < \"3.12\"\n", "");
  ASSERT_TRUE(merged) << text(merged.error());
  EXPECT_THAT(lines(merged), ElementsAre("a", "b<2 ; python_version < \"3.12\""));
  EXPECT_THAT(merged->text, HasSubstr("# tandem: constraint: a<2 ; python_version < \"3.12\"\n"));
}

TEST(Requirements, ConstraintsThatCannotHoldOrAreNoneAreRefusedWithTheirLine) {
  const auto own = bounded("a==3\n", "a<3\n", "");
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().code, "TD0320");
  EXPECT_THAT(own.error().what, HasSubstr("a==3 (api:requirements.txt:1) and within the constraint a<3 (api:limits.txt:1)"));
  for (const auto* line : {"a[x]<3", "-r more.txt", "a @ https://x/y.whl", "-e .", "--index-url https://evil"}) {
    const auto refused = bounded("", std::string("b\n") + line, "");
    ASSERT_FALSE(refused) << line;
    EXPECT_EQ(refused.error().code, "TD0320") << line;
    EXPECT_EQ(refused.error().place, (Place{"api:limits.txt", 2})) << line;
  }
  EXPECT_FALSE(merge("", "-c limits.txt"));
}

TEST(Requirements, TheWayOutOfAConflictIsAKeyThatTheConfigurationHas) {
  EXPECT_THAT(merge("a==1", "a==2").error().next, HasSubstr("sync.requirements.on-conflict"));
}

TEST(Requirements, OneFileAskingTwiceForOnePackageIsRefused) {
  const auto merged = merge("a==1\na==2", "");
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().what, HasSubstr("a==1 (api:requirements.txt:1) and a==2 (api:requirements.txt:2)"));
  EXPECT_TRUE(merge("a==1\na==1", ""));
}

TEST(Requirements, ContinuationsCommentsAndHashesAreRead) {
  const std::string one(64, 'a'), two(64, 'B');
  const auto merged = merge(fmt::format("# top\na==1 \\\n  --hash=sha256:{} \\\n\t--hash=sha256:{} # why\n\nb\t# c\n", two, one), "");
  EXPECT_THAT(lines(merged), ElementsAre(fmt::format("a==1 --hash=sha256:{} --hash=sha256:{}", one, std::string(64, 'b')), "b"));
}

TEST(Requirements, OnlyWhatBothSidesHashesAllowIsLeft) {
  const auto hashed = [](std::initializer_list<char> files) {
    std::string out = "a==1";
    for (const char file : files) out += " --hash=sha256:" + std::string(64, file);
    return out;
  };
  EXPECT_THAT(lines(merge(hashed({'1', '2'}), hashed({'2', '3'}))), ElementsAre(hashed({'2'})));
  EXPECT_THAT(lines(merge(hashed({'1'}), "a>=1")), ElementsAre(hashed({'1'})));
  EXPECT_EQ(merge(hashed({'1'}), hashed({'2'})).error().code, "TD0321");
  EXPECT_EQ(merge("a==1 --hash=md5:0cc175b9c0f1b6a831c399e269772661", "").error().code, "TD0320");
}

TEST(Requirements, BytesThatHideALineEndAreRefusedWithTheirLine) {
  for (const auto* trick : {"a==1 # \rb @ https://x/y", "a==1 # \x0b-e .", "a # \x0c b", "a # \x1c b", "a # \xc2\x85 b", "a # \xe2\x80\xa8 b", "a # \x80"}) {
    const auto merged = merge(fmt::format("fastapi\r\n{}\n", trick), "");
    ASSERT_FALSE(merged) << trick;
    EXPECT_EQ(merged.error().place, (Place{"api:requirements.txt", 2})) << text(merged.error());
    EXPECT_FALSE(merge("", trick)) << trick;
  }
  EXPECT_THAT(lines(merge("\xef\xbb\xbf" "a==1\r\nb\r\n", "")), ElementsAre("a==1", "b"));
}

TEST(Requirements, LinesWithDifferentMarkersThatAFunctionCouldMeetBothAreAConflict) {
  const auto merged = merge("a==1 ; python_version < \"3.12\"", "b\na==2");
  ASSERT_FALSE(merged);
  EXPECT_EQ(merged.error().code, "TD0321");
  EXPECT_THAT(merged.error().what, HasSubstr("(api:requirements.txt:1) and a==2 (infra:lambda/requirements.txt:2)"));
  EXPECT_TRUE(merge("a==1 ; sys_platform == 'win32'", "a==2"));
  EXPECT_TRUE(merge("a==1 ; python_version < '3.11'", "a==2 ; python_version >= '3.11'"));
}

TEST(Requirements, AWishThatGaveWayToAnotherMarkerIsRemembered) {
  const std::string app = "a==1 ; python_version < \"3.12\"\n";
  const auto once = merge(app, "a==2\n", ConflictSide::Application);
  ASSERT_TRUE(once) << text(once.error());
  EXPECT_THAT(lines(once), ElementsAre("a==1 ; python_version < \"3.12\""));
  EXPECT_EQ(merge(app, once->text, ConflictSide::Application)->text, once->text);
  EXPECT_THAT(lines(merge("", once->text)), ElementsAre("a==2"));
  EXPECT_THAT(lines(merge(app, "a==2\n", ConflictSide::Infrastructure)), ElementsAre("a==2"));
}

TEST(Requirements, MarkersThatPep508DoesNotReadAreRefused) {
  for (const auto* bad : {"a ; nonsense", "a ; python_version", "a ; python_version <", "a ; 'x' == 'y'", "a ; (python_version < '3'", "a ; python_version < '3' or", "a;"})
    EXPECT_EQ(merge(bad, "").error().code, "TD0320") << bad;
}

TEST(Requirements, RememberTheLinesThatAskedForThem) {
  const auto merged = merge("# top\na>=1", "a<2\nb");
  ASSERT_TRUE(merged);
  EXPECT_THAT(merged->packages[0].asked_by, ElementsAre(Place{"api:requirements.txt", 2}, Place{"infra:lambda/requirements.txt", 1}));
  EXPECT_THAT(merged->packages[1].asked_by, ElementsAre(Place{"infra:lambda/requirements.txt", 2}));
}

TEST(Requirements, LinesOfTheApplicationInTheMergedFileAreKnown) {
  const auto merged = merge("a\nb", "b\nc");
  EXPECT_THAT(application_lines(merged->text + "own==1\n"), ElementsAre("a  # tandem: application", "b  # tandem: both"));
}

TEST(Versions, AreOrderedAsPep440Says) {
  const std::vector<std::string> ascending{"0.9",      "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1.0+abc.5",
                                           "1.0+abc.10", "1.0+5", "1.0.post1.dev1", "1.0.post1", "1.0.1", "1.1", "1!0.1"};
  for (size_t at = 0; at + 1 < ascending.size(); ++at)
    EXPECT_LT(*Version::parse(ascending[at]), *Version::parse(ascending[at + 1])) << ascending[at] << " " << ascending[at + 1];
}

TEST(Versions, OfManySpellingsAreOne) {
  EXPECT_EQ(*Version::parse("v1.0-ALPHA.1"), *Version::parse("1.0a1"));
  EXPECT_EQ(*Version::parse("1.0-1"), *Version::parse("1.0.post1"));
  EXPECT_EQ(*Version::parse("1.0.0"), *Version::parse("1"));
  EXPECT_EQ(*Version::parse("1.0c1"), *Version::parse("1.0rc1"));
}

TEST(Versions, ThatAreNoneAreRefused) {
  for (const auto* bad : {"", "x", "1..2", "1.0+", "1.0 2", "-1", "1.0*", "99999999999999999999"})
    EXPECT_FALSE(Version::parse(bad)) << bad;
}

TEST(Specifiers, AreCalledDisjointOnlyWhenTheyAre) {
  const auto disjoint = [](const char* a, const char* b) { return are_disjoint(*parse_specifier(a), *parse_specifier(b)); };
  EXPECT_FALSE(disjoint("==1.2+cu118", "==1.2"));
  EXPECT_FALSE(disjoint("==1.2+cu118", "<=1.2"));
  EXPECT_FALSE(disjoint("===weird", "===weird"));
  EXPECT_FALSE(disjoint(">=1", "<=1"));
  EXPECT_FALSE(disjoint("~=1.4.2", ">=1.4.9"));
  EXPECT_FALSE(disjoint("==1.*", "==1.2.*"));
  EXPECT_FALSE(disjoint("", "==1"));
  EXPECT_TRUE(disjoint("~=1.4.2", ">=1.5"));
  EXPECT_TRUE(disjoint("==1.1.*", "==1.2.*"));
  EXPECT_TRUE(disjoint(">1", "<=1"));
  EXPECT_TRUE(disjoint("===weird", "===odd"));
}

}  // namespace
}  // namespace tandem::sync
