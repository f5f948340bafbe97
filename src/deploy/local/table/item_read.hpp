#pragma once
// One item to be read by its key: GetItem, BatchGetItem, TransactGetItems.

#include <string>
#include <vector>

#include "deploy/local/table/expression.hpp"
#include "deploy/local/table/request.hpp"

namespace tandem::deploy::local::table {

struct ItemRead {
  std::string table;
  Item key;
  std::vector<Path> projection;   ///< empty: everything
  Item shown(const Item& item) const { return projection.empty() ? item : project(item, projection); }
};

/// ProjectionExpression with its names; empty when there is none. Errors: ValidationException.
Result<std::vector<Path>> parse_item_projection(const Request& request);
/// Reads TableName, Key and projection. Errors: ValidationException.
Result<ItemRead> parse_item_read(const Request& request);

}  // namespace tandem::deploy::local::table
