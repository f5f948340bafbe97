// Fills a state folder with runs, through the engine and the ledger themselves, so that growth can be measured.
// usage: engine_seed FOLDER ended|queued COUNT [ACTIONS]

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "run/ledger.hpp"

namespace {
using namespace tandem;
using namespace tandem::run;

Workflow workflow_of(int actions) {
  Workflow workflow{.name = "seeded", .file = ".codecatalyst/workflows/seeded.yml", .mode = RunMode::Parallel};
  for (int i = 0; i < actions; ++i) {
    Action action{.name = fmt::format("A{}", i), .identifier = "aws/build@v1", .takes_source = true, .steps = {"true"}};
    if (i > 0) action.depends_on.push_back(fmt::format("A{}", i - 1));
    workflow.actions.push_back(std::move(action));
  }
  return workflow;
}

/// Answers every command at once, as an action that takes no time would.
bool obey(Ledger& ledger, std::vector<EngineCommand> commands) {
  while (!commands.empty()) {
    const auto command = std::move(commands.back());
    commands.pop_back();
    const auto* start = std::get_if<StartAction>(&command);
    const auto* wrap = std::get_if<WrapUp>(&command);
    if (start == nullptr && wrap == nullptr) continue;
    const ActionOutcome good{.succeeded = true};
    auto more = ledger.tell(start != nullptr ? Fact{ActionEnded{start->run, start->action, start->attempt, good}} : Fact{RunWrappedUp{wrap->run, good}});
    if (!more) {
      fmt::print(stderr, "{}\n", text(more.error()));
      return false;
    }
    commands.insert(commands.end(), more->begin(), more->end());
  }
  return true;
}

int seed(const std::string& folder, bool queued, int count, int actions) {
  const SystemClock clock;
  const auto began = std::chrono::steady_clock::now();
  auto opened = Ledger::open(folder, clock);
  if (!opened) return fmt::print(stderr, "{}\n", text(opened.error())), 1;
  auto& ledger = **opened;
  const auto ready = std::chrono::steady_clock::now();
  ledger.set_limits({.parallel_max = queued ? 0UL : 1'000'000UL});
  const auto workflow = workflow_of(actions);
  std::atomic<int> next = 0;
  std::atomic<bool> good = true;
  std::vector<std::jthread> threads;
  constexpr int each_event = 10;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      while (good && next.fetch_add(each_event) < count) {
        Event event{.id = {fresh_id("ev")}, .kind = EventKind::Command, .repository = "application", .branch = "main", .after = {std::string(40, 'a')},
                    .actor = "bench", .at = clock.now()};
        auto commands = ledger.tell(EventArrived{event, std::vector<Planned>(each_event, Planned{.workflow = workflow})});
        if (!commands || !obey(ledger, std::move(*commands))) good = false;
      }
    });
  threads.clear();
  const auto end = std::chrono::steady_clock::now();
  fmt::print("{{\"opened_ms\":{},\"seeded_ms\":{},\"records\":{}}}\n", std::chrono::duration_cast<std::chrono::milliseconds>(ready - began).count(),
             std::chrono::duration_cast<std::chrono::milliseconds>(end - ready).count(), ledger.last());
  return good ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) return fmt::print(stderr, "usage: engine_seed FOLDER ended|queued COUNT [ACTIONS]\n"), 1;
  return seed(words[1], std::string_view(words[2]) == "queued", std::atoi(words[3]), count > 4 ? std::atoi(words[4]) : 1);
}
