#pragma once
// Journal, history and engine state behind one lock: the only way to write anything down.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "run/engine.hpp"
#include "store/history.hpp"
#include "store/journal.hpp"

namespace tandem::run {

/// Everything in it is durable before it is acted on. All members may be called from any thread.
class Ledger {
 public:
  /// Opens `folder`/journal.db and history.db and brings the history up to the journal's end.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& folder, const Clock& clock);

  /// Decides on a fact, writes the entries, and only then hands the commands over.
  /// Errors: Unavailable when the disk refuses; then nothing has changed.
  Result<std::vector<EngineCommand>> tell(const Fact& fact);
  /// Writes down what a station intends or has done.
  Done record(std::string kind, std::string subject, json::value body);

  Result<std::optional<Run>> find_run(const RunId& id);
  /// Waits until the run has ended or `stop` is asked; Missing when there is no such run, Cancelled when stopped.
  Result<Run> wait_for_end(const RunId& id, std::stop_token stop);
  /// Waits until something was written after journal number `seen`, at most `limit`. Returns the newest number.
  std::int64_t wait_for_news(std::int64_t seen, Duration limit);

  /// The one way to the projections: `use` runs under the lock and must not call the ledger.
  template <typename Use>
  auto history(Use&& use) {
    const std::lock_guard lock(mutex_);
    return use(*history_);
  }
  template <typename Use>
  auto state(Use&& use) {
    const std::lock_guard lock(mutex_);
    return use(std::as_const(state_));
  }
  Result<store::Audit> verify();
  /// Records after `after`, at most `count`.
  Result<std::vector<store::Record>> records(std::int64_t after, size_t count);
  std::int64_t last();

 private:
  Ledger(store::Journal journal, store::History history, const Clock& clock)
      : clock_(clock), journal_(std::move(journal)), history_(std::move(history)) {}
  Done rebuild();
  Done write(const std::vector<store::Entry>& entries, Instant at);
  Done project(const std::vector<store::Entry>& entries);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any news_;
  store::Journal journal_;
  std::optional<store::History> history_;
  State state_;
};

}  // namespace tandem::run
