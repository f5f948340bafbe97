// Tables as the API describes them, and as they are stored.
#include <cmath>

#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/request.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {
namespace {

double seconds_of(Instant instant) { return static_cast<double>(instant.time_since_epoch().count()) / 1000.0; }

json::array json_of(const std::vector<KeyAttribute>& attributes) {
  json::array out;
  for (const auto& attribute : attributes)
    out.push_back(json::object{{"AttributeName", attribute.name}, {"AttributeType", attribute.type}});
  return out;
}

json::array json_of(const KeySchema& key) {
  json::array out;
  out.push_back(json::object{{"AttributeName", key.hash.name}, {"KeyType", "HASH"}});
  if (key.range) out.push_back(json::object{{"AttributeName", key.range->name}, {"KeyType", "RANGE"}});
  return out;
}

std::string_view word(Index::Projection projection) {
  if (projection == Index::Projection::All) return "ALL";
  return projection == Index::Projection::KeysOnly ? "KEYS_ONLY" : "INCLUDE";
}

json::object json_of(const Index& index) {
  json::object projection{{"ProjectionType", word(index.projection)}};
  if (!index.included.empty()) projection["NonKeyAttributes"] = tandem::json_of(index.included);
  json::object out;
  out["IndexName"] = index.name;
  out["KeySchema"] = json_of(index.key);
  out["Projection"] = std::move(projection);
  return out;
}

json::object throughput_of(const json::object& settings) {
  const auto units = [&](const char* name) -> json::value {
    const auto* given = settings.if_contains("ProvisionedThroughput");
    const auto* found = given != nullptr && given->is_object() ? given->get_object().if_contains(name) : nullptr;
    return found != nullptr ? *found : json::value(0);
  };
  return {{"NumberOfDecreasesToday", 0},
          {"ReadCapacityUnits", units("ReadCapacityUnits")},
          {"WriteCapacityUnits", units("WriteCapacityUnits")}};
}

json::object describe_index(const Table& table, const Index& index, const Account& account, TableSize size) {
  auto out = json_of(index);
  if (index.scope == Index::Scope::Global) {
    out["IndexStatus"] = "ACTIVE";
    out["ProvisionedThroughput"] = throughput_of(index.settings);
    if (const auto* limits = index.settings.if_contains("OnDemandThroughput")) out["OnDemandThroughput"] = *limits;
  }
  out["IndexSizeBytes"] = size.bytes;
  out["ItemCount"] = size.items;
  out["IndexArn"] = fmt::format("{}/index/{}", table.arn(account), index.name);
  return out;
}

void describe_settings(const Table& table, json::object& out) {
  if (table.billing() == "PAY_PER_REQUEST")
    out["BillingModeSummary"] = json::object{{"BillingMode", "PAY_PER_REQUEST"},
                                             {"LastUpdateToPayPerRequestDateTime", seconds_of(table.created)}};
  for (const auto* name : {"StreamSpecification", "OnDemandThroughput"})
    if (const auto* value = table.settings.if_contains(name)) out[name] = *value;
  if (const auto* kind = table.settings.if_contains("TableClass")) out["TableClassSummary"] = json::object{{"TableClass", *kind}};
  if (const auto* sealing = table.settings.if_contains("SSESpecification"); sealing != nullptr && sealing->is_object())
    out["SSEDescription"] = json::object{{"Status", "ENABLED"}, {"SSEType", "KMS"}};
  out["DeletionProtectionEnabled"] = table.is_protected();
}

json::array describe_indexes(const Table& table, Index::Scope scope, const Account& account, const std::vector<TableSize>& sizes) {
  json::array out;
  for (size_t i = 0; i < table.indexes.size(); ++i)
    if (table.indexes[i].scope == scope)
      out.push_back(describe_index(table, table.indexes[i], account, i + 1 < sizes.size() ? sizes[i + 1] : TableSize{}));
  return out;
}

/// A stable id, as clients compare it to tell a recreated table from the old one.
std::string uuid_of(const Table& table) {
  const auto stamp = static_cast<std::uint64_t>(table.created.time_since_epoch().count());
  return fmt::format("{:08x}-{:04x}-4000-8000-{:012x}", stamp >> 16U, stamp & 0xFFFFU, static_cast<std::uint64_t>(table.id));
}

json::array stored_indexes(const Table& table, Index::Scope scope) {
  json::array out;
  for (const auto& index : table.indexes) {
    if (index.scope != scope) continue;
    auto wire = json_of(index);
    for (const auto& pair : index.settings) wire[pair.key()] = pair.value();
    wire["Id"] = index.id;
    out.push_back(std::move(wire));
  }
  return out;
}

Done restore_indexes(const json::object& wire, std::string_view member, Index::Scope scope, Table& table) {
  const auto* list = wire.if_contains(member);
  if (list == nullptr || !list->is_array()) return done();
  for (const auto& each : list->get_array()) {
    auto index = TRY(parse_index(each, scope, table.attributes));
    index.id = each.at("Id").to_number<std::int64_t>();
    table.indexes.push_back(std::move(index));
  }
  return done();
}

}  // namespace

json::object describe(const Table& table, const Account& account, const std::vector<TableSize>& sizes, std::string_view status) {
  const auto own = sizes.empty() ? TableSize{} : sizes.front();
  json::object out;
  out["AttributeDefinitions"] = json_of(table.attributes);
  out["TableName"] = table.name;
  out["KeySchema"] = json_of(table.key);
  out["TableStatus"] = status;
  out["CreationDateTime"] = seconds_of(table.created);
  out["ProvisionedThroughput"] = throughput_of(table.settings);
  out["TableSizeBytes"] = own.bytes;
  out["ItemCount"] = own.items;
  out["TableArn"] = table.arn(account);
  out["TableId"] = uuid_of(table);
  for (const auto scope : {Index::Scope::Local, Index::Scope::Global}) {
    auto indexes = describe_indexes(table, scope, account, sizes);
    if (!indexes.empty())
      out[scope == Index::Scope::Local ? "LocalSecondaryIndexes" : "GlobalSecondaryIndexes"] = std::move(indexes);
  }
  describe_settings(table, out);
  return out;
}

json::value to_json(const Table& table) {
  json::array tags;
  for (const auto& [key, value] : table.tags) tags.push_back(json::object{{"Key", key}, {"Value", value}});
  json::object out = table.settings;
  out["TableName"] = table.name;
  out["AttributeDefinitions"] = json_of(table.attributes);
  out["KeySchema"] = json_of(table.key);
  out["GlobalSecondaryIndexes"] = stored_indexes(table, Index::Scope::Global);
  out["LocalSecondaryIndexes"] = stored_indexes(table, Index::Scope::Local);
  out["Tags"] = std::move(tags);
  out["Expiry"] = table.expiry;
  out["BackedUp"] = table.is_backed_up;
  out["Created"] = rfc3339(table.created);
  return out;
}

Result<Table> table_from_json(const json::value& wire) {
  auto shape = wire.as_object();
  for (const auto* name : {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}) shape.erase(name);
  Table out;
  out.name = std::string(shape.at("TableName").as_string());
  out.attributes = TRY(parse_attributes(shape.if_contains("AttributeDefinitions")));
  TRY(restore_indexes(wire.as_object(), "LocalSecondaryIndexes", Index::Scope::Local, out));
  TRY(restore_indexes(wire.as_object(), "GlobalSecondaryIndexes", Index::Scope::Global, out));
  out.key = TRY(parse_key(shape.if_contains("KeySchema"), out.attributes));
  for (const auto& tag : shape.at("Tags").as_array())
    out.tags.emplace_back(tag.at("Key").as_string(), tag.at("Value").as_string());
  out.expiry = std::string(shape.at("Expiry").as_string());
  out.is_backed_up = shape.at("BackedUp").as_bool();
  out.created = TRY(parse_rfc3339(std::string_view(shape.at("Created").as_string())));
  for (const auto* name : {"TableName", "AttributeDefinitions", "KeySchema", "Tags", "Expiry", "BackedUp", "Created"}) shape.erase(name);
  out.settings = std::move(shape);
  return out;
}

}  // namespace tandem::deploy::local::table
