#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/stack_ground_test.hpp"

namespace tandem::deploy::local {

namespace {

struct Crash {};

class LocalTargetTest : public StackGround {};

TEST_F(LocalTargetTest, PrepareShowsACandidateAndLeavesLiveAlone) {
  const auto candidate = prepared(registry("d1", "aaaa"));

  EXPECT_EQ(candidate.phase, Phase::Candidate);
  EXPECT_EQ(candidate.candidate_url, "http://127.0.0.1/d1/prod");
  EXPECT_EQ(candidate.candidate_site, "http://127.0.0.1/site-d1");
  EXPECT_EQ(candidate.outputs.at("Api.Url"), "http://127.0.0.1/d1/prod/");
  EXPECT_FALSE(serving.views.contains("live"));
  EXPECT_FALSE(*target->live());
}

TEST_F(LocalTargetTest, PreparingTwicePreparesOnce) {
  const auto first = prepared(registry("d1", "aaaa"));
  const auto again = prepared(registry("d1", "aaaa"));
  EXPECT_EQ(first, again);
  EXPECT_EQ(tables.tables.size(), 1U);
}

TEST_F(LocalTargetTest, PromoteSwitchesAndTellsTheEventsOfCloudFormation) {
  const auto live = deployed(registry("d1", "aaaa"));

  EXPECT_EQ(live.phase, Phase::Live);
  EXPECT_EQ(live.url, "http://127.0.0.1/live/prod");
  EXPECT_EQ(live.candidate_url, "");
  EXPECT_EQ(live.fingerprint, *target->fingerprint());
  EXPECT_EQ(statuses("Api"), (std::vector<std::string>{"CREATE_COMPLETE", "CREATE_IN_PROGRESS"}));
  EXPECT_EQ(target->promote({"d1"}, ignore)->phase, Phase::Live) << "promoting twice promotes once";
}

TEST_F(LocalTargetTest, TheSceneHoldsWhatTheTemplatesSay) {
  deployed(registry("d1", "aaaa"));
  const auto& scene = serving.views.at("live");

  ASSERT_EQ(scene.apis.size(), 1U);
  const auto& api = scene.apis[0];
  ASSERT_EQ(api.routes.size(), 2U);
  const auto& get = *std::ranges::find(api.routes, "GET", &Route::method);
  const auto& preflight = *std::ranges::find(api.routes, "OPTIONS", &Route::method);
  EXPECT_EQ(get.path, "/people");
  EXPECT_TRUE(get.function_arn.ends_with(":live"));
  EXPECT_EQ(preflight.type, IntegrationType::Mock);
  EXPECT_EQ(preflight.mock.status, 204);
  EXPECT_EQ(preflight.mock.headers.at("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(api.stages[0].throttle.rate, 50);
  EXPECT_EQ(api.stages[0].route_throttles.at("GET /people").burst, 7);
  EXPECT_EQ(scene.functions.size(), 2U) << "$LATEST and version 1, and no provider";
  EXPECT_EQ(scene.functions[0].environment.at("TABLE_NAME"), tables.tables.begin()->first);
  EXPECT_EQ(scene.aliases[0].version, "1");
  EXPECT_EQ(scene.permissions.size(), 1U);
  ASSERT_EQ(scene.sites.size(), 1U);
  EXPECT_TRUE(scene.sites[0].readable);
  EXPECT_EQ(*read_file(std::filesystem::path(scene.buckets.at(scene.sites[0].bucket)) / "index.html"), "<h1>registry</h1>");
}

TEST_F(LocalTargetTest, AReleasePublishesAVersionMovesTheAliasAndSkipsTheRetainedOne) {
  deployed(registry("d1", "aaaa"));
  const auto plan = target->plan(registry("d2", "bbbb"));
  ASSERT_TRUE(plan) << text(plan.error());
  std::map<std::string, std::string> effects;
  for (const auto& change : plan->changes)
    if (change.effect != Effect::Keep) effects[change.logical_id] = std::string(word(change.effect)) + " " + join(change.properties, ",");
  EXPECT_EQ(effects, (std::map<std::string, std::string>{{"Fn", "update Code"}, {"Versionbbbb", "create "},
                                                         {"Live", "update FunctionVersion"}, {"Versionaaaa", "delete "}}));

  deployed(registry("d2", "bbbb"));

  EXPECT_EQ(serving.views.at("live").aliases[0].version, "2");
  EXPECT_EQ(serving.views.at("live").functions.size(), 3U) << "version 1 stays invocable";
  EXPECT_EQ(statuses("Api")[0], "UPDATE_COMPLETE");
  EXPECT_EQ(statuses("Api")[1], "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
  EXPECT_EQ(statuses("Data").size(), 2U) << "a stack without changes has no events";
  const auto events = *target->events("Api", 2);
  EXPECT_EQ(events[1].status, "DELETE_SKIPPED");
  EXPECT_EQ(events[1].logical_id, "Versionaaaa");
}

TEST_F(LocalTargetTest, DeployingAThenBThenAAgainWorksThreeTimes) {
  for (int round = 0; round < 3; ++round) {
    deployed(registry(fmt::format("a{}", round), "aaaa"));
    deployed(registry(fmt::format("b{}", round), "bbbb"));
  }
  deployed(registry("a3", "aaaa"));
  EXPECT_EQ(serving.views.at("live").aliases[0].version, "7") << "version numbers never go back";
}

TEST_F(LocalTargetTest, TheSameCodeUnderANewVersionResourceIsRefusedAsOnAws) {
  deployed(registry("d1", "aaaa"));
  auto stacks = registry_stacks("aaaa");
  stacks[1].body = replaced(stacks[1].body, "Versionaaaa", "VersionOther");
  const auto plan = target->plan(assembly("d2", stacks, {{"aaaa", {{"index.py", "# aaaa"}}}, {"site", {{"index.html", "x"}}}}));
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().what.find("A version for this Lambda function exists ( 1 )"), std::string::npos) << plan.error().what;
}

TEST_F(LocalTargetTest, RestoreBringsBackExactlyWhatTheOutsideSaw) {
  const auto first = deployed(registry("d1", "aaaa"));
  deployed(registry("d2", "bbbb"));
  EXPECT_NE(*target->fingerprint(), first.fingerprint);

  const auto back = target->restore({"d1"}, ignore);

  ASSERT_TRUE(back) << text(back.error());
  EXPECT_EQ(*target->fingerprint(), first.fingerprint);
  EXPECT_EQ((*target->live())->id.value, "d1");
  EXPECT_EQ(statuses("Api")[0], "UPDATE_ROLLBACK_COMPLETE");
  EXPECT_TRUE(target->restore({"d2"}, ignore)) << "and forward again";
  deployed(registry("d3", "cccc"));
  EXPECT_EQ(serving.views.at("live").aliases[0].version, "3");
}

TEST_F(LocalTargetTest, RestoreRefusesWhenSomethingItNeedsIsGone) {
  deployed(registry("d1", "aaaa"));
  const auto code = serving.views.at("live").functions[0].code_folder;
  deployed(registry("d2", "bbbb"));
  ASSERT_TRUE(write_file(std::filesystem::path(code) / "extra.py", "planted"));

  const auto back = target->restore({"d1"}, ignore);

  ASSERT_FALSE(back);
  EXPECT_NE(back.error().what.find("was changed"), std::string::npos) << back.error().what;
  EXPECT_EQ((*target->live())->id.value, "d2");
}

TEST_F(LocalTargetTest, AbandonTakesEverythingAwayAgain) {
  prepared(registry("d1", "aaaa"));
  ASSERT_TRUE(target->abandon({"d1"}, "tests failed: 2 of 14", ignore));
  EXPECT_TRUE(tables.tables.empty());
  EXPECT_TRUE(serving.views.empty());
  EXPECT_EQ(statuses("Api"), (std::vector<std::string>{"ROLLBACK_COMPLETE", "ROLLBACK_IN_PROGRESS", "CREATE_IN_PROGRESS"}));
  EXPECT_TRUE(std::filesystem::is_empty(options.folder / "content"));
  EXPECT_TRUE(target->abandon({"d1"}, "again", ignore));
  EXPECT_TRUE(target->abandon({"unknown"}, "", ignore));
  deployed(registry("d1", "aaaa"));
}

TEST_F(LocalTargetTest, OnlyOneCandidateAtATime) {
  prepared(registry("d1", "aaaa"));
  const auto second = target->prepare(registry("d2", "bbbb"), ignore, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::Conflict);
  EXPECT_NE(second.error().what.find("d1"), std::string::npos);
}

TEST_F(LocalTargetTest, AFailureAtEachResourceInTurnLeavesTheLiveWorldAsItWas) {
  const auto before = deployed(registry("d1", "aaaa"));
  auto changed = registry_stacks("bbbb");
  for (auto& stack : changed) {  // something to do for every resource of the Api stack, and a new table
    stack.body = replaced(stack.body, "\"python3.11\"", "\"python3.12\"");
    stack.body = replaced(stack.body, "\"Name\": \"registry\"", "\"Name\": \"people registry\"");
    stack.body = replaced(stack.body, "\"PathPart\": \"people\"", "\"PathPart\": \"persons\"");
    stack.body = replaced(stack.body, "\"Outputs\"", R"("Conditions": {}, "Outputs")");
  }
  changed[0].body = replaced(changed[0].body, R"("Resources": {)", R"("Resources": {"Sessions": {"Type": "AWS::DynamoDB::Table", "Properties": {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}, )");
  const std::map<std::string, std::map<std::string, std::string>> assets{{"bbbb", {{"index.py", "b"}}}, {"site", {{"index.html", "new"}}}};
  const auto plan = target->plan(assembly("plan", changed, assets));
  ASSERT_TRUE(plan) << text(plan.error());
  int injected = 0;
  for (const auto& change : plan->changes) {
    if (change.effect == Effect::Keep || change.effect == Effect::Delete) continue;
    ++injected;
    options.before_each = [&](const std::string& stack, const std::string& logical_id) -> Done {
      if (stack == change.stack && logical_id == change.logical_id) return failure(Fault::Unavailable, "injected");
      return done();
    };
    target = open();
    const auto failed = target->prepare(assembly(fmt::format("try-{}", injected), changed, assets), ignore, {});
    ASSERT_FALSE(failed) << change.logical_id;
    EXPECT_NE(failed.error().what.find(fmt::format("injected, while making {} {}/{}", change.type, change.stack, change.logical_id)), std::string::npos) << failed.error().what;
    EXPECT_EQ(*target->fingerprint(), before.fingerprint) << change.logical_id;
    EXPECT_EQ(statuses(change.stack)[0], "UPDATE_ROLLBACK_COMPLETE") << change.logical_id;
    EXPECT_EQ(tables.tables.size(), 1U) << change.logical_id;
    EXPECT_EQ(serving.views.size(), 1U) << change.logical_id;
  }
  EXPECT_EQ(injected, 8);
}

TEST_F(LocalTargetTest, AFailureAtEachResourceOfTheFirstDeploymentLeavesNothing) {
  const auto plan = target->plan(registry("plan", "aaaa"));
  ASSERT_TRUE(plan) << text(plan.error());
  EXPECT_EQ(plan->changes.size(), 19U);
  for (const auto& change : plan->changes) {
    options.before_each = [&](const std::string& stack, const std::string& logical_id) -> Done {
      if (stack == change.stack && logical_id == change.logical_id) return failure(Fault::Unavailable, "injected");
      return done();
    };
    target = open();
    ASSERT_FALSE(target->prepare(registry("d1", "aaaa"), ignore, {})) << change.logical_id;
    EXPECT_EQ(statuses(change.stack)[0], "ROLLBACK_COMPLETE") << change.logical_id;
    EXPECT_FALSE(*target->live());
    EXPECT_TRUE(tables.tables.empty()) << change.logical_id;
    EXPECT_TRUE(serving.views.empty()) << change.logical_id;
  }
  options.before_each = {};
  target = open();
  deployed(registry("d1", "aaaa"));
}

TEST_F(LocalTargetTest, SiblingsOfAFailedResourceAreCancelled) {
  options.before_each = [](const std::string&, const std::string& id) -> Done {
    if (id == "Rest") return failure(Fault::Broken, "no API today");
    return done();
  };
  target = open();
  ASSERT_FALSE(target->prepare(registry("d1", "aaaa"), ignore, {}));
  std::map<std::string, std::string> reasons;
  const auto events = *target->events("Api", 1000);
  for (const auto& event : events)
    if (event.status == "CREATE_FAILED" || event.status == "ROLLBACK_IN_PROGRESS") reasons[event.logical_id] = event.reason;
  EXPECT_EQ(reasons.at("Rest"), "no API today");
  EXPECT_EQ(reasons.at("Api"), "The following resource(s) failed to create: [Rest]. Rollback requested by user.");
}

TEST_F(LocalTargetTest, StoppingRollsBack) {
  std::stop_source stop;
  const auto stopped = target->prepare(registry("d1", "aaaa"), [&](const StackEvent& event) {
    if (event.logical_id == "Fn") stop.request_stop();
  }, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().fault, Fault::Cancelled);
  EXPECT_EQ(statuses("Api")[0], "ROLLBACK_COMPLETE");
  EXPECT_TRUE(tables.tables.empty());
}

TEST_F(LocalTargetTest, ACrashAtAnyEventLeavesNoOperationUnderWay) {
  const auto before = deployed(registry("d1", "aaaa"));
  for (int at = 0; at < 14; ++at) {
    int seen = 0;
    const auto request = registry(fmt::format("crash-{}", at), "bbbb");
    bool crashed = false;
    try {
      const auto candidate = target->prepare(request, [&](const StackEvent&) { if (seen++ == at) throw Crash{}; }, {});
      ASSERT_TRUE(candidate) << text(candidate.error());
      const auto promoted = target->promote(request.deployment, [&](const StackEvent&) { if (seen++ == at) throw Crash{}; });
      ASSERT_TRUE(promoted);
    } catch (const Crash&) {
      crashed = true;
    }
    reopen();
    for (const auto* stack : {"Data", "Api", "Site"}) EXPECT_FALSE(statuses(stack)[0].ends_with("IN_PROGRESS")) << at << " " << stack << " " << statuses(stack)[0];
    const auto live = (*target->live())->id.value;
    if (live == "d1") {
      EXPECT_TRUE(crashed);
      EXPECT_EQ(*target->fingerprint(), before.fingerprint) << at;
      EXPECT_EQ(serving.views.size(), 1U) << at;
    } else {
      ASSERT_TRUE(target->restore({"d1"}, ignore));
    }
    EXPECT_EQ(tables.tables.size(), 1U);
  }
}

TEST_F(LocalTargetTest, ACandidateSurvivesARestart) {
  deployed(registry("d1", "aaaa"));
  prepared(registry("d2", "bbbb"));
  reopen();
  EXPECT_EQ(serving.views.size(), 2U);
  ASSERT_TRUE(target->promote({"d2"}, ignore));
  EXPECT_EQ((*target->live())->id.value, "d2");
}

TEST_F(LocalTargetTest, ASwitchThatFailsMovesNothing) {
  const auto before = deployed(registry("d1", "aaaa"));
  prepared(registry("d2", "bbbb"));
  serving.refuses_to_become = true;
  EXPECT_FALSE(target->promote({"d2"}, ignore));
  EXPECT_EQ((*target->live())->id.value, "d1");
  EXPECT_EQ(*target->fingerprint(), before.fingerprint);
  serving.refuses_to_become = false;
  EXPECT_TRUE(target->promote({"d2"}, ignore));
}

TEST_F(LocalTargetTest, WhatCannotBeTakenBackIsSaidAndTriedAgain) {
  prepared(registry("d1", "aaaa"));
  tables.refuses_removal = true;
  EXPECT_FALSE(target->abandon({"d1"}, "no", ignore));
  EXPECT_EQ(statuses("Data")[0], "ROLLBACK_FAILED");
  tables.refuses_removal = false;
  const auto lines = reopen();
  EXPECT_TRUE(tables.tables.empty());
  ASSERT_EQ(lines.size(), 1U);
}

TEST_F(LocalTargetTest, ATamperedFunctionShowsInTheFingerprint) {
  const auto live = deployed(registry("d1", "aaaa"));
  ASSERT_TRUE(write_file(std::filesystem::path(serving.views.at("live").functions[0].code_folder) / "planted.py", "x"));
  EXPECT_NE(*target->fingerprint(), live.fingerprint);
}

TEST_F(LocalTargetTest, TheNewestTenOnceLiveWorldsAreKept) {
  for (int i = 0; i < 13; ++i) deployed(registry(fmt::format("d{}", i), i % 2 == 0 ? "aaaa" : "bbbb"));
  EXPECT_FALSE(target->restore({"d2"}, ignore));
  EXPECT_TRUE(target->restore({"d3"}, ignore));
}

TEST_F(LocalTargetTest, InvokeTakesNamesAsPeopleWriteThem) {
  deployed(registry("d1", "aaaa"));
  const auto invoked = target->invoke("Api/Fn", "", "{}");
  ASSERT_TRUE(invoked) << text(invoked.error());
  EXPECT_TRUE(invoked->payload.ends_with(" live"));
  EXPECT_TRUE(target->invoke("Fn", "1", "{}")->payload.ends_with(" 1"));
  EXPECT_EQ(target->invoke("Nothing", "", "{}").error().fault, Fault::Missing);
}

}  // namespace
}  // namespace tandem::deploy::local
