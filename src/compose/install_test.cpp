#include "compose/install.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/digest.hpp"
#include "base/process.hpp"
#include "compose/wanted_python.hpp"
#include "compose/world_test.hpp"

namespace tandem::compose {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Install, TellsTheLockWithHashes) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  const auto request = world.request();
  const auto installed = install({"Stamp>=1", "python3.11", request.cache, request.installer_environment});
  ASSERT_TRUE(installed) << text(installed.error());
  EXPECT_THAT(installed->lock, testing::MatchesRegex("stamp==1.2 --hash=sha256:[0-9a-f]+\n"));
  EXPECT_FALSE(installed->was_cached);
  EXPECT_TRUE(install({"# why\nStamp>=1 # so", "python3.11", request.cache, request.installer_environment})->was_cached);
}

TEST(Install, AConstraintBoundsAPackageThatNoLineNamesAndInstallsNoneByItself) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  world.offer("stamp", "2.0", "VALUE = 8\n");
  world.offer("other", "1.0", "VALUE = 9\n");
  const auto request = world.request();
  const auto lock_of = [&](const std::string& wanted) {
    const auto installed = install({wanted, "python3.11", request.cache, request.installer_environment});
    return installed ? installed->lock : text(installed.error());
  };
  EXPECT_THAT(lock_of("stamp\n"), testing::StartsWith("stamp==2.0 "));
  EXPECT_THAT(lock_of("stamp\n# tandem: constraint: stamp<2\n# tandem: constraint: other==1.0\n"), testing::MatchesRegex("stamp==1.2 --hash=sha256:[0-9a-f]+\n"));
  EXPECT_THAT(lock_of("stamp\n# tandem: constraint: stamp<2 --hash=sha256:" + std::string(64, '0') + "\n"), HasSubstr("TD0409"));
}

TEST(Install, RepairsPackagesThatWereChangedInTheCache) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  const auto request = world.request();
  const InstallRequest wanted{"stamp", "python3.11", request.cache, request.installer_environment};
  const auto first = install(wanted);
  ASSERT_TRUE(first) << text(first.error());
  const auto file = first->folder / "stamp.py";
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  ASSERT_TRUE(write_file(file, "VALUE = 'evil'\n"));
  const auto second = install(wanted);
  ASSERT_TRUE(second) << text(second.error());
  EXPECT_TRUE(second->was_repaired);
  EXPECT_EQ(*read_file(file), "VALUE = 7\n");
  EXPECT_TRUE(install(wanted)->was_cached);
}

TEST(Install, WhatAKilledRunLeftHalfDoneIsDoneAnew) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  const auto request = world.request();
  const InstallRequest wanted{"stamp", "python3.11", request.cache, request.installer_environment};
  const auto place = install(wanted)->folder.parent_path();
  ASSERT_TRUE(tandem::remove_all(place));
  ASSERT_TRUE(write_file(place.string() + ".making-old/packages/half.py", "x"));
  const auto again = install(wanted);
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_THAT(*files_below(again->folder), Not(Contains("half.py")));
  EXPECT_FALSE(fs::exists(place.string() + ".making-old"));
}

TEST(Install, TwoRunsAtOnceEndWithTheSame) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  const auto request = world.request();
  const InstallRequest wanted{"stamp", "python3.11", request.cache, request.installer_environment};
  std::vector<Result<Installed>> ended(3, failure(Fault::Broken, "not run"));
  {
    std::vector<std::jthread> runs;
    for (auto& end : ended) runs.emplace_back([&end, &wanted] { end = install(wanted); });
  }
  int fresh = 0;
  for (const auto& end : ended) {
    ASSERT_TRUE(end) << text(end.error());
    EXPECT_EQ(end->folder, ended[0]->folder);
    fresh += end->was_cached ? 0 : 1;
  }
  EXPECT_EQ(fresh, 1);
}

TEST(Install, AFileThatTheRequirementsHashesDoNotAllowIsRefusedWithItsLine) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  const auto request = world.request();
  const auto locked = install({"stamp", "python3.11", request.cache, request.installer_environment});
  ASSERT_TRUE(locked) << text(locked.error());
  const auto right = fmt::format("stamp==1.2 --hash=sha256:{}", locked->packages[0].sha256);
  EXPECT_TRUE(install({right, "python3.11", request.cache, request.installer_environment}));
  const auto wrong = install({fmt::format("# top\nstamp==1.2 --hash=sha256:{}", std::string(64, '0')), "python3.11", request.cache, request.installer_environment});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, "TD0409");
  EXPECT_EQ(wrong.error().place, (Place{"requirements.txt", 2}));
}

TEST(Install, RequirementsWithAHashOnEveryLineAreTheLockAndMustBeWhole) {
  World world;
  world.offer("front", "1", "", ">=3", {"middle>=1"});
  world.offer("middle", "1", "", ">=3", {"back"});
  world.offer("middle", "2", "", ">=3", {"back"});
  world.offer("back", "1", "");
  const auto request = world.request();
  const auto installed = [&](const std::string& requirements) { return install({requirements, "python3.11", request.cache, request.installer_environment}); };
  const auto hash_of = [&](const std::string& wheel) {
    return " --hash=sha256:" + replaced(digest_of_file(world.folder.path() / "wheels" / (wheel + "-py3-none-any.whl"))->value, "sha256:", "");
  };
  const auto front = "front==1" + hash_of("front-1"), middle = "middle==1 \\\n   " + hash_of("middle-1"), back = "back==1" + hash_of("back-1") + hash_of("front-1");
  const auto whole = installed(front + "\n# older on purpose\n" + middle + "\n" + back + "  # tandem: application\n");
  ASSERT_TRUE(whole) << text(whole.error());
  EXPECT_THAT(whole->lock, HasSubstr("middle==1 ")) << "not the newest: what the lock says";

  const auto gap = installed("# top\n" + front + "\n" + middle + "\n");
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().code, "TD0409");
  EXPECT_THAT(gap.error().what, testing::AllOf(HasSubstr("it does not hold back"), HasSubstr("which middle needs")));
  EXPECT_EQ(gap.error().place, (Place{"requirements.txt", 3}));

  EXPECT_TRUE(installed(front + "\nmiddle==1\n")) << "a line without a hash: they are no lock, and are locked as ever";
}

TEST(Install, APackageWithoutAWheelForTheFunctionsProcessorIsRefusedByName) {
  World world;
  const bool is_arm = architecture_here() == "arm64";
  const std::string here = is_arm ? "aarch64" : "x86_64", there = is_arm ? "x86_64" : "aarch64", other = is_arm ? "x86_64" : "arm64";
  world.offer("pure", "1", "");
  for (const auto& machine : {here, there}) world.offer("both", "1", "", ">=3", {}, "cp311-cp311-manylinux_2_17_" + machine + ".manylinux2014_" + machine);
  world.offer("late", "1", "", ">=3", {}, "cp311-cp311-manylinux_2_17_" + here);
  world.offer("late", "1", "", ">=3", {}, "cp311-cp311-manylinux_2_31_" + there);   // newer than the C library of this runtime
  world.offer("onlyhere", "1", "", ">=3", {}, "cp311-cp311-manylinux2014_" + here);
  const auto request = world.request();
  ASSERT_TRUE(make_folders(request.cache));
  const InstallRequest wanted{"", "python3.11", request.cache, request.installer_environment};
  EXPECT_TRUE(check_wheels(wanted, {{"both", "1", ""}, {"pure", "1", ""}}, other));
  for (const auto* name : {"late", "onlyhere"}) {
    const auto refused = check_wheels(wanted, {{name, "1", ""}, {"pure", "1", ""}}, other);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, "TD0415");
    EXPECT_EQ(refused.error().what, fmt::format("{} 1 has no wheel for python3.11 and {}, which the function's Architectures ask for", name, other));
  }
}

TEST(Compose, ForAnotherProcessorSaysWhatTheBundleIsFor) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n");
  world.files["lambda/requirements.txt"] = "stamp==1.2\n";
  auto request = world.request();
  request.architecture = architecture_here() == "arm64" ? "x86_64" : "arm64";
  for (int i = 0; i < 2; ++i) {
    const auto bundle = compose::compose(world.repository, request);
    ASSERT_TRUE(bundle) << text(bundle.error());
    EXPECT_THAT(bundle->notes, Contains(HasSubstr("the function is for " + request.architecture)));
  }
  request.architecture = architecture_here();
  EXPECT_THAT(compose::compose(world.repository, request)->notes, Not(Contains(HasSubstr("the function is for"))));
}

TEST(Lock, IsAListOfPinsWithHashesAndNothingElse) {
  EXPECT_TRUE(is_lock(asked_for("a==1 --hash=sha256:00\nb[x]==2.0 ; python_version >= '3' --hash=sha256:11\n")));
  for (const auto* text : {"", "a==1\n", "a>=1 --hash=sha256:00\n", "a==1.* --hash=sha256:00\n", "a --hash=sha256:00\n", "a==1 --hash=sha256:00\nb==1\n"})
    EXPECT_FALSE(is_lock(asked_for(text))) << text;
}

TEST(Install, APackageForAnotherPythonIsRefusedByThatReason) {
  World world;
  world.offer("stamp", "1.2", "VALUE = 7\n", ">=3.99");
  const auto request = world.request();
  const auto installed = install({"# top\nstamp==1.2  # tandem: application\n", "python3.11", request.cache, request.installer_environment});
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, "TD0408") << text(installed.error());
  EXPECT_THAT(installed.error().what, HasSubstr("(asked for by application)"));
  EXPECT_EQ(installed.error().place, (Place{"requirements.txt", 2}));
}

TEST(Install, TellsWhichPackageNeedsWhich) {
  World world;
  world.offer("front", "1", "", ">=3", {"middle[fast]>=1", "old; python_version < '3'", "never; extra == 'docs'"});
  world.offer("middle", "1", "", ">=3", {"Back.End", "quick; extra == 'fast'", "never; extra == 'slow'"});
  for (const auto* name : {"back_end", "quick", "old", "never"}) world.offer(name, "1", "");
  const auto request = world.request();
  const auto installed = install({"front==1\nquick; python_version >= '3'\n", "python3.11", request.cache, request.installer_environment});
  ASSERT_TRUE(installed) << text(installed.error());
  EXPECT_EQ(installed->edges, (Edges{{"front", "quick"}, {{"back-end", {}}, {"front", {"middle"}}, {"middle", {"back-end", "quick"}}, {"quick", {}}}}));
  EXPECT_EQ(*edges_from(text(installed->edges)), installed->edges);
  const auto other = install({"front==1\n", "python3.11", request.cache, request.installer_environment});
  ASSERT_TRUE(other) << text(other.error());
  EXPECT_EQ(other->lock, installed->lock);
  EXPECT_EQ(other->edges.asked, std::vector<std::string>{"front"}) << "the same lock, asked for in other words";
}

TEST(Lock, IsHeldAgainstThePythonOfTheFunction) {
  EXPECT_EQ(check_python({{"a", "1", "", ">=3.12"}}, "3.11.7").error().code, "TD0408");
  EXPECT_TRUE(check_python({{"a", "1", "", ">=3.11.4,<4"}, {"b", "1", "", ""}}, "3.11.7"));
}

TEST(Lock, IsReadBackAsItWasWritten) {
  const std::vector<LockedPackage> lock{{"a", "1.0", std::string(64, '1')}, {"b", "2!1.0+x", std::string(64, '2')}};
  EXPECT_EQ(*parse_lock(text(lock)), lock);
  EXPECT_EQ(parse_lock("a==1\n").error().fault, Fault::Broken);
  EXPECT_FALSE(locked_packages(R"({"install":[{"metadata":{"name":"a","version":"1"},"download_info":{"archive_info":{}}}]})"));
}

TEST(WantedPython, IsReadFromTheProjectTableOnly) {
  EXPECT_EQ(wanted_python("pyproject.toml", "[tool.x]\nrequires-python='no'\n[project] # p\nname='a'\nrequires-python = \">=3.10,<4\" # why\n")->specifier, ">=3.10,<4");
  EXPECT_EQ(wanted_python("setup.cfg", "[metadata]\n[options]\npython_requires = >=3.9\n")->place, (Place{"setup.cfg", 3}));
  EXPECT_FALSE(wanted_python("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3.11'\n"));
}

TEST(Install, APythonWithoutPipIsGivenOneOnce) {
  World world;
  ASSERT_TRUE(make_folders(world.folder.path() / "cache"));
  const auto plain = find_python("python3.11", Needs::Interpreter);
  ASSERT_TRUE(plain);
  const auto python = with_pip(*plain, world.folder.path() / "cache");
  ASSERT_TRUE(python) << text(python.error());
  const auto asked = run_program({{python->executable, "-m", "pip", "--version"}, tool_environment()});
  ASSERT_TRUE(asked);
  EXPECT_TRUE(asked->exit.ok()) << asked->err;
  EXPECT_EQ(with_pip(*plain, world.folder.path() / "cache")->executable, python->executable);
}

TEST(Install, OfNothingNeedsNothing) {
  const auto installed = install({"# only words\n", "python9.9", "/nowhere"});
  ASSERT_TRUE(installed);
  EXPECT_TRUE(installed->packages.empty());
}

TEST(Python, OfAnotherVersionIsNotTaken) {
  const auto found = find_python("python2.6", Needs::Interpreter);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().fault, Fault::Missing);
  EXPECT_THAT(found.error().what, HasSubstr("python3 is 3."));
}

TEST(Python, OnlyTheInstallersPartOfTheEnvironmentIsPassedOn) {
  const auto passed = installer_environment({{"PIP_INDEX_URL", "u"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"HTTPS_PROXY", "p"}, {"HOME", "h"}});
  EXPECT_THAT(passed, ElementsAre(testing::Pair("HOME", "h"), testing::Pair("HTTPS_PROXY", "p"), testing::Pair("PIP_INDEX_URL", "u")));
}

}  // namespace
}  // namespace tandem::compose
