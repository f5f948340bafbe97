#include "verify/verify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "verify/fake_people_api_test.hpp"

namespace tandem::verify {
namespace {

struct World {
  FakePeopleApi api;
  VerifyRequest request;

  World() {
    request.url = api.url();
    request.administrator = Administrator{admin_email, admin_password};
    request.application = CommitId{"c0ffee"};
    request.release = ReleaseId{"rel-1"};
    request.handler = "integrated_api_handler";
    request.search_lag_max = Duration{0};
    request.performance_requests = 5;
  }
  Proof proof() {
    auto found = verify(request);
    EXPECT_TRUE(found) << (found ? "" : found.error().what);
    return found ? *found : Proof{};
  }
};

std::vector<ProofCase> failed(const Proof& proof) {
  std::vector<ProofCase> out;
  std::ranges::copy_if(proof.cases, std::back_inserter(out), [](const ProofCase& item) { return !item.passed; });
  return out;
}

std::string listed(const Proof& proof) {
  std::string out;
  for (const auto& item : failed(proof)) out += fmt::format("{}: {}: {} [{}]\n", item.suite, item.name, item.what, word(item.blame));
  for (const auto& note : proof.notes) out += "note: " + note + "\n";
  return out;
}

TEST(Verify, AnApiThatKeepsItsContractPassesEverySuite) {
  World world;
  const auto proof = world.proof();
  EXPECT_TRUE(proof.passed) << listed(proof);
  for (const auto& suite : suite_names())
    EXPECT_TRUE(std::ranges::any_of(proof.cases, [&](const ProofCase& item) { return item.suite == suite; })) << suite;
  std::cout << "verify: " << proof.cases.size() << " cases\n";
}

TEST(Verify, LeavesNobodyAndNoSessionBehind) {
  World world;
  world.proof();
  EXPECT_EQ(world.api.people_count(), 1U);
  EXPECT_EQ(world.api.session_count(), 0U);
}

struct Misbehaviour {
  const char* fault;
  const char* suite;
  Blame blame;
  const char* what;   ///< part of a failed case's name or words
};

class VerifyCatches : public testing::TestWithParam<Misbehaviour> {};

TEST_P(VerifyCatches, TheMisbehaviourInItsSuiteWithItsBlame) {
  const auto& wrong = GetParam();
  World world;
  world.api.misbehave(wrong.fault);
  if (std::string_view(wrong.fault) == "slow") world.request.p95_max = std::chrono::milliseconds{20};
  const auto proof = world.proof();
  EXPECT_FALSE(proof.passed);
  EXPECT_TRUE(std::ranges::any_of(failed(proof), [&](const ProofCase& item) {
    return item.suite == wrong.suite && item.blame == wrong.blame && (item.name + " " + item.what).contains(wrong.what);
  })) << listed(proof);
}

INSTANTIATE_TEST_SUITE_P(Faults, VerifyCatches, testing::Values(
    Misbehaviour{"fallback", "handler", Blame::Application, "handler is api_handler, not integrated_api_handler"},
    Misbehaviour{"fallback", "handler", Blame::Application, "fallback: true"},
    Misbehaviour{"stand-in-that-lies", "handler", Blame::Application, "marked as that of a stand-in: api_handler"},
    Misbehaviour{"old-commit", "handler", Blame::Application, "build.commit is 0ld, not c0ffee"},
    Misbehaviour{"502", "handler", Blame::Path, "502"},
    Misbehaviour{"missing-token", "handler", Blame::Path, "403"},
    Misbehaviour{"500", "endpoints", Blame::Application, "expected 401, got 500"},
    Misbehaviour{"500", "auth", Blame::Application, "got 500"},
    Misbehaviour{"throttled", "endpoints", Blame::Inconclusive, "429"},
    Misbehaviour{"unknown-is-200", "endpoints", Blame::Application, "expected 404, got 200"},
    Misbehaviour{"no-auth", "endpoints", Blame::Application, "expected 401, got 200"},
    Misbehaviour{"duplicates", "crud", Blame::Application, "expected 409, got 201"},
    Misbehaviour{"no-validation", "crud", Blame::Application, "expected 422, got 201"},
    Misbehaviour{"put-forgets", "crud", Blame::Application, "does not come back"},
    Misbehaviour{"delete-fails", "crud", Blame::Application, "expected 204, got 500"},
    Misbehaviour{"delete-fails", "cleanup", Blame::Application, "gone again"},
    Misbehaviour{"no-limit", "crud", Blame::Application, "limit=1"},
    Misbehaviour{"shows-password", "crud", Blame::Application, "passwordHash"},
    Misbehaviour{"create-hides", "crud", Blame::Path, "504"},
    Misbehaviour{"any-password", "auth", Blame::Application, "expected 401, got 200"},
    Misbehaviour{"immortal-tokens", "auth", Blame::Application, "using the token again"},
    Misbehaviour{"everybody-is-admin", "auth", Blame::Application, "expected 403, got 200"},
    Misbehaviour{"search-ignores-last-name", "search", Blame::Application, "not found by last name"},
    Misbehaviour{"search-is-an-id", "search", Blame::Application, "got 404"},
    Misbehaviour{"malformed-is-500", "errors", Blame::Application, "got 500"},
    Misbehaviour{"slow", "performance", Blame::Application, "more than 20 ms"}),
    [](const auto& one) {
      std::string name = fmt::format("{}_{}_{}", one.param.suite, one.param.fault, one.index);
      std::ranges::replace(name, '-', '_');
      return name;
    });

TEST(Verify, DeletesAlsoThoseWhoseCreationWasNotAnswered) {
  World world;
  world.api.misbehave("create-hides");
  world.proof();
  EXPECT_EQ(world.api.people_count(), 1U);
}

TEST(Verify, DeletesAlsoThoseWhoShouldNotHaveBeenCreated) {
  World world;
  world.api.misbehave("no-validation");
  world.api.misbehave("duplicates");
  world.proof();
  EXPECT_EQ(world.api.people_count(), 1U);
}

TEST(Verify, AnAddressWhereNobodyAnswersIsThePathsFaultAndAskedOnce) {
  World world;
  world.request.url = "http://127.0.0.1:1/prod";
  const auto proof = world.proof();
  EXPECT_FALSE(proof.passed);
  ASSERT_EQ(proof.cases.size(), 1U);
  EXPECT_EQ(proof.cases[0].blame, Blame::Path);
}

TEST(Verify, ASlowAnswerIsThePathsFault) {
  World world;
  world.api.misbehave("slow");
  world.request.request_limit = std::chrono::milliseconds{5};
  const auto proof = world.proof();
  ASSERT_FALSE(proof.cases.empty());
  EXPECT_EQ(proof.cases[0].blame, Blame::Path);
}

TEST(Verify, WithoutAdministratorTheRestIsRunAndTheGapIsNoted) {
  World world;
  world.request.administrator.reset();
  const auto proof = world.proof();
  EXPECT_TRUE(proof.passed) << listed(proof);
  EXPECT_TRUE(listed(proof).contains("crud was left out")) << listed(proof);
}

TEST(Verify, ASuiteAskedForByNameThatCannotRunFailsByTheChecker) {
  World world;
  world.request.administrator.reset();
  world.request.suites = {"crud"};
  const auto proof = world.proof();
  EXPECT_FALSE(proof.passed);
  EXPECT_EQ(failed(proof)[0].blame, Blame::Checker);
}

TEST(Verify, ARefusedAdministratorIsInconclusive) {
  World world;
  world.request.administrator->password = "another";
  const auto proof = world.proof();
  EXPECT_FALSE(proof.passed);
  EXPECT_EQ(failed(proof)[0].blame, Blame::Inconclusive);
}

TEST(Verify, OnlyTheSuitesAskedForAreRunButTheHandlerAlways) {
  World world;
  world.request.suites = {"search"};
  const auto proof = world.proof();
  EXPECT_TRUE(proof.passed) << listed(proof);
  for (const auto& item : proof.cases)
    EXPECT_TRUE(item.suite == "search" || item.suite == "handler" || item.name.contains("administrator")) << item.suite;
}

TEST(Verify, TheHandlerAloneCanBeAskedForByAPairWithAnotherApi) {
  World world;
  world.request.suites = {"handler"};
  const auto proof = world.proof();
  EXPECT_TRUE(proof.passed) << listed(proof);
  ASSERT_FALSE(proof.cases.empty());
  for (const auto& item : proof.cases) EXPECT_EQ(item.suite, "handler") << "nobody logs in where no suite needs the administrator: " << item.name;
}

TEST(Verify, AnExhaustedBudgetIsInconclusiveAndStillCleansUp) {
  World world;
  world.request.budget = std::chrono::milliseconds{60};
  world.api.misbehave("slow");
  world.request.suites = {"crud", "performance"};
  world.request.performance_requests = 100;
  const auto proof = world.proof();
  EXPECT_FALSE(proof.passed);
  EXPECT_TRUE(std::ranges::any_of(proof.cases, [](const ProofCase& item) { return item.blame == Blame::Inconclusive || item.blame == Blame::Path; }));
  EXPECT_EQ(world.api.people_count(), 1U);
}

TEST(Verify, AnUnknownSuiteIsRefusedWithTheNearestName) {
  World world;
  world.request.suites = {"serch"};
  const auto proof = verify(world.request);
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().fault, Fault::Invalid);
  EXPECT_EQ(proof.error().next, "did you mean search?");
}

TEST(Verify, StoppingCleansUpAndIsCancelled) {
  World world;
  std::stop_source stop;
  world.api.misbehave("slow");
  world.request.suites = {"crud", "performance"};
  world.request.performance_requests = 1000;
  const std::jthread stopper([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds{300});
    stop.request_stop();
  });
  const auto proof = verify(world.request, stop.get_token());
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().fault, Fault::Cancelled);
  EXPECT_EQ(world.api.people_count(), 1U);
}

TEST(Verify, NoPasswordOrTokenGetsIntoTheProof) {
  World world;
  const auto text = to_text(to_json(world.proof()));
  EXPECT_FALSE(text.contains(admin_password));
  EXPECT_FALSE(text.contains("Bearer "));
}

}  // namespace
}  // namespace tandem::verify
