// PutItem, UpdateItem, DeleteItem, GetItem.
#include "deploy/local/table/item_read.hpp"
#include "deploy/local/table/item_write.hpp"
#include "deploy/local/table/operations.hpp"

namespace tandem::deploy::local::table {
namespace {

using Kind = ItemWrite::Kind;

/// What of the item the answer shows: ReturnValues.
Result<std::string> returned_values(const Request& request, Kind kind) {
  const auto word = TRY(request.word("ReturnValues", {"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}));
  if (!word) return std::string("NONE");
  if (kind != Kind::Update && *word != "NONE" && *word != "ALL_OLD") return invalid("Return values set to invalid value");
  return *word;
}

Item shown(const std::string& wanted, const ItemWrite& write, const Written& written) {
  const auto& item = wanted.ends_with("_OLD") ? written.before : written.after;
  if (wanted == "NONE" || !item) return {};
  if (wanted.starts_with("ALL")) return *item;
  return write.update ? project(*item, write.update->paths()) : Item{};
}

TableAnswer refused(const Unmet& unmet, const ItemWrite& write) {
  auto answer = answer_of(refusal(exception::condition, Fault::Conflict, "The conditional request failed"));
  if (write.shows_item_on_failure && unmet.item) answer.body.as_object()["Item"] = to_json(*unmet.item);
  return answer;
}

/// Size of a partition that local indexes share; the service gives a range in GB.
json::object collection_metrics(const Table& table, const Item& item) {
  return {{"ItemCollectionKey", json::object{{table.key.hash.name, to_json(item.at(table.key.hash.name))}}},
          {"SizeEstimateRangeGB", json::array{0.0, 1.0}}};
}

bool has_collections(const Table& table) {
  return std::ranges::any_of(table.indexes, [](const Index& index) { return index.scope == Index::Scope::Local; });
}

Result<TableAnswer> write_item(Tables& tables, const Request& request, Kind kind) {
  TRY(request.refuse_legacy({"Expected", "ConditionalOperator", "AttributeUpdates"}));
  auto write = TRY(parse_item_write(kind, request));
  auto wanted = TRY(returned_values(request, kind));
  const auto detail = TRY(cost_detail(request));
  const auto metrics = TRY(request.word("ReturnItemCollectionMetrics", {"SIZE", "NONE"}));
  return tables.writer.submit([write = std::move(write), wanted = std::move(wanted), detail, metrics](Ledger& ledger) -> Result<TableAnswer> {
    const auto table = TRY(ledger.catalog.get(write.table));
    const auto outcome = TRY(apply(write, *table, ledger.rows));
    if (const auto* unmet = std::get_if<Unmet>(&outcome)) return refused(*unmet, write);
    const auto& written = std::get<Written>(outcome);
    json::object body;
    if (const auto item = shown(wanted, write, written); !item.empty()) body["Attributes"] = to_json(item);
    if (detail != CostDetail::None) body["ConsumedCapacity"] = to_json(written.cost, *table, detail);
    if (metrics == "SIZE" && has_collections(*table)) body["ItemCollectionMetrics"] = collection_metrics(*table, write.item);
    return TableAnswer{200, std::move(body)};
  });
}

}  // namespace

Result<TableAnswer> put_item(Tables& tables, const Request& request) { return write_item(tables, request, Kind::Put); }
Result<TableAnswer> update_item(Tables& tables, const Request& request) { return write_item(tables, request, Kind::Update); }
Result<TableAnswer> delete_item(Tables& tables, const Request& request) { return write_item(tables, request, Kind::Delete); }

Result<TableAnswer> get_item(Tables& tables, const Request& request) {
  const auto read = TRY(parse_item_read(request));
  const auto detail = TRY(cost_detail(request));
  const auto is_strong = TRY(request.flag("ConsistentRead"));
  const auto table = TRY(tables.writer.catalog()->get(read.table));
  const auto key = TRY(key_of(table->key, read.key));
  const auto item = TRY(tables.readers.use([&](Database& database) { return Rows(database).find(*table, key); }));
  json::object body;
  if (item) body["Item"] = to_json(read.shown(*item));
  if (detail != CostDetail::None) {
    const Cost cost{read_units(item ? size_bytes(*item) : 0, is_strong ? Reading::Strong : Reading::Eventual)};
    body["ConsumedCapacity"] = to_json(cost, *table, detail);
  }
  return TableAnswer{200, std::move(body)};
}

}  // namespace tandem::deploy::local::table
