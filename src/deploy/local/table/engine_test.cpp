#include "deploy/local/table/engine.hpp"

#include <gtest/gtest.h>

#include "deploy/local/table/testing.hpp"

namespace tandem::deploy::local::table {
namespace {

using testing::World;
using testing::wire;

TEST(TableEngine, StoresAnItemAndReadsItBack) {
  World world;
  world.create_people();
  world.good("PutItem", R"json({"TableName":"People","Item":{"id":{"S":"1"},"age":{"N":"036.50"}}})json");
  const auto body = world.good("GetItem", R"json({"TableName":"People","Key":{"id":{"S":"1"}}})json");
  EXPECT_EQ(body, wire(R"json({"Item":{"age":{"N":"36.5"},"id":{"S":"1"}}})json"));
}

TEST(TableEngine, RefusesASecondPersonWithTheSameAddress) {
  World world;
  world.create_people();
  const auto create = [](const std::string& id) {
    return R"json({"TransactItems":[{"Put":{"TableName":"People","Item":{"id":{"S":")json" + id +
           R"json("},"email":{"S":"ada@example.org"}},"ConditionExpression":"attribute_not_exists(id)"}},
           {"Put":{"TableName":"People","Item":{"id":{"S":"email#ada@example.org"},"owner":{"S":")json" + id +
           R"json("}},"ConditionExpression":"attribute_not_exists(id)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]})json";
  };
  world.good("TransactWriteItems", create("p-1"));
  const auto answer = world.answer("TransactWriteItems", create("p-2"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, wire(R"json({"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
    "Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]",
    "CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed",
      "Item":{"id":{"S":"email#ada@example.org"},"owner":{"S":"p-1"}}}]})json"));
  EXPECT_EQ(world.good("GetItem", R"json({"TableName":"People","Key":{"id":{"S":"p-2"}}})json"), wire("{}"));
}

TEST(TableEngine, FindsItemsThroughAnIndexOnlyIfTheyHaveItsAttribute) {
  World world;
  world.create_people();
  world.good("PutItem", R"json({"TableName":"People","Item":{"id":{"S":"1"},"email":{"S":"a@x"}}})json");
  world.good("PutItem", R"json({"TableName":"People","Item":{"id":{"S":"2"}}})json");
  const auto found = world.good("Scan", R"json({"TableName":"People","IndexName":"by-email"})json");
  EXPECT_EQ(found.at("Count"), 1);
  world.good("UpdateItem", R"json({"TableName":"People","Key":{"id":{"S":"1"}},"UpdateExpression":"REMOVE email"})json");
  EXPECT_EQ(world.good("Scan", R"json({"TableName":"People","IndexName":"by-email"})json").at("Count"), 0);
}

TEST(TableEngine, KeepsTablesAndItemsWhenOpenedAgain) {
  World world;
  world.create_people();
  world.good("PutItem", R"json({"TableName":"People","Item":{"id":{"S":"1"},"email":{"S":"a@x"}}})json");
  const auto before = world.good("DescribeTable", R"json({"TableName":"People"})json");
  world.reopen();
  EXPECT_EQ(world.good("DescribeTable", R"json({"TableName":"People"})json"), before);
  const auto found = world.good("Query", R"json({"TableName":"People","IndexName":"by-email","KeyConditionExpression":"email = :e",
    "ExpressionAttributeValues":{":e":{"S":"a@x"}}})json");
  EXPECT_EQ(found.at("Count"), 1);
}

TEST(TableEngine, NamesTheExceptionToCallersInThisProgram) {
  World world;
  const auto missing = world.engine().describe("Nobody");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::Missing);
  EXPECT_EQ(missing.error().code, "ResourceNotFoundException");
}

TEST(TableEngine, RefusesLegacyParametersByName) {
  World world;
  world.create_people();
  const auto answer = world.answer("PutItem", R"json({"TableName":"People","Item":{"id":{"S":"1"}},"Expected":{"id":{"Exists":false}}})json");
  EXPECT_EQ(world.message(answer), "Expected is a legacy parameter that is not run here: use an expression instead");
}

}  // namespace
}  // namespace tandem::deploy::local::table
