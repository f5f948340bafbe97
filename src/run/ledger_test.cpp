#include "run/ledger.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/files.hpp"

namespace tandem::run {
namespace {

const ActionOutcome good{.succeeded = true};

struct World {
  TemporaryFolder folder = *TemporaryFolder::make();
  ManualClock clock;
  std::unique_ptr<Ledger> ledger = open();

  std::unique_ptr<Ledger> open() {
    auto opened = Ledger::open(folder.path(), clock);
    EXPECT_TRUE(opened) << (opened ? "" : text(opened.error()));
    return opened ? std::move(*opened) : nullptr;
  }
  void reopen() {
    ledger.reset();
    ledger = open();
  }
  EventArrived event(std::string id, size_t runs = 1, RunMode mode = RunMode::Parallel) const {
    const Workflow workflow{.name = "w", .file = "w.yml", .mode = mode, .actions = {{.name = "Build", .identifier = "aws/build@v1"}}};
    return {{.id = {std::move(id)}, .kind = EventKind::Push, .repository = "app", .branch = "main", .after = {"c1"}, .at = clock.now()},
            std::vector<Planned>(runs, Planned{.workflow = workflow})};
  }
  bool end(const std::string& run) {
    return ledger->tell(ActionEnded{{run}, "Build", 1, good}) && ledger->tell(RunWrappedUp{{run}, good});
  }
};

TEST(Ledger, WritesEverythingThatManyThreadsTellAtOnce) {
  World world;
  world.ledger->set_limits({.parallel_max = 10'000});
  std::atomic<int> commands = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 25; ++i)
        if (const auto told = world.ledger->tell(world.event(fmt::format("e{}-{}", thread, i)))) commands += static_cast<int>(told->size());
    });
  threads.clear();
  EXPECT_EQ(commands, 200);
  world.reopen();
  EXPECT_EQ(world.ledger->state([](const State& state) { return state.runs().size(); }), 200U);
  EXPECT_EQ(world.ledger->verify()->broken, 0);
}

TEST(Ledger, AnEventToldAgainAfterARestartStartsNothing) {
  World world;
  ASSERT_TRUE(world.ledger->tell(world.event("e1")));
  world.reopen();
  EXPECT_TRUE(world.ledger->tell(world.event("e1"))->empty());
  EXPECT_EQ(world.ledger->state([](const State& state) { return state.last_run; }), 1);
}

TEST(Ledger, ThousandsOfQueuedRunsComeBackInTheirOrder) {
  World world;
  world.ledger->set_limits({.parallel_max = 1});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(world.ledger->tell(world.event(fmt::format("e{}", i), 100)));
  world.reopen();
  world.ledger->set_limits({.parallel_max = 1});
  EXPECT_EQ(world.ledger->state([](const State& state) { return state.runs().size(); }), 2000U);
  const auto resumed = *world.ledger->tell(Restarted{Restarted::After::CleanStop});
  ASSERT_EQ(resumed.size(), 1U);
  EXPECT_EQ(std::get<StartAction>(resumed.front()), (StartAction{{"run-1"}, "Build", 2}));
  ASSERT_TRUE(world.ledger->tell(ActionEnded{{"run-1"}, "Build", 2, good}));
  const auto next = *world.ledger->tell(RunWrappedUp{{"run-1"}, good});
  EXPECT_EQ(std::get<StartAction>(next.front()), (StartAction{{"run-2"}, "Build", 1}));
}

TEST(Ledger, AFreezeOutlivesARestart) {
  World world;
  ASSERT_TRUE(world.ledger->tell(FreezeAsked{"prod", true, "anna", "holidays"}));
  world.reopen();
  EXPECT_EQ(world.ledger->state([](const State& state) { return state.frozen.at("prod").reason; }), "holidays");
  ASSERT_TRUE(world.ledger->tell(FreezeAsked{"prod", false, "anna"}));
  world.reopen();
  EXPECT_TRUE(world.ledger->state([](const State& state) { return state.frozen.empty(); }));
}

TEST(Ledger, KnowsAnOrderlyStopFromADeath) {
  World world;
  ASSERT_TRUE(world.ledger->tell(world.event("e1")));
  EXPECT_EQ(*world.ledger->last_stop(), Restarted::After::Death);
  ASSERT_TRUE(world.ledger->record("coordinator.stopped", "daemon", json::object{}));
  EXPECT_EQ(*world.ledger->last_stop(), Restarted::After::CleanStop);
}

TEST(Ledger, PrunedRunsStayGoneWhenTheHistoryIsMadeAnew) {
  World world;
  for (const auto* id : {"e1", "e2"}) ASSERT_TRUE(world.ledger->tell(world.event(id)));
  ASSERT_TRUE(world.end("run-1"));
  ASSERT_TRUE(world.end("run-2"));
  EXPECT_GT(world.ledger->prune({RunId{"run-1"}}, {{"actor", "anna"}})->records, 0);
  EXPECT_FALSE(*world.ledger->find_run(RunId{"run-1"}));
  world.ledger.reset();
  ASSERT_TRUE(tandem::remove_all(world.folder.path() / "history.db"));
  world.ledger = world.open();
  EXPECT_FALSE(*world.ledger->find_run(RunId{"run-1"}));
  EXPECT_EQ((*world.ledger->find_run(RunId{"run-2"}))->status, RunStatus::Succeeded);
  EXPECT_EQ(world.ledger->verify()->broken, 0);
  EXPECT_GT(world.ledger->verify()->pruned, 0);
}

TEST(Ledger, WaitsForTheEndOfARunThatAnotherThreadEnds) {
  World world;
  ASSERT_TRUE(world.ledger->tell(world.event("e1")));
  const std::jthread other([&] { EXPECT_TRUE(world.end("run-1")); });
  EXPECT_EQ(world.ledger->wait_for_end(RunId{"run-1"}, {})->status, RunStatus::Succeeded);
}

TEST(KillPoints, NameBothSidesOfEveryKindOfRecord) {
  const auto points = kill_points();
  for (const auto* name : {"before:run.created", "after:run.created", "before:action", "after:history"})
    EXPECT_NE(std::ranges::find(points, name), points.end()) << name;
}

}  // namespace
}  // namespace tandem::run
