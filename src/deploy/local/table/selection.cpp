#include "deploy/local/table/selection.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {
namespace {

using Show = Selection::Show;
enum class Kind { Query, Scan };
constexpr std::int64_t segments_max = 1'000'000;

Done parse_show(const Request& request, Selection& out) {
  const auto word = TRY(request.word("Select", {"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"}));
  const bool has_projection = !out.projection.empty();
  if (!word) return done();
  const auto refuse = [&](std::string_view what) {
    return invalid("Cannot specify the ProjectionExpression when choosing to get {}", what);
  };
  if (*word == "COUNT") out.show = Show::Count;
  if (*word == "ALL_ATTRIBUTES") out.show = Show::All;
  if (*word == "ALL_PROJECTED_ATTRIBUTES") out.show = Show::Projected;
  if (*word == "SPECIFIC_ATTRIBUTES") out.show = Show::Chosen;
  if (out.show == Show::Projected && !out.index)
    return invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  if (out.show == Show::Chosen && !has_projection)
    return invalid("Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
  if (has_projection && out.show == Show::Count) return refuse("only the Count");
  if (has_projection && out.show == Show::All) return refuse("ALL_ATTRIBUTES");
  if (has_projection && out.show == Show::Projected) return refuse("ALL_PROJECTED_ATTRIBUTES");
  return done();
}

Done parse_expressions(const Request& request, Selection& out, Kind kind) {
  auto placeholders = TRY(kind == Kind::Scan ? Placeholders::parse(request.members(), {"FilterExpression", "ProjectionExpression"})
                                             : Placeholders::parse(request.members(), {"FilterExpression", "KeyConditionExpression", "ProjectionExpression"}));
  if (const auto text = TRY(request.text("FilterExpression")))
    out.filter = TRY(parse_condition(*text, "FilterExpression", placeholders));
  if (const auto text = TRY(request.text("KeyConditionExpression")); text && kind == Kind::Query)
    out.key_condition = TRY(parse_condition(*text, "KeyConditionExpression", placeholders));
  if (const auto text = TRY(request.text("ProjectionExpression")))
    out.projection = TRY(parse_projection(*text, placeholders));
  return placeholders.finish();
}

Result<Selection> parse_common(const Request& request, Kind kind) {
  TRY(request.refuse_legacy({"KeyConditions", "QueryFilter", "ScanFilter", "ConditionalOperator", "AttributesToGet"}));
  Selection out;
  out.table = TRY(request.table_name());
  out.index = TRY(request.text("IndexName"));
  out.limit = TRY(request.integer("Limit"));
  if (out.limit && *out.limit < 1)
    return invalid("1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1", *out.limit);
  out.is_strong = TRY(request.flag("ConsistentRead"));
  out.detail = TRY(cost_detail(request));
  TRY(parse_expressions(request, out, kind));
  TRY(parse_show(request, out));
  if (const auto* start = request.find("ExclusiveStartKey")) out.start = TRY(parse_item(*start));
  return out;
}

Done parse_segment(const Request& request, Selection& out) {
  const auto segment = TRY(request.integer("Segment"));
  const auto segments = TRY(request.integer("TotalSegments"));
  const auto refuse = [](std::string_view name, std::int64_t value, std::string_view how, std::int64_t bound) {
    return invalid("1 validation error detected: Value '{}' at '{}' failed to satisfy constraint: Member must have value {} than or equal to {}", value, name, how, bound);
  };
  if (segment && *segment < 0) return refuse("segment", *segment, "greater", 0);
  if (segments && *segments < 1) return refuse("totalSegments", *segments, "greater", 1);
  if (segments && *segments > segments_max) return refuse("totalSegments", *segments, "less", segments_max);
  if (segment && !segments)
    return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present");
  if (segments && !segment)
    return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present");
  if (!segments) return done();
  if (*segment >= *segments)
    return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {} is not less than TotalSegments: {}", *segment, *segments);
  out.segment = *segment;
  out.segments = *segments;
  return done();
}

/// The place that ExclusiveStartKey names, put into the walk.
Done set_start(const Selection& selection, const Table& table, const std::optional<KeyRange>& range, Walk& walk) {
  if (!selection.start) return done();
  const auto& start = *selection.start;
  std::set<std::string> wanted;
  for (const auto& key : table.key.attributes()) wanted.insert(key.name);
  if (walk.index != nullptr)
    for (const auto& key : walk.index->key.attributes()) wanted.insert(key.name);
  const auto item = key_of(table.key, key_attributes(table, nullptr, start));
  const auto entry = walk.index == nullptr ? std::optional<ItemKey>{} : index_key(*walk.index, start);
  const bool is_complete = start.size() == wanted.size() && item && (walk.index == nullptr || entry);
  if (!is_complete) return invalid("The provided starting key is invalid: The provided key element does not match the schema");
  walk.after_item = *item;
  walk.after_entry = entry;
  const auto& place = walk.index == nullptr ? *item : *entry;
  if (range && place.hash != range->hash)
    return invalid("The provided starting key is outside query boundaries based on provided conditions");
  if (range && !range->holds(place.range)) return invalid("The provided starting key does not match the range key predicate");
  if (!range && (place.slot < walk.slot_from || place.slot >= walk.slot_to))
    return invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: {} Segment: {}",
                   selection.segments, selection.segment);
  return done();
}

Done refuse_keys_in_filter(const Node& filter, const KeySchema& schema) {
  const auto used = roots(filter);
  for (const auto& key : schema.attributes())
    if (used.contains(key.name))
      return invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: {}", key.name);
  return done();
}

/// The attributes of the projection that the index does not hold.
std::vector<std::string> not_held(const Selection& selection, const Table& table, const Index& index) {
  std::vector<std::string> out;
  for (const auto& path : selection.projection)
    if (!has(table, index, root(path))) out.push_back(root(path));
  return out;
}

/// Queries refuse a filter that the index cannot answer; scans find the attribute absent.
Done refuse_filter_beyond(const Selection& selection, const Table& table, const Index& index) {
  if (!selection.filter || !selection.key_condition) return done();
  std::vector<std::string> missing;
  for (const auto& name : roots(*selection.filter))
    if (!has(table, index, name)) missing.push_back(name);
  if (missing.empty()) return done();
  return invalid("One or more parameter values were invalid: Secondary index {} does not project one or more filter attributes: [{}]",
                 index.name, join(missing, ", "));
}

}  // namespace

Result<Selection> parse_query(const Request& request) {
  auto out = TRY(parse_common(request, Kind::Query));
  const auto forward = request.find("ScanIndexForward");
  if (forward != nullptr) out.is_ascending = TRY(request.flag("ScanIndexForward"));
  if (!out.key_condition)
    return invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
  return out;
}

Result<Selection> parse_scan(const Request& request) {
  auto out = TRY(parse_common(request, Kind::Scan));
  TRY(parse_segment(request, out));
  return out;
}

Result<Walk> walk_of(const Selection& selection, const Table& table) {
  Walk walk{.table = table};
  if (selection.index) {
    walk.index = table.index(*selection.index);
    if (walk.index == nullptr) return invalid("The table does not have the specified index: {}", *selection.index);
    if (selection.is_strong && walk.index->scope == Index::Scope::Global)
      return invalid("Consistent reads are not supported on global secondary indexes");
  }
  const auto& schema = walk.index != nullptr ? walk.index->key : table.key;
  std::optional<KeyRange> range;
  if (selection.key_condition) {
    range = TRY(key_range_of(*selection.key_condition, schema));
    if (selection.filter) TRY(refuse_keys_in_filter(*selection.filter, schema));
    walk.hash = range->hash;
    walk.low = range->low;
    walk.high = range->high;
  } else {
    walk.slot_from = (selection.segment << 32) / selection.segments;
    walk.slot_to = ((selection.segment + 1) << 32) / selection.segments;
  }
  walk.is_ascending = selection.is_ascending;
  TRY(set_start(selection, table, range, walk));
  return walk;
}

Result<bool> shows_whole_items(const Selection& selection, const Table& table, const Index* index) {
  if (index == nullptr || index->projection == Index::Projection::All) return true;
  const bool is_global = index->scope == Index::Scope::Global;
  TRY(refuse_filter_beyond(selection, table, *index));
  if (selection.show == Show::All && is_global)
    return invalid("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection type is not ALL", index->name);
  if (selection.show == Show::All) return true;
  const auto missing = not_held(selection, table, *index);
  if (!missing.empty() && is_global)
    return invalid("One or more parameter values were invalid: Global secondary index {} does not project [{}]", index->name, join(missing, ", "));
  return !missing.empty();
}

}  // namespace tandem::deploy::local::table
