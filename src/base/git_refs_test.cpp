#include "base/git_refs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/files.hpp"
#include "base/git.hpp"

namespace tandem::git {
namespace {

namespace fs = std::filesystem;
const Person ada{"Ada", "ada@example.org", Instant{std::chrono::seconds{1'790'000'000}}};
const std::string head = "# pack-refs with: peeled fully-peeled sorted \n";

git_oid id_of(char digit) { return *oid_of(std::string(40, digit)); }
std::string line(char digit, const std::string& name) { return std::string(40, digit) + " " + name + "\n"; }

TEST(PackedRefs, KeepTheirOrderAndEverythingThatDoesNotMove) {
  const auto before = head + line('1', "refs/app/main") + line('2', "refs/tags/v1") + "^" + std::string(40, '3') + "\n" + line('4', "refs/z");
  const RefMoves moves{{"refs/app/feature", id_of('5')}, {"refs/app/main", id_of('6')}, {"refs/zz", id_of('7')}, {"refs/none", std::nullopt}};
  EXPECT_EQ(*packed_refs_text(before, moves), head + line('5', "refs/app/feature") + line('6', "refs/app/main") + line('2', "refs/tags/v1") + "^" + std::string(40, '3') + "\n" +
                                                  line('4', "refs/z") + line('7', "refs/zz"));
  EXPECT_EQ(*packed_refs_text("", {{"refs/a", id_of('1')}}), head + line('1', "refs/a"));
}

TEST(PackedRefs, ATagThatGoesTakesAlongWhatItLeadTo) {
  const auto before = head + line('2', "refs/tags/v1") + "^" + std::string(40, '3') + "\n" + line('4', "refs/z");
  EXPECT_EQ(*packed_refs_text(before, {{"refs/tags/v1", std::nullopt}}), head + line('4', "refs/z"));
}

TEST(PackedRefs, WhatIsNoPackedRefsFileIsRefusedAndNotOverwritten) {
  for (const auto& text : {std::string("rubbish\n"), head + line('2', "refs/b") + line('1', "refs/a"), head + std::string(40, 'x') + " refs/a\n", std::string("# pack-refs with: peeled \n")}) {
    const auto made = packed_refs_text(text, {{"refs/c", id_of('1')}});
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().fault, Fault::Broken) << text;
  }
}

/// A repository with two commits.
struct Ground {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-refs");
  Repository repository = *Repository::init_bare(folder.path() / "r.git");
  CommitId first = commit("1");
  CommitId second = commit("2");

  CommitId commit(const std::string& text) {
    const auto tree = *repository.write_tree(std::nullopt, {{"a", *repository.write_blob(text)}});
    return *repository.write_commit(tree, {}, ada, ada, "x\n");
  }
  std::string git(std::vector<std::string> words) { return run_program(git_command(std::move(words), repository.path()))->out; }
};

TEST(PackedRefs, AreWhatGitAndAnOpenRepositoryReadAtOnce) {
  Ground ground;
  ASSERT_TRUE(ground.repository.move_ref("refs/heads/loose", ground.first, std::nullopt));
  ASSERT_TRUE(write_packed_refs(ground.repository.path(), {{"refs/heads/loose", *oid_of(ground.second.value)}, {"refs/heads/new", *oid_of(ground.first.value)}}));
  EXPECT_EQ(*ground.repository.find_ref("refs/heads/loose"), ground.second) << "its own file would have hidden the move";
  EXPECT_EQ(*ground.repository.find_ref("refs/heads/new"), ground.first);
  EXPECT_EQ(ground.git({"for-each-ref", "--format=%(refname) %(objectname)"}), fmt::format("refs/heads/loose {}\nrefs/heads/new {}\n", ground.second.value, ground.first.value));
  ASSERT_TRUE(write_packed_refs(ground.repository.path(), {{"refs/heads/new", std::nullopt}}));
  EXPECT_FALSE(*ground.repository.find_ref("refs/heads/new"));
  EXPECT_EQ(ground.git({"fsck", "--strict", "--no-dangling"}), "");
}

TEST(PackedRefs, ALockWhoseOwnerIsGoneIsTakenOver) {
  Ground ground;
  const auto lock = ground.repository.path() / "packed-refs.lock";
  ASSERT_TRUE(write_file(lock, ""));
  const timespec old[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, lock.c_str(), old, 0), 0);
  ASSERT_TRUE(write_packed_refs(ground.repository.path(), {{"refs/heads/main", *oid_of(ground.first.value)}}));
  EXPECT_EQ(*ground.repository.find_ref("refs/heads/main"), ground.first);
  EXPECT_FALSE(fs::exists(lock));
}

TEST(PlannedRefs, AreSeenByTheirRepositoryAndByOthersAfterTheFlush) {
  Ground ground;
  ASSERT_TRUE(ground.repository.move_ref("refs/heads/old", ground.first, std::nullopt));
  ASSERT_TRUE(ground.repository.plan_ref("refs/heads/old", std::nullopt));
  ASSERT_TRUE(ground.repository.plan_ref("refs/heads/new", ground.second));
  EXPECT_FALSE(*ground.repository.find_ref("refs/heads/old"));
  EXPECT_EQ(*ground.repository.find_ref("refs/heads/new"), ground.second);
  EXPECT_THAT(*ground.repository.refs("refs/"), testing::ElementsAre("refs/heads/new"));
  EXPECT_THAT(*Repository::open(ground.repository.path())->refs("refs/"), testing::ElementsAre("refs/heads/old"));
  ASSERT_TRUE(ground.repository.flush());
  EXPECT_THAT(*Repository::open(ground.repository.path())->refs("refs/"), testing::ElementsAre("refs/heads/new"));
}

}  // namespace
}  // namespace tandem::git
