// What lasts, what ends, what happens once: tokens, time to live, crashes, shared commits.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "base/sqlite.hpp"
#include "deploy/local/table/testing.hpp"

namespace tandem::deploy::local::table {
namespace {

using testing::World;
using testing::wire;

std::string put_with_token(std::string_view id) {
  return fmt::format(R"json({{"TransactItems":[{{"Put":{{"TableName":"People","Item":{{"id":{{"S":"{}"}}}},"ConditionExpression":"attribute_not_exists(id)"}}}}],"ClientRequestToken":"once"}})json", id);
}

TEST(TableToken, RunsATransactionOnceInTenMinutes) {
  World world;
  world.create_people();
  world.good("TransactWriteItems", put_with_token("1"));
  world.clock.advance(std::chrono::minutes(9));
  world.reopen();
  world.good("TransactWriteItems", put_with_token("1"));
  const auto other = world.answer("TransactWriteItems", put_with_token("2"));
  EXPECT_EQ(other.body.at("__type"), "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException");
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(world.answer("TransactWriteItems", put_with_token("1")).body.at("__type"), "com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
}

TEST(TableTransaction, LeavesNothingBehindWhenOneActionFails) {
  World world;
  world.create_people();
  world.good("PutItem", R"({"TableName":"People","Item":{"id":{"S":"1"},"n":{"S":"text"}}})");
  const auto answer = world.answer("TransactWriteItems", R"json({"TransactItems":[{"Put":{"TableName":"People","Item":{"id":{"S":"2"},"email":{"S":"x"}}}},
    {"Update":{"TableName":"People","Key":{"id":{"S":"1"}},"UpdateExpression":"SET n = n + :v","ExpressionAttributeValues":{":v":{"N":"1"}}}}]})json");
  EXPECT_EQ(answer.body.at("CancellationReasons"), wire(R"([{"Code":"None"},{"Code":"ValidationError","Message":"An operand in the update expression has an incorrect data type"}])"));
  EXPECT_EQ(world.good("Scan", R"({"TableName":"People"})").at("Count"), 1);
  EXPECT_EQ(world.good("Scan", R"({"TableName":"People","IndexName":"by-email"})").at("Count"), 0);
}

TEST(TableExpiry, RemovesExpiredItemsFromTableAndIndexWithinAMinuteOfWriting) {
  World world;
  world.create_people();
  world.good("UpdateTimeToLive", R"({"TableName":"People","TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}})");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(world.clock.now().time_since_epoch()).count();
  world.good("PutItem", fmt::format(R"({{"TableName":"People","Item":{{"id":{{"S":"old"}},"email":{{"S":"x"}},"ttl":{{"N":"{}"}}}}}})", now + 10));
  world.good("PutItem", fmt::format(R"({{"TableName":"People","Item":{{"id":{{"S":"young"}},"ttl":{{"N":"{}"}}}}}})", now + 1000));
  world.good("PutItem", R"({"TableName":"People","Item":{"id":{"S":"odd"},"ttl":{"S":"soon"}}})");
  world.clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(world.good("Scan", R"({"TableName":"People"})").at("Count"), 3) << "as on AWS, what has expired stays readable until it is removed";
  world.good("PutItem", R"({"TableName":"People","Item":{"id":{"S":"any"}}})");
  EXPECT_EQ(world.good("Scan", R"({"TableName":"People"})").at("Count"), 3);
  EXPECT_EQ(world.good("Scan", R"({"TableName":"People","IndexName":"by-email"})").at("Count"), 0);
}

TEST(TableWriter, SharesCommitsBetweenWritersAndKeepsTheirRefusalsApart) {
  World world;
  world.create_people();
  std::vector<std::jthread> writers;
  std::atomic<int> created{0};
  for (int w = 0; w < 8; ++w)
    writers.emplace_back([&world, &created] {
      for (int i = 0; i < 50; ++i) {
        const auto body = fmt::format(R"json({{"TableName":"People","Item":{{"id":{{"S":"{}"}}}},"ConditionExpression":"attribute_not_exists(id)"}})json", i);
        if (world.answer("PutItem", body).status == 200) ++created;
      }
    });
  writers.clear();
  EXPECT_EQ(created, 50) << "one of the eight writers of each id";
  const auto counts = world.engine().counts();
  EXPECT_LT(counts.commits, counts.changes);
}

/// Writes as fast as it can until it is killed: each item holds its index key, and changes it again and again.
[[noreturn]] void write_until_killed(const std::filesystem::path& path) {
  const SystemClock clock;
  auto engine = Engine::open(path, clock);
  if (!engine) _exit(3);
  std::vector<std::jthread> writers;
  for (int w = 0; w < 3; ++w)
    writers.emplace_back([&engine, w] {
      for (int i = 0;; ++i) {
        const auto id = fmt::format("{}-{}", w, i % 40);
        const auto put = fmt::format(R"({{"TableName":"People","Item":{{"id":{{"S":"{}"}},"email":{{"S":"{}@{}"}}}}}})", id, id, i);
        const auto drop = fmt::format(R"({{"TableName":"People","Key":{{"id":{{"S":"{}"}}}}}})", id);
        void(engine->answer(i % 7 == 6 ? "DeleteItem" : "PutItem", wire(i % 7 == 6 ? drop : put)));
      }
    });
  while (true) pause();
}

std::set<std::string> scanned(World& world, std::string_view index) {
  std::set<std::string> out;
  const auto body = index.empty() ? std::string(R"({"TableName":"People"})") : fmt::format(R"({{"TableName":"People","IndexName":"{}"}})", index);
  const auto answer = world.good("Scan", body);
  for (const auto& item : answer.at("Items").as_array()) out.insert(to_canonical_text(item));
  return out;
}

TEST(TableCrash, LeavesItemsAndIndexInStepWhereverTheWriterIsKilled) {
  World world;
  world.create_people();
  std::mt19937 random{std::random_device{}()};
  size_t most = 0;
  for (int round = 0; round < 20; ++round) {
    world.close();
    const pid_t child = fork();
    if (child == 0) write_until_killed(world.path());
    usleep(20'000 + random() % 40'000);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    world.reopen();
    const auto items = scanned(world, "");
    EXPECT_EQ(items, scanned(world, "by-email")) << "round " << round;
    auto database = *Database::open(world.path());
    EXPECT_EQ(**database.integer("SELECT count(*) FROM entries"), **database.integer("SELECT count(*) FROM items")) << "round " << round;
    EXPECT_EQ(**database.text("PRAGMA integrity_check"), "ok");
    most = std::max(most, items.size());
  }
  EXPECT_GT(most, 0U) << "the writer never got to write";
}

}  // namespace
}  // namespace tandem::deploy::local::table
