#include "deploy/local/table/item_read.hpp"

#include "deploy/local/table/refusal.hpp"

namespace tandem::deploy::local::table {

Result<std::vector<Path>> parse_item_projection(const Request& request) {
  TRY(request.refuse_legacy({"AttributesToGet"}));
  auto placeholders = TRY(Placeholders::parse(request.members(), {"ProjectionExpression"}));
  const auto text = TRY(request.text("ProjectionExpression"));
  if (!text) return std::vector<Path>{};
  auto paths = TRY(parse_projection(*text, placeholders));
  TRY(placeholders.finish());
  return paths;
}

Result<ItemRead> parse_item_read(const Request& request) {
  ItemRead out;
  out.table = TRY(request.table_name());
  const auto* key = request.find("Key");
  if (key == nullptr)
    return invalid("1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null");
  out.key = TRY(parse_item(*key));
  out.projection = TRY(parse_item_projection(request));
  return out;
}

}  // namespace tandem::deploy::local::table
