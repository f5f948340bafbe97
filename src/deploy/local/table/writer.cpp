#include "deploy/local/table/writer.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/guarded.hpp"

namespace tandem::deploy::local::table {
namespace {

constexpr size_t changes_per_commit_max = 512;
constexpr int expired_per_sweep_max = 1000;
/// The service removes expired items some time after they expire; here that is at most this long while it runs.
constexpr std::chrono::seconds sweep_every{60};

struct Job {
  Writer::Change change;
  std::promise<TableAnswer> answer;
};

}  // namespace

struct Writer::State {
  State(Database opened, const Clock& seen, Catalog loaded)
      : database(std::move(opened)), clock(seen), catalog(std::move(loaded)),
        published(std::make_shared<const Catalog>(catalog)), swept(clock.now()) {}

  void run(const std::stop_token& stop);
  std::deque<Job> next_batch(const std::stop_token& stop);
  void commit(std::deque<Job> batch);
  Result<TableAnswer> run_one(Ledger& ledger, const Change& change);
  Done sweep(Ledger& ledger);
  void settle(bool committed);

  Database database;
  const Clock& clock;
  Catalog catalog;   ///< the writing thread's own, ahead of `published` while a commit is under way
  Guarded<std::shared_ptr<const Catalog>> published;
  Guarded<Counts> counts;
  Instant swept;

  std::mutex mutex;
  std::condition_variable_any arrived;
  std::deque<Job> waiting;
  std::jthread thread;   // last, so that it ends before what it uses
};

void Writer::State::run(const std::stop_token& stop) {
  while (true) {
    auto batch = next_batch(stop);
    const bool is_last = batch.empty() && stop.stop_requested();
    if (is_last) return;
    commit(std::move(batch));
  }
}

std::deque<Job> Writer::State::next_batch(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  arrived.wait_for(lock, stop, sweep_every, [this] { return !waiting.empty(); });
  std::deque<Job> batch;
  while (!waiting.empty() && batch.size() < changes_per_commit_max) {
    batch.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  return batch;
}

void Writer::State::commit(std::deque<Job> batch) {
  const auto now = clock.now();
  const bool is_sweep_due = now - swept >= sweep_every;
  if (batch.empty() && !is_sweep_due) return;
  std::vector<TableAnswer> answers;
  answers.reserve(batch.size());
  const auto outcome = database.transaction([&]() -> Done {
    Ledger ledger{database, Rows(database), catalog, now};
    for (auto& job : batch) {
      auto answer = TRY(run_one(ledger, job.change));
      answers.push_back(std::move(answer));
    }
    if (is_sweep_due) TRY(sweep(ledger));
    return done();
  });
  settle(outcome.has_value());
  if (outcome) counts.with([&](auto& held) { held = {held.commits + 1, held.changes + static_cast<std::int64_t>(batch.size())}; });
  for (size_t i = 0; i < batch.size(); ++i)
    batch[i].answer.set_value(outcome ? std::move(answers[i]) : answer_of(Error{outcome.error().fault, "the commit failed"}));
}

/// The answer of one change within the commit. An error means that the whole transaction is lost.
Result<TableAnswer> Writer::State::run_one(Ledger& ledger, const Change& change) {
  TRY(database.execute("SAVEPOINT change"));
  Result<TableAnswer> answer = TableAnswer{};
  try {
    answer = change(ledger);
  } catch (const std::exception& bug) {
    answer = failure(Fault::Broken, "{}", bug.what());
  }
  const bool is_kept = answer && answer->status == 200;
  if (!is_kept) TRY(database.execute("ROLLBACK TO change"));
  TRY(database.execute("RELEASE change"));
  return answer ? std::move(answer).value() : answer_of(answer.error());
}

Done Writer::State::sweep(Ledger& ledger) {
  bool is_complete = true;
  for (const auto& [name, table] : catalog.tables()) {
    if (table->expiry.empty()) continue;
    const auto removed = TRY(ledger.rows.expire(*table, ledger.now, expired_per_sweep_max));
    if (removed == expired_per_sweep_max) is_complete = false;
  }
  if (is_complete) swept = ledger.now;
  return done();
}

/// Shows the new tables to readers, or takes back what the lost transaction did to them.
void Writer::State::settle(bool committed) {
  if (committed) {
    published.with([&](auto& held) {
      if (held->tables() != catalog.tables()) held = std::make_shared<const Catalog>(catalog);
    });
    return;
  }
  auto loaded = Catalog::load(database);
  if (loaded) catalog = std::move(loaded).value();
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->thread = std::jthread([raw = state_.get()](const std::stop_token& stop) { raw->run(stop); });
}

Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::filesystem::path& path, const Clock& clock) {
  auto database = TRY(Database::open(path), "opening the tables");
  TRY(Rows::create_schema(database), "opening the tables");
  auto catalog = TRY(Catalog::load(database), "opening the tables");
  auto state = std::make_unique<State>(std::move(database), clock, std::move(catalog));
  return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

TableAnswer Writer::submit(Change change) {
  std::future<TableAnswer> answer;
  {
    const std::lock_guard lock(state_->mutex);
    auto& job = state_->waiting.emplace_back(std::move(change), std::promise<TableAnswer>{});
    answer = job.answer.get_future();
  }
  state_->arrived.notify_one();
  return answer.get();
}

std::shared_ptr<const Catalog> Writer::catalog() const {
  return state_->published.with([](const auto& held) { return held; });
}

Writer::Counts Writer::counts() const {
  return state_->counts.with([](const auto& held) { return held; });
}

}  // namespace tandem::deploy::local::table
