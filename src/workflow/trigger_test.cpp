#include "workflow/trigger.hpp"

#include <gtest/gtest.h>

#include "workflow/parse.hpp"

namespace tandem::workflow {
namespace {

Workflow workflow(const std::string& triggers) {
  const auto parsed = parse_workflow("Name: w\nSchemaVersion: \"1.0\"\n" + triggers +
                                         "Actions:\n  A:\n    Identifier: aws/build@v1\n    Configuration: {Steps: []}\n",
                                     "w.yml", {});
  return parsed.workflow.value();
}

Event push(const std::string& branch, std::vector<std::string> files = {}) {
  Event event;
  event.kind = EventKind::Push;
  event.branch = branch;
  event.files_known = !files.empty();
  event.files_changed = std::move(files);
  return event;
}

Event pull_request(PullRequestStep step, const std::string& into = "main") {
  Event event;
  event.kind = EventKind::PullRequest;
  event.branch = "feature/x";
  event.destination = into;
  event.step = step;
  return event;
}

std::string told(const Workflow& workflow, const Event& event) { return text(answer(workflow, event)); }

const char* const on_main = "Triggers:\n  - Type: PUSH\n    Branches: [main]\n";

TEST(Push, StartsAWorkflowWhoseBranchesMatch) {
  EXPECT_EQ(told(workflow(on_main), push("main")), "runs, because main was pushed (w.yml:4:5)");
}

TEST(Push, NamesTheLineThatDecidesAgainstIt) {
  EXPECT_EQ(told(workflow(on_main), push("feature/x")),
            "does not run, because the branch feature/x matches none of Branches: main (w.yml:5:5)");
}

TEST(Push, SuggestsTheExpressionBehindAGlob) {
  EXPECT_EQ(told(workflow("Triggers:\n  - Type: PUSH\n    Branches: [feature/*]\n"), push("feature/x")),
            "does not run, because the branch feature/x matches none of Branches: feature/*; patterns are regular expressions, did you "
            "mean feature/.*? (w.yml:5:5)");
}

TEST(Push, LooksAtTheChangedFiles) {
  const auto on_source = workflow("Triggers:\n  - Type: PUSH\n    FilesChanged: ['src\\/.*']\n");
  EXPECT_EQ(told(on_source, push("main", {"docs/a.md", "src/a.py"})), "runs, because main was pushed, and src/a.py matches FilesChanged (w.yml:4:5)");
  EXPECT_EQ(told(on_source, push("main", {"docs/a.md"})),
            "does not run, because none of the 1 changed files matches FilesChanged: src\\/.* (w.yml:5:5)");
  EXPECT_TRUE(answer(on_source, push("main")).runs) << "nothing to compare with";
  EXPECT_TRUE(answer(on_source, push("main", std::vector<std::string>(4001, "docs/a.md"))).runs);
}

TEST(Push, StartsAWorkflowWhenAnyOfItsTriggersMatches) {
  const auto two = workflow("Triggers:\n  - Type: PUSH\n    Branches: [main]\n  - Type: PUSH\n    Branches: [dev]\n");
  EXPECT_EQ(answer(two, push("dev")).place.line, 6);
}

TEST(Workflow, WithoutTriggersStartsByHandOnly) {
  EXPECT_EQ(told(workflow(""), push("main")), "does not run, because it has no Triggers: it starts by hand only (w.yml)");
  Event command;
  command.kind = EventKind::Command;
  command.branch = "anything";
  EXPECT_TRUE(answer(workflow(""), command).runs);
  EXPECT_TRUE(answer(workflow(on_main), command).runs) << "branches are not compared";
}

TEST(Workflow, WithOnlyAManualTriggerStartsByHandOnly) {
  EXPECT_FALSE(answer(workflow("Triggers:\n  - Type: MANUAL\n"), push("main")).runs);
}

TEST(Workflow, SaysThatItHasNoTriggerOfTheKind) {
  EXPECT_EQ(told(workflow(on_main), pull_request(PullRequestStep::Open)), "does not run, because it has no PULLREQUEST trigger (w.yml:4:5)");
}

TEST(PullRequest, IsMatchedByItsDestination) {
  const auto requests = workflow("Triggers:\n  - Type: PULLREQUEST\n    Branches: [main]\n    Events: [OPEN]\n");
  EXPECT_EQ(told(requests, pull_request(PullRequestStep::Open)), "runs, because OPEN of a pull request into main (w.yml:4:5)");
  EXPECT_EQ(told(requests, pull_request(PullRequestStep::Open, "dev")),
            "does not run, because the destination dev matches none of Branches: main (w.yml:5:5)");
}

TEST(PullRequest, IsNotMatchedByItsSource) {
  const auto requests = workflow("Triggers:\n  - Type: PULLREQUEST\n    Branches: [feature/.*]\n    Events: [OPEN]\n");
  EXPECT_EQ(told(requests, pull_request(PullRequestStep::Open)),
            "does not run, because the destination main matches none of Branches: feature/.*; the source feature/x would match, but "
            "Branches is compared with the destination (w.yml:5:5)");
}

TEST(PullRequest, RevisionAlsoMeansTheCreation) {
  const auto revised = workflow("Triggers:\n  - Type: PULLREQUEST\n    Events: [REVISION]\n");
  EXPECT_TRUE(answer(revised, pull_request(PullRequestStep::Open)).runs);
  EXPECT_TRUE(answer(revised, pull_request(PullRequestStep::Revision)).runs);
  EXPECT_FALSE(answer(revised, pull_request(PullRequestStep::Closed)).runs);
  const auto opened = workflow("Triggers:\n  - Type: PULLREQUEST\n    Events: [OPEN, CLOSED]\n");
  EXPECT_TRUE(answer(opened, pull_request(PullRequestStep::Closed)).runs);
  EXPECT_EQ(told(opened, pull_request(PullRequestStep::Revision)),
            "does not run, because the pull request event is REVISION, and Events are OPEN, CLOSED (w.yml:5:5)");
}

TEST(PullRequest, MergedIsClosedAndADraftIsOpened) {
  const auto merged = workflow("Triggers:\n  - Type: PULLREQUEST\n    Events: [MERGED]\n");
  EXPECT_TRUE(answer(merged, pull_request(PullRequestStep::Merged)).runs);
  EXPECT_FALSE(answer(merged, pull_request(PullRequestStep::Closed)).runs);
  const auto usual = workflow("Triggers:\n  - Type: PULLREQUEST\n    Events: [OPEN, CLOSED]\n");
  EXPECT_TRUE(answer(usual, pull_request(PullRequestStep::Merged)).runs);
  EXPECT_TRUE(answer(usual, pull_request(PullRequestStep::Draft)).runs);
}

TEST(ScheduleTrigger, FiresInItsMinuteOnMatchingBranches) {
  const auto nightly = workflow("Triggers:\n  - Type: SCHEDULE\n    Expression: 0 3 * * ? *\n    Branches: [main]\n");
  Event tick;
  tick.kind = EventKind::Schedule;
  tick.branch = "main";
  tick.at = *parse_rfc3339("2026-11-23T03:00:20Z");
  EXPECT_TRUE(answer(nightly, tick).runs);
  tick.at += std::chrono::minutes{1};
  EXPECT_EQ(told(nightly, tick), "does not run, because 0 3 * * ? * does not fire at 2026-11-23T03:01:20.000Z (w.yml:4:5)");
  tick.branch = "dev";
  EXPECT_EQ(answer(nightly, tick).place.line, 6);
}

TEST(Standing, IsInactiveOnABranchNoTriggerAppliesTo) {
  EXPECT_TRUE(standing(workflow(on_main), "main").runs);
  EXPECT_EQ(standing(workflow(on_main), "feature/x").reason, "inactive: the branch feature/x matches none of Branches: main");
  EXPECT_TRUE(standing(workflow("Triggers:\n  - Type: PULLREQUEST\n    Events: [OPEN]\n"), "feature/x").runs);
}

}  // namespace
}  // namespace tandem::workflow
