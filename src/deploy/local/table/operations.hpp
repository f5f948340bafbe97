#pragma once
// The operations of the API, each a function from a request's body to its answer.

#include <string_view>

#include "base/time.hpp"
#include "deploy/local/table/readers.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/request.hpp"
#include "deploy/local/table/writer.hpp"

namespace tandem::deploy::local::table {

/// What every operation works with.
struct Tables {
  Writer& writer;
  Readers& readers;
  const Clock& clock;
  Account account;
};

using Operation = Result<TableAnswer> (*)(Tables&, const Request&);
/// nullptr when there is no such operation.
Operation find_operation(std::string_view name);

Result<TableAnswer> create_table(Tables& tables, const Request& request);
Result<TableAnswer> describe_table(Tables& tables, const Request& request);
Result<TableAnswer> delete_table(Tables& tables, const Request& request);
Result<TableAnswer> update_table(Tables& tables, const Request& request);
Result<TableAnswer> list_tables(Tables& tables, const Request& request);
Result<TableAnswer> update_time_to_live(Tables& tables, const Request& request);
Result<TableAnswer> describe_time_to_live(Tables& tables, const Request& request);
Result<TableAnswer> tag_resource(Tables& tables, const Request& request);
Result<TableAnswer> untag_resource(Tables& tables, const Request& request);
Result<TableAnswer> list_tags_of_resource(Tables& tables, const Request& request);
Result<TableAnswer> describe_continuous_backups(Tables& tables, const Request& request);
Result<TableAnswer> update_continuous_backups(Tables& tables, const Request& request);
Result<TableAnswer> describe_limits(Tables& tables, const Request& request);
Result<TableAnswer> describe_endpoints(Tables& tables, const Request& request);

Result<TableAnswer> put_item(Tables& tables, const Request& request);
Result<TableAnswer> get_item(Tables& tables, const Request& request);
Result<TableAnswer> update_item(Tables& tables, const Request& request);
Result<TableAnswer> delete_item(Tables& tables, const Request& request);
Result<TableAnswer> query(Tables& tables, const Request& request);
Result<TableAnswer> scan(Tables& tables, const Request& request);
Result<TableAnswer> batch_get_item(Tables& tables, const Request& request);
Result<TableAnswer> batch_write_item(Tables& tables, const Request& request);
Result<TableAnswer> transact_get_items(Tables& tables, const Request& request);
Result<TableAnswer> transact_write_items(Tables& tables, const Request& request);

}  // namespace tandem::deploy::local::table
