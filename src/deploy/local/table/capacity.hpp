#pragma once
// Capacity units as the service counts them; nothing is limited by them here.

#include <map>
#include <optional>
#include <string>

#include "deploy/local/table/request.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {

/// What one operation consumed of one table.
struct Cost {
  double own = 0;                            ///< of the table itself
  std::map<std::string, double> indexes{};   ///< by index name
  Cost& operator+=(const Cost& other);
  double total() const;
};

/// ReturnConsumedCapacity.
enum class CostDetail { None, Total, Indexes };
Result<CostDetail> cost_detail(const Request& request);

/// Strongly consistent reads count twice, transactional ones four times what eventual ones do.
enum class Reading { Eventual, Strong, Transactional };
double read_units(size_t bytes, Reading reading);
/// Replacing `before` by `after`, with the index entries that change by it.
Cost write_cost(const Table& table, const std::optional<Item>& before, const std::optional<Item>& after);
Cost doubled(Cost cost);

/// The ConsumedCapacity member. Not for CostDetail::None.
json::object to_json(const Cost& cost, const Table& table, CostDetail detail);

}  // namespace tandem::deploy::local::table
