#pragma once
// Attribute values and items: typed in memory, typed JSON on the wire and on disk.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "deploy/local/table/number.hpp"

namespace tandem::deploy::local::table {

struct Value;
/// Attributes by name, in byte order of the names.
using Item = std::map<std::string, Value, std::less<>>;
using List = std::vector<Value>;

struct Null {
  bool operator==(const Null&) const = default;
};
/// Bytes; base64 on the wire.
struct Binary {
  std::string bytes;
  auto operator<=>(const Binary&) const = default;
};
using StringSet = std::set<std::string>;
using NumberSet = std::set<Number>;
using BinarySet = std::set<Binary>;

/// One attribute value of any of the ten types.
struct Value {
  std::variant<std::string, Number, Binary, bool, Null, Item, List, StringSet, NumberSet, BinarySet> held;
  bool operator==(const Value&) const = default;

  template <typename T>
  const T* as() const { return std::get_if<T>(&held); }
  template <typename T>
  T* as() { return std::get_if<T>(&held); }
};

/// "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS".
std::string_view type_name(const Value& value);
/// "STRING", "NUMBER", ...: the long names of a few messages.
std::string_view long_type_name(const Value& value);

/// Errors: ValidationException, SerializationException.
Result<Value> parse_value(const json::value& wire);
Result<Item> parse_item(const json::value& wire);
json::value to_json(const Value& value);
json::object to_json(const Item& item);
/// What was written with `to_text`; never fails on our own rows. Errors: Broken.
Result<Item> stored_item(std::string_view text);
/// JSON of any depth an item may have.
Result<json::value> parse_deep_json(std::string_view text);

/// UTF-8 names and values as the service counts them.
size_t size_bytes(const Value& value);
size_t size_bytes(const Item& item);
/// How many maps and lists lie inside each other; 0 for a scalar.
int depth_of(const Value& value);

inline constexpr size_t item_bytes_max = 400UL * 1024;
inline constexpr int depth_max = 32;

}  // namespace tandem::deploy::local::table
