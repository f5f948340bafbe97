#pragma once
// Tables in the embedded DynamoDB engine, through its own API: CreateTable, UpdateTable, DescribeTable, ...

#include "deploy/local/table/engine.hpp"
#include "deploy/local/tables.hpp"

namespace tandem::deploy::local {

/// `engine` must outlive it. As safe to call from any thread as the engine is.
class EngineTables final : public Tables {
 public:
  explicit EngineTables(table::Engine& engine) : engine_(engine) {}
  Result<std::optional<TableShape>> find(const std::string& table) override;
  Done create(const TableShape& shape) override;
  Done add_index(const std::string& table, const IndexShape& index, const std::map<std::string, std::string>& types) override;
  Done remove_index(const std::string& table, const std::string& index) override;
  Done set_expiry(const std::string& table, const std::string& attribute) override;
  Done remove(const std::string& table) override;

 private:
  Result<std::string> expiry(const std::string& table);
  Done switch_expiry(const std::string& table, const std::string& attribute, bool enabled);
  table::Engine& engine_;
};

}  // namespace tandem::deploy::local
