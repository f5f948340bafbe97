// CreateTable, DescribeTable, UpdateTable, DeleteTable, ListTables.
#include <algorithm>

#include "deploy/local/table/operations.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr std::int64_t listed_max = 100;

Error no_table(std::string_view name) {
  return refusal(exception::not_found, Fault::Missing, "Requested resource not found: Table: {} not found", name);
}

Result<std::shared_ptr<const Table>> table_named(const Catalog& catalog, const std::string& name) {
  auto table = catalog.find(name);
  if (table == nullptr) return no_table(name);
  return table;
}

Result<std::vector<TableSize>> sizes_of(const Table& table, Database& database) {
  Rows rows(database);
  std::vector<TableSize> out;
  const auto own = TRY(rows.size(table));
  out.push_back(own);
  for (const auto& index : table.indexes) {
    const auto size = TRY(rows.size(table, index));
    out.push_back(size);
  }
  return out;
}

/// The body of an answer that shows a table.
TableAnswer shown(json::object description) {
  json::object body;
  body["TableDescription"] = std::move(description);
  return {200, std::move(body)};
}

/// What UpdateTable changes.
struct Alteration {
  std::string table;
  std::vector<KeyAttribute> attributes;
  std::optional<Index> added;
  std::string removed;          ///< name of an index
  json::object settings;        ///< members of Table::settings to replace
  std::vector<std::pair<std::string, json::object>> throughputs;   ///< of indexes, without effect
};

Done parse_index_update(const Request& update, Alteration& out) {
  if (const auto creation = TRY(update.object("Create")))
    out.added = TRY(parse_index(creation->members(), Index::Scope::Global, out.attributes));
  if (const auto removal = TRY(update.object("Delete"))) out.removed = TRY(removal->required_text("IndexName"));
  if (const auto change = TRY(update.object("Update"))) {
    auto name = TRY(change->required_text("IndexName"));
    out.throughputs.emplace_back(std::move(name), change->members());
  }
  return done();
}

Done parse_index_updates(const Request& request, Alteration& out) {
  const auto updates = TRY(request.list("GlobalSecondaryIndexUpdates"));
  if (!updates) return done();
  int structural = 0;
  for (const auto& wire : *updates) {
    const auto update = TRY(Request::of(wire));
    if (update.find("Create") != nullptr || update.find("Delete") != nullptr) ++structural;
  }
  if (structural > 1)
    return refusal(exception::limit, Fault::Invalid, "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table");
  for (const auto& wire : *updates) {
    const auto update = TRY(Request::of(wire));
    TRY(parse_index_update(update, out));
  }
  return done();
}

Result<Alteration> parse_alteration(const Request& request) {
  Alteration out;
  out.table = TRY(request.table_name());
  if (const auto* attributes = request.find("AttributeDefinitions")) out.attributes = TRY(parse_attributes(attributes));
  for (const auto* name : {"BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "StreamSpecification", "SSESpecification",
                           "TableClass", "DeletionProtectionEnabled", "WarmThroughput"})
    if (const auto* value = request.find(name)) out.settings[name] = *value;
  const auto billing = TRY(request.word("BillingMode", {"PROVISIONED", "PAY_PER_REQUEST"}));
  const auto* throughput = request.find("ProvisionedThroughput");
  if (billing == "PROVISIONED" && throughput == nullptr)
    return invalid("One or more parameter values were invalid: ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  if (billing == "PAY_PER_REQUEST" && throughput != nullptr)
    return invalid("One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
  if (throughput != nullptr) TRY(check_throughput(*throughput));
  TRY(parse_index_updates(request, out));
  if (out.settings.empty() && !out.added && out.removed.empty() && out.throughputs.empty())
    return invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
  return out;
}

void merge_attributes(const std::vector<KeyAttribute>& given, Table& table) {
  for (const auto& attribute : given)
    if (std::ranges::find(table.attributes, attribute.name, &KeyAttribute::name) == table.attributes.end())
      table.attributes.push_back(attribute);
}

void drop_unused_attributes(Table& table) {
  std::erase_if(table.attributes, [&](const KeyAttribute& attribute) {
    const auto uses = [&](const KeySchema& key) { return std::ranges::count(key.attributes(), attribute) > 0; };
    return !uses(table.key) && std::ranges::none_of(table.indexes, [&](const Index& index) { return uses(index.key); });
  });
}

Done change_indexes(const Alteration& alteration, Table& table) {
  if (alteration.added) {
    if (table.index(alteration.added->name) != nullptr)
      return invalid("Attempting to create an index which already exists");
    merge_attributes(alteration.attributes, table);
    table.indexes.push_back(*alteration.added);
    TRY(check_attributes(table));
  }
  if (!alteration.removed.empty()) {
    const auto* index = table.index(alteration.removed);
    if (index == nullptr || index->scope != Index::Scope::Global)
      return refusal(exception::not_found, Fault::Missing, "Requested resource not found");
    std::erase_if(table.indexes, [&](const Index& each) { return each.name == alteration.removed; });
    drop_unused_attributes(table);
  }
  for (const auto& [name, settings] : alteration.throughputs) {
    const auto index = std::ranges::find(table.indexes, name, &Index::name);
    if (index == table.indexes.end()) return refusal(exception::not_found, Fault::Missing, "Requested resource not found");
    for (const auto* member : {"ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput"})
      if (const auto* value = settings.if_contains(member)) index->settings[member] = *value;
  }
  return done();
}

/// The description while the change is under way, as the service answers UpdateTable: a new index is being made, and
/// one that goes is still there.
json::object describe_change(const Alteration& alteration, Table table, const Index* gone, const Account& account, const std::vector<TableSize>& sizes) {
  if (gone != nullptr) table.indexes.push_back(*gone);
  auto out = describe(table, account, sizes, "UPDATING");
  auto* indexes = out.if_contains("GlobalSecondaryIndexes");
  if (indexes == nullptr) return out;
  for (auto& index : indexes->as_array()) {
    const std::string_view name = index.at("IndexName").as_string();
    if (alteration.added && name == alteration.added->name) {
      index.as_object()["IndexStatus"] = "CREATING";
      index.as_object()["Backfilling"] = false;
    }
    if (name == alteration.removed) index.as_object()["IndexStatus"] = "DELETING";
  }
  return out;
}

Result<TableAnswer> alter(const Alteration& alteration, const Account& account, Ledger& ledger) {
  const auto old = TRY(table_named(ledger.catalog, alteration.table));
  auto table = *old;
  for (const auto& pair : alteration.settings) table.settings[pair.key()] = pair.value();
  if (table.billing() == "PAY_PER_REQUEST") table.settings.erase("ProvisionedThroughput");
  TRY(change_indexes(alteration, table));
  const auto* gone = old->index(alteration.removed);
  if (gone != nullptr) TRY(ledger.rows.clear(*gone));
  // The catalog is last; an index gets its id there, so its entries follow, which only storage trouble can stop.
  const auto saved = TRY(ledger.catalog.save(ledger.database, std::move(table)));
  if (alteration.added) TRY(ledger.rows.fill(*saved, saved->indexes.back()));
  const auto sizes = TRY(sizes_of(*saved, ledger.database));
  return shown(describe_change(alteration, *saved, gone, account, sizes));
}

}  // namespace

Result<TableAnswer> create_table(Tables& tables, const Request& request) {
  auto table = TRY(parse_table(request.members()));
  return tables.writer.submit([table = std::move(table), account = tables.account](Ledger& ledger) mutable -> Result<TableAnswer> {
    if (ledger.catalog.find(table.name) != nullptr)
      return refusal(exception::in_use, Fault::Conflict, "Table already exists: {}", table.name);
    table.created = ledger.now;
    const auto saved = TRY(ledger.catalog.save(ledger.database, std::move(table)));
    return shown(describe(*saved, account, {}, "CREATING"));
  });
}

Result<TableAnswer> describe_table(Tables& tables, const Request& request) {
  const auto name = TRY(request.table_name());
  const auto table = TRY(table_named(*tables.writer.catalog(), name));
  const auto sizes = TRY(tables.readers.use([&](Database& database) { return sizes_of(*table, database); }));
  json::object body;
  body["Table"] = describe(*table, tables.account, sizes);
  return TableAnswer{200, std::move(body)};
}

Result<TableAnswer> delete_table(Tables& tables, const Request& request) {
  const auto name = TRY(request.table_name());
  return tables.writer.submit([name, account = tables.account](Ledger& ledger) -> Result<TableAnswer> {
    const auto table = TRY(table_named(ledger.catalog, name));
    if (table->is_protected())
      return invalid("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.");
    TRY(ledger.rows.clear(*table));
    TRY(ledger.catalog.remove(ledger.database, *table));
    return shown(describe(*table, account, {}, "DELETING"));
  });
}

Result<TableAnswer> update_table(Tables& tables, const Request& request) {
  auto alteration = TRY(parse_alteration(request));
  return tables.writer.submit([alteration = std::move(alteration), account = tables.account](Ledger& ledger) { return alter(alteration, account, ledger); });
}

Result<TableAnswer> list_tables(Tables& tables, const Request& request) {
  const auto limit = TRY(request.integer("Limit"));
  if (limit && (*limit < 1 || *limit > listed_max))
    return invalid("1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: Member must have value {} than or equal to {}",
                   *limit, *limit < 1 ? "greater" : "less", *limit < 1 ? 1 : listed_max);
  const auto start = TRY(request.text("ExclusiveStartTableName"));
  const auto catalog = tables.writer.catalog();
  json::array names;
  json::object body;
  for (auto each = start ? catalog->tables().upper_bound(*start) : catalog->tables().begin(); each != catalog->tables().end(); ++each) {
    if (static_cast<std::int64_t>(names.size()) == limit.value_or(listed_max)) {
      body["LastEvaluatedTableName"] = names.back();
      break;
    }
    names.emplace_back(each->first);
  }
  body["TableNames"] = std::move(names);
  return TableAnswer{200, std::move(body)};
}

}  // namespace tandem::deploy::local::table
