#include "deploy/local/table/table.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/request.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr size_t global_indexes_max = 20;
constexpr size_t local_indexes_max = 5;

template <typename... Args>
Error wrong(fmt::format_string<Args...> format, Args&&... args) {
  return invalid("One or more parameter values were invalid: {}", fmt::format(format, std::forward<Args>(args)...));
}

Result<KeyAttribute> key_attribute(const json::value& wire, std::string_view role, const std::vector<KeyAttribute>& attributes) {
  const auto element = TRY(Request::of(wire));
  const auto name = TRY(element.required_text("AttributeName"));
  const auto type = TRY(element.required_text("KeyType"));
  if (type != role)
    return invalid("Invalid KeySchema: The {} KeySchemaElement is not a {} key type", role == "HASH" ? "first" : "second", role);
  const auto found = std::ranges::find(attributes, name, &KeyAttribute::name);
  if (found != attributes.end()) return *found;
  std::vector<std::string> known;
  for (const auto& attribute : attributes) known.push_back(attribute.name);
  return wrong("Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]", name, join(known, ", "));
}

Done parse_projection(const Request& wire, Index& index) {
  const auto projection = TRY(wire.object("Projection"));
  if (!projection) return wrong("Unknown ProjectionType: null");
  const auto kind = TRY(projection->text("ProjectionType"));
  if (!kind) return wrong("Unknown ProjectionType: null");
  const auto included = TRY(projection->texts("NonKeyAttributes"));
  if (*kind == "INCLUDE") {
    if (!included || included->empty()) return wrong("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    index.projection = Index::Projection::Include;
    index.included = *included;
    return done();
  }
  if (*kind != "ALL" && *kind != "KEYS_ONLY") return wrong("Unknown ProjectionType: {}", *kind);
  if (included) return wrong("ProjectionType is {}, but NonKeyAttributes is specified", *kind);
  index.projection = *kind == "ALL" ? Index::Projection::All : Index::Projection::KeysOnly;
  return done();
}

Done parse_indexes(const Request& request, std::string_view member, Index::Scope scope, Table& table) {
  const auto wires = TRY(request.list(member));
  if (!wires) return done();
  if (wires->empty()) return wrong("List of {} is empty", member);
  const bool is_global = scope == Index::Scope::Global;
  if (wires->size() > (is_global ? global_indexes_max : local_indexes_max))
    return wrong("Number of {} exceeds per-table limit of {}", member, is_global ? global_indexes_max : local_indexes_max);
  for (const auto& wire : *wires) {
    auto index = TRY(parse_index(wire, scope, table.attributes));
    if (table.index(index.name) != nullptr) return wrong("Duplicate index name: {}", index.name);
    if (!is_global && !table.key.range)
      return wrong("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex");
    if (!is_global && !index.key.range)
      return wrong("Index KeySchema does not have a range key for index: {}", index.name);
    if (!is_global && index.key.hash != table.key.hash)
      return wrong("Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. index hash key: {}, table hash key: {}",
                   index.name, index.key.hash.name, table.key.hash.name);
    table.indexes.push_back(std::move(index));
  }
  return done();
}

Done parse_settings(const Request& request, Table& table) {
  for (const auto* name : {"BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "StreamSpecification", "SSESpecification",
                           "TableClass", "DeletionProtectionEnabled", "WarmThroughput", "ResourcePolicy"})
    if (const auto* value = request.find(name)) table.settings[name] = *value;
  const auto mode = TRY(request.word("BillingMode", {"PROVISIONED", "PAY_PER_REQUEST"}));
  const bool has_throughput = request.find("ProvisionedThroughput") != nullptr;
  if (mode == "PAY_PER_REQUEST" && has_throughput)
    return wrong("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  if (mode != "PAY_PER_REQUEST" && !has_throughput)
    return wrong("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED");
  if (has_throughput) TRY(check_throughput(*request.find("ProvisionedThroughput")));
  const auto tags = TRY(request.list("Tags"));
  if (!tags) return done();
  for (const auto& wire : *tags) {
    const auto tag = TRY(Request::of(wire));
    auto key = TRY(tag.required_text("Key"));
    auto value = TRY(tag.required_text("Value"));
    table.tags.emplace_back(std::move(key), std::move(value));
  }
  return done();
}

}  // namespace

Done check_throughput(const json::value& wire) {
  const auto throughput = TRY(Request::of(wire));
  for (const auto* name : {"ReadCapacityUnits", "WriteCapacityUnits"}) {
    const auto units = TRY(throughput.integer(name));
    if (!units) return wrong("{} must be specified when BillingMode is PROVISIONED", name);
    if (*units < 1)
      return invalid("1 validation error detected: Value '{}' at 'provisionedThroughput.{}' failed to satisfy constraint: Member must have value greater than or equal to 1",
                     *units, Request::camel(name));
  }
  return done();
}

Result<KeySchema> parse_key(const json::value* wire, const std::vector<KeyAttribute>& attributes) {
  const auto* elements = wire == nullptr ? nullptr : wire->if_array();
  if (elements == nullptr)
    return invalid("1 validation error detected: Value null at 'keySchema' failed to satisfy constraint: Member must not be null");
  if (elements->empty())
    return invalid("1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1");
  if (elements->size() > 2)
    return invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2");
  KeySchema out;
  out.hash = TRY(key_attribute(elements->front(), "HASH", attributes));
  if (elements->size() == 1) return out;
  out.range = TRY(key_attribute(elements->back(), "RANGE", attributes));
  if (out.range->name == out.hash.name)
    return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name");
  return out;
}

std::vector<KeyAttribute> KeySchema::attributes() const {
  std::vector<KeyAttribute> out{hash};
  if (range) out.push_back(*range);
  return out;
}

const Index* Table::index(std::string_view wanted) const {
  const auto found = std::ranges::find(indexes, wanted, &Index::name);
  return found == indexes.end() ? nullptr : &*found;
}

std::string Table::arn(const Account& account) const {
  return fmt::format("arn:aws:dynamodb:{}:{}:table/{}", account.region, account.id, name);
}

std::string Table::billing() const {
  const auto* mode = settings.if_contains("BillingMode");
  return mode != nullptr && mode->is_string() ? std::string(mode->get_string()) : "PROVISIONED";
}

bool Table::is_protected() const {
  const auto* value = settings.if_contains("DeletionProtectionEnabled");
  return value != nullptr && value->is_bool() && value->get_bool();
}

Done check_name(std::string_view name) {
  const bool fits = name.size() >= 3 && name.size() <= 255;
  if (!fits) return invalid("TableName must be at least 3 characters long and at most 255 characters long");
  const auto odd = name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
  if (odd == std::string_view::npos) return done();
  return invalid("1 validation error detected: Value '{}' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", name);
}

Result<std::vector<KeyAttribute>> parse_attributes(const json::value* wire) {
  const auto* members = wire == nullptr ? nullptr : wire->if_array();
  if (members == nullptr)
    return invalid("1 validation error detected: Value null at 'attributeDefinitions' failed to satisfy constraint: Member must not be null");
  std::vector<KeyAttribute> out;
  for (const auto& member : *members) {
    const auto definition = TRY(Request::of(member));
    auto name = TRY(definition.required_text("AttributeName"));
    auto type = TRY(definition.required_text("AttributeType"));
    if (type != "S" && type != "N" && type != "B")
      return invalid("1 validation error detected: Value '{}' at 'attributeDefinitions.{}.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]",
                     type, out.size() + 1);
    if (std::ranges::find(out, name, &KeyAttribute::name) != out.end())
      return wrong("Duplicate AttributeName in AttributeDefinitions: {}", name);
    out.push_back({std::move(name), std::move(type)});
  }
  return out;
}

Result<Index> parse_index(const json::value& wire, Index::Scope scope, const std::vector<KeyAttribute>& attributes) {
  const auto request = TRY(Request::of(wire));
  Index out;
  out.scope = scope;
  out.name = TRY(request.required_text("IndexName"));
  if (out.name.size() < 3 || out.name.size() > 255)
    return invalid("IndexName must be at least 3 characters long and at most 255 characters long");
  out.key = TRY(parse_key(request.find("KeySchema"), attributes));
  TRY(parse_projection(request, out));
  for (const auto* name : {"ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"})
    if (const auto* value = request.find(name)) out.settings[name] = *value;
  return out;
}

Done check_attributes(const Table& table) {
  std::set<std::string> used;
  for (const auto& key : table.key.attributes()) used.insert(key.name);
  for (const auto& index : table.indexes)
    for (const auto& key : index.key.attributes()) used.insert(key.name);
  if (used.size() == table.attributes.size()) return done();
  if (table.indexes.empty())
    return wrong("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions");
  std::vector<std::string> known;
  for (const auto& attribute : table.attributes) known.push_back(attribute.name);
  return wrong("Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]", join(known, ", "),
               join({used.begin(), used.end()}, ", "));
}

Result<Table> parse_table(const json::object& body) {
  const auto request = Request(body);
  Table out;
  out.name = TRY(request.required_text("TableName"));
  TRY(check_name(out.name));
  out.attributes = TRY(parse_attributes(request.find("AttributeDefinitions")));
  out.key = TRY(parse_key(request.find("KeySchema"), out.attributes));
  TRY(parse_settings(request, out));
  TRY(parse_indexes(request, "LocalSecondaryIndexes", Index::Scope::Local, out));
  TRY(parse_indexes(request, "GlobalSecondaryIndexes", Index::Scope::Global, out));
  TRY(check_attributes(out));
  return out;
}

}  // namespace tandem::deploy::local::table
