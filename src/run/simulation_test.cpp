// The engine in a simulated world: random graphs, groups, gates, modes, environments, freezes, schedules; late,
// repeated and reordered answers, kills, clocks that jump. Thousands of schedules, each from a seed.
// TANDEM_SIMULATION_SEEDS sets how many, TANDEM_SIMULATION_SEED plays a single one and prints its journal if it fails. A seed replays to the same journal.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "base/digest.hpp"
#include "run/engine.hpp"

namespace tandem::run {
namespace {

constexpr size_t queue_max = 3;
constexpr size_t parallel_max = 2;

struct World {
  std::mt19937_64 random;
  State state;
  std::vector<store::Timed> journal;
  std::vector<EngineCommand> under_way;
  Limits limits{.queue_max = queue_max, .parallel_max = parallel_max};
  Instant now{std::chrono::milliseconds{1'795'435'200'000}};
  std::map<std::string, std::string> ended;             // run or run/action -> status, once and for all
  std::map<std::string, int> attempts;
  std::map<std::string, std::string> inside;            // environment -> run that works in it
  std::map<std::string, std::set<std::string>> answers; // gate -> who has answered
  std::set<std::string> events;
  std::set<std::string> frozen;
  int made = 0;
  int kills = 0;
  std::string broken;

  explicit World(std::uint64_t seed) : random(seed) { limits.environments["prod"] = {.approvals = 1, .other_person = true}; }
  std::uint64_t below(std::uint64_t bound) { return random() % bound; }
  void complain(std::string what) { if (broken.empty()) broken = std::move(what); }

  Workflow workflow() {
    Workflow out{.name = "w", .file = fmt::format("w{}.yml", below(2)), .mode = static_cast<RunMode>(below(3))};
    const auto count = 1 + below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      Action action{.name = fmt::format("a{}", i), .identifier = below(7) == 0 ? "aws/approval@v1" : "aws/build@v1"};
      if (!is_gate(action) && below(8) == 0) action.identifier = "tandem/start-workflow@v1";
      if (below(4) == 0) action.group = fmt::format("g{}", below(2));
      for (std::uint64_t k = 0; k < i; ++k)
        if (below(3) == 0) action.depends_on.push_back(fmt::format("a{}", k));
      if (below(3) == 0 && !is_gate(action)) action.environment = below(2) == 0 ? "local" : "prod";
      if (is_gate(action) && below(2) == 0) action.configuration["ApprovalsRequired"] = "2";
      out.actions.push_back(std::move(action));
    }
    return out;
  }

  void tell(const Fact& fact) {
    now += Duration{static_cast<std::int64_t>(below(4000)) - 1000};  // clocks go back, too
    if (below(200) == 0) now += std::chrono::hours{static_cast<int>(below(49)) - 24};
    auto decision = decide(state, fact, now, limits);
    for (auto& entry : decision.entries) {
      check(entry);
      journal.push_back({entry, now});
    }
    check_limits();
    for (auto& command : decision.commands) {
      const auto* stop = std::get_if<StopActions>(&command);
      if (stop == nullptr) under_way.push_back(std::move(command));
    }
  }

  static const Action* action_of(const Run& run, std::string_view name) {
    for (const auto& action : run.workflow.actions)
      if (action.name == name) return &action;
    return nullptr;
  }

  void check_start(const store::Entry& entry, const std::string& name, const std::string& key) {
    if (ended.contains(key)) complain(key + " started after it had ended");
    const auto attempt = static_cast<int>(entry.body.at("attempt").as_int64());
    if (attempt != ++attempts[key]) complain(key + " skipped or repeated an attempt");
    const auto* run = state.find(RunId{entry.subject});
    if (run == nullptr) return;
    const auto& action = *action_of(*run, name);
    if (!may_start(*run, action)) complain(key + " started before what it needs");
    if (run->event.is_foreign && !action.environment.empty()) complain(key + " works in an environment for an outsider");
    if (run->ending && attempt == 1) complain(key + " started in a run that was let go");
    if (!action.environment.empty()) {
      auto& holder = inside[action.environment];
      if (!holder.empty() && holder != entry.subject) complain("two runs in " + action.environment);
      holder = entry.subject;
      if (attempt == 1 && frozen.contains(action.environment)) complain(key + " entered a frozen environment");
    }
    if (run->workflow.mode != RunMode::Parallel) check_order(*run, action, key);
  }

  /// First in, first out: no older run of the queue still has this block before it or is inside it.
  void check_order(const Run& run, const Action& action, const std::string& key) {
    for (const auto& [number, other] : state.runs()) {
      if (number >= store::run_number(run.id)) return;
      if (other.workflow.mode == RunMode::Parallel || other.repository != run.repository || other.workflow.file != run.workflow.file ||
          other.event.branch != run.event.branch)
        continue;
      for (const auto& each : other.workflow.actions)
        if (block_of(each) == block_of(action) && !is_final(state_of(other, each.name).status))
          return complain(key + " overtook " + other.id.value);
    }
  }

  void check(const store::Entry& entry) {
    const auto* body = entry.body.if_object();
    const auto* word = body == nullptr ? nullptr : body->if_contains("action");
    const auto name = word == nullptr ? std::string{} : std::string(word->as_string());
    const auto key = word == nullptr ? entry.subject : entry.subject + "/" + name;
    if (entry.kind == "event.received" && !events.insert(entry.subject).second) complain(entry.subject + " was handled twice");
    if (entry.kind == "environment.frozen") frozen.insert(entry.subject);
    if (entry.kind == "environment.thawed") frozen.erase(entry.subject);
    if (entry.kind == "action.started") check_start(entry, name, key);
    if (entry.kind == "approval.given" && !answers[key].insert(std::string(body->at("actor").as_string())).second) complain(key + " heard one person twice");
    if (entry.kind == "action.ended" || entry.kind == "action.skipped")
      if (!ended.emplace(key, entry.kind).second) complain(key + " ended twice");
    if (ended.contains(entry.subject) && entry.kind != "run.ended") complain(entry.subject + " changed after its end: " + entry.kind);
    if (entry.kind != "run.ended") return;
    if (!ended.emplace(key, "run").second) complain(key + " ended twice");
    std::erase_if(inside, [&](const auto& pair) { return pair.second == entry.subject; });
  }

  void check_limits() {
    size_t inside_now = 0;
    for (const auto& [number, run] : state.runs())
      if (run.workflow.mode == RunMode::Parallel && run.started && !run.event.cause) ++inside_now;
    if (inside_now > parallel_max) complain("more PARALLEL runs than there are places");
  }

  /// kill -9 and restart: everything in memory is gone, the journal is not.
  void kill() {
    ++kills;
    under_way.clear();
    State fresh;
    for (const auto& [entry, at] : journal)
      if (const auto folded = apply(fresh, entry.kind, entry.subject, entry.body, at); !folded) complain(folded.error().what);
    if (fresh.runs() != state.runs()) complain("the journal folds to another state than deciding left");
    state = std::move(fresh);
    tell(Restarted{below(4) == 0 ? Restarted::After::CleanStop : Restarted::After::Death});
  }

  void answer(const EngineCommand& command) {
    ActionOutcome outcome{.succeeded = below(5) != 0};
    if (!outcome.succeeded) outcome.error = failure(Fault::Broken, "simulated");
    if (const auto* start = std::get_if<StartAction>(&command)) {
      if (below(12) == 0) tell(ActionTimedOut{start->run, start->action, start->attempt});
      tell(ActionEnded{start->run, start->action, start->attempt, outcome});
    }
    if (const auto* wrap = std::get_if<WrapUp>(&command)) tell(RunWrappedUp{wrap->run, ActionOutcome{.succeeded = true}});
  }

  /// A run by the old definition may only end what it is inside, unless it stands in no queue.
  void check_old_runs(const Event& event, const DefinitionChange& change) {
    for (const auto& [number, run] : state.runs()) {
      const bool is_old = run.workflow.file == change.file && run.event.branch == event.branch && run.commit != event.after && !run.event.is_foreign;
      const bool finishes = run.workflow.mode == RunMode::Parallel && change.mode != RunMode::Parallel;
      if (is_old && !finishes && !run.ending && !run.wrapping_up && run.status != RunStatus::Stopping)
        complain(run.id.value + " goes on by a definition that is no more");
    }
  }

  void arrive() {
    ++made;
    const bool by_schedule = below(5) == 0;
    Event event{.id = {fmt::format("{}{}", by_schedule ? "tick" : "e", below(16))}, .kind = by_schedule ? EventKind::Schedule : EventKind::Push,
                .repository = "app", .branch = below(3) == 0 ? "dev" : "main", .after = {fmt::format("c{}", below(3))}, .actor = below(2) == 0 ? "anna" : "ben", .at = now};
    if (below(10) == 0) event.is_foreign = true;
    if (state.last_run > 0 && below(8) == 0) {
      event.kind = EventKind::Run;
      event.cause = RunId{fmt::format("run-{}", 1 + below(static_cast<std::uint64_t>(state.last_run)))};
    }
    EventArrived arrived{event, {{workflow()}}};
    if (event.kind == EventKind::Push && below(6) == 0)
      arrived.definitions.push_back({.file = fmt::format("w{}.yml", below(2)), .is_gone = below(3) == 0, .mode = static_cast<RunMode>(below(3))});
    const bool is_news = !events.contains(event.id.value);
    tell(arrived);
    if (is_news)
      for (const auto& change : arrived.definitions) check_old_runs(event, change);
  }

  /// Somebody answers a gate that waits, or one that does not.
  void approve(bool approve_all) {
    for (const auto& [number, run] : state.runs())
      for (const auto& action : run.workflow.actions) {
        if (state_of(run, action.name).status != ActionStatus::WaitingApproval || (!approve_all && below(3) != 0)) continue;
        const std::array people{"anna", "ben", "carl", "dora"};
        const ApprovalGiven given{run.id, action.name, people[below(people.size())], approve_all || below(6) != 0};
        return tell(given);
      }
  }

  void step() {
    const auto dice = below(100);
    if (dice < 22 && made < 14) return arrive();
    if (dice < 26 && kills < 5) return kill();
    if (dice < 29 && state.last_run > 0)
      return tell(CancelAsked{RunId{fmt::format("run-{}", 1 + below(static_cast<std::uint64_t>(state.last_run)))}, "anna"});
    if (dice < 36) return approve(false);
    if (dice < 38) return tell(FreezeAsked{below(2) == 0 ? "local" : "prod", below(2) == 0, "anna"});
    if (dice < 39) return tell(TimePassed{});
    if (under_way.empty()) return;
    const auto at = below(under_way.size());
    const auto command = under_way[at];
    const bool again = below(10) == 0;  // the same answer arrives once more later
    if (!again) under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
    answer(command);
  }

  /// The faults stop, the freezes are lifted, everybody answers: every run must come to an end.
  void settle() {
    for (const auto* environment : {"local", "prod"}) tell(FreezeAsked{environment, false, "anna"});
    for (int i = 0; i < 3000 && broken.empty() && !state.runs().empty(); ++i) {
      if (under_way.empty()) {
        const auto before = journal.size();
        for (int k = 0; k < 40 && journal.size() == before; ++k) approve(true);
        if (journal.size() == before && under_way.empty()) break;
        continue;
      }
      const auto at = below(under_way.size());
      const auto command = under_way[at];
      under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(at));
      answer(command);
    }
    if (broken.empty() && !state.runs().empty()) complain(state.runs().begin()->second.id.value + " never ended");
  }

  std::string play() {
    for (int i = 0; i < 140 && broken.empty(); ++i) step();
    settle();
    return broken;
  }

  /// What a person reads who looks for the cause.
  std::string story() const {
    std::string out;
    for (const auto& [entry, at] : journal) out += fmt::format("{} {} {} {}\n", rfc3339(at), entry.kind, entry.subject, to_text(entry.body).substr(0, 300));
    return out;
  }

  std::string digest() const {
    Sha256 hash;
    for (const auto& [entry, at] : journal) hash.add(rfc3339(at) + entry.kind + entry.subject + to_text(entry.body));
    return hash.digest().value;
  }
};

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const auto* asked = std::getenv(name);
  return asked != nullptr ? std::strtoull(asked, nullptr, 10) : otherwise;
}

TEST(Simulation, EveryRunEndsOnceUnderKillsRepeatsAndClockJumps) {
  const auto only = number_from("TANDEM_SIMULATION_SEED", 0);
  const auto first = only > 0 ? only : 1;
  const auto last = only > 0 ? only : number_from("TANDEM_SIMULATION_SEEDS", 2000);
  for (auto seed = first; seed <= last; ++seed) {
    World world(seed);
    if (world.play().empty()) continue;
    World again(seed);
    again.play();
    if (only > 0) fmt::print("{}", world.story());
    FAIL() << "seed " << seed << ": " << world.broken << " (journal " << world.digest() << ", replayed " << again.digest() << ")";
  }
}

TEST(Simulation, ASeedReplaysToIdenticalJournalBytes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    World first(seed);
    World second(seed);
    first.play();
    second.play();
    ASSERT_EQ(first.digest(), second.digest()) << "seed " << seed;
  }
}

TEST(Simulation, DifferentSeedsTellDifferentStories) {
  std::set<std::string> digests;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    World world(seed);
    world.play();
    digests.insert(world.digest());
  }
  EXPECT_EQ(digests.size(), 50U);
}

}  // namespace
}  // namespace tandem::run
