#include "deploy/local/table/item_write.hpp"

#include <algorithm>

#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

using Kind = ItemWrite::Kind;

Done check_names(const Item& item) {
  for (const auto& [name, value] : item)
    if (name.empty()) return invalid("Empty attribute name");
  return done();
}

Done parse_expressions(const Request& request, ItemWrite& write) {
  const bool is_update = write.kind == Kind::Update;
  auto placeholders = TRY(is_update ? Placeholders::parse(request.members(), {"UpdateExpression", "ConditionExpression"})
                                    : Placeholders::parse(request.members(), {"ConditionExpression"}));
  if (is_update)
    if (const auto text = TRY(request.text("UpdateExpression"))) write.update = TRY(parse_update(*text, placeholders));
  if (const auto text = TRY(request.text("ConditionExpression")))
    write.condition = TRY(parse_condition(*text, "ConditionExpression", placeholders));
  return placeholders.finish();
}

Done check_stored(const Item& item, Kind kind) {
  if (size_bytes(item) > item_bytes_max)
    return invalid("{}", kind == Kind::Update ? "Item size to update has exceeded the maximum allowed size"
                                              : "Item size has exceeded the maximum allowed size");
  for (const auto& [name, value] : item)
    if (depth_of(value) > depth_max)
      return invalid("Nesting Levels have exceeded supported limits: Attributes in an item may be nested up to {} levels", depth_max);
  return done();
}

/// The item after the write; nothing for a delete.
Result<std::optional<Item>> outcome_of(const ItemWrite& write, const Table& table, const std::optional<Item>& before) {
  if (write.kind == Kind::Delete) return std::optional<Item>{};
  if (write.kind == Kind::Put) {
    TRY(check_index_keys(table, write.item, Write::Put));
    TRY(check_stored(write.item, write.kind));
    return std::optional(write.item);
  }
  auto item = TRY(updated(write.update ? *write.update : Update{}, before ? *before : write.item));
  TRY(check_index_keys(table, item, Write::Update));
  TRY(check_stored(item, write.kind));
  return std::optional(std::move(item));
}

Done refuse_key_changes(const Update& update, const Table& table) {
  for (const auto& path : update.paths())
    for (const auto& attribute : table.key.attributes())
      if (root(path) == attribute.name)
        return invalid("One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key", attribute.name);
  return done();
}

}  // namespace

Result<ItemWrite> parse_item_write(Kind kind, const Request& request) {
  ItemWrite out;
  out.kind = kind;
  out.table = TRY(request.table_name());
  const auto* item = request.find(kind == Kind::Put ? "Item" : "Key");
  if (item == nullptr)
    return invalid("1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                   kind == Kind::Put ? "item" : "key");
  out.item = TRY(parse_item(*item));
  TRY(check_names(out.item));
  TRY(parse_expressions(request, out));
  const auto shown = TRY(request.word("ReturnValuesOnConditionCheckFailure", {"ALL_OLD", "NONE"}));
  out.shows_item_on_failure = shown == "ALL_OLD";
  return out;
}

Result<ItemKey> key_of(const ItemWrite& write, const Table& table) {
  return write.kind == Kind::Put ? key_of_item(table.key, write.item) : key_of(table.key, write.item);
}

Result<std::variant<Written, Unmet>> apply(const ItemWrite& write, const Table& table, Rows& rows) {
  using Outcome = std::variant<Written, Unmet>;
  const auto key = TRY(key_of(write, table));
  if (write.update) TRY(refuse_key_changes(*write.update, table));
  auto before = TRY(rows.find(table, key));
  if (write.condition && !holds(*write.condition, before ? *before : Item{})) return Outcome(Unmet{std::move(before)});
  if (write.kind == Kind::Check) {
    auto cost = write_cost(table, before, before);
    return Outcome(Written{before, before, std::move(cost)});
  }
  auto after = TRY(outcome_of(write, table, before));
  if (after) TRY(rows.put(table, key, before, *after));
  else if (before) TRY(rows.remove(table, key, *before));
  auto cost = write_cost(table, before, after);
  return Outcome(Written{std::move(before), std::move(after), std::move(cost)});
}

}  // namespace tandem::deploy::local::table
