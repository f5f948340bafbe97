// Queries and scans: order, pages, segments.
#include <gtest/gtest.h>

#include <set>

#include "deploy/local/table/testing.hpp"

namespace tandem::deploy::local::table {
namespace {

using testing::World;
using testing::wire;

class Log : public ::testing::Test {
 protected:
  Log() {
    world.good("CreateTable", R"({"TableName":"Log","BillingMode":"PAY_PER_REQUEST",
      "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"},{"AttributeName":"s","AttributeType":"N"}],
      "KeySchema":[{"AttributeName":"p","KeyType":"HASH"},{"AttributeName":"s","KeyType":"RANGE"}]})");
  }
  void put(std::string_view partition, std::string_view number, std::string_view more = "") {
    world.good("PutItem", fmt::format(R"({{"TableName":"Log","Item":{{"p":{{"S":"{}"}},"s":{{"N":"{}"}}{}}}}})", partition, number, more));
  }
  /// All pages of a request, one after the other; `pages` counts them.
  std::vector<std::string> numbers(std::string_view operation, std::string_view body) {
    std::vector<std::string> out;
    auto request = wire(body);
    for (pages = 1;; ++pages) {
      const auto answer = world.engine().answer(operation, request);
      EXPECT_EQ(answer.status, 200) << to_text(answer.body);
      for (const auto& item : answer.body.at("Items").as_array()) out.emplace_back(item.at("s").at("N").as_string());
      const auto* last = answer.body.as_object().if_contains("LastEvaluatedKey");
      if (last == nullptr) return out;
      request.as_object()["ExclusiveStartKey"] = *last;
    }
  }
  World world;
  int pages = 0;
};

TEST_F(Log, GivesNumbersInNumericOrderBothWays) {
  for (const auto* number : {"10", "9", "-1", "0.5", "-10", "1e2", "0"}) put("a", number);
  put("b", "5");
  const std::vector<std::string> ascending{"-10", "-1", "0", "0.5", "9", "10", "100"};
  constexpr auto body = R"({{"TableName":"Log","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{{":p":{{"S":"a"}}}},"ScanIndexForward":{},"Limit":{}}})";
  EXPECT_EQ(numbers("Query", fmt::format(body, "true", 100)), ascending);
  EXPECT_EQ(numbers("Query", fmt::format(body, "true", 2)), ascending);
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(numbers("Query", fmt::format(body, "false", 3)), (std::vector<std::string>{ascending.rbegin(), ascending.rend()}));
}

TEST_F(Log, EndsAPageAtAMegabyteReadEvenWhenAFilterDropsEverything) {
  const auto stuff = fmt::format(R"(,"stuff":{{"S":"{}"}})", std::string(200'000, 'x'));
  for (int i = 0; i < 12; ++i) put("a", std::to_string(i), stuff);
  const auto kept = numbers("Query", R"({"TableName":"Log","KeyConditionExpression":"p = :p","FilterExpression":"stuff = :p","ExpressionAttributeValues":{":p":{"S":"a"}}})");
  EXPECT_TRUE(kept.empty());
  EXPECT_EQ(pages, 3);
}

TEST_F(Log, ScansEveryItemOnceInAnyNumberOfSegments) {
  for (int i = 0; i < 60; ++i) put(std::to_string(i % 20), std::to_string(i));
  for (const int total : {1, 3, 7, 100}) {
    std::multiset<std::string> seen;
    for (int segment = 0; segment < total; ++segment)
      for (const auto& number : numbers("Scan", fmt::format(R"({{"TableName":"Log","Segment":{},"TotalSegments":{},"Limit":4}})", segment, total))) seen.insert(number);
    EXPECT_EQ(seen.size(), 60U) << total;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 60U) << total;
  }
}

TEST_F(Log, RefusesToGoOnFromAnotherPartition) {
  EXPECT_EQ(world.refused("Query", R"({"TableName":"Log","KeyConditionExpression":"p = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"ExclusiveStartKey":{"p":{"S":"b"},"s":{"N":"1"}}})"),
            "The provided starting key is outside query boundaries based on provided conditions");
}

}  // namespace
}  // namespace tandem::deploy::local::table
