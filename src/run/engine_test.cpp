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
  Limits limits;
  Decision tell(const Fact& fact) { return decide(state, fact, noon, limits); }
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
  EXPECT_TRUE(world.state.runs().empty());
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
  EXPECT_EQ(world.state.runs().size(), 1U);
}

TEST(Engine, SkipsWhatDependsOnAFailureAndStillWrapsUp) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  const auto decision = world.end("run-1", "Build", bad());
  EXPECT_TRUE(wraps_up(decision, "run-1"));
  EXPECT_EQ(world.state.find(RunId{"run-1"})->actions.at("Ship").status, ActionStatus::Skipped);
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
  const auto& second = *world.state.find(RunId{"run-2"});
  EXPECT_EQ(why_waiting(world.state, second, second.workflow.actions[1]).what, "run-1 is ahead in the queue before Test");
}

EventArrived changing(std::string id, DefinitionChange change, std::string branch = "main") {
  auto event = push(std::move(id), std::move(branch));
  event.after = {"c2"};
  return {std::move(event), {}, {std::move(change)}};
}

TEST(Engine, ARunThatHasNotBegunIsCancelledAtOnceWhenItsFileIsDeleted) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  world.tell(EventArrived{push("e2"), {{chain()}}});
  const auto decision = world.tell(changing("e3", {.file = "w.yml", .is_gone = true}));
  EXPECT_EQ(world.state.find(RunId{"run-2"}), nullptr);
  EXPECT_TRUE(std::ranges::any_of(decision.entries, [](const auto& entry) {
    return entry.kind == "run.ended" && entry.subject == "run-2" && entry.body.at("status") == "CANCELLED" && entry.body.at("reason") == "w.yml was deleted from main by c2";
  }));
  EXPECT_TRUE(started(world.end("run-1", "Build")).empty()) << "the first one ended the action it was inside";
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("status"), "CANCELLED");
}

TEST(Engine, ADefinitionThatChangesElsewhereCancelsNothing) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  world.tell(changing("e2", {.file = "w.yml"}, "dev"));
  world.tell(changing("e3", {.file = "other.yml"}));
  EXPECT_EQ(started(world.end("run-1", "Build")), Names{"run-1/Test"});
}

TEST(Engine, AParallelRunFinishesWhenItsFileBecomesQueued) {
  World world;
  auto wide = chain();
  wide.mode = RunMode::Parallel;
  world.tell(EventArrived{push("e1"), {{wide}}});
  world.tell(changing("e2", {.file = "w.yml", .mode = RunMode::Queued}));
  EXPECT_EQ(started(world.end("run-1", "Build")), Names{"run-1/Test"});
  world.tell(changing("e3", {.file = "w.yml", .mode = RunMode::Parallel}));
  EXPECT_TRUE(started(world.end("run-1", "Test")).empty());
}

TEST(Engine, ARunThatIsToldMoreIsAnotherRunOfTheSameCause) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  auto event = push("e2");
  event.cause = RunId{"run-1"};
  auto other = chain();
  other.file = "other.yml";
  world.tell(EventArrived{event, {{.workflow = other}}});
  event.id = {"e3"};
  world.tell(EventArrived{event, {{.workflow = other, .inputs = {{"SyncId", "s"}}}}});
  EXPECT_EQ(world.state.last_run, 2) << "the push of a sync and the start that its run asks for are one";
  event.id = {"e4"};
  world.tell(EventArrived{event, {{.workflow = other, .inputs = {{"colour", "red"}}}}});
  EXPECT_EQ(world.state.last_run, 3);
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
  EXPECT_EQ(world.state.find(RunId{"run-2"})->actions.at("Ship").reason, "the environment local is held by run-1 (w)");
  world.end("run-1", "Ship");
  EXPECT_EQ(started(world.tell(RunWrappedUp{{"run-1"}, good})), Names{"run-2/Ship"});
}

TEST(Engine, ANewerRunTakesThePlaceOfAWaitingOneWhenSuperseded) {
  World world;
  auto workflow = chain();
  workflow.mode = RunMode::Superseded;
  for (const auto* id : {"e1", "e2", "e3"}) world.tell(EventArrived{push(id), {{workflow}}});
  EXPECT_NE(world.state.find(RunId{"run-1"}), nullptr);
  EXPECT_EQ(world.state.find(RunId{"run-2"}), nullptr);
  EXPECT_NE(world.state.find(RunId{"run-3"}), nullptr);
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
  EXPECT_EQ(decision.commands, std::vector<EngineCommand>{WrapUp{{"run-1"}}}) << "what it began is undone, nothing of it is tried again";
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("status"), "ABANDONED");
}

TEST(Engine, ARunWhoseWayBackKillsTheCoordinatorEndsWithoutOne) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  for (int i = 0; i < 5; ++i) world.tell(Restarted{});
  const auto decision = world.tell(Restarted{});
  EXPECT_EQ(decision.entries.back().body.at("status"), "ABANDONED");
  EXPECT_TRUE(decision.commands.empty());
}

TEST(Engine, CancellingStopsWhatRunsAndSkipsTheRest) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  const auto decision = world.tell(CancelAsked{{"run-1"}, "anna"});
  EXPECT_EQ(std::get<StopActions>(decision.commands.front()).run.value, "run-1");
  world.end("run-1", "Build", bad());
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("status"), "STOPPED");
}

Workflow gated(RunMode mode = RunMode::Queued) {
  Workflow workflow{.name = "g", .file = "g.yml", .mode = mode, .actions = {action("Build"), action("Gate", {"Build"}), action("Ship", {"Gate"}, "local")}};
  workflow.actions[1].identifier = "aws/approval@v1";
  return workflow;
}

TEST(Engine, AGroupIsOneBlockThatTheNextRunEntersOnlyWhenAllOfItIsThrough) {
  World world;
  Workflow workflow{.name = "w", .file = "w.yml", .actions = {action("Tests.Unit"), action("Tests.Lint"), action("Ship", {"Tests.Unit", "Tests.Lint"})}};
  workflow.actions[0].group = workflow.actions[1].group = "Tests";
  EXPECT_EQ(started(world.tell(EventArrived{push("e1"), {{workflow}}})), (Names{"run-1/Tests.Unit", "run-1/Tests.Lint"}));
  world.tell(EventArrived{push("e2"), {{workflow}}});
  EXPECT_TRUE(started(world.end("run-1", "Tests.Unit")).empty());
  EXPECT_EQ(started(world.end("run-1", "Tests.Lint")), (Names{"run-1/Ship", "run-2/Tests.Unit", "run-2/Tests.Lint"}));
}

TEST(Engine, ARunInsideAnActionIsNotInterruptedByANewerOneWhenSuperseded) {
  World world;
  auto workflow = chain();
  workflow.mode = RunMode::Superseded;
  for (const auto* id : {"e1", "e2"}) world.tell(EventArrived{push(id), {{workflow}}});
  EXPECT_EQ(started(world.end("run-1", "Build")), (Names{"run-1/Test", "run-2/Build"}));
  world.tell(EventArrived{push("e3"), {{workflow}}});
  EXPECT_NE(world.state.find(RunId{"run-2"}), nullptr);
}

TEST(Engine, ARunThatWaitsAtAGateGivesWayToTheNewerRunThatReachesIt) {
  World world;
  for (const auto* id : {"e1", "e2"}) world.tell(EventArrived{push(id), {{gated(RunMode::Superseded)}}});
  world.end("run-1", "Build");
  EXPECT_EQ(world.state.find(RunId{"run-1"})->actions.at("Gate").status, ActionStatus::WaitingApproval);
  EXPECT_TRUE(wraps_up(world.end("run-2", "Build"), "run-1"));
  const auto ended = world.tell(RunWrappedUp{{"run-1"}, good});
  EXPECT_EQ(ended.entries.front().body.at("status"), "SUPERSEDED");
  EXPECT_EQ(ended.entries.front().body.at("reason"), "run-2 is newer");
  EXPECT_EQ(world.state.find(RunId{"run-2"})->actions.at("Gate").status, ActionStatus::WaitingApproval);
}

TEST(Engine, ChangingTheModeToParallelCancelsTheQueueAndLetsRunningActionsEnd) {
  World world;
  for (const auto* id : {"e1", "e2"}) world.tell(EventArrived{push(id), {{chain()}}});
  auto parallel = chain();
  parallel.mode = RunMode::Parallel;
  EXPECT_EQ(started(world.tell(EventArrived{push("e3"), {{parallel}}})), Names{"run-3/Build"});
  EXPECT_EQ(world.state.find(RunId{"run-2"}), nullptr);
  EXPECT_TRUE(wraps_up(world.end("run-1", "Build"), "run-1"));
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.front().body.at("status"), "CANCELLED");
}

TEST(Engine, ParallelRunsBeyondTheCapWaitAndAreTakenInOrder) {
  World world;
  auto workflow = chain();
  workflow.mode = RunMode::Parallel;
  workflow.actions.resize(1);
  for (int i = 1; i <= 6; ++i) world.tell(EventArrived{push(fmt::format("e{}", i)), {{workflow}}});
  const auto& fifth = *world.state.find(RunId{"run-5"});
  EXPECT_EQ(fifth.actions.at("Build").rule, "parallel");
  world.end("run-2", "Build");
  EXPECT_EQ(started(world.tell(RunWrappedUp{{"run-2"}, good})), Names{"run-5/Build"});
}

TEST(Engine, ARunThatWaitsForAnotherNeverHoldsWhatThatOneNeeds) {
  World world;
  Workflow parent{.name = "p", .file = "p.yml", .actions = {action("Start", {}, "local")}};
  parent.actions[0].identifier = "tandem/start-workflow@v1";
  world.tell(EventArrived{push("e1"), {{parent}}});
  auto start = push("e2");
  start.kind = EventKind::Run;
  start.cause = RunId{"run-1"};
  const auto decision = world.tell(EventArrived{start, {{Workflow{.name = "c", .file = "c.yml", .actions = {action("Ship", {}, "local")}}}}});
  EXPECT_TRUE(wraps_up(decision, "run-2"));
  EXPECT_EQ(world.state.find(RunId{"run-2"})->actions.at("Ship").outcome->error->code, "TD0413");
}

TEST(Engine, AFrozenEnvironmentHoldsRunsUntilItIsThawed) {
  World world;
  world.tell(FreezeAsked{"local", true, "anna", "holidays"});
  auto workflow = chain();
  workflow.actions = {action("Ship", {}, "local")};
  EXPECT_TRUE(started(world.tell(EventArrived{push("e1"), {{workflow}}})).empty());
  const auto& run = *world.state.find(RunId{"run-1"});
  EXPECT_EQ(why_waiting(world.state, run, run.workflow.actions[0]).what, "the environment local is frozen by anna: holidays");
  EXPECT_EQ(started(world.tell(FreezeAsked{"local", false, "anna"})), Names{"run-1/Ship"});
}

TEST(Engine, AThawLetsTheRunInsideGoOnAlthoughAnOlderOneWaitsOutside) {
  World world;
  const Workflow outside{.name = "outside", .file = "outside.yml", .actions = {action("Build"), action("Ship", {"Build"}, "local")}};
  const Workflow inside{.name = "inside", .file = "inside.yml", .actions = {action("Enter", {}, "local"), action("Leave", {"Enter"}, "local")}};
  world.tell(EventArrived{push("e1"), {{outside}}});
  EXPECT_EQ(started(world.tell(EventArrived{push("e2"), {{inside}}})), Names{"run-2/Enter"});
  world.tell(FreezeAsked{"local", true, "anna"});
  world.end("run-1", "Build");
  world.end("run-2", "Enter");
  EXPECT_EQ(started(world.tell(FreezeAsked{"local", false, "anna"})), Names{"run-2/Leave"});
  world.end("run-2", "Leave");
  EXPECT_EQ(started(world.tell(RunWrappedUp{{"run-2"}, good})), Names{"run-1/Ship"});
}

TEST(Engine, AnActionWhoseTimeIsOverIsStoppedAndFails) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  const auto decision = world.tell(ActionTimedOut{{"run-1"}, "Build", 1});
  EXPECT_EQ(std::get<StopActions>(decision.commands.front()), (StopActions{{"run-1"}, "Build"}));
  EXPECT_TRUE(world.tell(ActionTimedOut{{"run-1"}, "Build", 1}).entries.empty());
  world.end("run-1", "Build", {.error = failure(Fault::Cancelled, "it was stopped")});
  const auto ended = world.tell(RunWrappedUp{{"run-1"}, good});
  EXPECT_EQ(ended.entries.back().body.at("status"), "FAILED");
  EXPECT_EQ(ended.entries.back().body.at("reason"), "Build: Build did not end within its 480 minutes");
}

TEST(Engine, AnActionThatWasOutOfTimeWhenTheCoordinatorDiedIsNotGivenItsTimeAgain) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  world.tell(ActionTimedOut{{"run-1"}, "Build", 1});
  const auto decision = world.tell(Restarted{});
  EXPECT_TRUE(started(decision).empty());
  EXPECT_TRUE(wraps_up(decision, "run-1"));
  const auto& state = world.state.find(RunId{"run-1"})->actions.at("Build");
  EXPECT_EQ(state.status, ActionStatus::Failed);
  EXPECT_EQ(state.outcome->error->code, "E-RUN-11");
}

TEST(Engine, AnOrderlyStopCountsAgainstNoRun) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(started(world.tell(Restarted{Restarted::After::CleanStop})), Names{"run-1/Build"});
}

TEST(Engine, ARunThatGotOnBetweenTwoDeathsIsNotQuarantined) {
  World world;
  world.tell(EventArrived{push("e1"), {{chain()}}});
  world.tell(Restarted{});
  world.tell(Restarted{});
  world.end("run-1", "Build", good, 3);
  EXPECT_EQ(started(world.tell(Restarted{})), Names{"run-1/Test"});
}

TEST(Engine, ARepetitionTakesOverWhatHadSucceeded) {
  World world;
  Planned planned{.workflow = chain(), .repeats = RunId{"run-0"}, .taken_over = {{"Build", good}},
                  .artifacts = {{{"run-0"}, "Build", "out", ArtifactKind::Files, {"abc"}, 3}}};
  const auto decision = world.tell(EventArrived{push("e1"), {planned}});
  EXPECT_EQ(started(decision), Names{"run-1/Test"});
  const auto kept = std::ranges::find_if(decision.entries, [](const auto& entry) { return entry.kind == "artifact.kept"; });
  ASSERT_NE(kept, decision.entries.end());
  EXPECT_EQ(kept->body.at("run"), "run-1");
}

TEST(Engine, APullRequestFromOutsideTouchesNoEnvironment) {
  World world;
  auto event = push("e1");
  event.kind = EventKind::PullRequest;
  event.is_foreign = true;
  Workflow workflow{.name = "w", .file = "w.yml", .actions = {action("Build"), action("Ship", {"Build"}, "local")}};
  world.tell(EventArrived{event, {{workflow}}});
  EXPECT_TRUE(started(world.end("run-1", "Build")).empty());
  EXPECT_EQ(world.state.find(RunId{"run-1"})->actions.at("Ship").outcome->error->code, "TD0408");
}

TEST(Engine, CancellingARunThatWaitsAtAGateEndsIt) {
  World world;
  world.tell(EventArrived{push("e1"), {{gated()}}});
  world.end("run-1", "Build");
  EXPECT_TRUE(wraps_up(world.tell(CancelAsked{{"run-1"}, "anna"}), "run-1"));
}

TEST(Gate, AsksTwoPeopleAndNobodyTwice) {
  World world;
  auto workflow = gated();
  workflow.actions[1].configuration["ApprovalsRequired"] = "2";
  world.tell(EventArrived{push("e1"), {{workflow}}});
  world.end("run-1", "Build");
  EXPECT_TRUE(started(world.tell(ApprovalGiven{{"run-1"}, "Gate", "anna", true})).empty());
  EXPECT_EQ(world.tell(ApprovalGiven{{"run-1"}, "Gate", "anna", true}).refused->code, "TD0405");
  EXPECT_EQ(started(world.tell(ApprovalGiven{{"run-1"}, "Gate", "ben", true})), Names{"run-1/Ship"});
}

TEST(Gate, AsksAnotherPersonWhenTheEnvironmentSaysSo) {
  World world;
  world.limits.environments["local"] = {.approvals = 1, .other_person = true};
  auto event = push("e1");
  event.actor = "anna";
  world.tell(EventArrived{event, {{gated()}}});
  world.end("run-1", "Build");
  EXPECT_EQ(world.tell(ApprovalGiven{{"run-1"}, "Gate", "anna", true}).refused->code, "TD0406");
  EXPECT_EQ(started(world.tell(ApprovalGiven{{"run-1"}, "Gate", "ben", true})), Names{"run-1/Ship"});
}

TEST(Gate, FailsWhenNobodyAnswersInFourteenDays) {
  World world;
  world.tell(EventArrived{push("e1"), {{gated()}}});
  world.end("run-1", "Build");
  EXPECT_TRUE(decide(world.state, TimePassed{}, noon + std::chrono::days{13}).entries.empty());
  decide(world.state, TimePassed{}, noon + std::chrono::days{14});
  EXPECT_EQ(world.tell(RunWrappedUp{{"run-1"}, good}).entries.back().body.at("reason"), "Gate: nobody approved within 14 days");
}

TEST(Engine, AGateWaitsForAPersonAndARejectionFailsTheRun) {
  World world;
  Workflow workflow{.name = "g", .file = "g.yml", .actions = {action("Gate"), action("Ship", {"Gate"})}};
  workflow.actions[0].identifier = "aws/approval@v1";
  EXPECT_TRUE(started(world.tell(EventArrived{push("e1"), {{workflow}}})).empty());
  EXPECT_EQ(world.state.find(RunId{"run-1"})->actions.at("Gate").status, ActionStatus::WaitingApproval);
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
  EXPECT_EQ(folded.runs(), world.state.runs());
}

}  // namespace
}  // namespace tandem::run
