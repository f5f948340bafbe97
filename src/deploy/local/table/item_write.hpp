#pragma once
// One write to one item: what PutItem, UpdateItem, DeleteItem, batches and transactions all come down to.

#include <optional>
#include <string>
#include <variant>

#include "deploy/local/table/capacity.hpp"
#include "deploy/local/table/expression.hpp"
#include "deploy/local/table/request.hpp"
#include "deploy/local/table/rows.hpp"

namespace tandem::deploy::local::table {

/// A write as asked for, checked as far as that goes without the table.
struct ItemWrite {
  enum class Kind { Put, Update, Delete, Check };
  Kind kind = Kind::Put;
  std::string table;
  Item item;                          ///< the whole item for Put, else its key
  std::optional<Node> condition{};
  std::optional<Update> update{};
  bool shows_item_on_failure = false; ///< ReturnValuesOnConditionCheckFailure ALL_OLD
};

/// What the write did.
struct Written {
  std::optional<Item> before;
  std::optional<Item> after;
  Cost cost;
};
/// The condition does not hold; the item as it is, if there is one.
struct Unmet {
  std::optional<Item> item;
};

/// Reads the members that all forms of the write share. Errors: ValidationException, SerializationException.
Result<ItemWrite> parse_item_write(ItemWrite::Kind kind, const Request& request);

/// The item's key in `table`. Errors: ValidationException.
Result<ItemKey> key_of(const ItemWrite& write, const Table& table);

/// Reads the item, tests the condition, writes item and index entries. Errors: ValidationException and storage trouble.
Result<std::variant<Written, Unmet>> apply(const ItemWrite& write, const Table& table, Rows& rows);

}  // namespace tandem::deploy::local::table
