#include "deploy/local/table/rows.hpp"

#include "base/text.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr std::string_view schema = R"(
CREATE TABLE IF NOT EXISTS tables(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, shape TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS indexes(id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS items(table_id INTEGER NOT NULL, slot INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
  expires INTEGER, size INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(table_id, slot, hash, range)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_expires ON items(table_id, expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS entries(index_id INTEGER NOT NULL, slot INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL,
  item_hash BLOB NOT NULL, item_range BLOB NOT NULL, item_slot INTEGER NOT NULL,
  PRIMARY KEY(index_id, slot, hash, range, item_hash, item_range)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens(token TEXT PRIMARY KEY, digest TEXT NOT NULL, at INTEGER NOT NULL, answer TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS tokens_at ON tokens(at);
)";

/// When the item expires, in seconds since 1970, if its table watches an attribute and the item has it as a number.
SqlValue expiry_of(const Table& table, const Item& item) {
  if (table.expiry.empty()) return nullptr;
  const auto found = item.find(table.expiry);
  if (found == item.end() || found->second.as<Number>() == nullptr) return nullptr;
  const auto seconds = found->second.as<Number>()->whole();
  if (seconds <= 0) return nullptr;
  return seconds;
}

/// One SELECT under construction: conditions and their values in step.
struct Select {
  std::vector<std::string> where;
  std::vector<SqlValue> values;
  std::string order;

  void add(std::string condition, std::initializer_list<SqlValue> bound) {
    where.push_back(std::move(condition));
    values.insert(values.end(), bound);
  }
};

/// The columns of a walk's own order, below what is fixed by equality.
std::vector<std::string> order_columns(const Walk& walk) {
  std::vector<std::string> out = walk.hash ? std::vector<std::string>{"r.range"} : std::vector<std::string>{"r.slot", "r.hash", "r.range"};
  if (walk.index != nullptr) out.insert(out.end(), {"r.item_hash", "r.item_range"});
  return out;
}

void add_start(const Walk& walk, Select& select) {
  if (!walk.after_item) return;
  const auto& place = walk.index != nullptr ? *walk.after_entry : *walk.after_item;
  std::vector<SqlValue> values;
  if (!walk.hash) values = {place.slot, Blob{place.hash}};
  values.emplace_back(Blob{place.range});
  if (walk.index != nullptr) {
    values.emplace_back(Blob{walk.after_item->hash});
    values.emplace_back(Blob{walk.after_item->range});
  }
  const auto columns = order_columns(walk);
  std::vector<std::string> marks(columns.size(), "?");
  select.where.push_back(fmt::format("({}) {} ({})", join(columns, ","), walk.is_ascending ? ">" : "<", join(marks, ",")));
  select.values.insert(select.values.end(), values.begin(), values.end());
}

Select select_of(const Walk& walk) {
  Select out;
  if (walk.index != nullptr) out.add("r.index_id=?", {walk.index->id});
  else out.add("r.table_id=?", {walk.table.id});
  if (walk.hash) out.add("r.slot=? AND r.hash=?", {slot_of(*walk.hash), Blob{*walk.hash}});
  else out.add("r.slot>=? AND r.slot<?", {walk.slot_from, walk.slot_to});
  if (walk.low) out.add(walk.low->is_inclusive ? "r.range>=?" : "r.range>?", {Blob{walk.low->bytes}});
  if (walk.high) out.add(walk.high->is_inclusive ? "r.range<=?" : "r.range<?", {Blob{walk.high->bytes}});
  add_start(walk, out);
  auto columns = order_columns(walk);
  for (auto& column : columns) column += walk.is_ascending ? " ASC" : " DESC";
  out.order = join(columns, ",");
  return out;
}

std::string sql_of(const Walk& walk, const Select& select) {
  const auto where = join(select.where, " AND ");
  if (walk.index == nullptr) return fmt::format("SELECT r.body FROM items r WHERE {} ORDER BY {}", where, select.order);
  return fmt::format(
      "SELECT i.body FROM entries r CROSS JOIN items i ON i.table_id={} AND i.slot=r.item_slot AND i.hash=r.item_hash "
      "AND i.range=r.item_range WHERE {} ORDER BY {}",
      walk.table.id, where, select.order);
}

/// Stands for "enough" between a row visitor and the query that calls it.
const Error enough{Fault::Cancelled, "enough rows", "enough"};

}  // namespace

Done Rows::create_schema(Database& database) { return database.script(schema); }

Result<std::optional<Item>> Rows::find(const Table& table, const ItemKey& key) {
  const auto body = TRY(database_.text("SELECT body FROM items WHERE table_id=? AND slot=? AND hash=? AND range=?",
                                       {table.id, key.slot, Blob{key.hash}, Blob{key.range}}));
  if (!body) return std::optional<Item>{};
  auto item = TRY(stored_item(*body));
  return std::optional(std::move(item));
}

Done Rows::put(const Table& table, const ItemKey& key, const std::optional<Item>& before, const Item& after) {
  TRY(database_.execute("INSERT OR REPLACE INTO items(table_id,slot,hash,range,expires,size,body) VALUES(?,?,?,?,?,?,?)",
                        {table.id, key.slot, Blob{key.hash}, Blob{key.range}, expiry_of(table, after),
                         static_cast<std::int64_t>(size_bytes(after)), to_text(to_json(after))}));
  for (const auto& index : table.indexes) {
    const auto old = before ? index_key(index, *before) : std::nullopt;
    const auto now = index_key(index, after);
    if (old == now) continue;
    if (old) TRY(erase_entry(index, *old, key));
    if (now) TRY(insert_entry(index, *now, key));
  }
  return done();
}

Done Rows::remove(const Table& table, const ItemKey& key, const Item& before) {
  TRY(database_.execute("DELETE FROM items WHERE table_id=? AND slot=? AND hash=? AND range=?",
                        {table.id, key.slot, Blob{key.hash}, Blob{key.range}}));
  for (const auto& index : table.indexes)
    if (const auto old = index_key(index, before)) TRY(erase_entry(index, *old, key));
  return done();
}

Done Rows::insert_entry(const Index& index, const ItemKey& entry, const ItemKey& item) {
  TRY(database_.execute("INSERT OR REPLACE INTO entries VALUES(?,?,?,?,?,?,?)",
                        {index.id, entry.slot, Blob{entry.hash}, Blob{entry.range}, Blob{item.hash}, Blob{item.range}, item.slot}));
  return done();
}

Done Rows::erase_entry(const Index& index, const ItemKey& entry, const ItemKey& item) {
  TRY(database_.execute(
      "DELETE FROM entries WHERE index_id=? AND slot=? AND hash=? AND range=? AND item_hash=? AND item_range=?",
      {index.id, entry.slot, Blob{entry.hash}, Blob{entry.range}, Blob{item.hash}, Blob{item.range}}));
  return done();
}

Done Rows::walk(const Walk& walk, const std::function<Result<Visit>(Item)>& visit) {
  const auto select = select_of(walk);
  const auto outcome = database_.query(sql_of(walk, select), select.values, [&](const Row& row) -> Done {
    auto item = TRY(stored_item(row.text(0)));
    const auto next = TRY(visit(std::move(item)));
    if (next == Visit::Stop) return enough;
    return done();
  });
  if (!outcome && outcome.error().code == enough.code) return done();
  return outcome;
}

Done Rows::fill(const Table& table, const Index& index) {
  return walk(Walk{.table = table}, [&](const Item& item) -> Result<Visit> {
    const auto key = TRY(key_of_item(table.key, item));
    if (const auto entry = index_key(index, item)) TRY(insert_entry(index, *entry, key));
    return Visit::Next;
  });
}

Done Rows::clear(const Index& index) {
  TRY(database_.execute("DELETE FROM entries WHERE index_id=?", {index.id}));
  return done();
}

Done Rows::clear(const Table& table) {
  for (const auto& index : table.indexes) TRY(clear(index));
  TRY(database_.execute("DELETE FROM items WHERE table_id=?", {table.id}));
  return done();
}

Done Rows::mark_expiry(const Table& table) {
  std::vector<std::pair<ItemKey, SqlValue>> found;
  TRY(walk(Walk{.table = table}, [&](const Item& item) -> Result<Visit> {
    auto key = TRY(key_of_item(table.key, item));
    found.emplace_back(std::move(key), expiry_of(table, item));
    return Visit::Next;
  }));
  for (const auto& [key, expires] : found)
    TRY(database_.execute("UPDATE items SET expires=? WHERE table_id=? AND slot=? AND hash=? AND range=?",
                          {expires, table.id, key.slot, Blob{key.hash}, Blob{key.range}}));
  return done();
}

Result<int> Rows::expire(const Table& table, Instant now, int limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  constexpr std::int64_t five_years = 5LL * 365 * 24 * 3600;  // older stamps are taken for mistakes and left alone
  std::vector<Item> gone;
  TRY(database_.query("SELECT body FROM items WHERE table_id=? AND expires IS NOT NULL AND expires<=? AND expires>? LIMIT ?",
                      {table.id, std::int64_t{seconds}, std::int64_t{seconds - five_years}, std::int64_t{limit}}, [&](const Row& row) -> Done {
                        auto item = TRY(stored_item(row.text(0)));
                        gone.push_back(std::move(item));
                        return done();
                      }));
  for (const auto& item : gone) {
    const auto key = TRY(key_of_item(table.key, item));
    TRY(remove(table, key, item));
  }
  return static_cast<int>(gone.size());
}

Result<TableSize> Rows::size(const Table& table) {
  TableSize out;
  TRY(database_.query("SELECT count(*), coalesce(sum(size), 0) FROM items WHERE table_id=?", {table.id}, [&](const Row& row) {
    out = {row.integer(0), row.integer(1)};
    return done();
  }));
  return out;
}

Result<TableSize> Rows::size(const Table& table, const Index& index) {
  TableSize out;
  TRY(walk(Walk{.table = table, .index = &index}, [&](const Item& item) -> Result<Visit> {
    ++out.items;
    out.bytes += static_cast<std::int64_t>(size_bytes(projected(table, index, item)));
    return Visit::Next;
  }));
  return out;
}

}  // namespace tandem::deploy::local::table
