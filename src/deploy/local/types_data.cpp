// Tables and log groups.
#include <algorithm>

#include "deploy/local/resource_type.hpp"

namespace tandem::deploy::local {
namespace {

/// What DynamoDB refuses when a table that exists changes its indexes.
Done check_index_changes(const TableShape& before, const TableShape& after) {
  int changes = 0;
  for (const auto& index : before.indexes) {
    const auto* kept = after.find(index.name);
    if (kept == nullptr) ++changes;
    else if (*kept != index)
      return failure(Fault::Invalid, "index {} changes its keys or projection, which no index can: give it a new name", index.name);
  }
  for (const auto& index : after.indexes) changes += before.find(index.name) == nullptr ? 1 : 0;
  if (changes > 1)
    return failure(Fault::Invalid, "cannot perform more than one GSI creation or deletion in a single update ({} asked for)", changes);
  return done();
}

Result<Made> make_table(const Wanted& wanted, Workbench& bench) {
  const auto name = bench.name(wanted, "TableName", 255);
  const auto shape = TRY(table_shape(name, wanted.properties));
  if (wanted.old != nullptr) {
    const auto before = TRY(table_shape(name, wanted.old->properties));
    TRY(check_index_changes(before, shape));
    TRY(bench.outside.add_indexes(shape));
  } else {
    TRY(bench.outside.make_table(wanted.stack, wanted.resource.logical_id, shape));
  }
  const auto arn = bench.arn("dynamodb", "table/" + name);
  json::object attributes{{"Arn", arn}, {"TableId", bench.small_letters(wanted, 32)}};
  if (wanted.properties.contains("StreamSpecification")) attributes["StreamArn"] = arn + "/stream/local";
  return Made{name, name, std::move(attributes), {}};
}

Result<Made> make_log_group(const Wanted& wanted, Workbench& bench) {
  const auto name = bench.name(wanted, "LogGroupName", 512);
  return Made{name, name, {{"Arn", bench.arn("logs", "log-group:" + name + ":*")}}, {}};
}

}  // namespace

const std::vector<ResourceType>& data_types() {
  static const std::vector<ResourceType> types{
      {.name = "AWS::DynamoDB::Table",
       .replacing = {"TableName", "KeySchema", "LocalSecondaryIndexes"},
       .honoured = {"TableName", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes.IndexName",
                    "GlobalSecondaryIndexes.KeySchema", "GlobalSecondaryIndexes.Projection", "LocalSecondaryIndexes",
                    "TimeToLiveSpecification"},
       .name_property = "TableName",
       .keeps_data = true,
       .make = make_table},
      {.name = "AWS::Logs::LogGroup",
       .replacing = {"LogGroupName"},
       .honoured = {"LogGroupName"},
       .name_property = "LogGroupName",
       .make = make_log_group},
  };
  return types;
}

}  // namespace tandem::deploy::local
