#include "store/journal.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/files.hpp"

namespace tandem::store {
namespace {

constexpr Instant noon{std::chrono::milliseconds{1'795'435'200'000}};

struct World {
  TemporaryFolder folder = *TemporaryFolder::make();
  std::filesystem::path file = folder.path() / "journal.db";

  World() {
    auto journal = *Journal::open(file);
    for (int i = 1; i <= 5; ++i)
      CHECK(journal.append({{"thing.done", fmt::format("run-{}", i), json::object{{"i", i}}}}, noon));
  }
};

TEST(Journal, VerifiesWhatItWroteAndContinuesTheChainAfterReopening) {
  World world;
  auto journal = *Journal::open(world.file);
  ASSERT_TRUE(journal.append({{"more", "run-6", nullptr}, {"more", "run-7", nullptr}}, noon));
  const auto audit = *journal.verify();
  EXPECT_EQ(audit.broken, 0);
  EXPECT_EQ(audit.records, 7);
  EXPECT_EQ(audit.head, journal.head());
}

TEST(Journal, NamesTheRecordInWhichOneByteWasChanged) {
  World world;
  auto bytes = *read_file(world.file);
  const auto at = bytes.find("run-3");
  if (at == std::string::npos) {  // still in the WAL: move it into the file
    auto database = *Database::open(world.file);
    ASSERT_TRUE(database.script("PRAGMA wal_checkpoint(TRUNCATE)"));
    bytes = *read_file(world.file);
  }
  bytes[bytes.find("run-3") + 4] = '8';
  ASSERT_TRUE(write_file(world.file, bytes));
  auto journal = *Journal::open(world.file);
  EXPECT_EQ(journal.verify()->broken, 3);
}

TEST(Journal, NamesARecordThatWasTakenOut) {
  World world;
  auto database = *Database::open(world.file);
  ASSERT_TRUE(database.execute("DELETE FROM journal WHERE number = 2"));
  auto journal = *Journal::open(world.file);
  EXPECT_EQ(journal.verify()->broken, 2);
}

TEST(Journal, ReadsOnlyWhatComesAfterANumber) {
  World world;
  auto journal = *Journal::open(world.file);
  std::vector<std::int64_t> numbers;
  ASSERT_TRUE(journal.read(3, [&](const Record& record) {
    numbers.push_back(record.number);
    return done();
  }));
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{4, 5}));
}

TEST(Journal, APrunedBodyIsGoneAndTheChainStillHolds) {
  World world;
  {
    auto journal = *Journal::open(world.file);
    EXPECT_EQ(*journal.prune({"run-3"}, {{"actor", "anna"}}, {}), 1);
    EXPECT_EQ(*journal.prune({"run-3"}, {{"actor", "anna"}}, {}), 0) << "what is gone cannot go again";
  }
  auto journal = *Journal::open(world.file);
  const auto audit = *journal.verify();
  EXPECT_EQ(audit.broken, 0) << audit.what;
  EXPECT_EQ(audit.pruned, 1);
  EXPECT_EQ(audit.records, 6);
  std::vector<bool> pruned;
  ASSERT_TRUE(journal.read(0, [&](const Record& record) {
    pruned.push_back(record.is_pruned);
    return done();
  }));
  EXPECT_EQ(pruned, (std::vector{false, false, true, false, false, false}));
}

TEST(Journal, ABodyReplacedByItsDigestWithoutARecordOfItIsBroken) {
  World world;
  {
    auto database = *Database::open(world.file);
    const auto body = **database.text("SELECT body FROM journal WHERE number = 3");
    ASSERT_TRUE(database.execute("UPDATE journal SET body = ? WHERE number = 3", {fmt::format("{{\"pruned_sha256\":\"{}\"}}", sha256_hex(body))}));
  }
  auto journal = *Journal::open(world.file);
  EXPECT_EQ(journal.verify()->broken, 3);
}

}  // namespace
}  // namespace tandem::store
