// Query and Scan.
#include "deploy/local/table/operations.hpp"
#include "deploy/local/table/selection.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr size_t page_bytes_max = 1UL << 20;

/// One page under way.
struct Page {
  json::array items;
  std::int64_t count = 0;
  std::int64_t scanned = 0;
  size_t bytes = 0;
  std::optional<Item> last;   ///< set when the page ended before the walk
};

/// Reads items until the walk, the limit or the page ends.
Result<Page> read_page(const Selection& selection, const Walk& walk, bool whole, Database& database) {
  Page page;
  TRY(Rows(database).walk(walk, [&](Item item) -> Result<Visit> {
    if (walk.index != nullptr && !whole) item = projected(walk.table, *walk.index, item);
    ++page.scanned;
    page.bytes += size_bytes(item);
    const bool is_full = page.scanned == selection.limit || page.bytes >= page_bytes_max;
    if (is_full) page.last = key_attributes(walk.table, walk.index, item);
    if (!selection.filter || holds(*selection.filter, item)) {
      ++page.count;
      if (selection.show != Selection::Show::Count)
        page.items.push_back(to_json(selection.projection.empty() ? item : project(item, selection.projection)));
    }
    return is_full ? Visit::Stop : Visit::Next;
  }));
  return page;
}

Cost cost_of(const Selection& selection, const Walk& walk, const Page& page) {
  const auto used = read_units(page.bytes, selection.is_strong ? Reading::Strong : Reading::Eventual);
  if (walk.index == nullptr) return Cost{used};
  return Cost{0, {{walk.index->name, used}}};
}

Result<TableAnswer> read(Tables& tables, const Selection& selection) {
  const auto table = TRY(tables.writer.catalog()->get(selection.table));
  const auto walk = TRY(walk_of(selection, *table));
  const auto whole = TRY(shows_whole_items(selection, *table, walk.index));
  auto page = TRY(tables.readers.use([&](Database& database) { return read_page(selection, walk, whole, database); }));
  json::object body;
  if (selection.show != Selection::Show::Count) body["Items"] = std::move(page.items);
  body["Count"] = page.count;
  body["ScannedCount"] = page.scanned;
  if (page.last) body["LastEvaluatedKey"] = to_json(*page.last);
  if (selection.detail != CostDetail::None)
    body["ConsumedCapacity"] = to_json(cost_of(selection, walk, page), *table, selection.detail);
  return TableAnswer{200, std::move(body)};
}

}  // namespace

Result<TableAnswer> query(Tables& tables, const Request& request) {
  const auto selection = TRY(parse_query(request));
  return read(tables, selection);
}

Result<TableAnswer> scan(Tables& tables, const Request& request) {
  const auto selection = TRY(parse_scan(request));
  return read(tables, selection);
}

}  // namespace tandem::deploy::local::table
