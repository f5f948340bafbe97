// Condition and filter expressions: their grammar, and whether they hold for an item.
#include <algorithm>
#include <array>

#include "deploy/local/table/parser.hpp"
#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

using Kind = Node::Kind;

bool is_condition(const Node& node) {
  return node.kind >= Kind::Compare || is_condition_call(node);
}

/// OR over AND over NOT over comparisons. Parentheses may hold a condition or an operand; which one shows inside.
class ConditionGrammar {
 public:
  explicit ConditionGrammar(Parser& parser) : parser_(parser) {}

  Result<Node> condition() {
    auto node = TRY(either());
    TRY(require_condition(node));
    return node;
  }

 private:
  Result<Node> either() { return chain("OR", Kind::Or, &ConditionGrammar::both); }
  Result<Node> both() { return chain("AND", Kind::And, &ConditionGrammar::negation); }

  Result<Node> chain(std::string_view word, Kind kind, Result<Node> (ConditionGrammar::*part)()) {
    auto left = TRY((this->*part)());
    while (parser_.is_keyword(word)) {
      TRY(require_condition(left));
      parser_.take_keyword(word);
      auto right = TRY((this->*part)());
      TRY(require_condition(right));
      Node joined{.kind = kind, .word = std::string(word)};
      joined.parts.push_back(std::move(left));
      joined.parts.push_back(std::move(right));
      left = std::move(joined);
    }
    return left;
  }

  Result<Node> negation() {
    if (!parser_.take_keyword("NOT")) return comparison();
    TRY(deeper());
    auto inner = TRY(negation());
    TRY(require_condition(inner));
    Node out{.kind = Kind::Not, .word = "NOT"};
    out.parts.push_back(std::move(inner));
    return out;
  }

  Result<Node> comparison() {
    auto left = TRY(primary());
    static constexpr auto comparators = std::to_array<std::string_view>({"=", "<>", "<", "<=", ">", ">="});
    for (const auto& comparator : comparators) {
      if (!parser_.is_symbol(comparator)) continue;
      if (left.kind >= Kind::Compare) return parser_.unexpected();
      parser_.take_symbol(comparator);
      Node out{.kind = Kind::Compare, .word = std::string(comparator)};
      auto right = TRY(primary());
      out.parts.push_back(std::move(left));
      out.parts.push_back(std::move(right));
      return judged(std::move(out));
    }
    if (left.kind >= Kind::Compare) return left;
    if (parser_.take_keyword("BETWEEN")) return between(std::move(left));
    if (parser_.take_keyword("IN")) return in(std::move(left));
    return left;
  }

  Result<Node> between(Node left) {
    Node out{.kind = Kind::Between, .word = "BETWEEN"};
    out.parts.push_back(std::move(left));
    auto low = TRY(primary());
    out.parts.push_back(std::move(low));
    if (!parser_.take_keyword("AND")) return parser_.unexpected();
    auto high = TRY(primary());
    out.parts.push_back(std::move(high));
    return judged(std::move(out));
  }

  Result<Node> in(Node left) {
    Node out{.kind = Kind::In, .word = "IN"};
    out.parts.push_back(std::move(left));
    TRY(parser_.expect_symbol("("));
    do {
      auto part = TRY(primary());
      out.parts.push_back(std::move(part));
    } while (parser_.take_symbol(","));
    TRY(parser_.expect_symbol(")"));
    if (out.parts.size() > 101)
      parser_.complain(fmt::format("The IN operator is provided with too many operands; number of operands: {}", out.parts.size() - 1));
    return judged(std::move(out));
  }

  Result<Node> primary() {
    if (!parser_.take_symbol("(")) return parser_.operand();
    TRY(deeper());
    auto inner = TRY(either());
    TRY(parser_.expect_symbol(")"));
    if (inner.parenthesised) parser_.complain("The expression has redundant parentheses;");
    inner.parenthesised = true;
    return inner;
  }

  Result<Node> judged(Node node) {
    if (auto complaint = complaint_about(node)) parser_.complain(std::move(*complaint));
    return node;
  }

  Done require_condition(const Node& node) {
    if (is_condition(node)) return done();
    if (node.kind != Kind::Call) return parser_.unexpected();
    if (auto complaint = misplaced(node, Grammar::Condition)) parser_.complain(std::move(*complaint));
    parser_.complain(fmt::format("The function is not allowed to be used this way in an expression; function: {}", node.word));
    return done();
  }

  Done deeper() {
    if (++depth_ > 300) return invalid("Invalid expression: The expression is nested too deeply;");
    return done();
  }

  Parser& parser_;
  int depth_ = 0;
};

/// What an operand stands for: a value of the item or the request, a size, or nothing.
struct Found {
  const Value* value = nullptr;
  std::optional<Value> made{};
  const Value* get() const { return made ? &*made : value; }
};

std::optional<size_t> size_of(const Value& value) {
  if (const auto* text = value.as<std::string>()) {
    // The service counts UTF-16 units, as its strings are Java's.
    size_t units = 0;
    for (const char c : *text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
    }
    return units;
  }
  if (const auto* binary = value.as<Binary>()) return binary->bytes.size();
  if (const auto* item = value.as<Item>()) return item->size();
  if (const auto* list = value.as<List>()) return list->size();
  if (const auto* set = value.as<StringSet>()) return set->size();
  if (const auto* set = value.as<NumberSet>()) return set->size();
  if (const auto* set = value.as<BinarySet>()) return set->size();
  return std::nullopt;
}

Found evaluate(const Node& node, const Item& item) {
  if (node.kind == Kind::Attribute) return {find(item, node.path)};
  if (node.kind == Kind::Constant) return {&node.value};
  const auto operand = evaluate(node.parts[0], item);  // size is the only function with a value
  if (operand.get() == nullptr) return {};
  const auto size = size_of(*operand.get());
  if (!size) return {};
  auto number = Number::parse(std::to_string(*size));
  return {nullptr, Value{std::move(number).value()}};
}

/// Order of two values of one scalar type; nothing for other types or unlike ones.
std::optional<std::strong_ordering> order_of(const Value& a, const Value& b) {
  if (a.held.index() != b.held.index()) return std::nullopt;
  if (const auto* text = a.as<std::string>()) return text->compare(*b.as<std::string>()) <=> 0;
  if (const auto* number = a.as<Number>()) return *number <=> *b.as<Number>();
  if (const auto* binary = a.as<Binary>()) return *binary <=> *b.as<Binary>();
  return std::nullopt;
}

bool compare(std::string_view word, const Value* a, const Value* b) {
  if (word == "<>") return a == nullptr || b == nullptr || *a != *b;
  if (a == nullptr || b == nullptr) return false;
  if (word == "=") return *a == *b;
  const auto order = order_of(*a, *b);
  if (!order) return false;
  if (word == "<") return *order < 0;
  if (word == "<=") return *order <= 0;
  return word == ">" ? *order > 0 : *order >= 0;
}

bool contains(const Value& whole, const Value& part) {
  if (const auto* text = whole.as<std::string>())
    return part.as<std::string>() != nullptr && text->find(*part.as<std::string>()) != std::string::npos;
  if (const auto* binary = whole.as<Binary>())
    return part.as<Binary>() != nullptr && binary->bytes.find(part.as<Binary>()->bytes) != std::string::npos;
  if (const auto* list = whole.as<List>()) return std::ranges::find(*list, part) != list->end();
  if (const auto* set = whole.as<StringSet>()) return part.as<std::string>() != nullptr && set->contains(*part.as<std::string>());
  if (const auto* set = whole.as<NumberSet>()) return part.as<Number>() != nullptr && set->contains(*part.as<Number>());
  if (const auto* set = whole.as<BinarySet>()) return part.as<Binary>() != nullptr && set->contains(*part.as<Binary>());
  return false;
}

bool begins_with(const Value& whole, const Value& start) {
  if (const auto* text = whole.as<std::string>()) return start.as<std::string>() != nullptr && text->starts_with(*start.as<std::string>());
  if (const auto* binary = whole.as<Binary>()) return start.as<Binary>() != nullptr && binary->bytes.starts_with(start.as<Binary>()->bytes);
  return false;
}

bool call_holds(const Node& node, const Item& item) {
  const auto first = evaluate(node.parts[0], item);
  const auto* value = first.get();
  if (node.word == "attribute_exists") return value != nullptr;
  if (node.word == "attribute_not_exists") return value == nullptr;
  const auto second = evaluate(node.parts[1], item);
  if (value == nullptr || second.get() == nullptr) return false;
  if (node.word == "attribute_type") return type_name(*value) == *second.get()->as<std::string>();
  return node.word == "begins_with" ? begins_with(*value, *second.get()) : contains(*value, *second.get());
}

}  // namespace

Result<Node> parse_condition(std::string_view text, std::string_view kind, Placeholders& placeholders) {
  Parser parser(text, kind, placeholders);
  TRY(parser.refuse_empty());
  auto node = TRY(ConditionGrammar(parser).condition());
  if (auto complaint = misplaced(node, Grammar::Condition)) parser.complain(std::move(*complaint));
  TRY(parser.finish());
  return node;
}

bool holds(const Node& node, const Item& item) {
  const auto part = [&](size_t i) { return evaluate(node.parts[i], item); };
  switch (node.kind) {
    case Kind::And: return holds(node.parts[0], item) && holds(node.parts[1], item);
    case Kind::Or: return holds(node.parts[0], item) || holds(node.parts[1], item);
    case Kind::Not: return !holds(node.parts[0], item);
    case Kind::Compare: return compare(node.word, part(0).get(), part(1).get());
    case Kind::Between: return compare(">=", part(0).get(), part(1).get()) && compare("<=", part(0).get(), part(2).get());
    case Kind::In:
      for (size_t i = 1; i < node.parts.size(); ++i)
        if (compare("=", part(0).get(), part(i).get())) return true;
      return false;
    case Kind::Call: return call_holds(node, item);
    default: return false;
  }
}

std::set<std::string> roots(const Node& node) {
  std::set<std::string> out;
  if (node.kind == Kind::Attribute) out.insert(root(node.path));
  for (const auto& part : node.parts) out.merge(roots(part));
  return out;
}

}  // namespace tandem::deploy::local::table
