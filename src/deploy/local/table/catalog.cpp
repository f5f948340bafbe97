#include "deploy/local/table/catalog.hpp"

#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {

Result<Catalog> Catalog::load(Database& database) {
  Catalog out;
  TRY(database.query("SELECT id, shape FROM tables", {}, [&](const Row& row) -> Done {
    const auto shape = TRY(parse_deep_json(row.text(1)), "reading the shape of table {}", row.integer(0));
    auto table = TRY(table_from_json(shape));
    table.id = row.integer(0);
    auto name = table.name;
    out.tables_.emplace(std::move(name), std::make_shared<const Table>(std::move(table)));
    return done();
  }));
  return out;
}

std::shared_ptr<const Table> Catalog::find(std::string_view name) const {
  const auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const Table>> Catalog::get(std::string_view name) const {
  auto found = find(name);
  if (found == nullptr) return refusal(exception::not_found, Fault::Missing, "Requested resource not found");
  return found;
}

Result<std::shared_ptr<const Table>> Catalog::save(Database& database, Table table) {
  for (auto& index : table.indexes) {
    if (index.id != 0) continue;
    TRY(database.execute("INSERT INTO indexes DEFAULT VALUES"));
    index.id = database.last_row();
  }
  const auto shape = to_text(to_json(table));
  if (table.id == 0) {
    TRY(database.execute("INSERT INTO tables(name, shape) VALUES(?, ?)", {table.name, shape}));
    table.id = database.last_row();
  } else {
    TRY(database.execute("UPDATE tables SET shape=? WHERE id=?", {shape, table.id}));
  }
  auto saved = std::make_shared<const Table>(std::move(table));
  tables_.insert_or_assign(saved->name, saved);
  return saved;
}

Done Catalog::remove(Database& database, const Table& table) {
  TRY(database.execute("DELETE FROM tables WHERE id=?", {table.id}));
  for (const auto& index : table.indexes) TRY(database.execute("DELETE FROM indexes WHERE id=?", {index.id}));
  tables_.erase(tables_.find(table.name));
  return done();
}

}  // namespace tandem::deploy::local::table
