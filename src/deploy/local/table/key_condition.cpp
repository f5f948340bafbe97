#include "deploy/local/table/key_condition.hpp"

#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

using Kind = Node::Kind;

/// One comparison of a key attribute: `operator attribute constants`.
struct Part {
  std::string attribute;
  std::string word;
  std::vector<Value> values;
};

std::string turned(const std::string& word) {
  if (word == "<") return ">";
  if (word == "<=") return ">=";
  if (word == ">") return "<";
  return word == ">=" ? "<=" : word;
}

Error bad_operator(std::string_view word) { return invalid("Invalid operator used in KeyConditionExpression: {}", word); }

Result<Part> part_of(const Node& node) {
  if (node.kind == Kind::Or || node.kind == Kind::Not || node.kind == Kind::In) return bad_operator(node.word);
  if (node.kind == Kind::Call && node.word != "begins_with") return bad_operator(node.word);
  if (node.word == "<>") return bad_operator(node.word);
  Part out{.word = node.word};
  size_t place = node.parts.size();
  for (size_t i = 0; i < node.parts.size(); ++i) {
    const auto& operand = node.parts[i];
    if (operand.kind == Kind::Constant) {
      out.values.push_back(operand.value);
      continue;
    }
    if (operand.kind != Kind::Attribute) return invalid("KeyConditionExpressions cannot contain nested operations");
    if (operand.path.size() > 1) 
      return invalid("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: {}",
                     root(operand.path));
    if (place != node.parts.size())
      return invalid("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition");
    place = i;
    out.attribute = root(operand.path);
  }
  if (place == node.parts.size())
    return invalid("Invalid condition in KeyConditionExpression: No key attribute specified");
  if (place > 0 && node.kind != Kind::Compare)
    return invalid("Invalid condition in KeyConditionExpression: {} operator must have the key attribute as its first operand", node.word);
  if (place > 0) out.word = turned(out.word);
  return out;
}

Done gather(const Node& node, std::vector<Part>& parts) {
  if (node.kind == Kind::And) {
    for (const auto& each : node.parts) TRY(gather(each, parts));
    return done();
  }
  auto part = TRY(part_of(node));
  for (const auto& earlier : parts)
    if (earlier.attribute == part.attribute) return invalid("KeyConditionExpressions must only contain one condition per key");
  parts.push_back(std::move(part));
  return done();
}

Done check_values(const Part& part, const KeyAttribute& attribute) {
  for (const auto& value : part.values) {
    if (type_name(value) != attribute.type)
      return invalid("One or more parameter values were invalid: Condition parameter type does not match schema type");
    if (attribute.type != "N" && key_bytes(value).empty() && part.word != "begins_with")
      return invalid(
          "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} value. Key: {}",
          attribute.type == "S" ? "string" : "binary", attribute.name);
  }
  return done();
}

/// The least bytes above everything that starts with `prefix`; nothing when there are none.
std::optional<Bound> above(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  ++prefix.back();
  return Bound{std::move(prefix), false};
}

void narrow(const Part& part, KeyRange& range) {
  auto first = key_bytes(part.values.front());
  if (part.word == "begins_with") {
    range.high = above(first);
    range.low = Bound{std::move(first)};
  } else if (part.word == "BETWEEN") {
    range.low = Bound{std::move(first)};
    range.high = Bound{key_bytes(part.values.back())};
  } else {
    if (part.word != "<" && part.word != "<=") range.low = Bound{first, part.word != ">"};
    if (part.word != ">" && part.word != ">=") range.high = Bound{first, part.word != "<"};
  }
}

}  // namespace

bool KeyRange::holds(std::string_view range) const {
  if (low && (low->is_inclusive ? range < low->bytes : range <= low->bytes)) return false;
  return !(high && (high->is_inclusive ? range > high->bytes : range >= high->bytes));
}

Result<KeyRange> key_range_of(const Node& condition, const KeySchema& schema) {
  std::vector<Part> parts;
  TRY(gather(condition, parts));
  const Part* hash = nullptr;
  const Part* range = nullptr;
  for (const auto& part : parts) {
    if (part.attribute == schema.hash.name) hash = &part;
    else if (schema.range && part.attribute == schema.range->name) range = &part;
  }
  if (hash == nullptr) return invalid("Query condition missed key schema element: {}", schema.hash.name);
  if (parts.size() > 2 || (parts.size() == 2 && range == nullptr))
    return schema.range ? invalid("Query condition missed key schema element: {}", schema.range->name)
                        : invalid("Query key condition not supported");
  if (hash->word != "=") return invalid("Query key condition not supported");
  TRY(check_values(*hash, schema.hash));
  KeyRange out;
  out.hash = key_bytes(hash->values.front());
  if (range == nullptr) return out;
  TRY(check_values(*range, *schema.range));
  narrow(*range, out);
  return out;
}

}  // namespace tandem::deploy::local::table
