#pragma once
// What a Query or Scan asks for, read against its table: where to walk, what to keep, what to show.

#include <optional>
#include <string>
#include <vector>

#include "deploy/local/table/capacity.hpp"
#include "deploy/local/table/expression.hpp"
#include "deploy/local/table/key_condition.hpp"

namespace tandem::deploy::local::table {

/// The request before the table is known.
struct Selection {
  enum class Show { All, Projected, Count, Chosen };
  std::string table;
  std::optional<std::string> index{};
  std::optional<Node> key_condition{};
  std::optional<Node> filter{};
  std::vector<Path> projection{};
  std::optional<Show> show{};
  std::optional<std::int64_t> limit{};
  std::optional<Item> start{};
  bool is_ascending = true;
  bool is_strong = false;
  std::int64_t segment = 0;
  std::int64_t segments = 1;
  CostDetail detail = CostDetail::None;
};

/// Errors: ValidationException, SerializationException.
Result<Selection> parse_query(const Request& request);
Result<Selection> parse_scan(const Request& request);

/// The walk that answers the selection. Borrows both. Errors: ValidationException.
Result<Walk> walk_of(const Selection& selection, const Table& table);
/// Whether items must be shown as they are in the table rather than as the index holds them. Errors: ValidationException.
Result<bool> shows_whole_items(const Selection& selection, const Table& table, const Index* index);

}  // namespace tandem::deploy::local::table
