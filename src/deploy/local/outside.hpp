#pragma once
// What making resources does outside of the records: folders, tables, version numbers. All of it
// adds only.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/local/content.hpp"
#include "deploy/local/tables.hpp"

namespace tandem::deploy::local {

/// Two kinds: the workshop does it and writes it down so that it can be undone; the rehearsal only
/// looks.
class Outside {
 public:
  virtual ~Outside() = default;
  virtual Result<Content> code(const Asset& asset) = 0;
  virtual Result<Content> inline_code(const std::string& file, const std::string& text) = 0;
  virtual Result<Content> site(const std::vector<SitePart>& parts) = 0;
  virtual Result<Content> merged(const std::vector<std::string>& folders) = 0;
  /// Makes the table, or adds the indexes it lacks. Removing and expiry wait until the deployment
  /// is live.
  virtual Done make_table(const std::string& stack, const std::string& logical_id,
                          const TableShape& shape) = 0;
  virtual Done add_indexes(const TableShape& shape) = 0;
  virtual Result<std::int64_t> next_version(const std::string& function) = 0;
  /// A rehearsal runs without the assets on disk, and takes what is recorded of unchanged code for
  /// its content.
  virtual bool needs_assets() const = 0;
};

/// For plans and for checking before anything is done.
class Rehearsal final : public Outside {
 public:
  Result<Content> code(const Asset& asset) override { return Content{{}, asset.path.string()}; }
  Result<Content> inline_code(const std::string&, const std::string& text) override {
    return Content{{}, text};
  }
  Result<Content> site(const std::vector<SitePart>&) override { return Content{}; }
  Result<Content> merged(const std::vector<std::string>&) override { return Content{}; }
  Done make_table(const std::string&, const std::string&, const TableShape&) override {
    return done();
  }
  Done add_indexes(const TableShape&) override { return done(); }
  Result<std::int64_t> next_version(const std::string&) override { return ++number_; }
  bool needs_assets() const override { return false; }

 private:
  std::int64_t number_ = 1'000'000'000;  ///< no real version bears such a number
};

}  // namespace tandem::deploy::local
