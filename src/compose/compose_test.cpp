#include "compose/compose.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/digest.hpp"
#include "base/process.hpp"
#include "compose/world_test.hpp"

namespace tandem::compose {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Compose, ServesTheApplicationThroughTheIntegratedHandler) {
  World world;
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  EXPECT_EQ(bundle->handler, "integrated_api_handler");
  EXPECT_EQ(bundle->entry_point, "integrated_api_handler.lambda_handler");
  EXPECT_THAT(*files_below(bundle->folder), ElementsAre("api_handler.py", "integrated_api_handler.py", "main.py", "mangum.py", "src/people.py", "tandem-sbom.cdx.json"));
  EXPECT_THAT(bundle->choices[0].reason, HasSubstr("answered 200 on GET /health"));
}

TEST(Compose, WithoutAProvenSyncTheHandlerInPlaceServes) {
  World world;
  world.is_synced = false;
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  EXPECT_EQ(bundle->handler, "api_handler");
  EXPECT_THAT(*files_below(bundle->folder), Not(Contains("integrated_api_handler.py")));
}

TEST(Compose, SameInputsGiveTheSameDigestAndFolder) {
  World world;
  const auto one = world.compose();
  const auto two = world.compose();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->folder, two->folder);
  EXPECT_EQ(one->choices, two->choices);
  EXPECT_THAT(two->notes, Contains("composed before from the same inputs"));
  World elsewhere;
  EXPECT_EQ(elsewhere.compose()->digest, one->digest);
  world.files["lambda/src/people.py"] += "# changed\n";
  EXPECT_NE(world.compose()->digest, one->digest);
}

TEST(Compose, StoresFilesReadOnlyAndLeavesNoWorkBehind) {
  World world;
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  struct stat status{};
  ASSERT_EQ(stat((fs::path(bundle->folder) / "main.py").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0444U);
  EXPECT_EQ(*digest_of_folder(bundle->folder), bundle->digest);
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(world.folder.path() / "bundles")) ++entries;
  EXPECT_EQ(entries, 2U) << "the bundle, and the record of what it was composed from";
}

TEST(Compose, AStoredBundleThatSomebodyChangedIsNotTakenForTheSame) {
  World world;
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  ASSERT_EQ(chmod((fs::path(bundle->folder) / "main.py").c_str(), 0644), 0);
  ASSERT_TRUE(write_file(fs::path(bundle->folder) / "main.py", "evil = 1"));
  EXPECT_EQ(world.compose().error().fault, Fault::Broken);
}

TEST(Compose, ABrokenImportStopsItNamingFileAndLineInTheApplication) {
  World world;
  world.files["lambda/src/people.py"] = "import os\nimport no_such_package\n";
  const auto bundle = world.compose();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, "TD0404");
  EXPECT_EQ(bundle.error().place, (Place{"api:src/people.py", 2}));
  EXPECT_THAT(bundle.error().what, HasSubstr("ModuleNotFoundError: No module named 'no_such_package'"));
  EXPECT_TRUE(fs::is_empty(world.folder.path() / "bundles"));
}

TEST(Compose, AVariableThatTheFunctionDoesNotHaveIsTakenForNoPackage) {
  World world;
  world.files["lambda/src/people.py"] = "import os\ntable = os.environ['PEOPLE_TABLE']\n";
  const auto bundle = world.compose();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, "TD0404");
  EXPECT_THAT(bundle.error().next, HasSubstr("set PEOPLE_TABLE in the function's environment in the CDK app"));
  world.files["lambda/src/people.py"] = "words = {}\nword = words['lower']\n";
  EXPECT_THAT(world.compose().error().next, HasSubstr("mend the import"));
}

TEST(Compose, ASyntaxErrorIsPlacedToo) {
  World world;
  world.files["lambda/src/people.py"] = "import os\n\ndef app(:\n";
  const auto bundle = world.compose();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().place, (Place{"api:src/people.py", 3}));
}

TEST(Compose, APackageOfThisMachineDoesNotStandInForOneThatIsMissing) {
  World world;
  world.files["lambda/src/people.py"] = "import pip\n";
  const auto bundle = world.compose();
  ASSERT_FALSE(bundle);
  EXPECT_THAT(bundle.error().what, HasSubstr("No module named 'pip'"));
}

TEST(Compose, AHandlerThatFailsOnHealthStopsIt) {
  World world;
  world.files["lambda/src/people.py"] = "def app(event):\n    raise RuntimeError('no table')\n";
  const auto raises = world.compose();
  ASSERT_FALSE(raises);
  EXPECT_EQ(raises.error().code, "TD0405");
  EXPECT_EQ(raises.error().place, (Place{"api:src/people.py", 2}));
  world.files["lambda/src/people.py"] = "def app(event):\n    return 500, '{}'\n";
  EXPECT_EQ(world.compose().error().code, "TD0405");
}

TEST(Compose, AFileOfTheInfrastructureIsNamedAsSuch) {
  World world;
  world.is_synced = false;
  world.files["lambda/api_handler.py"] = "raise ValueError('broken')\n";
  EXPECT_EQ(world.compose().error().place, (Place{"infra:lambda/api_handler.py", 1}));
}

TEST(Compose, TheHandlerSeesTheEnvironmentOfTheFunctionAndNoOther) {
  World world;
  world.files["lambda/src/people.py"] = "import os, json\nTABLE = os.environ['TABLE_NAME']\ndef app(event):\n    return (200 if 'TANDEM_SECRET' not in os.environ else 500), '{}'\n";
  EXPECT_THAT(world.compose().error().what, HasSubstr("KeyError: 'TABLE_NAME'"));
  auto request = world.request();
  request.function_environment = {{"TABLE_NAME", "people"}};
  const auto bundle = compose::compose(world.repository, request);
  EXPECT_TRUE(bundle) << text(bundle.error());
}

TEST(Compose, InsideTheSandboxThereIsNoNetworkAndNoOtherFile) {
  World world;
  const auto secret = world.folder.path() / "secret";
  ASSERT_TRUE(write_file(secret, "key"));
  world.files["lambda/src/people.py"] = fmt::format(
      "import os, json, socket\ndef app(event):\n    return (500 if os.path.exists('{}') or len(socket.if_nameindex()) > 1 else 200), '{{}}'\n", secret.string());
  const auto bundle = world.compose();
  if (!bundle && bundle.error().what.find("answers 500") != std::string::npos)
    GTEST_SKIP() << "no sandbox on this machine";
  EXPECT_TRUE(bundle) << text(bundle.error());
}

TEST(Compose, InstallsRequirementsOnceAndListsThem) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  world.files["lambda/requirements.txt"] = "stamp==1.2  # tandem: application\n";
  world.files["lambda/src/people.py"] = "import stamp\n" + std::string(good_people);
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  EXPECT_THAT(bundle->packages, ElementsAre("stamp==1.2"));
  const auto files = *files_below(bundle->folder);
  EXPECT_THAT(files, Contains("stamp.py"));
  EXPECT_THAT(files, Contains("stamp-1.2.dist-info/METADATA"));
  for (const auto& file : files) EXPECT_FALSE(file.starts_with("bin/") || file.ends_with(".pyc")) << file;

  ASSERT_TRUE(tandem::remove_all(world.folder.path() / "wheels"));
  const auto again = world.compose();
  ASSERT_TRUE(again) << text(again.error()) << " the cache must do";
  EXPECT_EQ(again->digest, bundle->digest);
}

TEST(Compose, RequirementsThatCannotBeInstalledAreToldInPipsWords) {
  World world;
  world.files["lambda/requirements.txt"] = "nowhere==9\n";
  const auto bundle = world.compose();
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, "TD0403");
  EXPECT_THAT(bundle.error().what, HasSubstr("nowhere==9"));
  EXPECT_EQ(bundle.error().place->file, "infra:lambda/requirements.txt");
}

TEST(Compose, AFileThatHidesAPackageIsRefused) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  world.files["lambda/requirements.txt"] = "stamp\n";
  world.files["lambda/stamp.py"] = "VALUE = 8\n";
  EXPECT_EQ(world.compose().error().code, "TD0407");
}

TEST(Compose, EveryHandlerOfTheChainIsTriedAndABrokenStandInIsLeftOutByName) {
  World world;
  world.files["lambda/enhanced_api_handler.py"] = "import json\n\nimport not_there\n";
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  ASSERT_EQ(bundle->choices.size(), 3U);
  EXPECT_EQ(bundle->choices[0].state, "chosen");
  EXPECT_EQ(bundle->choices[1].state, "rejected");
  EXPECT_EQ(bundle->choices[1].place, (Place{"infra:lambda/enhanced_api_handler.py", 3}));
  EXPECT_THAT(bundle->choices[1].reason, HasSubstr("No module named 'not_there'"));
  EXPECT_EQ(bundle->choices[2].state, "stands by");
  EXPECT_THAT(bundle->choices[2].reason, HasSubstr("answered 200"));
  EXPECT_THAT(bundle->notes, ElementsAre(HasSubstr("enhanced_api_handler cannot stand in")));
  EXPECT_THAT(*read_file(fs::path(bundle->folder) / "integrated_api_handler.py"), HasSubstr("FALLBACKS = (\"api_handler\",)"));
}

TEST(Compose, WhyAHandlerIsRejectedIsToldEvenWhenNothingComesOfIt) {
  World world;
  world.files["lambda/src/people.py"] = "import no_such_package\n";
  std::vector<HandlerChoice> told;
  const auto bundle = compose::compose(world.repository, world.request(), [&](const HandlerChoice& choice) { told.push_back(choice); });
  ASSERT_FALSE(bundle);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].state, "rejected");
  EXPECT_EQ(told[0].place, (Place{"api:src/people.py", 1}));
  EXPECT_EQ(told[1].state, "absent");
  EXPECT_EQ(told[2].state, "stands by");
}

TEST(Compose, ValuesThatMustNotBeSeenAreNotInItsErrors) {
  World world;
  world.files["lambda/src/people.py"] = "import os\nraise ValueError('bad ' + os.environ['KEY'])\n";
  auto request = world.request();
  request.function_environment = {{"KEY", "hush-hush"}};
  request.hidden_values = {"hush-hush"};
  const auto bundle = compose::compose(world.repository, request);
  ASSERT_FALSE(bundle);
  EXPECT_THAT(bundle.error().what, testing::AllOf(HasSubstr("bad ***"), Not(HasSubstr("hush"))));
}

TEST(Compose, WhatTheRuntimeBringsNeedsNoRequirement) {
  World world;
  const auto runtime = world.folder.path() / "runtime";
  ASSERT_TRUE(write_file(runtime / "boto3.py", "VALUE = 1\n"));
  world.files["lambda/src/people.py"] = "import boto3\n" + std::string(good_people);
  EXPECT_FALSE(world.compose());
  auto request = world.request();
  request.runtime_packages = runtime;
  const auto bundle = compose::compose(world.repository, request);
  ASSERT_TRUE(bundle) << text(bundle.error());
  EXPECT_THAT(*files_below(bundle->folder), Not(Contains("boto3.py")));
}

TEST(Compose, TheApplicationsOwnWordOnPythonIsKept) {
  World world;
  auto request = world.request();
  request.application->tree = *world.repository.write_tree(std::nullopt, {{"pyproject.toml", *world.repository.write_blob("[project]\nrequires-python = '>=3.99'\n")}});
  const auto bundle = compose::compose(world.repository, request);
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, "TD0408");
  EXPECT_EQ(bundle.error().place, (Place{"api:pyproject.toml", 2}));
}

TEST(Compose, NamesThatTandemWritesAreRefused) {
  World world;
  world.files["lambda/tandem-sbom.cdx.json"] = "{}";
  const auto bundle = world.compose();
  EXPECT_EQ(bundle.error().code, "TD0407");
  EXPECT_EQ(bundle.error().place->file, "infra:lambda/tandem-sbom.cdx.json");
}

/// Every byte, mode and time of a folder.
std::string everything_in(const fs::path& folder) {
  std::string out;
  const auto files = *files_below(folder);
  for (const auto& file : files) {
    struct stat status{};
    EXPECT_EQ(stat((folder / file).c_str(), &status), 0);
    out += fmt::format("{} {:o} {} {}\n", file, status.st_mode, status.st_mtim.tv_sec, sha256_hex(*read_file(folder / file)));
  }
  return out;
}

TEST(Compose, IsTheSameToTheLastByteInAnotherFolderUnderAnotherUmaskAndClock) {
  const auto made = [](mode_t mask, const char* zone) {
    World world;
    world.offer("stamp", "1.2", "VALUE = 7\n");
    world.files["lambda/requirements.txt"] = "stamp==1.2\n";
    const auto before = umask(mask);
    auto request = world.request();
    request.installer_environment["TZ"] = zone;
    request.installer_environment["HOME"] = world.folder.path().string();
    const auto bundle = compose::compose(world.repository, request);
    umask(before);
    EXPECT_TRUE(bundle) << text(bundle.error());
    return bundle->digest.value + "\n" + everything_in(bundle->folder);
  };
  const auto one = made(0022, "UTC");
  EXPECT_EQ(made(0077, "Asia/Tokyo"), one);
  EXPECT_EQ(made(0000, "America/New_York"), one);
  EXPECT_THAT(one, testing::AllOf(HasSubstr("tandem-requirements.lock 100444 315532800"), Not(HasSubstr("INSTALLER")), Not(HasSubstr("__pycache__"))));
}

TEST(Compose, TheBillOfMaterialsNamesEveryPackageWithItsHash) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  world.files["lambda/requirements.txt"] = "stamp==1.2\n";
  const auto bundle = world.compose();
  ASSERT_TRUE(bundle) << text(bundle.error());
  const auto bom = *parse_json(*read_file(fs::path(bundle->folder) / sbom_file));
  const auto& components = bom.at("components").as_array();
  ASSERT_EQ(components.size(), 3U);
  EXPECT_EQ(components[0].at("name"), "api");
  EXPECT_EQ(components[1].at("name"), "integrated_api_handler.py");
  EXPECT_EQ(components[2].at("purl"), "pkg:pypi/stamp@1.2");
  EXPECT_THAT(*read_file(fs::path(bundle->folder) / lock_file), HasSubstr(std::string(components[2].at("hashes").at(0).at("content").as_string())));
}

TEST(Compose, WithoutAFolderForTheFunctionThereIsNothingToCompose) {
  World world;
  auto request = world.request();
  request.configuration.folder = "function";
  EXPECT_EQ(compose::compose(world.repository, request).error().fault, Fault::Missing);
}

TEST(Files, TestsAndCachesDoNotShip) {
  for (const auto* file : {"tests/test_x.py", "src/tests/a.py", "src/__pycache__/x.cpython-311.pyc", "x.pyc", "conftest.py"}) EXPECT_FALSE(does_ship(file)) << file;
  for (const auto* file : {"main.py", "src/testing.py", "src/contests/x.py"}) EXPECT_TRUE(does_ship(file)) << file;
}

}  // namespace
}  // namespace tandem::compose
