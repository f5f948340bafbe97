#pragma once
// The DynamoDB API over one SQLite file: tables, items, indexes, transactions, expressions, as the service has them.

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/http.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "deploy/local/table/refusal.hpp"
#include "deploy/local/table/table.hpp"

namespace tandem::deploy::local::table {

/// All tables of one local target. Safe to call from any thread; an answer to a write is given after it is durable,
/// and writes that arrive together share a commit. Items and their index entries change in one SQLite transaction.
///
/// Not run here, and refused by name: parameters from before expressions (Expected, AttributeUpdates, KeyConditions,
/// AttributesToGet, ...), PartiQL, streams, backups and global tables. Point-in-time recovery, streams, encryption and
/// throughput settings are kept and described, otherwise without effect.
///
/// Items whose time to live has passed stay readable until they are removed, as on AWS; here that happens within about
/// a minute while the engine is open.
class Engine {
 public:
  /// `clock` must outlive the engine. Errors: Unavailable when the file cannot be opened.
  static Result<Engine> open(const std::filesystem::path& path, const Clock& clock, Account account = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// One API call: "PutItem" and its body. Failures are answers too (status 400 or 500 and the error body).
  TableAnswer answer(std::string_view operation, const json::value& body);
  /// The wire form: POST with X-Amz-Target; needs some Authorization, as signatures are not checked.
  HttpResponse handle(const HttpRequest& request);

  /// For callers in this program: the body of a 200, or an Error whose `code` is the exception's name. Fault: Missing
  /// for ResourceNotFound, Conflict for ResourceInUse and failed conditions, Invalid, else Unavailable.
  Result<json::value> call(std::string_view operation, const json::value& body);
  /// TableDescription. Errors: Missing.
  Result<json::value> describe(std::string_view table);

  /// Commits so far and the changes in them; their ratio is what sharing commits gains.
  struct Counts {
    std::int64_t commits = 0;
    std::int64_t changes = 0;
  };
  Counts counts() const;

 private:
  struct State;
  explicit Engine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::deploy::local::table
