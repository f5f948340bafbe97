#include "deploy/local/table/value.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr std::string_view known_types[] = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};
constexpr std::string_view long_names[] = {"STRING", "NUMBER", "BINARY", "BOOLEAN",    "NULL",
                                           "MAP",    "LIST",   "STRING_SET", "NUMBER_SET", "BINARY_SET"};

Result<std::string> text_of(const json::value& wire) {
  if (const auto* text = wire.if_string()) return std::string(*text);
  if (wire.is_number()) return misshapen("NUMBER_VALUE cannot be converted to String");
  if (wire.is_bool())
    return misshapen("{}_VALUE cannot be converted to String", wire.get_bool() ? "TRUE" : "FALSE");
  return misshapen("Start of structure or map found where not expected.");
}

Result<Binary> binary_of(const json::value& wire) {
  const auto text = TRY(text_of(wire));
  auto bytes = from_base64(text);
  if (!bytes) return misshapen("Invalid Base64 encoding of a Binary value");
  return Binary{std::move(bytes).value()};
}

Result<Number> number_of(const json::value& wire) {
  const auto text = TRY(text_of(wire));
  return Number::parse(text);
}

Result<const json::array*> members_of(const json::value& wire) {
  if (const auto* array = wire.if_array()) return array;
  return misshapen("Unexpected value type in payload");
}

std::string shown(const json::array& members) {
  std::vector<std::string> texts;
  for (const auto& member : members) texts.emplace_back(member.is_string() ? std::string(member.get_string()) : "?");
  return "[" + join(texts, ", ") + "]";
}

/// Reads a set; an empty one and one that names a member twice are refused.
template <typename Member, typename Read>
Result<Value> set_of(const json::value& wire, std::string_view kind, Read read) {
  const auto* members = TRY(members_of(wire));
  if (members->empty() && kind == "binary")
    return invalid("One or more parameter values were invalid: Binary sets should not be empty");
  if (members->empty()) return invalid("One or more parameter values were invalid: An {} set  may not be empty", kind);
  std::set<Member> out;
  bool twice = false;
  for (const auto& member : *members) {
    auto value = TRY(read(member));
    if (!out.insert(std::move(value)).second) twice = true;
  }
  if (twice && kind == "number") return invalid("Input collection contains duplicates");
  if (twice && kind == "binary")
    return invalid("One or more parameter values were invalid: Input collection of type BS contains duplicates.");
  if (twice)
    return invalid("One or more parameter values were invalid: Input collection {} contains duplicates.", shown(*members));
  return Value{std::move(out)};
}

Result<Value> list_of(const json::value& wire) {
  const auto* members = TRY(members_of(wire));
  List out;
  out.reserve(members->size());
  for (const auto& member : *members) {
    auto value = TRY(parse_value(member));
    out.push_back(std::move(value));
  }
  return Value{std::move(out)};
}

template <typename T>
Result<Value> as_value(Result<T> read) {
  if (!read) return std::move(read).error();
  return Value{std::move(read).value()};
}

Result<Value> value_of(std::string_view type, const json::value& wire) {
  if (type == "S") return as_value(text_of(wire));
  if (type == "N") return as_value(number_of(wire));
  if (type == "B") return as_value(binary_of(wire));
  if (type == "M") return as_value(parse_item(wire));
  if (type == "L") return list_of(wire);
  if (type == "SS") return set_of<std::string>(wire, "string", text_of);
  if (type == "NS") return set_of<Number>(wire, "number", number_of);
  if (type == "BS") return set_of<Binary>(wire, "binary", binary_of);
  if (!wire.is_bool()) return misshapen("Unexpected token received from parser");
  if (type == "BOOL") return Value{wire.get_bool()};
  if (!wire.get_bool())
    return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true");
  return Value{Null{}};
}

size_t size_of_members(const auto& members, auto size) {
  size_t out = 0;
  for (const auto& member : members) out += size(member);
  return out;
}

json::array json_of_set(const auto& members, auto text) {
  json::array out;
  for (const auto& member : members) out.emplace_back(text(member));
  return out;
}

struct ToJson {
  json::object operator()(const std::string& v) const { return {{"S", v}}; }
  json::object operator()(const Number& v) const { return {{"N", v.text()}}; }
  json::object operator()(const Binary& v) const { return {{"B", base64(v.bytes)}}; }
  json::object operator()(bool v) const { return {{"BOOL", v}}; }
  json::object operator()(const Null&) const { return {{"NULL", true}}; }
  json::object operator()(const Item& v) const { return {{"M", to_json(v)}}; }
  json::object operator()(const List& v) const {
    json::array out;
    for (const auto& member : v) out.push_back(to_json(member));
    json::object wire;
    wire["L"] = std::move(out);
    return wire;
  }
  json::object operator()(const StringSet& v) const { return set("SS", json_of_set(v, [](const auto& m) { return m; })); }
  json::object operator()(const NumberSet& v) const { return set("NS", json_of_set(v, [](const auto& m) { return m.text(); })); }
  json::object operator()(const BinarySet& v) const { return set("BS", json_of_set(v, [](const auto& m) { return base64(m.bytes); })); }
  static json::object set(const char* type, json::array members) {
    json::object wire;
    wire[type] = std::move(members);
    return wire;
  }
};

struct Size {
  size_t operator()(const std::string& v) const { return v.size(); }
  size_t operator()(const Number& v) const { return v.size_bytes(); }
  size_t operator()(const Binary& v) const { return v.bytes.size(); }
  size_t operator()(bool) const { return 1; }
  size_t operator()(const Null&) const { return 1; }
  size_t operator()(const Item& v) const { return 3 + v.size() + size_bytes(v); }
  size_t operator()(const List& v) const { return 3 + v.size() + size_of_members(v, [](const auto& m) { return size_bytes(m); }); }
  size_t operator()(const StringSet& v) const { return size_of_members(v, [](const auto& m) { return m.size(); }); }
  size_t operator()(const NumberSet& v) const { return size_of_members(v, [](const auto& m) { return m.size_bytes(); }); }
  size_t operator()(const BinarySet& v) const { return size_of_members(v, [](const auto& m) { return m.bytes.size(); }); }
};

}  // namespace

std::string_view type_name(const Value& value) { return known_types[value.held.index()]; }
std::string_view long_type_name(const Value& value) { return long_names[value.held.index()]; }

Result<Value> parse_value(const json::value& wire) {
  const auto* object = wire.if_object();
  if (object == nullptr) return misshapen("Unexpected value type in payload");
  const json::key_value_pair* found = nullptr;
  for (const auto& pair : *object) {
    if (pair.value().is_null() || std::ranges::find(known_types, std::string_view(pair.key())) == std::end(known_types))
      continue;
    if (found != nullptr)
      return invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
    found = &pair;
  }
  if (found == nullptr)
    return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");
  return value_of(found->key(), found->value());
}

Result<Item> parse_item(const json::value& wire) {
  const auto* object = wire.if_object();
  if (object == nullptr) return misshapen("Unexpected value type in payload");
  Item out;
  for (const auto& pair : *object) {
    auto value = TRY(parse_value(pair.value()));
    out.insert_or_assign(std::string(pair.key()), std::move(value));
  }
  return out;
}

json::value to_json(const Value& value) { return std::visit(ToJson{}, value.held); }

json::object to_json(const Item& item) {
  json::object out;
  out.reserve(item.size());
  for (const auto& [name, value] : item) out[name] = to_json(value);
  return out;
}

Result<json::value> parse_deep_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 256;
  boost::system::error_code code;
  auto value = json::parse(text, code, {}, options);
  if (code) return failure(Fault::Invalid, "not valid JSON: {}", code.message());
  return value;
}

Result<Item> stored_item(std::string_view text) {
  const auto wire = TRY(parse_deep_json(text), "reading a stored item");
  auto item = parse_item(wire);
  if (!item) return failure(Fault::Broken, "a stored item cannot be read: {}", item.error().what);
  return item;
}

size_t size_bytes(const Value& value) { return std::visit(Size{}, value.held); }

size_t size_bytes(const Item& item) {
  size_t out = 0;
  for (const auto& [name, value] : item) out += name.size() + size_bytes(value);
  return out;
}

int depth_of(const Value& value) {
  int deepest = 0;
  if (const auto* item = value.as<Item>()) {
    for (const auto& [name, member] : *item) deepest = std::max(deepest, depth_of(member));
    return deepest + 1;
  }
  if (const auto* list = value.as<List>()) {
    for (const auto& member : *list) deepest = std::max(deepest, depth_of(member));
    return deepest + 1;
  }
  return 0;
}

}  // namespace tandem::deploy::local::table
