#include "base/git_here.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/git_left_locks.hpp"

namespace tandem::git {
namespace {

using testing::IsEmpty;

const Person ada{"Ada", "ada@example.org", Instant{std::chrono::seconds{1'790'000'000}}};

/// Two bare repositories in a folder that goes away.
struct Two {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-here");
  Repository there = *Repository::init_bare(folder.path() / "there.git");
  Repository here = *Repository::init_bare(folder.path() / "here.git");

  static std::optional<CommitId> tip(const Repository& repository, const std::string& branch = "main") { return *repository.find_ref("refs/heads/" + branch); }
  static CommitId commit(Repository& repository, const std::vector<std::pair<std::string, std::string>>& files, const std::string& branch = "main") {
    const auto old = tip(repository, branch);
    std::vector<Placement> placements;
    for (const auto& [path, text] : files) placements.push_back({path, *repository.write_blob(text)});
    return commit_tree(repository, *repository.write_tree(old ? std::optional{*repository.tree_of(*old)} : std::nullopt, placements), branch);
  }
  static CommitId commit_tree(Repository& repository, const TreeId& tree, const std::string& branch = "main") {
    const auto old = tip(repository, branch);
    const auto made = *repository.write_commit(tree, old ? std::vector{*old} : std::vector<CommitId>{}, ada, ada, "work\n");
    EXPECT_TRUE(repository.move_ref("refs/heads/" + branch, made, old));
    return made;
  }
  std::string url() const { return there.path().string(); }
  Here fetch() { return *fetch_here(here, url(), {{"refs/heads/", "refs/mirror/"}}); }
  Result<Here> push(const CommitId& commit, const std::optional<CommitId>& expected) { return push_here(here, url(), {{commit, "refs/heads/main", expected}}, expected); }
  std::string fsck(const Repository& repository) {
    const auto output = *run_program(git_command({"fsck", "--strict", "--full", "--no-dangling"}, repository.path()));
    return output.exit.ok() ? "" : output.err + output.out;
  }
  std::string raw_tree(const std::string& mode, const std::string& name, const std::string& id) {
    auto command = git_command({"hash-object", "-t", "tree", "--literally", "-w", "--stdin"}, there.path());
    command.input = mode + " " + name + std::string(1, '\0') + *from_hex(id);
    return run_program(command)->out.substr(0, 40);
  }
};

TEST(FetchHere, BringsWhatIsNewAsOnePackAndGitFindsNothingWrong) {
  Two two;
  Two::commit(two.there, {{"a.py", "1"}, {"deep/er/b.py", "2"}});
  const auto tip = Two::commit(two.there, {{"deep/er/b.py", "3"}, {"run.sh", "x"}});
  ASSERT_EQ(two.fetch(), Here::Done);
  EXPECT_EQ(*two.here.find_ref("refs/mirror/main"), tip);
  EXPECT_EQ(*two.here.read(tip, "deep/er/b.py"), "3");
  EXPECT_EQ(two.fsck(two.here), "");
  Two::commit(two.there, {{"a.py", "4"}});
  ASSERT_EQ(two.fetch(), Here::Done);
  EXPECT_EQ(two.fsck(two.here), "");
  EXPECT_EQ(two.fetch(), Here::Done) << "nothing new";
}

TEST(FetchHere, WhereWritesAreGatheredWhatCameWaitsForTheFlushAndSurvivesForgetting) {
  Two two;
  ASSERT_TRUE(two.here.gather_writes());
  const auto tip = Two::commit(two.there, {{"a.py", "1"}});
  ASSERT_EQ(two.fetch(), Here::Done);
  const auto built = *two.here.write_blob("built");
  two.here.forget();
  EXPECT_EQ(*two.here.find_ref("refs/mirror/main"), tip);
  EXPECT_EQ(*two.here.read(tip, "a.py"), "1");
  EXPECT_EQ(*two.here.resolve(tip.value.substr(0, 9)), tip) << "abbreviations reach what is in memory";
  EXPECT_FALSE(two.here.blob(built));
  EXPECT_FALSE(Repository::open(two.here.path())->commit(tip)) << "not on disk yet";
  ASSERT_TRUE(two.here.flush());
  EXPECT_EQ(*Repository::open(two.here.path())->find_ref("refs/mirror/main"), tip);
  EXPECT_EQ(two.fsck(two.here), "");
  two.here.forget();
  EXPECT_EQ(*two.here.read(tip, "a.py"), "1");
}

TEST(FetchHere, RefsThatAreGoneThereGoHere) {
  Two two;
  Two::commit(two.there, {{"a", "1"}});
  Two::commit(two.there, {{"a", "2"}}, "old");
  ASSERT_EQ(two.fetch(), Here::Done);
  ASSERT_TRUE(two.there.delete_ref("refs/heads/old"));
  ASSERT_EQ(two.fetch(), Here::Done);
  EXPECT_FALSE(*two.here.find_ref("refs/mirror/old"));
}

TEST(FetchHere, WhateverIsUnusualIsLeftToGit) {
  for (const auto& [mode, name] : std::vector<std::pair<std::string, std::string>>{
           {"100664", "a"}, {"0100644", "a"}, {"100644", ".git"}, {"100644", "GIT~1"}, {"100644", ".gitmodules"}, {"100644", ".gitattributes"},
           {"100644", "a\\b"}, {"100644", "a\nb"}, {"100644", ".g\xE2\x80\x8Cit"}, {"100644", "a/b"}, {"100644", ".."}, {"100644", "gi7eba~1"}}) {
    Two two;
    Two::commit_tree(two.there, {two.raw_tree(mode, name, *two.there.write_blob("x"))});
    EXPECT_EQ(two.fetch(), Here::Left) << mode << " " << name;
    EXPECT_FALSE(*two.here.find_ref("refs/mirror/main"));
  }
}

TEST(FetchHere, UrlsThatAreNoPathsAndLargeChangesAreLeftToGit) {
  Two two;
  EXPECT_EQ(*fetch_here(two.here, "https://example.org/x.git", {}), Here::Left);
  EXPECT_EQ(*fetch_here(two.here, "/nowhere/x.git", {}), Here::Left);
  std::vector<std::pair<std::string, std::string>> many;
  for (int n = 0; n < 3100; ++n) many.emplace_back(fmt::format("d{}/f{}", n / 100, n), fmt::format("{}", n));
  Two::commit(two.there, many);
  EXPECT_EQ(two.fetch(), Here::Left);
}

TEST(PushHere, MovesAllRefsOrNone) {
  Two two;
  const auto base = Two::commit(two.there, {{"a", "1"}});
  ASSERT_EQ(two.fetch(), Here::Done);
  ASSERT_TRUE(two.here.move_ref("refs/heads/main", base, std::nullopt));
  const auto mine = Two::commit(two.here, {{"b", "2"}});
  const auto theirs = Two::commit(two.there, {{"c", "3"}});
  const std::vector<Push> pushes{{mine, "refs/tandem/log", std::nullopt}, {mine, "refs/heads/main", base}};
  const auto lost = push_here(two.here, two.url(), pushes, base);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().fault, Fault::Conflict);
  EXPECT_EQ(Two::tip(two.there), theirs);
  EXPECT_FALSE(*two.there.find_ref("refs/tandem/log"));
  ASSERT_TRUE(two.there.move_ref("refs/heads/main", base, theirs));
  ASSERT_EQ(*push_here(two.here, two.url(), pushes, base), Here::Done);
  EXPECT_EQ(Two::tip(two.there), mine);
  EXPECT_EQ(*two.there.find_ref("refs/tandem/log"), mine);
  EXPECT_EQ(two.fsck(two.there), "");
  EXPECT_EQ(*push_here(two.here, two.url(), pushes, base), Here::Done) << "what is there already is no conflict";
}

TEST(PushHere, KeepsNoMemory) {
  Two two;
  const auto tip = Two::commit(two.here, {{"a", "1"}});
  ASSERT_EQ(*two.push(tip, std::nullopt), Here::Done);
  const auto before = ::mallinfo2().uordblks;
  for (int i = 0; i < 50; ++i) ASSERT_EQ(*two.push(tip, std::nullopt), Here::Done);
  EXPECT_LT(::mallinfo2().uordblks, before + (256UL << 10)) << "a daemon pushes the statuses of every run";
}

TEST(PushHere, ARepositoryThatHasASayGetsTheRealPush) {
  Two two;
  const auto tip = Two::commit(two.here, {{"a", "1"}});
  for (const auto* hook : {"pre-receive", "update", "reference-transaction", "post-receive"}) {
    const auto path = two.there.path() / "hooks" / hook;
    ASSERT_TRUE(replace_file(path, "#!/bin/sh\nexit 1\n", 0755));
    EXPECT_EQ(*two.push(tip, std::nullopt), Here::Left) << hook;
    ASSERT_TRUE(std::filesystem::remove(path));
  }
  const auto config = *read_file(two.there.path() / "config");
  for (const auto* setting : {"[receive]\n\tdenyCurrentBranch = ignore\n", "[transfer]\n\tfsckObjects = true\n", "[core]\n\thooksPath = /somewhere\n"}) {
    ASSERT_TRUE(replace_file(two.there.path() / "config", config + setting));
    EXPECT_EQ(*two.push(tip, std::nullopt), Here::Left) << setting;
  }
  ASSERT_TRUE(replace_file(two.there.path() / "config", config));
  EXPECT_EQ(*push_here(two.here, two.url(), {{{}, "refs/heads/main", tip}}, std::nullopt), Here::Left) << "deletions";
  EXPECT_FALSE(Two::tip(two.there));
}

TEST(PushHere, TheHookThatTellsOurDaemonRunsWithTheUpdates) {
  Two two;
  const auto tip = Two::commit(two.here, {{"a", "1"}});
  const auto heard = two.folder.path() / "heard";
  ASSERT_TRUE(replace_file(two.there.path() / "hooks" / "post-receive", fmt::format("#!/bin/sh\n# installed by tandem\ncat > {}\n", heard.string()), 0755));
  ASSERT_EQ(*two.push(tip, std::nullopt), Here::Done);
  EXPECT_EQ(*read_file(heard), fmt::format("{} {} refs/heads/main\n", std::string(40, '0'), tip.value));
}

TEST(GatheredWrites, AreReadBackAtOnceAndDurableWhenARefMoves) {
  Two two;
  ASSERT_TRUE(two.here.gather_writes());
  const auto blob = *two.here.write_blob("gathered");
  const auto tree = *two.here.write_tree(std::nullopt, {{"a", blob}});
  EXPECT_EQ(*two.here.blob(blob), "gathered");
  EXPECT_FALSE(Repository::open(two.here.path())->blob(blob)) << "not on disk yet";
  const auto commit = *two.here.write_commit(tree, {}, ada, ada, "x\n");
  ASSERT_TRUE(two.here.move_ref("refs/heads/main", commit, std::nullopt));
  EXPECT_EQ(*Repository::open(two.here.path())->blob(blob), "gathered");
  EXPECT_EQ(two.fsck(two.here), "");
  const auto dropped = *two.here.write_blob("dropped");
  two.here.forget();
  EXPECT_FALSE(two.here.blob(dropped));
}

TEST(PushHere, ALockThatADeadPushLeftIsTakenAwayAndNoOther) {
  Two two;
  const auto first = Two::commit(two.here, {{"a", "1"}});
  ASSERT_EQ(*two.push(first, std::nullopt), Here::Done);
  const auto second = Two::commit(two.here, {{"a", "2"}});
  const auto there = std::filesystem::path(two.url());
  // As a process leaves them that dies between locking and moving: announced, locked, one of them about to move.
  ASSERT_TRUE(write_file(there / "tandem-moving.lock", fmt::format("{0} refs/heads/main\n{0} refs/heads/next\n{0} refs/heads/theirs\n", second.value)));
  ASSERT_TRUE(write_file(there / "refs/heads/main.lock", ""));
  ASSERT_TRUE(write_file(there / "refs/heads/next.lock", second.value + "\n"));
  ASSERT_TRUE(write_file(there / "refs/heads/theirs.lock", first.value + "\n"));
  ASSERT_TRUE(write_file(there / "refs/heads/beside.lock", ""));
  EXPECT_EQ(*two.push(second, first), Here::Done);
  EXPECT_FALSE(std::filesystem::exists(there / "refs/heads/next.lock"));
  EXPECT_TRUE(std::filesystem::exists(there / "refs/heads/theirs.lock")) << "somebody else's by now";
  EXPECT_TRUE(std::filesystem::exists(there / "refs/heads/beside.lock")) << "never ours";
  EXPECT_EQ(std::filesystem::file_size(there / "tandem-moving.lock"), 0U);
}

TEST(PushHere, ALockOfALivingPushIsRespected) {
  Two two;
  const auto first = Two::commit(two.here, {{"a", "1"}});
  ASSERT_EQ(*two.push(first, std::nullopt), Here::Done);
  const auto second = Two::commit(two.here, {{"a", "2"}});
  const RefMove living(two.url(), {{second, "refs/heads/main", first}});
  ASSERT_TRUE(write_file(std::filesystem::path(two.url()) / "refs/heads/main.lock", ""));
  const auto lost = two.push(second, first);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().fault, Fault::Conflict);
}

TEST(PushHere, LocksOfARepositoryThatWeAloneWriteToGoAtTheStart) {
  TemporaryFolder folder = *TemporaryFolder::make();
  const auto repository = *Repository::init_bare(folder.path() / "pair.git");
  for (const auto* name : {"refs/infra/main.lock", "packed-refs.lock", "tandem.lock"}) {
    ASSERT_TRUE(make_folders((repository.path() / name).parent_path()));
    ASSERT_TRUE(write_file(repository.path() / name, ""));
  }
  EXPECT_EQ(remove_left_locks(repository.path()).size(), 2U);
  EXPECT_TRUE(std::filesystem::exists(repository.path() / "tandem.lock")) << "it is held, not left";
}

}  // namespace
}  // namespace tandem::git
