#include "sync/upkeep.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/files.hpp"
#include "sync/detect.hpp"
#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

namespace fs = std::filesystem;
using testing::Contains;

std::vector<std::string> names(const std::vector<Pack>& packs) {
  std::vector<std::string> out;
  for (const auto& pack : packs) out.push_back(pack.name);
  return out;
}

size_t packs_on_disk(const PairStore& store) {
  size_t count = 0;
  for (const auto& file : fs::directory_iterator(store.repository().path() / "objects" / "pack")) count += file.path().extension() == ".pack" ? 1 : 0;
  return count;
}

std::string fsck(const PairStore& store) {
  const auto output = *run_program(git::git_command({"fsck", "--strict", "--full", "--no-dangling"}, store.repository().path()));
  return output.exit.ok() ? "" : output.err + output.out;
}

void sync_times(World& world, int times) {
  for (int n = 0; n < times; ++n) {
    world.app.commit({{"src/people.py", fmt::format("{} of {}", n, world.app.head().value)}});
    world.at += std::chrono::seconds{1};
    const auto synced = world.sync();
    ASSERT_TRUE(synced) << text(synced.error());
    ASSERT_TRUE(synced->notes.empty() || n == 0) << synced->notes.front();
  }
}

TEST(Upkeep, JoinsSmallPacksAndLeavesLargeOnesAlone) {
  EXPECT_THAT(names(to_join({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 100}})), testing::ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(to_join({{"a", 1}, {"b", 2}, {"c", 6}, {"d", 18}})), testing::IsEmpty()) << "each is twice what is smaller";
  EXPECT_THAT(names(to_join({{"a", 1}, {"b", 1}, {"c", 3}, {"d", 6}})), testing::SizeIs(4));
  EXPECT_THAT(to_join({{"a", 1}}), testing::IsEmpty());
  EXPECT_THAT(to_join({}), testing::IsEmpty());
}

TEST(Upkeep, PacksAreJoinedWithoutLosingAnythingAndOldOnesStayForTheirReaders) {
  auto world = World::ready();
  sync_times(world, 6);
  const auto unnamed = *world.store.repository().write_blob("named by nothing");
  ASSERT_TRUE(world.store.repository().flush());
  const auto before = *size_of(world.store);
  ASSERT_GE(before.packs.size(), 7U);
  ASSERT_TRUE(tidy(world.store, world.at, {.packs_max = 5}));
  EXPECT_LE(size_of(world.store)->packs.size(), 2U);
  EXPECT_GE(packs_on_disk(world.store), before.packs.size()) << "somebody may have them open";
  ASSERT_TRUE(tidy(world.store, world.at + std::chrono::minutes{11}, {.packs_max = 5}));
  EXPECT_EQ(packs_on_disk(world.store), size_of(world.store)->packs.size());
  auto again = *PairStore::open(world.store.repository().path());
  EXPECT_EQ(*again.repository().blob(unnamed), "named by nothing");
  EXPECT_EQ(fsck(world.store), "");
  EXPECT_TRUE(world.ask()) << "proof rests on what is in the store";
  sync_times(world, 2);
}

/// Files that were removed and that this process still has open.
std::vector<std::string> removed_and_open() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code code;
    const auto target = fs::read_symlink(entry.path(), code).string();
    if (target.ends_with(".pack (deleted)")) out.push_back(target);
  }
  return out;
}

TEST(Upkeep, AStoreThatStaysOpenLetsGoOfPacksThatAreGone) {
  auto world = World::ready();
  sync_times(world, 6);
  ASSERT_TRUE(tidy(world.store, world.at, {.packs_max = 5}));
  ASSERT_TRUE(tidy(world.store, world.at + std::chrono::minutes{11}, {.packs_max = 5}));
  EXPECT_THAT(removed_and_open(), testing::IsEmpty()) << "a daemon would run out of descriptors in the end";
  sync_times(world, 1);
}

TEST(Upkeep, FewPacksAreLeftAlone) {
  auto world = World::ready();
  sync_times(world, 3);
  const auto before = names(size_of(world.store)->packs);
  ASSERT_TRUE(tidy(world.store, world.at));
  EXPECT_EQ(names(size_of(world.store)->packs), before);
}

TEST(Upkeep, LooseObjectsArePacked) {
  auto world = World::ready();
  sync_times(world, 1);
  auto loose = *git::Repository::open(world.store.repository().path());
  std::vector<std::string> ids;
  for (int n = 0; n < 12; ++n) ids.push_back(*loose.write_blob(fmt::format("loose {}", n)));
  ASSERT_EQ(size_of(world.store)->loose.size(), 12U);
  ASSERT_TRUE(tidy(world.store, world.at, {.loose_max = 10}));
  EXPECT_THAT(size_of(world.store)->loose, testing::IsEmpty());
  for (const auto& id : ids) EXPECT_TRUE(git::Repository::open(world.store.repository().path())->blob(id));
}

/// Everything in the store seems to have come long ago.
void age(const PairStore& store) {
  const timespec old[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  for (const auto& file : fs::recursive_directory_iterator(store.repository().path() / "objects")) ::utimensat(AT_FDCWD, file.path().c_str(), old, 0);
}

TEST(Upkeep, CollectingKeepsWhatAReleaseASyncOrARefNamesAndDropsTheRest) {
  auto world = World::ready();
  sync_times(world, 2);
  const auto carried = world.app.head();
  auto& repository = world.store.repository();
  const auto who = coordinator(world.at);
  const auto tree = *repository.tree_of(carried);
  const auto released = *repository.write_commit(tree, {}, who, who, "a Release names it\n");
  const auto forgotten = *repository.write_commit(tree, {}, who, who, "nobody names it\n");
  ASSERT_TRUE(repository.flush());
  // The application's branch is rewritten: the carried commit has only its pin.
  ASSERT_TRUE(world.app.repository.move_ref("refs/heads/main", *world.app.repository.write_commit(tree, {}, who, who, "rewritten\n"), carried));
  ASSERT_TRUE(world.store.fetch(world.request().source));
  age(world.store);
  const auto collected = collect(world.store, {released, CommitId{std::string(40, '1')}});
  ASSERT_TRUE(collected) << text(collected.error());
  EXPECT_EQ(collected->kept, 1U);
  EXPECT_LE(collected->after.packs.size(), 2U);
  EXPECT_LT(collected->after.bytes, collected->before.bytes);
  EXPECT_TRUE(world.store.repository().commit(released));
  EXPECT_TRUE(world.store.repository().commit(carried));
  EXPECT_FALSE(world.store.repository().commit(forgotten));
  EXPECT_EQ(fsck(world.store), "");
  EXPECT_TRUE(world.ask());
  ASSERT_TRUE(collect(world.store, {}));
  EXPECT_FALSE(*world.store.repository().find_ref("refs/tandem/keep/" + released.value)) << "no longer named";
}

TEST(Upkeep, WhatIsYoungIsNotCollected) {
  auto world = World::ready();
  sync_times(world, 1);
  const auto young = *world.store.repository().write_blob("just written, soon to be named");
  ASSERT_TRUE(world.store.repository().flush());
  ASSERT_TRUE(collect(world.store, {}));
  EXPECT_TRUE(world.store.repository().blob(young));
}

}  // namespace
}  // namespace tandem::sync
