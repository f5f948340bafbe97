// The engine in a simulated world: random graphs, late and repeated answers, kills, in thousands of schedules.
// TANDEM_SIMULATION_SEEDS sets how many; a failing seed is printed and replays to the same journal.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "base/digest.hpp"
#include "run/engine.hpp"

namespace tandem::run {
namespace {

struct World {
  std::mt19937_64 random;
  State state;
  std::vector<store::Entry> journal;
  std::vector<EngineCommand> under_way;
  Instant now{std::chrono::milliseconds{1'795'435'200'000}};
  std::map<std::string, std::string> ended;          // run/action -> status, once and for all
  std::map<std::string, int> attempts;
  std::map<std::string, std::string> inside;         // environment -> run that works in it
  int events = 0;
  int kills = 0;
  std::string broken;

  explicit World(std::uint64_t seed) : random(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  void complain(std::string what) { if (broken.empty()) broken = std::move(what); }

  Workflow workflow() {
    Workflow out{.name = "w", .file = fmt::format("w{}.yml", below(2)), .mode = static_cast<RunMode>(below(3))};
    const auto count = 1 + below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      Action action{.name = fmt::format("a{}", i), .identifier = "aws/build@v1"};
      for (std::uint64_t k = 0; k < i; ++k)
        if (below(3) == 0) action.depends_on.push_back(fmt::format("a{}", k));
      if (below(3) == 0) action.environment = below(2) == 0 ? "local" : "prod";
      out.actions.push_back(std::move(action));
    }
    return out;
  }

  void tell(const Fact& fact) {
    now += Duration{static_cast<std::int64_t>(below(4000)) - 1000};  // clocks jump back, too
    auto decision = decide(state, fact, now);
    for (const auto& entry : decision.entries) check(entry);
    journal.insert(journal.end(), decision.entries.begin(), decision.entries.end());
    under_way.insert(under_way.end(), decision.commands.begin(), decision.commands.end());
  }

  void check(const store::Entry& entry) {
    const auto* body = entry.body.if_object();
    const auto* name = body == nullptr ? nullptr : body->if_contains("action");
    const auto key = name == nullptr ? entry.subject : entry.subject + "/" + std::string(name->as_string());
    if (entry.kind == "action.started") {
      if (ended.contains(key)) complain(key + " started after it had ended");
      const auto attempt = static_cast<int>(body->at("attempt").as_int64());
      if (attempt != ++attempts[key]) complain(key + " skipped or repeated an attempt");
      const auto* run = state.find({entry.subject});
      if (run == nullptr) return;
      for (const auto& action : run->workflow.actions) {
        if (action.name != std::string(name->as_string())) continue;
        if (!may_start(*run, action)) complain(key + " started before what it needs");
        if (action.environment.empty()) continue;
        auto& holder = inside[action.environment];
        if (!holder.empty() && holder != entry.subject) complain("two runs in " + action.environment);
        holder = entry.subject;
      }
    }
    if (entry.kind == "action.ended" || entry.kind == "action.skipped")
      if (!ended.emplace(key, entry.kind).second) complain(key + " ended twice");
    if (entry.kind == "run.ended") {
      if (!ended.emplace(key, "run").second) complain(key + " ended twice");
      std::erase_if(inside, [&](const auto& pair) { return pair.second == entry.subject; });
    }
  }

  /// kill -9 and restart: everything in memory is gone, the journal is not.
  void kill() {
    ++kills;
    under_way.clear();
    State fresh;
    for (const auto& entry : journal)
      if (const auto folded = apply(fresh, entry.kind, entry.subject, entry.body, now); !folded)
        complain(folded.error().what);
    state = std::move(fresh);
    tell(Restarted{});
  }

  void answer(const EngineCommand& command) {
    ActionOutcome outcome{.succeeded = below(5) != 0};
    if (!outcome.succeeded) outcome.error = failure(Fault::Broken, "simulated");
    if (const auto* start = std::get_if<StartAction>(&command))
      tell(ActionEnded{start->run, start->action, start->attempt, outcome});
    if (const auto* wrap = std::get_if<WrapUp>(&command)) tell(RunWrappedUp{wrap->run, ActionOutcome{.succeeded = true}});
  }

  void step(bool faults) {
    if (faults && events < 12 && below(4) == 0) {
      Event event{.id = {fmt::format("e{}", below(14))}, .kind = EventKind::Push, .repository = "app",
                  .branch = below(3) == 0 ? "dev" : "main", .after = {"c"}, .at = now};
      ++events;
      tell(EventArrived{event, {{workflow()}}});
      return;
    }
    if (faults && kills < 2 && below(25) == 0) return kill();
    if (faults && state.last_run > 0 && below(30) == 0)
      return tell(CancelAsked{{fmt::format("run-{}", 1 + below(static_cast<std::uint64_t>(state.last_run)))}, "anna"});
    if (under_way.empty()) return;
    const auto at = below(under_way.size());
    const auto command = under_way[at];
    const bool again = faults && below(10) == 0;  // the same answer arrives once more later
    if (!again) under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
    answer(command);
  }

  std::string play() {
    for (int i = 0; i < 120 && broken.empty(); ++i) step(true);
    for (int i = 0; i < 2000 && broken.empty() && !under_way.empty(); ++i) step(false);
    if (broken.empty() && !state.runs.empty())
      complain(fmt::format("{} never ended", state.runs.begin()->second.id.value));
    return broken;
  }

  std::string journal_digest() const {
    Sha256 hash;
    for (const auto& entry : journal) hash.add(entry.kind + entry.subject + to_text(entry.body));
    return hash.digest().value;
  }
};

TEST(Simulation, EveryRunEndsOnceUnderKillsRepeatsAndClockJumps) {
  const auto* asked = std::getenv("TANDEM_SIMULATION_SEEDS");
  const std::uint64_t seeds = asked != nullptr ? std::strtoull(asked, nullptr, 10) : 2000;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    World world(seed);
    ASSERT_EQ(world.play(), "") << "seed " << seed;
  }
}

TEST(Simulation, ASeedReplaysToIdenticalJournalBytes) {
  for (const std::uint64_t seed : {1, 77, 4242}) {
    World first(seed);
    World second(seed);
    first.play();
    second.play();
    EXPECT_EQ(first.journal_digest(), second.journal_digest());
  }
}

}  // namespace
}  // namespace tandem::run
