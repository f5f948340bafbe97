#include "run/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tandem::run {
namespace {

constexpr Instant noon{std::chrono::milliseconds{1'795'435'200'000}};

Action action(std::string name, std::vector<std::string> needs = {}, std::string environment = "") {
  return {.name = std::move(name), .identifier = "aws/build@v1", .depends_on = std::move(needs),
          .environment = std::move(environment)};
}

Event push(std::string id, std::string branch = "main") {
  return {.id = {std::move(id)}, .kind = EventKind::Push, .repository = "app", .branch = std::move(branch), .after = {"c1"}, .at = noon};
}

Workflow chain() {
  return {.name = "w", .file = "w.yml", .actions = {action("Build"), action("Test", {"Build"}), action("Ship", {"Test"}, "local")}};
}

const ActionOutcome good{.succeeded = true};
ActionOutcome bad(bool held = false) { return {.held = held, .error = failure(Fault::Broken, "it broke")}; }

std::vector<std::string> started(const Decision& decision) {
  std::vector<std::string> out;
  for (const auto& command : decision.commands)
    if (const auto* start = std::get_if<StartAction>(&command)) out.push_back(start->run.value + "/" + start->action);
  return out;
}

bool wraps_up(const Decision& decision, const std::string& run) {
  return std::ranges::any_of(decision.commands, [&](const auto& command) {
    const auto* wrap = std::get_if<WrapUp>(&command);
    return wrap != nullptr && wrap->run.value == run;
  });
}

struct World {
  State state;
  Decision tell(const Fact& fact) { return decide(state, fact, noon); }
  Decision end(const std::string& run, const std::string& name, ActionOutcome outcome = good, int attempt = 1) {
    return tell(ActionEnded{{run}, name, attempt, std::move(outcome)});
  }
};
using Names = std::vector<std::string>;

TEST(Engine, StartsActionsWhenWhatTheyNeedHasSucceeded) {
  World world;
  EXPECT_EQ(started(world.tell(EventArrived{push("e1"), {{chain()}}})), Names{"run-1/Build"});
  EXPECT_EQ(started(world.end("run-1", "Build")), Names{"run-1/Test"});
  EXPECT_EQ(started(world.end("run-1", "Test")), Names{"run-1/Ship"});
  EXPECT_TRUE(wraps_up(world.end("run-1", "Ship"), "run-1"));
  world.tell(RunWrappedUp{{"run-1"}, good});
  EXPECT_TRUE(world.state.runs.empty());
}

TEST(Engine, AnEventToldTwiceStartsOneRun) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  EXPECT_TRUE(world.tell(EventArrived{push("e1"), {{chain()}}}).entries.empty());
}

TEST(Engine, ACommitThatASyncMadeAndThePushThatReportsItStartOneRun) {
  World world;
  auto told_by_sync = push("start");
  auto told_by_push = push("push");
  told_by_sync.cause = told_by_push.cause = RunId{"run-0"};
  world.tell(EventArrived{told_by_sync, {{chain()}}});
  world.tell(EventArrived{told_by_push, {{chain()}}});
  EXPECT_EQ(world.state.runs.size(), 1U);
}

TEST(Engine, SkipsWhatDependsOnAFailureAndStillWrapsUp) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  const auto decision = world.end("run-1", "Build", bad());
  EXPECT_TRUE(wraps_up(decision, "run-1"));
  EXPECT_EQ(world.state.find({"run-1"})->actions.at("Ship").status, ActionStatus::Skipped);
  const auto ended = world.tell(RunWrappedUp{{"run-1"}, good});
  EXPECT_EQ(ended.entries.back().body.at("status"), "FAILED");
  EXPECT_EQ(ended.entries.back().body.at("reason"), "Build: it broke");
}

TEST(Engine, ARefusalOfTheOtherSideHoldsTheRunInsteadOfFailingIt) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  world.end("run-1", "Build", bad(true));
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("status"), "HELD");
}

TEST(Engine, ALateOrRepeatedAnswerChangesNothing) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  world.tell(Restarted{});
  EXPECT_TRUE(world.end("run-1", "Build", good, 1).entries.empty());
  EXPECT_EQ(started(world.end("run-1", "Build", good, 2)), Names{"run-1/Test"});
  EXPECT_TRUE(world.end("run-1", "Build", bad(), 2).entries.empty());
}

TEST(Engine, TheSecondRunOfABranchWaitsInFrontOfEachBlock) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  EXPECT_TRUE(started(world.tell(EventArrived{push("e2"), {{chain()}}})).empty());
  EXPECT_EQ(started(world.end("run-1", "Build")), (Names{"run-1/Test", "run-2/Build"}));
  const auto& second = *world.state.find({"run-2"});
  EXPECT_EQ(why_waiting(world.state, second, second.workflow.actions[1]), "run-1 is ahead in the queue before Test");
}

TEST(Engine, TwoWorkflowsNeverHoldOneEnvironmentTogether) {
  World world;
  auto other = chain();
  other.file = "other.yml";
  other.mode = RunMode::Parallel;
  world.tell(EventArrived{push("e1"), {{chain()}, {other}}});
  for (const auto* run : {"run-1", "run-2"}) {
    world.end(run, "Build");
    world.end(run, "Test");
  }
  EXPECT_EQ(world.state.find({"run-2"})->actions.at("Ship").reason, "the environment local is held by run-1 (w)");
  world.end("run-1", "Ship");
  EXPECT_EQ(started(world.tell(RunWrappedUp{{"run-1"}, good})), Names{"run-2/Ship"});
}

TEST(Engine, ANewerRunTakesThePlaceOfAWaitingOneWhenSuperseded) {
  World world;
  auto workflow = chain();
  workflow.mode = RunMode::Superseded;
  for (const auto* id : {"e1", "e2", "e3"}) world.tell(EventArrived{push(id), {{workflow}}});
  EXPECT_NE(world.state.find({"run-1"}), nullptr);
  EXPECT_EQ(world.state.find({"run-2"}), nullptr);
  EXPECT_NE(world.state.find({"run-3"}), nullptr);
}

TEST(Engine, TheRunAfterTheFiftiethInTheQueueIsRecordedAsNotRun) {
  World world;
  for (int i = 0; i < 51; ++i) world.tell(EventArrived{push(fmt::format("e{}", i)), {{chain()}}});
  const auto decision = world.tell(EventArrived{push("one more"), {{chain()}}});
  EXPECT_EQ(decision.entries.back().body.at("status"), "NOT_RUN");
  EXPECT_EQ(decision.entries.back().body.at("reason"), "queue full (50)");
}

TEST(Engine, ARunThatKillsTheCoordinatorThreeTimesIsQuarantined) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  EXPECT_EQ(started(world.tell(Restarted{})), Names{"run-1/Build"});
  EXPECT_EQ(started(world.tell(Restarted{})), Names{"run-1/Build"});
  const auto decision = world.tell(Restarted{});
  EXPECT_EQ(decision.entries.back().body.at("status"), "ABANDONED");
}

TEST(Engine, CancellingStopsWhatRunsAndSkipsTheRest) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  const auto decision = world.tell(CancelAsked{{"run-1"}, "anna"});
  EXPECT_EQ(std::get<StopActions>(decision.commands.front()).run.value, "run-1");
  world.end("run-1", "Build", bad());
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("status"), "STOPPED");
}

TEST(Engine, AGateWaitsForAPersonAndARejectionFailsTheRun) {
  World world;
  Workflow workflow{.name = "g", .file = "g.yml", .actions = {action("Gate"), action("Ship", {"Gate"})}};
  workflow.actions[0].identifier = "aws/approval@v1";
  EXPECT_TRUE(started(world.tell(EventArrived{push("e1"), {{workflow}}})).empty());
  EXPECT_EQ(world.state.find({"run-1"})->actions.at("Gate").status, ActionStatus::WaitingApproval);
  world.tell(ApprovalGiven{{"run-1"}, "Gate", "anna", false, "not on a Friday"});
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("reason"),
            "Gate: anna rejected it: not on a Friday");
}

TEST(Engine, FoldingTheJournalGivesTheStateThatDecidingLeft) {
  World world;
  State folded;
  const auto fold = [&](const Decision& decision) {
    for (const auto& entry : decision.entries)
      ASSERT_TRUE(apply(folded, entry.kind, entry.subject, entry.body, noon));
  };
  fold(world.tell(EventArrived{push("e1"), {{chain()}}}));
  fold(world.end("run-1", "Build"));
  fold(world.tell(EventArrived{push("e2"), {{chain()}}}));
  fold(world.tell(Restarted{}));
  EXPECT_EQ(folded.runs, world.state.runs);
}

}  // namespace
}  // namespace tandem::run
