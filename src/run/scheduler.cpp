#include "run/scheduler.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "event/ticks.hpp"
#include "workflow/schedule.hpp"
#include "workflow/trigger.hpp"

namespace tandem::run {
namespace {

constexpr auto patience = std::chrono::seconds{90};   // a busy machine may look late; later than that is missed

std::string place_of(const RepositoryConfiguration& repository, const std::string& branch) { return repository.name + " " + branch; }

bool has_schedule(const Workflow& workflow) {
  return std::ranges::any_of(workflow.triggers, [](const Trigger& trigger) { return trigger.type == TriggerType::Schedule; });
}

/// Whether a tick of this workflow would start it on this branch.
bool would_run(const Workflow& workflow, const std::string& branch, Instant tick) {
  return workflow::answer(workflow, {.kind = EventKind::Schedule, .branch = branch, .at = tick}).runs;
}

}  // namespace

Done Scheduler::look() {
  if (is_first_) {
    for (auto& [place, at] : TRY(shop_.ledger->history([](store::History& history) { return history.schedules(); }))) remembered_[place] = at;
  }
  std::set<std::string> there;
  for (const auto& repository : shop_.configuration.repositories) {
    for (const auto& tip : TRY(shop_.ledger->history([&](store::History& history) { return history.tips(repository.name); }))) {
      if (tip.commit.empty() || tip.branch.starts_with("tandem/sync/")) continue;
      there.insert(place_of(repository, tip.branch));
      const auto looked = look_at(repository, tip);
      if (!looked) log(Level::Warning, "schedule.not_read", {{"repository", repository.name}, {"branch", tip.branch}, {"error", looked.error().what}});
    }
  }
  std::erase_if(branches_, [&](const auto& pair) { return !there.contains(pair.first); });
  is_first_ = false;
  return done();
}

Done Scheduler::read(Branch& branch, const RepositoryConfiguration& repository, const store::Tip& tip) {
  if (branch.commit == tip.commit) return done();
  const auto store = TRY(shop_.objects());
  if (!store.commit(tip.commit)) {
    const auto lock = TRY(shop_.pair.lock(std::chrono::minutes{2}));
    TRY(shop_.pair.fetch(repository), "fetching {}", repository.name);
  }
  branch.workflows.clear();
  for (auto& considered : TRY(office_.dispatcher().consider({.kind = EventKind::Schedule, .repository = repository.name, .branch = tip.branch, .after = tip.commit})))
    if (considered.parsed.workflow && has_schedule(*considered.parsed.workflow)) branch.workflows.push_back(std::move(*considered.parsed.workflow));
  branch.commit = tip.commit;
  return done();
}

Done Scheduler::look_at(const RepositoryConfiguration& repository, const store::Tip& tip) {
  const auto place = place_of(repository, tip.branch);
  auto& branch = branches_[place];
  TRY(read(branch, repository, tip));
  if (branch.workflows.empty()) return done();
  const auto now = shop_.clock.now();
  bool is_new = false;
  if (!branch.since) {
    const auto known = remembered_.find(place);
    is_new = known == remembered_.end();
    branch.since = is_new ? now : known->second;
  }
  std::set<Instant> due;
  json::object missed;
  for (const auto& workflow : branch.workflows) {
    for (const auto& trigger : workflow.triggers) {
      const auto schedule = trigger.type == TriggerType::Schedule ? workflow::Schedule::parse(trigger.expression) : failure(Fault::Missing, "no schedule");
      if (!schedule) continue;
      const auto found = event::ticks(*branch.since, now, is_first_ ? Duration{0} : Duration{patience}, [&](Instant at) { return schedule->next_after(at); });
      for (const auto tick : found.due)
        if (would_run(workflow, tip.branch, tick)) due.insert(tick);
      if (found.missed > 0 && would_run(workflow, tip.branch, *found.last_missed)) missed[workflow.file] = found.missed;
    }
  }
  if (!missed.empty()) log(Level::Warning, "schedule.missed", {{"repository", repository.name}, {"branch", tip.branch}, {"ticks", missed}});
  for (const auto tick : due) TRY(fire(repository, tip.branch, tip.commit, tick));
  if (!is_new && due.empty() && missed.empty()) return done();
  TRY(shop_.ledger->record("schedule.seen", place, json::object{{"until", rfc3339(now)}, {"missed", missed}}));
  branch.since = now;
  return done();
}

Done Scheduler::fire(const RepositoryConfiguration& repository, const std::string& branch, const CommitId& commit, Instant tick) {
  const Event event{.id = {fmt::format("schedule:{}:{}:{}", repository.name, branch, rfc3339(tick))}, .kind = EventKind::Schedule, .repository = repository.name,
                    .branch = branch, .after = commit, .actor = "schedule", .at = tick};
  const auto arrived = TRY(office_.dispatcher().plan(event));
  TRY(office_.conductor().tell(arrived));
  return done();
}

}  // namespace tandem::run
