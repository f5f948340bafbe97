#include "run/conductor.hpp"

#include <algorithm>

#include "base/kill_point.hpp"
#include "base/log.hpp"

namespace tandem::run {
namespace {

/// What a bug of ours inside a station becomes: the run fails and says so; the daemon goes on.
ActionOutcome guarded(const std::function<ActionOutcome()>& body) {
  try {
    return body();
  } catch (const std::exception& bug) {
    log(Level::Error, "bug", {{"what", bug.what()}});
    return {.error = failure(Fault::Broken, "a mistake in tandem itself: {}", bug.what())
                         .with_code("TD0001")
                         .with_next("report this with the daemon's log")};
  }
}

}  // namespace

Conductor::Conductor(Ledger& ledger, Performer& performer)
    : ledger_(ledger), performer_(performer), timekeeper_([this](std::stop_token stop) { keep_time(stop); }) {}

Conductor::~Conductor() {
  timekeeper_.request_stop();
  if (timekeeper_.joinable()) timekeeper_.join();
  std::list<Work> works;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    works.swap(works_);
  }
  const bool left_off = has_resumed_ || !works.empty();
  for (auto& work : works) work.thread.request_stop();
  works.clear();  // joins
  if (!left_off) return;
  // So that the next start does not take an orderly stop for a death that one of the runs caused.
  if (const auto written = ledger_.record("coordinator.stopped", "daemon", json::object{}); !written)
    log(Level::Warning, "stop.not_written", {{"error", written.error().what}});
}

Done Conductor::resume() {
  const auto after = TRY(ledger_.last_stop());
  has_resumed_ = true;
  return tell(Fact{Restarted{after}});
}

/// Time that actions may take is counted here, not by the calendar: setting the clock ends nothing early.
void Conductor::keep_time(std::stop_token stop) {
  constexpr auto between_looks = std::chrono::seconds{1};
  constexpr int looks_between_calendars = 30;
  for (int looks = 1; !stop.stop_requested(); ++looks) {
    std::vector<ActionTimedOut> over;
    {
      std::unique_lock lock(mutex_);
      time_.wait_for(lock, stop, between_looks, [] { return false; });
      if (stop.stop_requested()) return;
      const auto now = std::chrono::steady_clock::now();
      for (auto& work : works_) {
        if (work.ended || !work.deadline || now < *work.deadline) continue;
        work.deadline.reset();
        over.push_back({work.run, work.action, work.attempt});
      }
    }
    for (const auto& fact : over)
      if (const auto told = tell(Fact{fact}); !told) log(Level::Error, "timeout.not_written", {{"run", fact.run.value}, {"error", told.error().what}});
    if (const auto followed = ledger_.catch_up(); !followed) log(Level::Error, "history.behind", {{"error", followed.error().what}});
    if (has_resumed_ && looks % looks_between_calendars == 0)
      if (const auto told = tell(Fact{TimePassed{}}); !told) log(Level::Error, "calendar.not_written", {{"error", told.error().what}});
  }
}

Result<std::vector<RunId>> Conductor::tell(const EventArrived& event) {
  const auto before = ledger_.state([](const State& state) { return state.last_run; });
  TRY(tell(Fact{event}));
  const auto cause = event.event.id;
  std::vector<RunId> made;
  const auto last = ledger_.state([](const State& state) { return state.last_run; });
  for (auto number = before + 1; number <= last; ++number) {
    const auto run = TRY(ledger_.find_run(RunId{fmt::format("run-{}", number)}));
    if (run && run->event.id == cause) made.push_back(run->id);
  }
  return made;
}

Done Conductor::cancel(const RunId& run, const std::string& actor) { return tell(Fact{CancelAsked{run, actor}}); }

Done Conductor::approve(const ApprovalGiven& approval) { return tell(Fact{approval}); }

Done Conductor::freeze(const FreezeAsked& asked) { return tell(Fact{asked}); }

Done Conductor::tell(const Fact& fact) {
  const auto commands = TRY(ledger_.tell(fact));
  obey(commands);
  return done();
}

void Conductor::obey(const std::vector<EngineCommand>& commands) {
  for (const auto& command : commands) {
    if (const auto* start = std::get_if<StartAction>(&command)) {
      Work work{.run = start->run, .action = start->action, .attempt = start->attempt, .deadline = deadline_of(*start)};
      begin(std::move(work), [this, start = *start](std::stop_token stop) { do_action(start, stop); });
      // Somebody may have asked for a stop after this start was decided and before it was obeyed: then nobody was told.
      if (is_to_stop(*start)) stop_works({start->run, start->action});
    } else if (const auto* wrap = std::get_if<WrapUp>(&command)) {
      begin({.run = wrap->run, .stoppable = false}, [this, run = wrap->run](std::stop_token stop) { do_wrap_up(run, stop); });
    } else if (const auto* halt = std::get_if<StopActions>(&command)) {
      stop_works(*halt);
    }
  }
}

void Conductor::stop_works(const StopActions& halt) {
  const std::lock_guard lock(mutex_);
  for (auto& work : works_)
    if (work.run == halt.run && work.stoppable && (halt.action.empty() || work.action == halt.action)) work.thread.request_stop();
}

bool Conductor::is_to_stop(const StartAction& start) {
  return ledger_.state([&](const State& state) {
    const auto* run = state.find(start.run);
    return run == nullptr || run->status == RunStatus::Stopping || state_of(*run, start.action).timed_out;
  });
}

/// What the definition says, and a moment more: an action that keeps its own time tells the better story.
std::optional<Conductor::Moment> Conductor::deadline_of(const StartAction& start) {
  constexpr auto grace = std::chrono::seconds{15};
  const auto minutes = ledger_.state([&](const State& state) -> std::optional<int> {
    const auto* run = state.find(start.run);
    if (run == nullptr) return std::nullopt;
    const auto& actions = run->workflow.actions;
    const auto action = std::ranges::find_if(actions, [&](const Action& each) { return each.name == start.action; });
    return action == actions.end() ? std::nullopt : std::optional(timeout_of(*action));
  });
  if (!minutes) return std::nullopt;
  return std::chrono::steady_clock::now() + std::chrono::minutes{*minutes} + grace;
}

void Conductor::begin(Work made, std::function<void(std::stop_token)> body) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  works_.remove_if([](const Work& work) { return work.ended; });
  auto& work = works_.emplace_back(std::move(made));
  work.thread = std::jthread([this, &work, body = std::move(body)](std::stop_token stop) {
    body(stop);
    const std::lock_guard ending(mutex_);
    work.ended = true;
  });
}

void Conductor::do_action(const StartAction& start, std::stop_token stop) {
  const auto run = ledger_.find_run(start.run);
  if (!run || !*run) return log(Level::Error, "run.lost", {{"run", start.run.value}});
  const auto& actions = (*run)->workflow.actions;
  const auto action = std::ranges::find_if(actions, [&](const Action& known) { return known.name == start.action; });
  CHECK(action != actions.end());
  log(Level::Info, "action.started", {{"run", start.run.value}, {"action", start.action}, {"attempt", start.attempt}});
  kill_point("before:action");
  auto outcome = guarded([&] { return performer_.perform(**run, *action, start.attempt, stop); });
  kill_point("after:action");
  log(Level::Info, "action.ended", {{"run", start.run.value}, {"action", start.action}, {"succeeded", outcome.succeeded},
                                    {"error", outcome.error ? json::value(outcome.error->what) : json::value(nullptr)}});
  settle(start.run, Fact{ActionEnded{start.run, start.action, start.attempt, std::move(outcome)}});
}

void Conductor::do_wrap_up(const RunId& id, std::stop_token stop) {
  const auto run = ledger_.find_run(id);
  if (!run || !*run) return log(Level::Error, "run.lost", {{"run", id.value}});
  kill_point("before:way-back");
  auto outcome = guarded([&] { return performer_.wrap_up(**run, stop); });
  kill_point("after:way-back");
  settle(id, Fact{RunWrappedUp{id, std::move(outcome)}});
}

/// An outcome is written down however long the disk refuses: a full disk loses nothing. While we shut down it is
/// left out: the next process starts the attempt anew.
void Conductor::settle(const RunId& run, const Fact& fact) {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return;
    }
    const auto told = tell(fact);
    if (told) return;
    log(Level::Error, "outcome.not_written", {{"run", run.value}, {"error", told.error().what}});
    if (told.error().fault != Fault::Unavailable) return;
    std::this_thread::sleep_for(std::chrono::seconds{1});
  }
}

}  // namespace tandem::run
