#pragma once
// A table's shape: keys, indexes, settings; and the keys of its items as bytes that sort like the values.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"
#include "deploy/local/table/value.hpp"

namespace tandem::deploy::local::table {

/// Where the tables claim to live; part of every ARN.
struct Account {
  std::string region = "us-east-1";
  std::string id = "000000000000";
};

struct KeyAttribute {
  std::string name;
  std::string type;   ///< "S", "N" or "B"
  bool operator==(const KeyAttribute&) const = default;
};

struct KeySchema {
  KeyAttribute hash;
  std::optional<KeyAttribute> range;
  bool operator==(const KeySchema&) const = default;
  std::vector<KeyAttribute> attributes() const;   ///< hash first
};

struct Index {
  enum class Scope { Global, Local };
  enum class Projection { All, KeysOnly, Include };
  std::int64_t id = 0;
  std::string name;
  Scope scope = Scope::Global;
  KeySchema key;
  Projection projection = Projection::All;
  std::vector<std::string> included;   ///< for Include
  json::object settings{};             ///< throughput and the like, as given; described, otherwise without effect
};

/// Everything known about a table but its items. A value: a changed table is a new one.
struct Table {
  std::int64_t id = 0;
  std::string name;
  std::vector<KeyAttribute> attributes;   ///< AttributeDefinitions in the order given
  KeySchema key;
  std::vector<Index> indexes;
  json::object settings{};                ///< BillingMode, ProvisionedThroughput, StreamSpecification, ...
  std::string expiry{};                   ///< the attribute that TTL watches; empty while it is off
  std::vector<std::pair<std::string, std::string>> tags{};
  bool is_backed_up = false;              ///< point-in-time recovery was asked for; noted, without effect
  Instant created{};

  const Index* index(std::string_view wanted) const;
  std::string arn(const Account& account) const;
  /// "PAY_PER_REQUEST" or "PROVISIONED".
  std::string billing() const;
  bool is_protected() const;
};

/// Reads and checks a CreateTable request. Errors: ValidationException.
Result<Table> parse_table(const json::object& request);
/// Reads one member of GlobalSecondaryIndexes or LocalSecondaryIndexes against the attribute definitions.
Result<Index> parse_index(const json::value& wire, Index::Scope scope, const std::vector<KeyAttribute>& attributes);
Result<std::vector<KeyAttribute>> parse_attributes(const json::value* wire);
Result<KeySchema> parse_key(const json::value* wire, const std::vector<KeyAttribute>& attributes);
/// Every defined attribute must be a key of the table or of an index, and the other way round.
Done check_attributes(const Table& table);
Done check_name(std::string_view name);
Done check_throughput(const json::value& wire);

/// As stored; `table_from_json` reads it back.
json::value to_json(const Table& table);
Result<Table> table_from_json(const json::value& wire);

struct TableSize {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
};
/// TableDescription as the API answers it. `sizes`: the table's own first, then each index's in order.
json::object describe(const Table& table, const Account& account, const std::vector<TableSize>& sizes,
                      std::string_view status = "ACTIVE");

/// An item's place in storage. Bytes compare as the values do; `slot` spreads hash keys for scans by segment.
struct ItemKey {
  std::int64_t slot = 0;   ///< 0 to 2^32-1
  std::string hash;
  std::string range;       ///< empty when the schema has no range key
  auto operator<=>(const ItemKey&) const = default;
};

/// The bytes of a key value. Only for S, N and B.
std::string key_bytes(const Value& value);
std::int64_t slot_of(std::string_view hash);

/// The key of a whole item that is about to be stored. Errors: ValidationException naming the attribute.
Result<ItemKey> key_of_item(const KeySchema& schema, const Item& item);
/// The key given as a Key parameter: exactly the key attributes. Errors: ValidationException.
Result<ItemKey> key_of(const KeySchema& schema, const Item& key);
/// The place in an index, or nothing when the item lacks a key attribute of it.
std::optional<ItemKey> index_key(const Index& index, const Item& item);
/// Index keys must have their type, and not be empty. Errors: ValidationException.
enum class Write { Put, Update };
Done check_index_keys(const Table& table, const Item& item, Write write);

/// What the index shows of an item.
Item projected(const Table& table, const Index& index, const Item& item);
/// Whether the index holds the attribute.
bool has(const Table& table, const Index& index, std::string_view attribute);
/// Only the attributes of the key schemas, e.g. for LastEvaluatedKey.
Item key_attributes(const Table& table, const Index* index, const Item& item);

}  // namespace tandem::deploy::local::table
