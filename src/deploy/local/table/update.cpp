// Update expressions: their grammar, and the item they make.
#include <algorithm>

#include "deploy/local/table/parser.hpp"
#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

using Kind = Node::Kind;

class UpdateGrammar {
 public:
  explicit UpdateGrammar(Parser& parser) : parser_(parser) {}

  Result<Update> update() {
    while (!parser_.at_end()) TRY(section());
    return std::move(update_);
  }

 private:
  Done section() {
    static constexpr std::string_view words[] = {"SET", "REMOVE", "ADD", "DELETE"};
    const auto* word = std::ranges::find_if(words, [&](auto each) { return parser_.is_keyword(each); });
    if (word == std::end(words)) return parser_.unexpected();
    parser_.take_keyword(*word);
    if (!seen_.insert(*word).second)
      parser_.complain(fmt::format("The \"{}\" section can only be used once in an update expression;", *word));
    do {
      TRY(clause(*word));
    } while (parser_.take_symbol(","));
    return done();
  }

  Done clause(std::string_view word) {
    auto path = TRY(parser_.path());
    if (word == "SET") {
      TRY(parser_.expect_symbol("="));
      auto value = TRY(right_side());
      update_.set.push_back({std::move(path), std::move(value)});
    } else if (word == "REMOVE") {
      update_.remove.push_back(std::move(path));
    } else {
      auto operand = TRY(parser_.constant());
      check_operand(word, operand);
      (word == "ADD" ? update_.add : update_.drop).push_back({std::move(path), std::move(operand)});
    }
    return done();
  }

  void check_operand(std::string_view word, const Value& value) {
    const auto type = type_name(value);
    const bool is_set = type == "SS" || type == "NS" || type == "BS";
    if (is_set || (word == "ADD" && type == "N")) return;
    parser_.complain(fmt::format(
        "Incorrect operand type for operator or function; operator: {}, operand type: {}, typeSet: ALLOWED_FOR_{}_OPERAND",
        word, long_type_name(value), word));
  }

  Result<Node> right_side() {
    auto left = TRY(term());
    if (!parser_.is_symbol("+") && !parser_.is_symbol("-")) return left;
    if (left.kind == Kind::Sum) return parser_.unexpected();
    Node sum{.kind = Kind::Sum, .word = parser_.is_symbol("+") ? "+" : "-"};
    parser_.take_symbol(sum.word);
    auto right = TRY(term());
    sum.parts.push_back(std::move(left));
    sum.parts.push_back(std::move(right));
    if (auto complaint = complaint_about(sum)) parser_.complain(std::move(*complaint));
    return sum;
  }

  Result<Node> term() {
    if (!parser_.take_symbol("(")) return parser_.operand();
    auto inner = TRY(right_side());
    TRY(parser_.expect_symbol(")"));
    if (inner.parenthesised) parser_.complain("The expression has redundant parentheses;");
    inner.parenthesised = true;
    return inner;
  }

  Parser& parser_;
  Update update_;
  std::set<std::string_view> seen_;
};

void refuse_meetings(const std::vector<Path>& paths, Parser& parser) {
  for (size_t i = 0; i < paths.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const auto how = meeting(paths[j], paths[i]);
      if (how == Meeting::Apart) continue;
      parser.complain(fmt::format(
          "Two document paths {} with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
          how == Meeting::Overlap ? "overlap" : "conflict", text(paths[j]), text(paths[i])));
    }
}

Error wrong_operand() { return invalid("An operand in the update expression has an incorrect data type"); }
Error wrong_path() { return invalid("The document path provided in the update expression is invalid for update"); }
Error absent() { return invalid("The provided expression refers to an attribute that does not exist in the item"); }

Result<Value> evaluate(const Node& node, const Item& before) {
  if (node.kind == Kind::Constant) return node.value;
  if (node.kind == Kind::Attribute) {
    const auto* value = find(before, node.path);
    if (value == nullptr) return absent();
    return *value;
  }
  if (node.word == "if_not_exists") {
    const auto* value = find(before, node.parts[0].path);
    if (value != nullptr) return *value;
    return evaluate(node.parts[1], before);
  }
  auto left = TRY(evaluate(node.parts[0], before));
  auto right = TRY(evaluate(node.parts[1], before));
  if (node.word == "list_append") {
    if (left.as<List>() == nullptr || right.as<List>() == nullptr) return wrong_operand();
    std::ranges::move(*right.as<List>(), std::back_inserter(*left.as<List>()));
    return left;
  }
  if (left.as<Number>() == nullptr || right.as<Number>() == nullptr) return wrong_operand();
  auto sum = TRY(add(*left.as<Number>(), node.word == "+" ? *right.as<Number>() : -*right.as<Number>()));
  return Value{std::move(sum)};
}

/// The map or list that holds the path's last step, or nullptr when it is not there.
Value* holder(Item& item, const Path& path) {
  const auto first = item.find(root(path));
  if (first == item.end()) return nullptr;
  auto* value = &first->second;
  for (size_t i = 1; i + 1 < path.size(); ++i) {
    if (const auto* name = std::get_if<std::string>(&path[i])) {
      auto* map = value->as<Item>();
      if (map == nullptr || !map->contains(*name)) return nullptr;
      value = &map->find(*name)->second;
    } else {
      auto* list = value->as<List>();
      const auto index = std::get<size_t>(path[i]);
      if (list == nullptr || index >= list->size()) return nullptr;
      value = &(*list)[index];
    }
  }
  return value;
}

Done assign(Item& item, const Path& path, Value value) {
  if (path.size() == 1) {
    item.insert_or_assign(root(path), std::move(value));
    return done();
  }
  auto* parent = holder(item, path);
  if (parent == nullptr) return wrong_path();
  if (const auto* name = std::get_if<std::string>(&path.back())) {
    auto* map = parent->as<Item>();
    if (map == nullptr) return wrong_path();
    map->insert_or_assign(*name, std::move(value));
    return done();
  }
  auto* list = parent->as<List>();
  if (list == nullptr) return wrong_path();
  const auto index = std::get<size_t>(path.back());
  if (index < list->size()) (*list)[index] = std::move(value);
  else list->push_back(std::move(value));
  return done();
}

Done erase(Item& item, const Path& path) {
  if (path.size() == 1) {
    item.erase(root(path));
    return done();
  }
  auto* parent = holder(item, path);
  if (parent == nullptr) return wrong_path();
  if (const auto* name = std::get_if<std::string>(&path.back())) {
    auto* map = parent->as<Item>();
    if (map == nullptr) return wrong_path();
    map->erase(*name);
    return done();
  }
  auto* list = parent->as<List>();
  if (list == nullptr) return wrong_path();
  const auto index = std::get<size_t>(path.back());
  if (index < list->size()) list->erase(list->begin() + static_cast<std::ptrdiff_t>(index));
  return done();
}

/// The holder of the path's last step must be there, and of the kind the step asks for.
Done check_path(Item& item, const Path& path) {
  if (path.size() == 1) return done();
  const auto* parent = holder(item, path);
  if (parent == nullptr) return wrong_path();
  const bool is_name = std::holds_alternative<std::string>(path.back());
  if (is_name ? parent->as<Item>() == nullptr : parent->as<List>() == nullptr) return wrong_path();
  return done();
}

/// `value` with the members of `operand` put in or taken out; false when they are not sets of one type.
template <typename Set>
bool change_set(Value& value, const Value& operand, bool put_in) {
  auto* set = value.as<Set>();
  const auto* members = operand.as<Set>();
  if (set == nullptr || members == nullptr) return false;
  for (const auto& member : *members) put_in ? void(set->insert(member)) : void(set->erase(member));
  return true;
}

bool is_empty_set(const Value& value) {
  if (const auto* set = value.as<StringSet>()) return set->empty();
  if (const auto* set = value.as<NumberSet>()) return set->empty();
  if (const auto* set = value.as<BinarySet>()) return set->empty();
  return false;
}

bool change_any_set(Value& value, const Value& operand, bool put_in) {
  return change_set<StringSet>(value, operand, put_in) || change_set<NumberSet>(value, operand, put_in) ||
         change_set<BinarySet>(value, operand, put_in);
}

Done put_in(Item& item, const Update::Change& change, const Item& before) {
  const auto* old = find(before, change.path);
  if (old == nullptr) return assign(item, change.path, change.operand);
  auto value = *old;
  if (value.as<Number>() != nullptr && change.operand.as<Number>() != nullptr) {
    auto sum = TRY(add(*value.as<Number>(), *change.operand.as<Number>()));
    return assign(item, change.path, Value{std::move(sum)});
  }
  if (!change_any_set(value, change.operand, true)) return wrong_operand();
  return assign(item, change.path, std::move(value));
}

Done take_out(Item& item, const Update::Change& change, const Item& before) {
  const auto* old = find(before, change.path);
  if (old == nullptr) return done();
  auto value = *old;
  if (!change_any_set(value, change.operand, false)) return wrong_operand();
  return is_empty_set(value) ? erase(item, change.path) : assign(item, change.path, std::move(value));
}

/// List members in the given order of their indexes, so that appending and removing keep the numbering of `before`.
template <typename Part>
std::vector<const Part*> by_last_index(const std::vector<Part>& parts, const Path& (*path_of)(const Part&), bool descending) {
  std::vector<const Part*> out;
  for (const auto& part : parts) out.push_back(&part);
  std::ranges::stable_sort(out, [&](const Part* a, const Part* b) {
    const auto& left = path_of(*a);
    const auto& right = path_of(*b);
    return descending ? right < left : left < right;
  });
  return out;
}

const Path& path_of_assignment(const Update::Assignment& part) { return part.path; }
const Path& path_of_removal(const Path& part) { return part; }

}  // namespace

std::vector<Path> Update::paths() const {
  std::vector<Path> out;
  for (const auto& part : set) out.push_back(part.path);
  for (const auto& part : remove) out.push_back(part);
  for (const auto& part : add) out.push_back(part.path);
  for (const auto& part : drop) out.push_back(part.path);
  return out;
}

Result<Update> parse_update(std::string_view text, Placeholders& placeholders) {
  Parser parser(text, "UpdateExpression", placeholders);
  TRY(parser.refuse_empty());
  auto update = TRY(UpdateGrammar(parser).update());
  for (const auto& part : update.set)
    if (auto complaint = misplaced(part.value, Grammar::Update)) parser.complain(std::move(*complaint));
  refuse_meetings(update.paths(), parser);
  TRY(parser.finish());
  return update;
}

Result<std::vector<Path>> parse_projection(std::string_view text, Placeholders& placeholders) {
  Parser parser(text, "ProjectionExpression", placeholders);
  TRY(parser.refuse_empty());
  std::vector<Path> paths;
  do {
    auto path = TRY(parser.path());
    paths.push_back(std::move(path));
  } while (parser.take_symbol(","));
  refuse_meetings(paths, parser);
  TRY(parser.finish());
  return paths;
}

Result<Item> updated(const Update& update, const Item& before) {
  Item item = before;
  for (const auto& path : update.paths()) TRY(check_path(item, path));
  for (const auto* part : by_last_index(update.set, path_of_assignment, false)) {
    auto value = TRY(evaluate(part->value, before));
    TRY(assign(item, part->path, std::move(value)));
  }
  for (const auto& change : update.add) TRY(put_in(item, change, before));
  for (const auto& change : update.drop) TRY(take_out(item, change, before));
  for (const auto* path : by_last_index(update.remove, path_of_removal, true)) TRY(erase(item, *path));
  return item;
}

}  // namespace tandem::deploy::local::table
