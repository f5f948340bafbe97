// BatchGetItem and BatchWriteItem. Here a batch of writes is one change: all of it or, if storage fails, none.
#include <set>

#include "deploy/local/table/item_read.hpp"
#include "deploy/local/table/item_write.hpp"
#include "deploy/local/table/operations.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr size_t gets_max = 100;
constexpr size_t writes_max = 25;
constexpr size_t answer_bytes_max = 16UL << 20;

Result<const json::object*> request_items(const Request& request) {
  const auto* items = request.find("RequestItems");
  if (items == nullptr)
    return invalid("1 validation error detected: Value null at 'requestItems' failed to satisfy constraint: Member must not be null");
  if (!items->is_object()) return misshapen("Unexpected value type in payload");
  if (items->get_object().empty())
    return invalid("1 validation error detected: Value '{{}}' at 'requestItems' failed to satisfy constraint: Member must have length greater than or equal to 1");
  return &items->get_object();
}

/// The keys wanted of one table.
struct TableGets {
  std::string name;   ///< as the request wrote it; the answer repeats it
  std::vector<Item> keys;
  std::vector<Path> projection;
  bool is_strong = false;
};

Result<TableGets> parse_gets(std::string_view name, const json::value& wire) {
  const auto request = TRY(Request::of(wire));
  TableGets out{.name = std::string(name)};
  const auto keys = TRY(request.list("Keys"));
  if (!keys || keys->empty())
    return invalid("1 validation error detected: Value at 'requestItems.{}.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1", name);
  if (keys->size() > gets_max) return invalid("Too many items requested for the BatchGetItem call");
  for (const auto& key : *keys) {
    auto item = TRY(parse_item(key));
    out.keys.push_back(std::move(item));
  }
  out.projection = TRY(parse_item_projection(request));
  out.is_strong = TRY(request.flag("ConsistentRead"));
  return out;
}

std::string bare_name(const std::string& name) {
  const auto at = name.find(":table/");
  return at == std::string::npos ? name : name.substr(at + 7);
}

/// Answers one table's keys until the answer is full; what did not fit is left over.
struct GetAnswer {
  json::object responses;
  json::object unprocessed;
  json::array costs;
  size_t bytes = 0;
};

Done answer_gets(const TableGets& gets, const Table& table, Database& database, CostDetail detail, GetAnswer& out) {
  std::set<ItemKey> seen;
  std::vector<ItemKey> keys;
  for (const auto& key : gets.keys) {
    auto place = TRY(key_of(table.key, key));
    keys.push_back(std::move(place));
    if (!seen.insert(keys.back()).second) return invalid("Provided list of item keys contains duplicates");
  }
  json::array found;
  json::array left;
  Cost cost;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto item = TRY(Rows(database).find(table, keys[i]));
    const auto size = item ? size_bytes(*item) : 0;
    if (out.bytes + size > answer_bytes_max) {
      left.push_back(to_json(gets.keys[i]));
      continue;
    }
    out.bytes += size;
    cost.own += read_units(size, gets.is_strong ? Reading::Strong : Reading::Eventual);
    if (item) found.push_back(to_json(gets.projection.empty() ? *item : project(*item, gets.projection)));
  }
  out.responses[gets.name] = std::move(found);
  if (!left.empty()) {
    json::object again{{"ConsistentRead", gets.is_strong}};
    again["Keys"] = std::move(left);
    out.unprocessed[gets.name] = std::move(again);
  }
  if (detail != CostDetail::None) out.costs.push_back(to_json(cost, table, detail));
  return done();
}

/// Reads one member of a table's list of writes.
Result<ItemWrite> parse_batched_write(std::string_view table, const json::value& wire) {
  const auto request = TRY(Request::of(wire));
  const auto put = TRY(request.object("PutRequest"));
  const auto remove = TRY(request.object("DeleteRequest"));
  if (put.has_value() == remove.has_value())
    return invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes");
  ItemWrite out{.kind = put ? ItemWrite::Kind::Put : ItemWrite::Kind::Delete, .table = bare_name(std::string(table))};
  const auto* member = put ? put->find("Item") : remove->find("Key");
  if (member == nullptr)
    return invalid("1 validation error detected: Value null at 'requestItems.{}.member.1.member.{}' failed to satisfy constraint: Member must not be null",
                   table, put ? "putRequest.item" : "deleteRequest.key");
  out.item = TRY(parse_item(*member));
  for (const auto& [name, value] : out.item)
    if (name.empty()) return invalid("Empty attribute name");
  return out;
}

Result<std::vector<ItemWrite>> parse_batched_writes(const json::object& items) {
  std::vector<ItemWrite> out;
  for (const auto& pair : items) {
    const auto* wires = pair.value().if_array();
    if (wires == nullptr) return misshapen("Unexpected value type in payload");
    if (wires->empty())
      return invalid("1 validation error detected: Value '[]' at 'requestItems.{}.member' failed to satisfy constraint: Member must have length greater than or equal to 1", std::string_view(pair.key()));
    if (out.size() + wires->size() > writes_max) return invalid("Too many items requested for the BatchWriteItem call");
    for (const auto& wire : *wires) {
      auto write = TRY(parse_batched_write(pair.key(), wire));
      out.push_back(std::move(write));
    }
  }
  return out;
}

Result<TableAnswer> write_all(const std::vector<ItemWrite>& writes, CostDetail detail, Ledger& ledger) {
  std::set<std::pair<std::string, ItemKey>> seen;
  for (const auto& write : writes) {
    const auto table = TRY(ledger.catalog.get(write.table));
    auto key = TRY(key_of(write, *table));
    if (!seen.emplace(write.table, std::move(key)).second) return invalid("Provided list of item keys contains duplicates");
  }
  std::map<std::string, Cost> costs;
  for (const auto& write : writes) {
    const auto outcome = TRY(apply(write, *ledger.catalog.find(write.table), ledger.rows));
    costs[write.table] += std::get<Written>(outcome).cost;
  }
  json::object body{{"UnprocessedItems", json::object()}};
  if (detail == CostDetail::None) return TableAnswer{200, std::move(body)};
  json::array shown;
  for (const auto& [name, cost] : costs) shown.push_back(to_json(cost, *ledger.catalog.find(name), detail));
  body["ConsumedCapacity"] = std::move(shown);
  return TableAnswer{200, std::move(body)};
}

}  // namespace

Result<TableAnswer> batch_get_item(Tables& tables, const Request& request) {
  const auto* items = TRY(request_items(request));
  const auto detail = TRY(cost_detail(request));
  std::vector<TableGets> gets;
  size_t count = 0;
  for (const auto& pair : *items) {
    auto each = TRY(parse_gets(pair.key(), pair.value()));
    count += each.keys.size();
    gets.push_back(std::move(each));
  }
  if (count > gets_max) return invalid("Too many items requested for the BatchGetItem call");
  const auto catalog = tables.writer.catalog();
  auto answer = TRY(tables.readers.use([&](Database& database) -> Result<GetAnswer> {
    GetAnswer out;
    for (const auto& each : gets) {
      const auto table = TRY(catalog->get(bare_name(each.name)));
      TRY(answer_gets(each, *table, database, detail, out));
    }
    return out;
  }));
  json::object body;
  body["Responses"] = std::move(answer.responses);
  body["UnprocessedKeys"] = std::move(answer.unprocessed);
  if (detail != CostDetail::None) body["ConsumedCapacity"] = std::move(answer.costs);
  return TableAnswer{200, std::move(body)};
}

Result<TableAnswer> batch_write_item(Tables& tables, const Request& request) {
  const auto* items = TRY(request_items(request));
  const auto detail = TRY(cost_detail(request));
  auto writes = TRY(parse_batched_writes(*items));
  return tables.writer.submit([writes = std::move(writes), detail](Ledger& ledger) { return write_all(writes, detail, ledger); });
}

}  // namespace tandem::deploy::local::table
