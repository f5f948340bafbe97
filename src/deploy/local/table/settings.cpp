// Time to live, tags, backups: what a table carries besides its shape.
#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/table/operations.hpp"

namespace tandem::deploy::local::table {
namespace {

Result<std::shared_ptr<const Table>> tagged_table(const Catalog& catalog, const std::string& arn, const Account& account) {
  const auto at = arn.find(":table/");
  if (!arn.starts_with("arn:") || at == std::string::npos)
    return invalid("Invalid TableArn: Invalid ResourceArn provided as input {}", arn);
  auto table = catalog.find(arn.substr(at + 7));
  if (table == nullptr || table->arn(account) != arn)
    return refusal(exception::not_found, Fault::Missing, "Requested resource not found: ResourcArn: {} not found", arn);
  return table;
}

json::object backups_of(const Table& table) {
  json::object recovery{{"PointInTimeRecoveryStatus", table.is_backed_up ? "ENABLED" : "DISABLED"}};
  return {{"ContinuousBackupsDescription",
           json::object{{"ContinuousBackupsStatus", "ENABLED"}, {"PointInTimeRecoveryDescription", std::move(recovery)}}}};
}

Error no_such_table(std::string_view name) { return refusal("TableNotFoundException", Fault::Missing, "Table not found: {}", name); }

struct Expiry {
  std::string attribute;
  bool is_enabled = false;
};

Result<Expiry> parse_expiry(const Request& request) {
  const auto specification = TRY(request.object("TimeToLiveSpecification"));
  if (!specification)
    return invalid("1 validation error detected: Value null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null");
  Expiry out;
  out.attribute = TRY(specification->required_text("AttributeName"));
  if (out.attribute.empty()) return invalid("1 validation error detected: Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1");
  out.is_enabled = TRY(specification->flag("Enabled"));
  return out;
}

Result<TableAnswer> set_expiry(const std::string& name, const Expiry& wanted, Ledger& ledger) {
  const auto found = TRY(ledger.catalog.get(name));
  auto table = *found;
  if (wanted.is_enabled && table.expiry == wanted.attribute) return invalid("TimeToLive is already enabled");
  if (!wanted.is_enabled && table.expiry.empty()) return invalid("TimeToLive is already disabled");
  if (!table.expiry.empty() && table.expiry != wanted.attribute) return invalid("TimeToLive is active on a different AttributeName: current AttributeName is {}", table.expiry);
  table.expiry = wanted.is_enabled ? wanted.attribute : "";
  TRY(ledger.rows.mark_expiry(table));
  TRY(ledger.catalog.save(ledger.database, std::move(table)));
  return TableAnswer{200, json::object{{"TimeToLiveSpecification", json::object{{"Enabled", wanted.is_enabled}, {"AttributeName", wanted.attribute}}}}};
}

/// Runs a change of tags on the table that ResourceArn names.
Result<TableAnswer> change_tags(Tables& tables, const Request& request, std::function<Done(Table&)> change) {
  const auto arn = TRY(request.required_text("ResourceArn"));
  return tables.writer.submit([arn, change = std::move(change), account = tables.account](Ledger& ledger) -> Result<TableAnswer> {
    const auto found = TRY(tagged_table(ledger.catalog, arn, account));
    auto table = *found;
    TRY(change(table));
    TRY(ledger.catalog.save(ledger.database, std::move(table)));
    return TableAnswer{};
  });
}

}  // namespace

Result<TableAnswer> update_time_to_live(Tables& tables, const Request& request) {
  auto name = TRY(request.table_name());
  auto wanted = TRY(parse_expiry(request));
  return tables.writer.submit([name = std::move(name), wanted = std::move(wanted)](Ledger& ledger) { return set_expiry(name, wanted, ledger); });
}

Result<TableAnswer> describe_time_to_live(Tables& tables, const Request& request) {
  const auto name = TRY(request.table_name());
  const auto table = tables.writer.catalog()->find(name);
  if (table == nullptr) return refusal(exception::not_found, Fault::Missing, "Requested resource not found: Table: {} not found", name);
  json::object description{{"TimeToLiveStatus", table->expiry.empty() ? "DISABLED" : "ENABLED"}};
  if (!table->expiry.empty()) description["AttributeName"] = table->expiry;
  return TableAnswer{200, json::object{{"TimeToLiveDescription", std::move(description)}}};
}

Result<TableAnswer> tag_resource(Tables& tables, const Request& request) {
  const auto wires = TRY(request.list("Tags"));
  if (!wires) return invalid("1 validation error detected: Value null at 'tags' failed to satisfy constraint: Member must not be null");
  if (wires->empty()) return invalid("Atleast one Tag needs to be provided as Input.");
  std::vector<std::pair<std::string, std::string>> added;
  for (const auto& wire : *wires) {
    const auto tag = TRY(Request::of(wire));
    auto key = TRY(tag.required_text("Key"));
    auto value = TRY(tag.required_text("Value"));
    added.emplace_back(std::move(key), std::move(value));
  }
  return change_tags(tables, request, [added = std::move(added)](Table& table) -> Done {
    for (const auto& tag : added) {
      std::erase_if(table.tags, [&](const auto& old) { return old.first == tag.first; });
      table.tags.push_back(tag);
    }
    if (table.tags.size() > 50) return invalid("One or more parameter values were invalid: Too many tags: a table may have 50");
    return done();
  });
}

Result<TableAnswer> untag_resource(Tables& tables, const Request& request) {
  auto keys = TRY(request.texts("TagKeys"));
  if (!keys) return invalid("1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null");
  if (keys->empty()) return invalid("Atleast one Tag Key needs to be provided as Input.");
  return change_tags(tables, request, [keys = std::move(*keys)](Table& table) -> Done {
    std::erase_if(table.tags, [&](const auto& tag) { return std::ranges::find(keys, tag.first) != keys.end(); });
    return done();
  });
}

Result<TableAnswer> list_tags_of_resource(Tables& tables, const Request& request) {
  const auto arn = TRY(request.required_text("ResourceArn"));
  const auto table = TRY(tagged_table(*tables.writer.catalog(), arn, tables.account));
  json::array tags;
  for (const auto& [key, value] : table->tags) tags.push_back(json::object{{"Key", key}, {"Value", value}});
  json::object body;
  body["Tags"] = std::move(tags);
  return TableAnswer{200, std::move(body)};
}

Result<TableAnswer> describe_continuous_backups(Tables& tables, const Request& request) {
  const auto name = TRY(request.table_name());
  const auto table = tables.writer.catalog()->find(name);
  if (table == nullptr) return no_such_table(name);
  return TableAnswer{200, backups_of(*table)};
}

Result<TableAnswer> update_continuous_backups(Tables& tables, const Request& request) {
  const auto name = TRY(request.table_name());
  const auto specification = TRY(request.object("PointInTimeRecoverySpecification"));
  if (!specification)
    return invalid("1 validation error detected: Value null at 'pointInTimeRecoverySpecification' failed to satisfy constraint: Member must not be null");
  const auto is_enabled = TRY(specification->flag("PointInTimeRecoveryEnabled"));
  return tables.writer.submit([name, is_enabled](Ledger& ledger) -> Result<TableAnswer> {
    const auto found = ledger.catalog.find(name);
    if (found == nullptr) return no_such_table(name);
    auto table = *found;
    table.is_backed_up = is_enabled;
    const auto saved = TRY(ledger.catalog.save(ledger.database, std::move(table)));
    return TableAnswer{200, backups_of(*saved)};
  });
}

Result<TableAnswer> describe_limits(Tables&, const Request&) {
  return TableAnswer{200, json::object{{"AccountMaxReadCapacityUnits", 80000}, {"AccountMaxWriteCapacityUnits", 80000},
                                       {"TableMaxReadCapacityUnits", 40000}, {"TableMaxWriteCapacityUnits", 40000}}};
}

Result<TableAnswer> describe_endpoints(Tables& tables, const Request&) {
  json::array endpoints;
  endpoints.push_back(json::object{{"Address", fmt::format("dynamodb.{}.amazonaws.com", tables.account.region)}, {"CachePeriodInMinutes", 1440}});
  json::object body;
  body["Endpoints"] = std::move(endpoints);
  return TableAnswer{200, std::move(body)};
}

}  // namespace tandem::deploy::local::table
