// Keys of items as bytes, and what is wrong with a key.
#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr size_t hash_bytes_max = 2048;
constexpr size_t range_bytes_max = 1024;

bool is_empty(const Value& value) {
  if (const auto* text = value.as<std::string>()) return text->empty();
  if (const auto* binary = value.as<Binary>()) return binary->bytes.empty();
  return false;
}

Done check_key_value(const KeyAttribute& attribute, const Value& value, size_t bytes_max) {
  if (is_empty(value))
    return invalid(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} value. Key: {}",
        attribute.type == "S" ? "string" : "binary", attribute.name);
  if (attribute.type == "N" || key_bytes(value).size() <= bytes_max) return done();
  if (bytes_max == hash_bytes_max)
    return invalid("One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes");
  return invalid("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

size_t bytes_max_of(const KeySchema& schema, const KeyAttribute& attribute) {
  return attribute == schema.hash ? hash_bytes_max : range_bytes_max;
}

ItemKey make_key(const KeySchema& schema, const Item& item) {
  ItemKey out;
  out.hash = key_bytes(item.at(schema.hash.name));
  out.slot = slot_of(out.hash);
  if (schema.range) out.range = key_bytes(item.at(schema.range->name));
  return out;
}

}  // namespace

std::string key_bytes(const Value& value) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* number = value.as<Number>()) return number->ordered_bytes();
  CHECK(value.as<Binary>() != nullptr);
  return value.as<Binary>()->bytes;
}

std::int64_t slot_of(std::string_view hash) {
  std::uint32_t out = 2166136261U;  // FNV-1a, then stirred so that near keys land far apart
  for (const char c : hash) out = (out ^ static_cast<unsigned char>(c)) * 16777619U;
  out ^= out >> 16U;
  out *= 0x85ebca6bU;
  out ^= out >> 13U;
  return out;
}

Result<ItemKey> key_of_item(const KeySchema& schema, const Item& item) {
  for (const auto& attribute : schema.attributes()) {
    const auto found = item.find(attribute.name);
    if (found == item.end())
      return invalid("One or more parameter values were invalid: Missing the key {} in the item", attribute.name);
    if (type_name(found->second) != attribute.type)
      return invalid("One or more parameter values were invalid: Type mismatch for key {} expected: {} actual: {}",
                     attribute.name, attribute.type, type_name(found->second));
    TRY(check_key_value(attribute, found->second, bytes_max_of(schema, attribute)));
  }
  return make_key(schema, item);
}

Result<ItemKey> key_of(const KeySchema& schema, const Item& key) {
  const auto attributes = schema.attributes();
  if (key.size() != attributes.size()) return invalid("The provided key element does not match the schema");
  for (const auto& attribute : attributes) {
    const auto found = key.find(attribute.name);
    if (found == key.end() || type_name(found->second) != attribute.type)
      return invalid("The provided key element does not match the schema");
  }
  for (const auto& attribute : attributes)
    TRY(check_key_value(attribute, key.at(attribute.name), bytes_max_of(schema, attribute)));
  return make_key(schema, key);
}

std::optional<ItemKey> index_key(const Index& index, const Item& item) {
  for (const auto& attribute : index.key.attributes())
    if (const auto found = item.find(attribute.name);
        found == item.end() || type_name(found->second) != attribute.type || is_empty(found->second))
      return std::nullopt;
  return make_key(index.key, item);
}

Done check_index_keys(const Table& table, const Item& item, Write write) {
  for (const auto& index : table.indexes)
    for (const auto& attribute : index.key.attributes()) {
      const auto found = item.find(attribute.name);
      if (found == item.end()) continue;
      if (type_name(found->second) != attribute.type)
        return write == Write::Update
                   ? invalid("The update expression attempted to update the secondary index key to unsupported type")
                   : invalid("One or more parameter values were invalid: Type mismatch for Index Key {} Expected: {} Actual: {} IndexName: {}",
                             attribute.name, attribute.type, type_name(found->second), index.name);
      if (!is_empty(found->second)) {
        TRY(check_key_value(attribute, found->second, bytes_max_of(index.key, attribute)));
        continue;
      }
      const auto* kind = attribute.type == "S" ? "string" : "binary";
      return write == Write::Update
                 ? invalid("One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty {} value.", kind)
                 : invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty {} value. IndexName: {}, IndexKey: {}",
                           kind, index.name, attribute.name);
    }
  return done();
}

bool has(const Table& table, const Index& index, std::string_view attribute) {
  if (index.projection == Index::Projection::All) return true;
  for (const auto& keys : {table.key, index.key})
    for (const auto& key : keys.attributes())
      if (key.name == attribute) return true;
  return std::ranges::find(index.included, attribute) != index.included.end();
}

Item projected(const Table& table, const Index& index, const Item& item) {
  if (index.projection == Index::Projection::All) return item;
  Item out;
  for (const auto& [name, value] : item)
    if (has(table, index, name)) out.emplace(name, value);
  return out;
}

Item key_attributes(const Table& table, const Index* index, const Item& item) {
  Item out;
  const auto add = [&](const KeySchema& schema) {
    for (const auto& attribute : schema.attributes())
      if (const auto found = item.find(attribute.name); found != item.end()) out.emplace(*found);
  };
  add(table.key);
  if (index != nullptr) add(index->key);
  return out;
}

}  // namespace tandem::deploy::local::table
