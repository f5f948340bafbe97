#pragma once
// The Outside that does it: folders in the content store, tables in the engine, each effect written
// down first.

#include "deploy/local/content.hpp"
#include "deploy/local/outside.hpp"
#include "deploy/local/world_store.hpp"

namespace tandem::deploy::local {

class Workshop final : public Outside {
 public:
  Workshop(DeploymentId deployment, const ContentStore& content, Tables& tables, WorldStore& store)
      : deployment_(std::move(deployment)), content_(content), tables_(tables), store_(store) {}

  Result<Content> code(const Asset& asset) override { return content_.unpack(asset); }
  Result<Content> inline_code(const std::string& file, const std::string& text) override {
    return content_.inline_file(file, text);
  }
  Result<Content> site(const std::vector<SitePart>& parts) override { return content_.site(parts); }
  Result<Content> merged(const std::vector<std::string>& folders) override {
    return content_.merged(folders);
  }
  /// A table of that name is an error, unless an earlier deployment of this very resource left it
  /// behind.
  Done make_table(const std::string& stack, const std::string& logical_id,
                  const TableShape& shape) override;
  Done add_indexes(const TableShape& shape) override;
  Result<std::int64_t> next_version(const std::string& function) override {
    return store_.next_version(function);
  }
  bool needs_assets() const override { return true; }

 private:
  Result<bool> left_behind(const std::string& stack, const std::string& logical_id,
                           const std::string& table);
  DeploymentId deployment_;
  const ContentStore& content_;
  Tables& tables_;
  WorldStore& store_;
};

/// Takes back what a deployment did outside, newest first. What is gone already is no error; what
/// cannot be taken back stays written down and is tried again at the next start.
Done undo_effects(const DeploymentId& deployment, Tables& tables, WorldStore& store);

/// Before a switch: makes the tables of `world` have the indexes it wants. Errors: Missing when a
/// table is gone.
Done add_what_tables_lack(const World& world, Tables& tables);
/// After a switch: takes indexes away that `world` does not want, and sets expiry. Returns what
/// could not be done.
std::vector<std::string> settle_tables(const World& world, Tables& tables);

/// The shape of each table that `world` wants.
Result<std::vector<TableShape>> tables_of(const World& world);

}  // namespace tandem::deploy::local
