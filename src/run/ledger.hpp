#pragma once
// Journal, history and engine state together: the only way to write anything down.

#include <condition_variable>
#include <functional>
#include <memory>
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

/// Everything in it is durable before it is acted on. All members may be called from any thread. Who comes while the
/// disk is busy shares the next commit: deciding goes on in memory, and nobody hears of a decision before it is durable.
class Ledger {
 public:
  /// Opens `folder`/journal.db and history.db and brings the history up to the journal's end.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& folder, const Clock& clock);

  /// Decides on a fact, writes the entries, and only then hands the commands over.
  /// Errors: Unavailable when the disk refuses; then nothing has changed. What the decision refuses, as it says.
  Result<std::vector<EngineCommand>> tell(const Fact& fact);
  /// Writes down what a station intends or has done.
  Done record(std::string kind, std::string subject, json::value body);

  Result<std::optional<Run>> find_run(const RunId& id);
  /// Waits until the run has ended or `stop` is asked; Missing when there is no such run, Cancelled when stopped.
  Result<Run> wait_for_end(const RunId& id, std::stop_token stop);
  /// Waits until something was written after journal number `seen`, at most `limit`. Returns the newest number.
  std::int64_t wait_for_news(std::int64_t seen, Duration limit);

  /// The one way to the projections: `use` runs under their lock and must not call the ledger.
  template <typename Use>
  auto history(Use&& use) {
    const std::lock_guard lock(history_mutex_);
    return use(*history_);
  }
  /// The same for the runs that have not ended.
  template <typename Use>
  auto state(Use&& use) {
    const std::lock_guard lock(mutex_);
    return use(std::as_const(state_));
  }
  void set_limits(Limits limits);
  Limits limits();
  /// Whether whoever worked on this folder last stopped in order, or left off in the middle.
  Result<Restarted::After> last_stop();

  /// Brings the projections up to the journal when the disk kept them from following.
  Done catch_up();

  Result<store::Audit> verify();
  /// Records after `after`, at most `count`.
  Result<std::vector<store::Record>> records(std::int64_t after, size_t count);
  std::int64_t last();
  /// Takes the bodies of the records about these runs out of the journal and the runs out of the history. Returns what
  /// they kept that no other run has.
  struct Pruned {
    std::int64_t records = 0;
    std::vector<Digest> artifacts;
  };
  Result<Pruned> prune(const std::vector<RunId>& runs, const json::object& reason);
  /// The journal itself, for upkeep.
  template <typename Use>
  auto journal(Use&& use) {
    const std::lock_guard lock(journal_mutex_);
    return use(journal_);
  }

 private:
  /// What is written in one commit.
  struct Batch {
    std::vector<store::Timed> entries;
    store::History::Change change;
    std::map<std::string, Run> runs;                 ///< as they are after the last entry
    bool is_done = false;
    std::optional<Error> error;
  };
  Ledger(store::Journal journal, store::History history, const Clock& clock)
      : clock_(clock), journal_(std::move(journal)), history_(std::move(history)) {}
  Done rebuild();
  Done collect(Batch& batch, const std::vector<store::Entry>& entries, Instant at);
  Done write(std::unique_lock<std::mutex>& lock, const std::vector<store::Entry>& entries, Instant at);
  void lead(std::unique_lock<std::mutex>& lock);
  Done put_lagging();
  Done commit(Batch& batch);
  Done project(Batch& batch);

  const Clock& clock_;
  std::mutex mutex_;                                 ///< of the state and the batches
  std::condition_variable_any news_;
  State state_;
  Limits limits_;
  std::shared_ptr<Batch> pending_;                   ///< collects what comes while another is written
  bool is_writing_ = false;
  std::int64_t durable_ = 0;                         ///< number of the last record on disk

  std::mutex journal_mutex_;                         ///< taken after mutex_, or alone
  store::Journal journal_;
  std::mutex history_mutex_;                         ///< taken after mutex_, or alone
  std::optional<store::History> history_;
  Batch lagging_;                                    ///< durable in the journal, not yet in the history
  bool is_lagging_ = false;
};

/// The places around each durable write and each outside effect where `TANDEM_KILL_AT` can end the process.
std::vector<std::string> kill_points();

}  // namespace tandem::run
