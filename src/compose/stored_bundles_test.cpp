#include "compose/stored_bundles.hpp"

#include "base/digest.hpp"
#include "compose/world_test.hpp"

namespace tandem::compose {
namespace {

Instant now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

/// As if every bundle had been used this long ago.
void age(const fs::path& bundles, std::chrono::hours by) {
  for (const auto& each : fs::directory_iterator(bundles))
    if (each.path().extension() == ".json") fs::last_write_time(each.path(), fs::file_time_type::clock::now() - by);
}

TEST(StoredBundles, GoWhenNobodyHasUsedThemForLong) {
  World world;
  const auto old = *world.compose();
  world.files["lambda/api_handler.py"] += "# two\n";
  const auto kept = *world.compose();
  world.files["lambda/api_handler.py"] += "# three\n";
  const auto third = *world.compose();
  const auto bundles = world.request().bundles;
  const auto an_hour_ago = now() - std::chrono::hours{1};
  EXPECT_TRUE(old_bundles(bundles, an_hour_ago, {})->empty()) << "all are young";
  age(bundles, std::chrono::hours{2});
  const auto would = *old_bundles(bundles, an_hour_ago, {kept.digest});
  EXPECT_THAT(would, testing::UnorderedElementsAre(old.digest, third.digest));
  EXPECT_TRUE(fs::exists(old.folder)) << "asking takes nothing out";
  EXPECT_EQ(*prune_bundles(bundles, an_hour_ago, {kept.digest}), would);
  EXPECT_FALSE(fs::exists(old.folder) || fs::exists(third.folder));
  EXPECT_EQ(*digest_of_folder(kept.folder), kept.digest);
  const auto again = world.compose();
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_EQ(again->digest, third.digest) << "what was taken out is made again";
  EXPECT_THAT(again->notes, testing::Not(testing::Contains("composed before from the same inputs")));
}

TEST(StoredBundles, ThatAreTakenAgainAreYoungAgain) {
  World world;
  ASSERT_TRUE(world.compose());
  const auto bundles = world.request().bundles;
  const auto record = [&] {
    for (const auto& each : fs::directory_iterator(bundles))
      if (each.path().extension() == ".json") return each.path();
    return fs::path{};
  }();
  age(bundles, std::chrono::hours{1000});
  const auto before = fs::last_write_time(record);
  EXPECT_THAT(world.compose()->notes, testing::Contains("composed before from the same inputs"));
  EXPECT_GT(fs::last_write_time(record) - before, std::chrono::hours{999});
}

TEST(StoredBundles, OfAFolderThatIsNotThereAreNone) {
  EXPECT_TRUE(old_bundles("/nowhere/at/all", now(), {})->empty());
  EXPECT_TRUE(prune_bundles("/nowhere/at/all", now(), {})->empty());
}

}  // namespace
}  // namespace tandem::compose
