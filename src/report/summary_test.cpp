#include "report/summary.hpp"

#include <gtest/gtest.h>

#include "base/characters.hpp"
#include "report/commit_status.hpp"
#include "report/style.hpp"

namespace tandem::report {
namespace {

constexpr Instant noon{std::chrono::milliseconds{1'795'435'200'000}};

Run failed_run() {
  Run run{.id = {"run-2"}, .workflow = {.name = "infrastructure-deployment", .actions = {{.name = "Verify"}}}, .status = RunStatus::Failed};
  run.actions["Verify"] = {.status = ActionStatus::Failed, .outcome = ActionOutcome{.error = failure(Fault::Invalid, "search answers wrongly")}};
  return run;
}

TEST(Summary, SaysFirstWhatFailed) {
  EXPECT_EQ(one_sentence({failed_run()}), "Verify failed: search answers wrongly");
  EXPECT_NE(deployment_summary({failed_run()}).find("| Verify | FAILED |"), std::string::npos);
}

TEST(Summary, NeverCallsAReleaseLiveThatIsNot) {
  Facts facts{.run = {.id = {"run-2"}, .workflow = {.name = "w"}}};
  facts.deployment = Deployment{.release = {"rel-1"}, .phase = Phase::Candidate};
  EXPECT_EQ(one_sentence(facts), "release rel-1 is candidate");
}

TEST(CommitStatus, KeepsOneStatusPerContextAndThoseOfOthers) {
  const auto first = *note_with("", {.context = "tandem/a", .state = StatusState::Pending, .at = noon});
  const auto second = *note_with(first, {.context = "tandem/b", .state = StatusState::Failure, .at = noon});
  const auto third = *note_with(second, {.context = "tandem/a", .state = StatusState::Success, .at = noon});
  const auto statuses = parse_json(third)->at("statuses").as_array();
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_EQ(statuses[1].at("state"), "success");
}

TEST(CommitStatus, DoesNotOverwriteANoteThatIsNotOurs) { EXPECT_FALSE(note_with("reviewed by anna", {.context = "c", .at = noon})); }

TEST(Style, StepsCannotSteerTheTerminal) { EXPECT_EQ(printable("a\x1b[2Jb\r"), "a\\x1b[2Jb\\x0d"); }

}  // namespace
}  // namespace tandem::report
