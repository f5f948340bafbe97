#pragma once
// Items and index entries as SQLite rows. Each item is one row, each place it has in an index another; both change in
// the transaction the caller holds.

#include <functional>
#include <optional>
#include <string>

#include "base/sqlite.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {

/// An end of a range of sort keys, as bytes.
struct Bound {
  std::string bytes;
  bool is_inclusive = true;
};

/// Which items to visit, in which order. With `hash` it is a query of one partition, without it a scan.
struct Walk {
  const Table& table;
  const Index* index = nullptr;
  std::optional<std::string> hash{};
  std::optional<Bound> low{};           ///< of the sort key
  std::optional<Bound> high{};
  std::int64_t slot_from = 0;           ///< of a scan: slots in [slot_from, slot_to)
  std::int64_t slot_to = 1LL << 32;
  bool is_ascending = true;
  /// Visiting goes on after this place: the item's key, and in an index its place there too.
  std::optional<ItemKey> after_item{};
  std::optional<ItemKey> after_entry{};
};

/// What a visitor says after an item.
enum class Visit { Next, Stop };

/// The rows of all tables of one database connection. Errors: Unavailable, Broken.
class Rows {
 public:
  explicit Rows(Database& database) : database_(database) {}
  static Done create_schema(Database& database);

  Result<std::optional<Item>> find(const Table& table, const ItemKey& key);
  /// Stores `after` in place of `before` (nothing if there was none) and moves its index entries.
  Done put(const Table& table, const ItemKey& key, const std::optional<Item>& before, const Item& after);
  Done remove(const Table& table, const ItemKey& key, const Item& before);
  Done walk(const Walk& walk, const std::function<Result<Visit>(Item)>& visit);

  /// Entries of a new index for all items already there. Items whose attribute has another type stay out of it.
  Done fill(const Table& table, const Index& index);
  Done clear(const Index& index);
  Done clear(const Table& table);
  /// Writes down anew when each item expires, after TTL was turned on or off.
  Done mark_expiry(const Table& table);
  /// Removes up to `limit` items that expired before `now`; returns how many.
  Result<int> expire(const Table& table, Instant now, int limit);
  Result<TableSize> size(const Table& table);
  Result<TableSize> size(const Table& table, const Index& index);

 private:
  Done insert_entry(const Index& index, const ItemKey& entry, const ItemKey& item);
  Done erase_entry(const Index& index, const ItemKey& entry, const ItemKey& item);

  Database& database_;
};

}  // namespace tandem::deploy::local::table
