#include "run/initialise.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/git.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace tandem::run {
namespace {
namespace fs = std::filesystem;

struct World {
  TemporaryFolder root = *TemporaryFolder::make();
  SystemClock clock;
  int homes = 0;

  World() {
    work("app");
    work("infra");
  }
  fs::path path(const std::string& name) const { return root.path() / name; }
  void git(std::vector<std::string> words, const fs::path& where) {
    auto argv = std::vector<std::string>{"git", "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "init.defaultBranch=main"};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto output = run_program({argv, tool_environment(), where});
    ASSERT_TRUE(output && output->exit.ok()) << join(words, " ") << (output ? output->err : "");
  }
  /// A working copy with two commits.
  void work(const std::string& name) {
    git({"init", "-q", name}, root.path());
    for (const auto* text : {"one\n", "two\n"}) {
      ASSERT_TRUE(write_file(path(name) / "src/main.py", text));
      git({"add", "-A"}, path(name));
      git({"commit", "-qm", "work"}, path(name));
    }
  }
  Result<Initialised> init(const std::string& application, const std::string& infrastructure, const std::string& home = "") {
    return initialise({.application = application, .infrastructure = infrastructure,
                       .folder = path(home.empty() ? "home" + std::to_string(++homes) : home), .program = "/bin/true"}, clock);
  }
  Error error(const std::string& application) {
    auto made = init(application, path("infra"));
    EXPECT_FALSE(made) << application;
    return made ? Error{} : made.error();
  }
  std::string notes(const std::string& application) {
    const auto made = init(application, path("infra"));
    EXPECT_TRUE(made) << (made ? "" : text(made.error()));
    return made ? join(made->notes, "\n") : "";
  }
};

TEST(Initialise, NothingGivenIsAMistakeOfTheCaller) {
  World world;
  EXPECT_EQ(world.error("").code, "TD0110");
  EXPECT_EQ(world.error("").fault, Fault::Missing);
}

TEST(Initialise, OneRepositoryForBothRolesIsRefused) {
  World world;
  const auto made = world.init(world.path("infra"), world.path("infra"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "TD0112");
  EXPECT_FALSE(made.error().next.empty());
}

TEST(Initialise, AShallowCloneIsRefusedAndNotTakenForAnEmptyRepository) {
  World world;
  world.git({"clone", "-q", "--depth", "1", "file://" + world.path("app").string(), "shallow"}, world.root.path());
  const auto error = world.error(world.path("shallow"));
  EXPECT_EQ(error.code, "TD0315");
  EXPECT_TRUE(error.next.contains("--unshallow")) << error.next;
}

TEST(Initialise, ADamagedRepositoryIsToldAsThat) {
  World world;
  world.git({"clone", "-q", "--bare", "app", "bare.git"}, world.root.path());
  for (const auto& entry : fs::recursive_directory_iterator(world.path("bare.git") / "objects"))
    if (entry.is_regular_file()) fs::remove(entry.path());
  const auto bare = world.error(world.path("bare.git"));
  EXPECT_EQ(bare.code, "TD0315");
  EXPECT_TRUE(bare.next.contains("git fsck --full")) << bare.next;
  ASSERT_TRUE(write_file(world.path("app") / ".git" / "HEAD", "nonsense"));
  const auto headless = world.error(world.path("app"));
  EXPECT_EQ(headless.code, "TD0315");
  EXPECT_EQ(headless.fault, Fault::Broken) << "trying again would not help";
}

TEST(Initialise, ACopyThatFailedIsNotKeptForTheNextTry) {
  World world;
  fs::copy(world.path("app"), world.path("good"), fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(world.path("app") / ".git" / "objects"))
    if (entry.is_regular_file()) fs::remove(entry.path());
  ASSERT_FALSE(world.init(world.path("app"), world.path("infra"), "home"));
  const auto made = world.init(world.path("good"), world.path("infra"), "home");
  ASSERT_TRUE(made) << text(made.error());
  const auto copy = git::Repository::open(made->configuration.repositories.front().url);
  EXPECT_EQ(copy->refs("refs/heads/")->size(), 1U);
}

TEST(Initialise, AFolderThatOnlyLooksLikeARepositoryIsToldAsThat) {
  World world;
  ASSERT_TRUE(write_file(world.path("odd") / "HEAD", ""));
  ASSERT_TRUE(make_folders(world.path("odd") / "objects"));
  const auto error = world.error(world.path("odd"));
  EXPECT_EQ(error.code, "TD0113");
  EXPECT_FALSE(error.next.empty());
}

TEST(Initialise, AnAddressThatDoesNotAnswerHasACodeAndANextStep) {
  World world;
  for (const auto* address : {"https://127.0.0.1:1/x.git", "file:///nowhere/x.git", "http://127.0.0.1:1/x.git"}) {
    const auto error = world.error(address);
    EXPECT_EQ(error.code, "TD0114") << address;
    EXPECT_FALSE(error.next.empty());
  }
}

TEST(Initialise, WhatHoldsNothingYetIsSaid) {
  World world;
  world.git({"init", "-q", "--bare", "empty.git"}, world.root.path());
  EXPECT_NE(world.notes(world.path("empty.git")).find("has no branch yet"), std::string::npos);
  world.git({"init", "-q", "unborn"}, world.root.path());
  EXPECT_NE(world.notes(world.path("unborn")).find("has no branch yet"), std::string::npos);
  ASSERT_TRUE(make_folders(world.path("nothing")));
  EXPECT_NE(world.notes(world.path("nothing")).find("holds no file"), std::string::npos);
}

TEST(Initialise, WhatWouldBeCarriedAndIsNotThereIsSaid) {
  World world;
  const auto notes = world.notes(world.path("app"));
  EXPECT_NE(notes.find("application holds no main.py, requirements.txt"), std::string::npos) << notes;
  EXPECT_NE(notes.find("at its root are src"), std::string::npos) << notes;
  EXPECT_EQ(notes.find("no src"), std::string::npos) << notes;
}

TEST(Initialise, AFolderInsideARepositoryIsSaidToLeaveItsHistoryBehind) {
  World world;
  const auto notes = world.notes(world.path("app") / "src");
  EXPECT_NE(notes.find(fmt::format("lies inside the git repository {}", world.path("app").string())), std::string::npos) << notes;
}

}  // namespace
}  // namespace tandem::run
