#include "run/ledger.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "base/files.hpp"
#include "base/kill_point.hpp"
#include "base/log.hpp"

namespace tandem::run {
namespace {

/// Every kind of record that this program writes: each has a place before and a place after it where it can die.
constexpr std::array kinds{"event.received", "branch.seen", "schedule.seen", "run.created", "run.stopping", "run.ending", "run.wrapping_up",
                           "run.interrupted", "run.ended", "action.queued", "action.started", "action.waiting_approval", "action.timed_out",
                           "action.skipped", "action.ended", "approval.given", "environment.frozen", "environment.thawed", "artifact.kept",
                           "sync.intended", "sync.done", "release.created", "deployment.intended", "deployment.changed", "promotion.intended",
                           "rollback.intended", "rollback.done", "status.posted", "status.failed", "secret.set", "secret.removed", "secrets.rotated",
                           "key.create", "key.rotate", "key.revoke", "key.trust", "pair.configured",
                           "daemon.started", "coordinator.stopped", "pull_request.changed", "journal.pruned"};

/// A candidate that is taken away has no key: its run does that again until it is done.
Done note_rollback(const store::Entry& entry, store::History::Change& change) {
  Fields fields(entry.body, entry.kind);
  if (fields.find("key") == nullptr) return done();
  auto key = fields.string("key");
  if (entry.kind == "rollback.done") {
    change.rollbacks_done.push_back(std::move(key));
    return fields.finish();
  }
  change.rollbacks.push_back({std::move(key), entry.subject, {fields.string("from")}, {fields.string("to")}, fields.string_or("actor", ""),
                              fields.string_or("reason", ""), false});
  return fields.finish();
}

/// What an entry other than a run's own means for the projections.
Done note(const store::Entry& entry, Instant at, store::History::Change& change) {
  if (entry.kind == "event.received") {
    const auto event = TRY(event_from_json(entry.body));
    change.events.push_back(event.id);
    if (event.kind == EventKind::Push) change.tips.push_back({event.repository, event.branch, event.after});
  } else if (entry.kind == "branch.seen") {
    Fields fields(entry.body, entry.kind);
    change.tips.push_back({fields.string("repository"), fields.string("branch"), {fields.string("commit")}});
    return fields.finish();
  } else if (entry.kind == "schedule.seen") {
    Fields fields(entry.body, entry.kind);
    change.schedules.emplace_back(entry.subject, fields.instant("until"));
    return fields.finish();
  } else if (entry.kind == "environment.frozen") {
    Fields fields(entry.body, entry.kind);
    change.frozen.push_back({entry.subject, fields.string_or("actor", ""), fields.string_or("reason", ""), at});
    std::erase(change.thawed, entry.subject);
  } else if (entry.kind == "environment.thawed") {
    change.thawed.push_back(entry.subject);
    std::erase_if(change.frozen, [&](const store::Freeze& freeze) { return freeze.environment == entry.subject; });
  } else if (entry.kind == "pull_request.changed") {
    change.pull_requests.push_back(TRY(pull_request_from_json(entry.body)));
  } else if (entry.kind == "sync.done") {
    change.syncs.push_back(TRY(sync_record_from_json(entry.body)));
  } else if (entry.kind == "release.created") {
    change.releases.push_back(TRY(release_from_json(entry.body)));
  } else if (entry.kind == "artifact.kept") {
    change.artifacts.push_back(TRY(artifact_from_json(entry.body)));
  } else if (entry.kind == "deployment.changed") {
    change.deployments.push_back(TRY(deployment_from_json(entry.body)));
  } else if (entry.kind == "rollback.intended" || entry.kind == "rollback.done") {
    return note_rollback(entry, change);
  }
  return done();
}

void append(store::History::Change& to, store::History::Change&& from) {
  const auto join = [](auto& one, auto& other) { one.insert(one.end(), std::make_move_iterator(other.begin()), std::make_move_iterator(other.end())); };
  join(to.syncs, from.syncs);
  join(to.releases, from.releases);
  join(to.deployments, from.deployments);
  join(to.events, from.events);
  join(to.tips, from.tips);
  join(to.artifacts, from.artifacts);
  join(to.frozen, from.frozen);
  join(to.thawed, from.thawed);
  join(to.pull_requests, from.pull_requests);
  join(to.schedules, from.schedules);
  join(to.rollbacks, from.rollbacks);
  join(to.rollbacks_done, from.rollbacks_done);
}

/// After a sync that failed nobody knows what the disk holds: only a new process, reading it anew, can tell.
[[noreturn]] void stop_after_failed_sync(const Error& error) {
  log(Level::Error, "journal.sync_failed", {{"error", error.what}, {"next", "look at the disk, then start again: everything acknowledged is in the journal"}});
  std::_Exit(74);
}

}  // namespace

std::vector<std::string> kill_points() {
  std::vector<std::string> out;
  for (const auto* kind : kinds)
    for (const auto* when : {"before:", "after:"}) out.push_back(std::string(when) + kind);
  for (const auto* effect : {"before:action", "after:action", "before:push", "after:push", "before:way-back", "after:way-back", "before:history", "after:history"}) out.emplace_back(effect);
  return out;
}

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& folder, const Clock& clock) {
  TRY(make_folders(folder));
  auto journal = TRY(store::Journal::open(folder / "journal.db"));
  auto history = TRY(store::History::open(folder / "history.db"));
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(journal), std::move(history), clock));
  TRY(ledger->rebuild(), "bringing the history up to the journal");
  return ledger;
}

Done Ledger::rebuild() {
  const std::scoped_lock lock(journal_mutex_, history_mutex_);
  state_ = {};
  state_.last_run = TRY(history_->last_run_number());
  for (auto& run : TRY(history_->unfinished_runs())) state_.adopt(std::move(run));
  for (auto& freeze : TRY(history_->freezes())) {
    const auto environment = freeze.environment;
    state_.frozen[environment] = std::move(freeze);
  }
  const auto position = TRY(history_->position());
  if (position > journal_.last())
    return failure(Fault::Broken, "the history knows {} records, the journal has {}", position, journal_.last())
        .with_code("TD0501")
        .with_next("restore the journal from a backup, or delete history.db to make it anew from the journal");
  durable_ = journal_.last();
  Batch batch;
  size_t held = 0;
  const auto put = [&]() -> Done {
    for (auto& [name, run] : batch.runs) batch.change.runs.push_back(std::move(run));
    TRY(history_->put(batch.change, durable_));
    batch = {};
    held = 0;
    return done();
  };
  bool is_behind = false;
  TRY(journal_.read(position, [&](const store::Record& record) -> Done {
    is_behind = true;
    durable_ = record.number;
    if (record.is_pruned) {  // an old run that is gone by policy; only its number counts
      if (record.kind == "run.created") state_.last_run = std::max(state_.last_run, store::run_number(RunId{record.subject}));
      return done();
    }
    const store::Entry entry{record.kind, record.subject, record.body};
    TRY(apply(state_, record.kind, record.subject, record.body, record.at));
    TRY(collect(batch, {entry}, record.at));
    return ++held >= 5000 ? put() : done();
  }));
  if (is_behind) TRY(put());
  state_.events.clear();
  return done();
}

/// Adds entries that have been applied already, and how the runs they are about stand now.
Done Ledger::collect(Batch& batch, const std::vector<store::Entry>& entries, Instant at) {
  std::set<std::string> touched;
  for (const auto& entry : entries) {
    if (entry.kind.starts_with("run.") || entry.kind.starts_with("action.") || entry.kind == "approval.given") touched.insert(entry.subject);
    TRY(note(entry, at, batch.change), "projecting {}", entry.kind);
  }
  for (const auto& subject : touched)
    if (const auto* run = state_.find(RunId{subject})) batch.runs.insert_or_assign(subject, *run);
  for (auto& run : std::exchange(state_.ended, {})) {
    auto id = run.id.value;
    batch.runs.insert_or_assign(std::move(id), std::move(run));
  }
  return done();
}

/// Joins the next commit and waits for it. Whoever finds nobody writing writes, until nothing is left.
Done Ledger::write(std::unique_lock<std::mutex>& lock, const std::vector<store::Entry>& entries, Instant at) {
  for (const auto& entry : entries) CHECK(std::ranges::find(kinds, entry.kind) != kinds.end());   // a kind without its kill points
  if (!pending_) pending_ = std::make_shared<Batch>();
  const auto batch = pending_;
  for (const auto& entry : entries) batch->entries.push_back({entry, at});
  TRY(collect(*batch, entries, at));
  while (!batch->is_done) {
    if (!is_writing_) lead(lock);
    else news_.wait(lock, [&] { return batch->is_done || !is_writing_; });
  }
  if (batch->error) return *batch->error;
  return done();
}

/// Writes what is pending, once: the next in line leads the next commit.
void Ledger::lead(std::unique_lock<std::mutex>& lock) {
  is_writing_ = true;
  const auto batch = std::exchange(pending_, nullptr);
  lock.unlock();
  auto written = commit(*batch);
  lock.lock();
  if (written) {
    durable_ += static_cast<std::int64_t>(batch->entries.size());
    if (!pending_) state_.events.clear();
  } else {
    // What was decided on top of it goes with it: memory goes back to what the disk holds.
    batch->error = written.error();
    const auto later = std::exchange(pending_, nullptr);
    const auto rebuilt = rebuild();
    if (!rebuilt) log(Level::Error, "state.not_rebuilt", {{"error", rebuilt.error().what}});
    if (later) later->error = written.error();
    if (later) later->is_done = true;
  }
  batch->is_done = true;
  is_writing_ = false;
  news_.notify_all();
}

Done Ledger::commit(Batch& batch) {
  for (const auto& entry : batch.entries) kill_point("before:" + entry.entry.kind);
  {
    const std::lock_guard lock(journal_mutex_);
    const auto written = journal_.append(batch.entries);
    if (!written && written.error().code == "TD0511") stop_after_failed_sync(written.error());
    if (!written) return written.error();
  }
  for (const auto& entry : batch.entries) kill_point("after:" + entry.entry.kind);
  const auto projected = project(batch);
  // The journal holds the truth; a projection that could not follow is made anew at the next start.
  if (!projected) log(Level::Error, "history.behind", {{"error", projected.error().what}});
  return done();
}

/// A projection that cannot follow (the disk is full) stays behind and goes along with the next one.
Done Ledger::project(Batch& batch) {
  kill_point("before:history");
  const std::lock_guard lock(history_mutex_);
  for (auto& [name, run] : batch.runs) lagging_.runs.insert_or_assign(name, std::move(run));
  append(lagging_.change, std::move(batch.change));
  is_lagging_ = true;
  TRY(put_lagging());
  kill_point("after:history");
  return done();
}

Done Ledger::put_lagging() {
  auto change = lagging_.change;
  for (const auto& [name, run] : lagging_.runs) change.runs.push_back(run);
  TRY(history_->put(change, journal_.last()));
  lagging_ = {};
  is_lagging_ = false;
  return done();
}

Done Ledger::catch_up() {
  const std::scoped_lock lock(mutex_, history_mutex_);
  if (!is_lagging_) return done();
  if (is_writing_) return done();
  return put_lagging();
}

Result<std::vector<EngineCommand>> Ledger::tell(const Fact& fact) {
  std::unique_lock lock(mutex_);
  if (const auto* arrived = std::get_if<EventArrived>(&fact)) {
    const auto known = history([&](store::History& history) { return history.has_event(arrived->event.id); });
    if (TRY(Result<bool>(known))) return std::vector<EngineCommand>{};   // told twice, handled once
  }
  const auto now = clock_.now();
  auto decision = decide(state_, fact, now, limits_);
  if (decision.refused) return *decision.refused;
  if (!decision.entries.empty()) TRY(write(lock, decision.entries, now));
  return std::move(decision.commands);
}

Done Ledger::record(std::string kind, std::string subject, json::value body) {
  std::unique_lock lock(mutex_);
  const auto now = clock_.now();
  return write(lock, {{std::move(kind), std::move(subject), std::move(body)}}, now);
}

Result<std::optional<Run>> Ledger::find_run(const RunId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto* run = state_.find(id)) return std::optional(*run);
    if (pending_)
      if (const auto found = pending_->runs.find(id.value); found != pending_->runs.end()) return std::optional(found->second);
  }
  return history([&](store::History& history) { return history.find_run(id); });
}

Result<Run> Ledger::wait_for_end(const RunId& id, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  // Ended in memory is not ended: it counts when it is on disk.
  Result<std::optional<Run>> run = std::optional<Run>{};
  const auto has_ended = [&] {
    if (state_.find(id) != nullptr) return false;
    run = history([&](store::History& history) { return history.find_run(id); });
    return !run || (*run && is_final((*run)->status)) || (!*run && !is_writing_ && !pending_);
  };
  if (!news_.wait(lock, stop, has_ended)) return failure(Fault::Cancelled, "stopped while {} went on", id.value);
  auto found = TRY(std::move(run));
  if (!found) return failure(Fault::Missing, "no such run: {}", id.value);
  return std::move(*found);
}

std::int64_t Ledger::wait_for_news(std::int64_t seen, Duration limit) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, limit, [&] { return durable_ > seen; });
  return durable_;
}

void Ledger::set_limits(Limits limits) {
  const std::lock_guard lock(mutex_);
  limits_ = std::move(limits);
}

Limits Ledger::limits() {
  const std::lock_guard lock(mutex_);
  return limits_;
}

Result<Restarted::After> Ledger::last_stop() {
  const auto kind = TRY(journal([](store::Journal& journal) { return journal.last_of({"coordinator.stopped", "action.started", "run.interrupted", "run.wrapping_up"}); }));
  return kind == "coordinator.stopped" ? Restarted::After::CleanStop : Restarted::After::Death;
}

Result<Ledger::Pruned> Ledger::prune(const std::vector<RunId>& runs, const json::object& reason) {
  std::unique_lock lock(mutex_);
  news_.wait(lock, [&] { return !is_writing_ && !pending_; });
  std::vector<std::string> subjects;
  for (const auto& run : runs) subjects.push_back(run.value);
  Pruned out;
  kill_point("before:journal.pruned");
  out.records = TRY(journal([&](store::Journal& journal) { return journal.prune(subjects, reason, clock_.now()); }));
  kill_point("after:journal.pruned");
  durable_ = journal([](store::Journal& journal) { return journal.last(); });
  out.artifacts = TRY(history([&](store::History& history) { return history.forget(runs); }));
  return out;
}

Result<store::Audit> Ledger::verify() {
  return journal([](store::Journal& journal) { return journal.verify(); });
}

Result<std::vector<store::Record>> Ledger::records(std::int64_t after, size_t count) {
  std::vector<store::Record> out;
  const auto read = journal([&](store::Journal& journal) {
    return journal.read(after, [&](const store::Record& record) -> Done {
      if (out.size() == count) return failure(Fault::Cancelled, "enough");
      out.push_back(record);
      return done();
    });
  });
  if (!read && read.error().fault != Fault::Cancelled) return read.error();
  return out;
}

std::int64_t Ledger::last() {
  const std::lock_guard lock(mutex_);
  return durable_;
}

}  // namespace tandem::run
