#pragma once
// Read-only connections, one for each reading thread at a time; they see the last commit and never wait for the writer.

#include <filesystem>
#include <memory>
#include <vector>

#include "base/guarded.hpp"
#include "base/sqlite.hpp"

namespace tandem::deploy::local::table {

/// Keeps opened connections for the next reader.
class Readers {
 public:
  explicit Readers(std::filesystem::path path) : path_(std::move(path)) {}

  /// Runs `read(Database&)` on a connection of its own; `read` returns a Result.
  template <typename Read>
  auto use(Read&& read) -> decltype(read(std::declval<Database&>())) {
    auto taken = take();
    if (!taken) return std::move(taken).error();
    auto database = std::move(taken).value();
    auto outcome = read(*database);
    idle_.with([&](auto& idle) { idle.push_back(std::move(database)); });
    return outcome;
  }

 private:
  Result<std::unique_ptr<Database>> take() {
    auto database = idle_.with([](auto& idle) {
      std::unique_ptr<Database> out;
      if (idle.empty()) return out;
      out = std::move(idle.back());
      idle.pop_back();
      return out;
    });
    if (database != nullptr) return database;
    auto opened = TRY(Database::open_read_only(path_), "opening the tables for reading");
    return std::make_unique<Database>(std::move(opened));
  }

  std::filesystem::path path_;
  Guarded<std::vector<std::unique_ptr<Database>>> idle_;
};

}  // namespace tandem::deploy::local::table
