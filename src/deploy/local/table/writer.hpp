#pragma once
// The one writer of a database: changes that arrive together share one commit.

#include <filesystem>
#include <functional>
#include <memory>

#include "base/sqlite.hpp"
#include "base/time.hpp"
#include "deploy/local/table/catalog.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/rows.hpp"

namespace tandem::deploy::local::table {

/// What a change works on, inside its transaction.
struct Ledger {
  Database& database;
  Rows rows;
  /// A change touches the catalog last, after everything that can fail: it is not rolled back with a refused change.
  Catalog& catalog;
  Instant now;
};

/// Runs changes one after the other on a thread of its own and answers each only after it is durable. A change that
/// is refused, or answers with another status than 200, leaves nothing behind; its neighbours in the commit stay.
class Writer {
 public:
  using Change = std::function<Result<TableAnswer>(Ledger&)>;
  static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& path, const Clock& clock);
  /// Finishes what was submitted.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Waits for the change to be durable.
  TableAnswer submit(Change change);
  /// The tables as of the last commit.
  std::shared_ptr<const Catalog> catalog() const;
  /// How many commits there were and how many changes they held.
  struct Counts {
    std::int64_t commits = 0;
    std::int64_t changes = 0;
  };
  Counts counts() const;

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::deploy::local::table
