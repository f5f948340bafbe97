#include "deploy/local/table/expression.hpp"

#include <gtest/gtest.h>

#include "deploy/local/table/testing.hpp"

namespace tandem::deploy::local::table {
namespace {

using testing::wire;

Item item(std::string_view text) { return *parse_item(wire(text)); }

Placeholders placeholders(std::string_view values) {
  json::object request{{"ConditionExpression", ""}};
  if (!values.empty()) request["ExpressionAttributeValues"] = wire(values);
  return *Placeholders::parse(request, {"ConditionExpression"});
}

const Item person = item(R"({"name":{"S":"Ada"},"age":{"N":"36"},"tags":{"SS":["a","b"]},"l":{"L":[{"N":"1"},{"S":"x"}]},"m":{"M":{"city":{"S":"London"}}}})");

bool test(std::string_view text, std::string_view values = R"({":n":{"N":"36"},":s":{"S":"Ad"},":m":{"N":"40"}})") {
  auto known = placeholders(values);
  const auto node = parse_condition(text, "ConditionExpression", known);
  EXPECT_TRUE(node) << text << " " << (node ? "" : node.error().what);
  return node && holds(*node, person);
}

std::string complaint(std::string_view text, std::string_view values = R"({":n":{"N":"36"}})") {
  auto known = placeholders(values);
  const auto node = parse_condition(text, "ConditionExpression", known);
  return node ? "" : node.error().what;
}

std::string change(std::string_view text, std::string_view values, const Item& before = person) {
  auto known = placeholders(values);
  const auto update = parse_update(text, known);
  if (!update) return update.error().what;
  const auto after = updated(*update, before);
  return after ? to_canonical_text(to_json(*after)) : after.error().what;
}

TEST(TableCondition, BindsNotBeforeAndBeforeOr) {
  EXPECT_TRUE(test("age = :n OR age = :m AND attribute_exists(nope)"));
  EXPECT_FALSE(test("(age = :n OR age = :m) AND attribute_exists(nope)"));
  EXPECT_FALSE(test("NOT age = :n OR age = :m"));
  EXPECT_TRUE(test("NOT (age = :m)"));
}

TEST(TableCondition, IsFalseBetweenUnlikeTypesExceptForUnequal) {
  EXPECT_FALSE(test("age > :s"));
  EXPECT_FALSE(test("age = :s"));
  EXPECT_TRUE(test("age <> :s"));
  EXPECT_TRUE(test("nope <> :s"));
  EXPECT_FALSE(test("nope < :m"));
}

TEST(TableCondition, KnowsTheFunctions) {
  EXPECT_TRUE(test("size(tags) < :n AND size(l) < :n AND attribute_not_exists(m.street) AND attribute_exists(l[1])"));
  EXPECT_TRUE(test("contains(tags, :a) AND contains(l, :x)", R"({":a":{"S":"a"},":x":{"S":"x"}})"));
  EXPECT_TRUE(test("attribute_type(m, :t)", R"({":t":{"S":"M"}})"));
  EXPECT_TRUE(test("age BETWEEN :n AND :m AND age IN (:m, :n)"));
}

TEST(TableCondition, PointsAtTheTokenThatIsWrong) {
  EXPECT_EQ(complaint("age = = :n"), "Invalid ConditionExpression: Syntax error; token: \"=\", near: \"= = :n\"");
  EXPECT_EQ(complaint("age ="), "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\"");
  EXPECT_EQ(complaint("name = :n"), "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: name");
  EXPECT_EQ(complaint("age = :q"), "Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :q");
  EXPECT_EQ(complaint("((age = :n))"), "Invalid ConditionExpression: The expression has redundant parentheses;");
}

TEST(TableCondition, SurvivesAbsurdNesting) {
  EXPECT_FALSE(complaint(std::string(4000, '(')).empty());
  EXPECT_FALSE(complaint(std::string(1300, 'N') + "OT").empty());
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "NOT ";
  EXPECT_FALSE(complaint(nots + "age = :n").empty());
}

TEST(TableUpdate, ReadsTheItemAsItWasBefore) {
  const auto before = item(R"({"a":{"N":"1"},"b":{"N":"2"}})");
  EXPECT_EQ(change("SET a = b, b = a", "", before), R"({"a":{"N":"2"},"b":{"N":"1"}})");
  EXPECT_EQ(change("SET a = a + :v ADD b :v", R"({":v":{"N":"5"}})", before), R"({"a":{"N":"6"},"b":{"N":"7"}})");
}

TEST(TableUpdate, CountsListPlacesInTheOldList) {
  const auto before = item(R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"}]}})");
  EXPECT_EQ(change("REMOVE l[0], l[1]", "", before), R"({"l":{"L":[{"N":"2"}]}})");
  EXPECT_EQ(change("SET l[2] = :v REMOVE l[0]", R"({":v":{"N":"9"}})", before), R"({"l":{"L":[{"N":"1"},{"N":"9"}]}})");
  EXPECT_EQ(change("SET l[9] = :v, l[7] = :w", R"({":v":{"N":"9"},":w":{"N":"7"}})", before),
            R"({"l":{"L":[{"N":"0"},{"N":"1"},{"N":"2"},{"N":"7"},{"N":"9"}]}})");
}

TEST(TableUpdate, TakesAnEmptiedSetAway) {
  EXPECT_EQ(change("DELETE tags :v", R"({":v":{"SS":["a","b"]}})", item(R"({"tags":{"SS":["a","b"]}})")), "{}");
}

TEST(TableUpdate, RefusesPathsThatOverlap) {
  EXPECT_EQ(change("SET m.x = :v REMOVE m", R"({":v":{"N":"1"}})"),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, x], path two: [m]");
}

TEST(TableProjection, KeepsTheShapeAroundWhatItPicks) {
  json::object request{{"ProjectionExpression", ""}};
  auto known = *Placeholders::parse(request, {"ProjectionExpression"});
  const auto paths = *parse_projection("m.city, l[1], nope", known);
  EXPECT_EQ(to_canonical_text(to_json(project(person, paths))), R"({"l":{"L":[{"S":"x"}]},"m":{"M":{"city":{"S":"London"}}}})");
}

}  // namespace
}  // namespace tandem::deploy::local::table
