#include <gtest/gtest.h>

#include "record/bundle.hpp"
#include "record/proof.hpp"
#include "record/release.hpp"
#include "record/run.hpp"
#include "record/sync_record.hpp"
#include "record/verdict.hpp"

namespace tandem {
namespace {

Instant noon() { return Instant{std::chrono::milliseconds{1'795'435'200'123}}; }

Run some_run() {
  Action build{.name = "Build", .identifier = "aws/build@v1", .depends_on = {"Scan"}, .takes_source = true};
  build.variables = {{"A", "1"}};
  build.output_artifacts = {{"out", {"dist/**"}}};
  build.reports = {{.name = "tests", .format = "JUNITXML", .include_paths = {"r.xml"}, .pass_rate = 99.5}};
  build.caches = {{"venv", ".venv", {"old"}}};
  build.steps = {"echo hi"};
  build.configuration = {{"Container", {{"Image", "x"}}}};
  build.timeout_minutes = 5;
  Run run{.id = {"run-1"}, .workflow = {.name = "w", .file = ".codecatalyst/workflows/w.yml", .actions = {build}}};
  run.event = {.id = {"ev-1"}, .kind = EventKind::Push, .repository = "app", .branch = "main", .before = {"a"},
               .after = {"b"}, .files_changed = {"x"}, .files_known = true, .actor = "anna", .cause = RunId{"run-0"}, .at = noon()};
  run.workflow.triggers = {{.type = TriggerType::Push, .branches = {"main"}}};
  run.repository = "app";
  run.commit = {"b"};
  run.status = RunStatus::InProgress;
  run.created = noon();
  ActionOutcome outcome{.error = failure(Fault::Denied, "refused").with_code("TD1").at({"f", 1, 2}).with_next("ask")};
  outcome.outputs = {{"K", "v"}};
  outcome.notes = {"n"};
  outcome.detail = {{"x", 1}};
  run.actions["Build"] = {.status = ActionStatus::Failed, .attempt = 2, .started = noon(), .ended = noon(), .reason = "r", .outcome = outcome};
  run.inputs = {{"SyncId", "s"}};
  return run;
}

TEST(Records, ARunReadsBackAsItWasWritten) {
  const auto read = run_from_json(to_json(some_run()));
  ASSERT_TRUE(read) << text(read.error());
  EXPECT_EQ(*read, some_run());
}

TEST(Records, ASyncRecordReadsBackAsItWasWritten) {
  const SyncRecord record{.id = {"s"}, .run = {"r"}, .source_repository = "app", .source = {"a"}, .target_repository = "infra",
                          .landed = {"l"}, .components = {{"src", "lambda/src", "t", true}, {"r", "q", "b", false}}, .at = noon()};
  EXPECT_EQ(*sync_record_from_json(to_json(record)), record);
}

TEST(Records, ReleaseBundleProofVerdictAndDeploymentReadBack) {
  Release release{.application = {"a"}, .infrastructure = {"i"}, .handler = "h", .at = noon()};
  release.id = release_id(release);
  EXPECT_EQ(*release_from_json(to_json(release)), release);
  const Bundle bundle{.digest = {"d"}, .folder = "/f", .handler = "h", .packages = {"a==1"}, .choices = {{"h", true, "why"}}};
  EXPECT_EQ(*bundle_from_json(to_json(bundle)), bundle);
  const Proof proof{.passed = false, .url = "u", .cases = {{"crud", "n", false, Blame::Path, "w", Duration{5}}}, .notes = {"x"}};
  EXPECT_EQ(*proof_from_json(to_json(proof)), proof);
  const Verdict verdict{.passed = true, .findings = {{"r", "HIGH", {"f", 1, 2}, "w"}}, .tests = {5, 1, 1}};
  EXPECT_EQ(*verdict_from_json(to_json(verdict)), verdict);
  const Deployment deployment{.id = {"d"}, .release = {"r"}, .phase = Phase::Candidate, .outputs = {{"S.O", "v"}},
                              .fingerprint = {{"a", "b"}}, .at = noon()};
  EXPECT_EQ(*deployment_from_json(to_json(deployment)), deployment);
}

TEST(Records, AReleaseIdDependsOnItsPartsAndNotOnTheTime) {
  Release release{.application = {"a"}, .infrastructure = {"i"}};
  const auto id = release_id(release);
  release.at = noon();
  EXPECT_EQ(release_id(release), id);
  release.handler = "other";
  EXPECT_NE(release_id(release), id);
}

TEST(Records, UnknownWordsAreRefusedNotGuessed) {
  auto value = to_json(some_run());
  value.as_object()["status"] = "DANCING";
  EXPECT_FALSE(run_from_json(value));
}

}  // namespace
}  // namespace tandem
