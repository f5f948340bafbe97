#include "run/ledger.hpp"

#include <set>

#include "base/files.hpp"
#include "base/log.hpp"

namespace tandem::run {
namespace {

/// What an entry other than a run's own means for the projections.
Done collect(const store::Entry& entry, store::History::Change& change) {
  if (entry.kind == "event.received") {
    const auto event = TRY(event_from_json(entry.body));
    change.events.push_back(event.id);
    if (event.kind == EventKind::Push) change.tips.push_back({event.repository, event.branch, event.after});
  } else if (entry.kind == "branch.seen") {
    Fields fields(entry.body, entry.kind);
    change.tips.push_back({fields.string("repository"), fields.string("branch"), {fields.string("commit")}});
    return fields.finish();
  } else if (entry.kind == "sync.done") {
    change.syncs.push_back(TRY(sync_record_from_json(entry.body)));
  } else if (entry.kind == "release.created") {
    change.releases.push_back(TRY(release_from_json(entry.body)));
  } else if (entry.kind == "artifact.kept") {
    change.artifacts.push_back(TRY(artifact_from_json(entry.body)));
  } else if (entry.kind == "deployment.changed") {
    change.deployments.push_back(TRY(deployment_from_json(entry.body)));
  }
  return done();
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& folder, const Clock& clock) {
  TRY(make_folders(folder));
  auto journal = TRY(store::Journal::open(folder / "journal.db"));
  auto history = TRY(store::History::open(folder / "history.db"));
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(journal), std::move(history), clock));
  TRY(ledger->rebuild(), "bringing the history up to the journal");
  return ledger;
}

Done Ledger::rebuild() {
  state_ = {};
  state_.last_run = TRY(history_->last_run_number());
  for (auto& run : TRY(history_->unfinished_runs())) {
    const auto number = store::run_number(run.id);
    state_.runs.emplace(number, std::move(run));
  }
  const auto position = TRY(history_->position());
  if (position > journal_.last())
    return failure(Fault::Broken, "the history knows {} records, the journal has {}", position, journal_.last())
        .with_code("TD0501")
        .with_next("restore the journal from a backup, or delete history.db to make it anew from the journal");
  std::vector<store::Entry> entries;
  TRY(journal_.read(position, [&](const store::Record& record) -> Done {
    entries.push_back({record.kind, record.subject, record.body});
    return apply(state_, record.kind, record.subject, record.body, record.at);
  }));
  if (entries.empty()) return done();
  return project(entries);
}

Done Ledger::project(const std::vector<store::Entry>& entries) {
  store::History::Change change;
  std::set<std::string> touched;
  for (const auto& entry : entries) {
    if (entry.kind.starts_with("run.") || entry.kind.starts_with("action.")) touched.insert(entry.subject);
    TRY(collect(entry, change), "projecting {}", entry.kind);
  }
  change.runs = std::exchange(state_.ended, {});
  for (const auto& subject : touched)
    if (const auto* run = std::as_const(state_).find(RunId{subject})) change.runs.push_back(*run);
  return history_->put(change, journal_.last());
}

Done Ledger::write(const std::vector<store::Entry>& entries, Instant at) {
  TRY(journal_.append(entries, at));
  const auto projected = project(entries);
  // The journal holds the truth; a projection that could not follow is made anew at the next start.
  if (!projected) log(Level::Error, "history.behind", {{"error", projected.error().what}});
  news_.notify_all();
  return done();
}

Result<std::vector<EngineCommand>> Ledger::tell(const Fact& fact) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  auto decision = decide(state_, fact, now);
  if (decision.entries.empty()) return std::move(decision.commands);
  const auto written = write(decision.entries, now);
  if (!written) {
    TRY(rebuild(), "going back to what the journal holds after {}", written.error().what);
    return written.error();
  }
  return std::move(decision.commands);
}

Done Ledger::record(std::string kind, std::string subject, json::value body) {
  const std::lock_guard lock(mutex_);
  return write({{std::move(kind), std::move(subject), std::move(body)}}, clock_.now());
}

Result<std::optional<Run>> Ledger::find_run(const RunId& id) {
  const std::lock_guard lock(mutex_);
  if (const auto* run = std::as_const(state_).find(id)) return std::optional(*run);
  return history_->find_run(id);
}

Result<Run> Ledger::wait_for_end(const RunId& id, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (state_.find(id) != nullptr) {
    if (!news_.wait(lock, stop, [&] { return state_.find(id) == nullptr; }))
      return failure(Fault::Cancelled, "stopped while {} went on", id.value);
  }
  auto run = TRY(history_->find_run(id));
  if (!run) return failure(Fault::Missing, "no such run: {}", id.value);
  return std::move(*run);
}

std::int64_t Ledger::wait_for_news(std::int64_t seen, Duration limit) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, limit, [&] { return journal_.last() > seen; });
  return journal_.last();
}

Result<store::Audit> Ledger::verify() {
  const std::lock_guard lock(mutex_);
  return journal_.verify();
}

Result<std::vector<store::Record>> Ledger::records(std::int64_t after, size_t count) {
  const std::lock_guard lock(mutex_);
  std::vector<store::Record> out;
  const auto read = journal_.read(after, [&](const store::Record& record) -> Done {
    if (out.size() == count) return failure(Fault::Cancelled, "enough");
    out.push_back(record);
    return done();
  });
  if (!read && read.error().fault != Fault::Cancelled) return read.error();
  return out;
}

std::int64_t Ledger::last() {
  const std::lock_guard lock(mutex_);
  return journal_.last();
}

}  // namespace tandem::run
