#include "run/conductor.hpp"

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

Conductor::~Conductor() {
  std::list<Work> works;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    works.swap(works_);
  }
  for (auto& work : works) work.thread.request_stop();
  works.clear();  // joins
}

Done Conductor::resume() { return tell(Fact{Restarted{}}); }

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

Done Conductor::tell(const Fact& fact) {
  const auto commands = TRY(ledger_.tell(fact));
  obey(commands);
  return done();
}

void Conductor::obey(const std::vector<EngineCommand>& commands) {
  for (const auto& command : commands) {
    if (const auto* start = std::get_if<StartAction>(&command)) {
      begin(start->run, Kind::Action, [this, start = *start](std::stop_token stop) { do_action(start, stop); });
    } else if (const auto* wrap = std::get_if<WrapUp>(&command)) {
      begin(wrap->run, Kind::WrapUp, [this, run = wrap->run](std::stop_token stop) { do_wrap_up(run, stop); });
    } else if (const auto* halt = std::get_if<StopActions>(&command)) {
      const std::lock_guard lock(mutex_);
      for (auto& work : works_)
        if (work.run == halt->run && work.stoppable) work.thread.request_stop();
    }
  }
}

void Conductor::begin(const RunId& run, Kind kind, std::function<void(std::stop_token)> body) {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  works_.remove_if([](const Work& work) { return work.ended; });
  auto& work = works_.emplace_back();
  work.run = run;
  work.stoppable = kind == Kind::Action;
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
  auto outcome = guarded([&] { return performer_.perform(**run, *action, start.attempt, stop); });
  log(Level::Info, "action.ended", {{"run", start.run.value}, {"action", start.action}, {"succeeded", outcome.succeeded},
                                    {"error", outcome.error ? json::value(outcome.error->what) : json::value(nullptr)}});
  settle(start.run, Fact{ActionEnded{start.run, start.action, start.attempt, std::move(outcome)}});
}

void Conductor::do_wrap_up(const RunId& id, std::stop_token stop) {
  const auto run = ledger_.find_run(id);
  if (!run || !*run) return log(Level::Error, "run.lost", {{"run", id.value}});
  auto outcome = guarded([&] { return performer_.wrap_up(**run, stop); });
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
