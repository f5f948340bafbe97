// Which functions and operators take which operands: the mistakes of meaning that need no item.
#include <algorithm>
#include <array>

#include "deploy/local/table/parser.hpp"

namespace tandem::deploy::local::table {
namespace {

struct Signature {
  std::string_view name;
  size_t operands;
  bool in_update;      ///< else in conditions
  bool is_condition;   ///< true or false by itself
};
constexpr auto signatures = std::to_array<Signature>({{"attribute_exists", 1, false, true},
                                                      {"attribute_not_exists", 1, false, true},
                                                      {"attribute_type", 2, false, true},
                                                      {"begins_with", 2, false, true},
                                                      {"contains", 2, false, true},
                                                      {"size", 1, false, false},
                                                      {"if_not_exists", 2, true, false},
                                                      {"list_append", 2, true, false}});

std::string wrong_type(std::string_view word, std::string_view type) {
  return fmt::format("Incorrect operand type for operator or function; operator or function: {}, operand type: {}", word, type);
}

/// The type an operand surely has, or "" when only an item can tell.
std::string_view sure_type(const Node& node) {
  if (node.kind == Node::Kind::Constant) return type_name(node.value);
  if (node.kind == Node::Kind::Call && node.word == "size") return "N";
  return "";
}

bool is_one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

/// The first operand may not be any of the others as well: `a = a` is refused.
std::optional<std::string> same_operands(const Node& node) {
  for (size_t i = 1; i < node.parts.size(); ++i)
    if (node.parts[0].kind == Node::Kind::Attribute && node.parts[i].kind == Node::Kind::Attribute &&
        node.parts[0].path == node.parts[i].path)
      return fmt::format(
          "The first operand must be distinct from the remaining operands for this operator or function; "
          "operator: {}, first operand: {}",
          node.word, text(node.parts[0].path));
  return std::nullopt;
}

std::optional<std::string> about_attribute_type(const Node& node) {
  const auto* constant = node.parts[1].kind == Node::Kind::Constant ? &node.parts[1].value : nullptr;
  if (constant == nullptr)
    return wrong_type(node.word, "{NS,SS,BS,N,S,B,BOOL,NULL,L,M}");
  const auto* name = constant->as<std::string>();
  if (name == nullptr) return wrong_type(node.word, type_name(*constant));
  if (is_one_of(*name, {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})) return std::nullopt;
  return fmt::format("Invalid attribute type name found; type: {}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}", *name);
}

std::optional<std::string> about_call(const Node& node) {
  const auto* signature = std::ranges::find(signatures, std::string_view(node.word), &Signature::name);
  if (signature == signatures.end()) return fmt::format("Invalid function name; function: {}", node.word);
  if (node.parts.size() != signature->operands)
    return fmt::format(
        "Incorrect number of operands for operator or function; operator or function: {}, number of operands: {}",
        node.word, node.parts.size());
  for (const auto& part : node.parts)
    if (is_condition_call(part))
      return fmt::format("The function is not allowed to be used this way in an expression; function: {}", part.word);
  const auto first = sure_type(node.parts[0]);
  if (is_one_of(node.word, {"attribute_exists", "attribute_not_exists", "if_not_exists"}) &&
      node.parts[0].kind != Node::Kind::Attribute)
    return fmt::format("Operator or function requires a document path; operator or function: {}", node.word);
  if (node.word == "size" && is_one_of(first, {"N", "BOOL", "NULL"})) return wrong_type(node.word, first);
  if (node.word == "attribute_type") return about_attribute_type(node);
  if (node.word == "contains") return same_operands(node);
  for (const auto& part : node.parts) {
    const auto type = sure_type(part);
    if (type.empty()) continue;
    if (node.word == "begins_with" && !is_one_of(type, {"S", "B"})) return wrong_type(node.word, type);
    if (node.word == "list_append" && type != "L") return wrong_type(node.word, type);
  }
  return node.word == "begins_with" ? same_operands(node) : std::nullopt;
}

std::string shown(const Value& value) {
  const auto wire = to_json(value);
  const auto& member = wire.get_object().begin()->value();
  return fmt::format("AttributeValue: {{{}:{}}}", type_name(value),
                     member.is_string() ? std::string(member.get_string()) : json::serialize(member));
}

std::optional<std::string> about_between(const Node& node) {
  const auto& low = node.parts[1];
  const auto& high = node.parts[2];
  if (low.kind != Node::Kind::Constant || high.kind != Node::Kind::Constant) return std::nullopt;
  const auto operands = fmt::format("lower bound operand: {}, upper bound operand: {}", shown(low.value), shown(high.value));
  if (low.value.held.index() != high.value.held.index())
    return "The BETWEEN operator requires same data type for lower and upper bounds; " + operands;
  Node order{.kind = Node::Kind::Compare, .word = "<=", .parts = {low, high}};
  if (!holds(order, {}))
    return "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " + operands;
  return std::nullopt;
}

std::optional<std::string> about_comparison(const Node& node) {
  for (const auto& part : node.parts)
    if (is_condition_call(part))
      return fmt::format("The function is not allowed to be used this way in an expression; function: {}", part.word);
  if (is_one_of(node.word, {"<", "<=", ">", ">=", "BETWEEN"}))
    for (const auto& part : node.parts) {
      const auto type = sure_type(part);
      if (!type.empty() && !is_one_of(type, {"S", "N", "B"})) return wrong_type(node.word, type);
    }
  if (auto same = same_operands(node)) return same;
  return node.kind == Node::Kind::Between ? about_between(node) : std::nullopt;
}

std::optional<std::string> about_sum(const Node& node) {
  for (const auto& part : node.parts) {
    const auto type = sure_type(part);
    if (!type.empty() && type != "N") return wrong_type(node.word, type);
  }
  return std::nullopt;
}

}  // namespace

bool is_condition_call(const Node& node) {
  const auto* signature = std::ranges::find(signatures, std::string_view(node.word), &Signature::name);
  return node.kind == Node::Kind::Call && signature != signatures.end() && signature->is_condition;
}

std::optional<std::string> misplaced(const Node& node, Grammar grammar) {
  if (node.kind == Node::Kind::Call) {
    const auto* signature = std::ranges::find(signatures, std::string_view(node.word), &Signature::name);
    if (signature != signatures.end() && signature->in_update != (grammar == Grammar::Update))
      return fmt::format("The function is not allowed in {} expression; function: {}",
                         grammar == Grammar::Update ? "an update" : "a condition", node.word);
  }
  for (const auto& part : node.parts)
    if (auto found = misplaced(part, grammar)) return found;
  return std::nullopt;
}

std::optional<std::string> complaint_about(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Call: return about_call(node);
    case Node::Kind::Sum: return about_sum(node);
    case Node::Kind::Compare:
    case Node::Kind::Between:
    case Node::Kind::In: return about_comparison(node);
    default: return std::nullopt;
  }
}

}  // namespace tandem::deploy::local::table
