#pragma once
// Key conditions of queries: one partition, and a range of its sort keys.

#include <optional>
#include <string>

#include "deploy/local/table/expression.hpp"
#include "deploy/local/table/rows.hpp"

namespace tandem::deploy::local::table {

struct KeyRange {
  std::string hash;
  std::optional<Bound> low;
  std::optional<Bound> high;
  bool holds(std::string_view range) const;
};

/// Reads a parsed KeyConditionExpression against the schema. Errors: ValidationException.
Result<KeyRange> key_range_of(const Node& condition, const KeySchema& schema);

}  // namespace tandem::deploy::local::table
