#include "deploy/local/table/capacity.hpp"

#include <algorithm>

namespace tandem::deploy::local::table {
namespace {

double units(size_t bytes, size_t unit) {
  return static_cast<double>(std::max<size_t>(1, (bytes + unit - 1) / unit));
}

double write_units(size_t bytes) { return units(bytes, 1024); }

double entry_units(const Table& table, const Index& index, const std::optional<Item>& before, const std::optional<Item>& after) {
  const auto old_key = before ? index_key(index, *before) : std::nullopt;
  const auto new_key = after ? index_key(index, *after) : std::nullopt;
  if (!old_key && !new_key) return 0;
  const auto old_entry = old_key ? projected(table, index, *before) : Item{};
  const auto new_entry = new_key ? projected(table, index, *after) : Item{};
  if (old_key && new_key && *old_key == *new_key)
    return old_entry == new_entry ? 0 : write_units(std::max(size_bytes(old_entry), size_bytes(new_entry)));
  return (old_key ? write_units(size_bytes(old_entry)) : 0) + (new_key ? write_units(size_bytes(new_entry)) : 0);
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
  own += other.own;
  for (const auto& [name, used] : other.indexes) indexes[name] += used;
  return *this;
}

double Cost::total() const {
  double out = own;
  for (const auto& [name, used] : indexes) out += used;
  return out;
}

Cost doubled(Cost cost) {
  cost += Cost(cost);
  return cost;
}

Result<CostDetail> cost_detail(const Request& request) {
  const auto word = TRY(request.word("ReturnConsumedCapacity", {"INDEXES", "TOTAL", "NONE"}));
  if (word == "INDEXES") return CostDetail::Indexes;
  return word == "TOTAL" ? CostDetail::Total : CostDetail::None;
}

double read_units(size_t bytes, Reading reading) {
  const auto strong = units(bytes, 4096);
  if (reading == Reading::Transactional) return strong * 2;
  return reading == Reading::Strong ? strong : strong / 2;
}

Cost write_cost(const Table& table, const std::optional<Item>& before, const std::optional<Item>& after) {
  Cost out;
  out.own = write_units(std::max(before ? size_bytes(*before) : 0, after ? size_bytes(*after) : 0));
  for (const auto& index : table.indexes)
    if (const auto used = entry_units(table, index, before, after); used > 0) out.indexes[index.name] = used;
  return out;
}

json::object to_json(const Cost& cost, const Table& table, CostDetail detail) {
  json::object out{{"TableName", table.name}, {"CapacityUnits", cost.total()}};
  if (detail != CostDetail::Indexes) return out;
  out["Table"] = json::object{{"CapacityUnits", cost.own}};
  for (const auto& index : table.indexes) {
    const auto used = cost.indexes.find(index.name);
    if (used == cost.indexes.end()) continue;
    const auto* member = index.scope == Index::Scope::Global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
    auto& indexes = out[member];
    if (!indexes.is_object()) indexes = json::object();
    indexes.as_object()[index.name] = json::object{{"CapacityUnits", used->second}};
  }
  return out;
}

}  // namespace tandem::deploy::local::table
