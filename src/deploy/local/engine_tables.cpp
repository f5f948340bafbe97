#include "deploy/local/engine_tables.hpp"

#include "deploy/local/template.hpp"

namespace tandem::deploy::local {
namespace {

/// The members of a TableDescription that make up a shape.
json::object shape_members(const json::object& description) {
  json::object members;
  for (const auto* name : {"TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"})
    if (const auto* value = description.if_contains(name)) members[name] = *value;
  return members;
}

}  // namespace

Result<std::string> EngineTables::expiry(const std::string& table) {
  const auto body = TRY(engine_.call("DescribeTimeToLive", json::object{{"TableName", table}}));
  const auto* description = body.as_object().if_contains("TimeToLiveDescription");
  if (description == nullptr || !description->is_object()) return std::string{};
  const auto status = text_at(description->as_object(), "TimeToLiveStatus");
  return status == "ENABLED" || status == "ENABLING" ? text_at(description->as_object(), "AttributeName") : std::string{};
}

Result<std::optional<TableShape>> EngineTables::find(const std::string& table) {
  auto described = engine_.call("DescribeTable", json::object{{"TableName", table}});
  if (!described && described.error().fault == Fault::Missing) return std::optional<TableShape>{};
  if (!described) return std::move(described).error();
  const auto* description = described->as_object().if_contains("Table");
  if (description == nullptr || !description->is_object()) return failure(Fault::Broken, "the engine does not describe table {}", table);
  auto shape = TRY(table_shape(table, shape_members(description->as_object())));
  shape.expiry = TRY(expiry(table));
  return std::optional(std::move(shape));
}

Done EngineTables::create(const TableShape& shape) {
  const json::value wanted = to_json(shape);
  json::object body{{"BillingMode", "PAY_PER_REQUEST"}};
  for (const auto& [key, value] : shape_members(wanted.as_object()))
    if (!value.is_array() || !value.as_array().empty()) body[key] = value;  // the API refuses empty lists of indexes
  TRY(engine_.call("CreateTable", body));
  return done();
}

Done EngineTables::add_index(const std::string& table, const IndexShape& index, const std::map<std::string, std::string>& types) {
  json::array attributes;
  for (const auto& part : index.keys) {
    const auto type = types.find(part.attribute);
    if (type == types.end()) return failure(Fault::Invalid, "index {} has a key attribute without a type: {}", index.name, part.attribute);
    attributes.push_back(json::object{{"AttributeName", part.attribute}, {"AttributeType", type->second}});
  }
  json::array updates;
  updates.push_back(json::object{{"Create", to_json(index)}});
  TRY(engine_.call("UpdateTable", json::object{{"TableName", table}, {"AttributeDefinitions", std::move(attributes)}, {"GlobalSecondaryIndexUpdates", std::move(updates)}}));
  return done();
}

Done EngineTables::remove_index(const std::string& table, const std::string& index) {
  json::array updates;
  updates.push_back(json::object{{"Delete", json::object{{"IndexName", index}}}});
  TRY(engine_.call("UpdateTable", json::object{{"TableName", table}, {"GlobalSecondaryIndexUpdates", std::move(updates)}}));
  return done();
}

Done EngineTables::switch_expiry(const std::string& table, const std::string& attribute, bool enabled) {
  json::object specification{{"AttributeName", attribute}, {"Enabled", enabled}};
  TRY(engine_.call("UpdateTimeToLive", json::object{{"TableName", table}, {"TimeToLiveSpecification", std::move(specification)}}));
  return done();
}

/// The attribute of an enabled expiry cannot change: it is switched off first, as on AWS.
Done EngineTables::set_expiry(const std::string& table, const std::string& attribute) {
  const auto before = TRY(expiry(table));
  if (before == attribute) return done();
  if (!before.empty()) TRY(switch_expiry(table, before, false));
  if (!attribute.empty()) TRY(switch_expiry(table, attribute, true));
  return done();
}

Done EngineTables::remove(const std::string& table) {
  TRY(engine_.call("DeleteTable", json::object{{"TableName", table}}));
  return done();
}

}  // namespace tandem::deploy::local
