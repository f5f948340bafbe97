#pragma once
// All tables of one database, by name.

#include <map>
#include <memory>
#include <string>

#include "base/sqlite.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {

/// Tables are shared with readers that still work on an older catalog.
class Catalog {
 public:
  static Result<Catalog> load(Database& database);

  std::shared_ptr<const Table> find(std::string_view name) const;   ///< nullptr when there is none
  /// Errors: ResourceNotFoundException in the words of the item operations.
  Result<std::shared_ptr<const Table>> get(std::string_view name) const;
  const std::map<std::string, std::shared_ptr<const Table>, std::less<>>& tables() const { return tables_; }

  /// Writes the table's row, giving ids to it and to indexes that have none, and then shows it.
  Result<std::shared_ptr<const Table>> save(Database& database, Table table);
  Done remove(Database& database, const Table& table);

 private:
  std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables_;
};

}  // namespace tandem::deploy::local::table
