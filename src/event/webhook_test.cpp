#include "event/webhook.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/digest.hpp"

namespace tandem::event {
namespace {

const std::vector<std::string> secrets{"old secret", "new secret"};
const Instant now{std::chrono::milliseconds{1'790'000'000'000}};
const std::string push = R"({"ref":"refs/heads/feature/a","before":"00","after":"11","sender":{"login":"anna"},"user_username":"anna"})";

Headers github(std::string_view body, std::string_view secret, std::string event = "push") {
  return {{"X-GitHub-Event", std::move(event)}, {"X-GitHub-Delivery", "72d3162e"}, {"x-hub-signature-256", "sha256=" + hex(hmac_sha256(secret, body))}};
}

Headers standard(std::string_view body, std::string_view secret, std::int64_t at) {
  const auto text = fmt::format("msg_1.{}.{}", at, body);
  return {{"webhook-id", "msg_1"}, {"webhook-timestamp", std::to_string(at)}, {"webhook-signature", "v1,AAAA v1," + base64(hmac_sha256(secret, text))}};
}

TEST(Webhook, IsHeardInTheWayOfEachForgeWithAnyLiveSecret) {
  for (const auto& secret : secrets) {
    const auto heard = read_delivery(github(push, secret), push, secrets, now);
    ASSERT_TRUE(heard) << heard.error().what;
    EXPECT_EQ(heard->kind, Delivery::Kind::Push);
    EXPECT_EQ(heard->branch, "feature/a");
    EXPECT_EQ(heard->actor, "anna");
    EXPECT_EQ(heard->id, "72d3162e");
  }
  const auto lab = read_delivery({{"X-Gitlab-Event", "Push Hook"}, {"X-Gitlab-Token", "new secret"}}, push, secrets, now);
  ASSERT_TRUE(lab) << lab.error().what;
  EXPECT_EQ(lab->actor, "anna");
  const std::string own = R"({"type":"push","data":{"ref":"refs/heads/main","actor":"anna"}})";
  const auto plain = read_delivery(standard(own, "old secret", 1'790'000'000), own, secrets, now);
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ(plain->branch, "main");
}

// GitHub's own example ("Validating webhook deliveries", testing values).
TEST(Webhook, AgreesWithTheExampleOfGithub) {
  const std::string body = "Hello, World!";
  EXPECT_EQ(hex(hmac_sha256("It's a Secret to Everybody", body)), "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
  const auto heard = read_delivery({{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}, body,
                                   {"It's a Secret to Everybody"}, now);
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code, "TD0152") << "rightly signed, but no JSON";
}

TEST(Webhook, IsRefusedUnsignedWronglySignedOldOrWithoutAnySecret) {
  const auto refused = [](const Headers& headers, std::string_view body, const std::vector<std::string>& known) {
    const auto heard = read_delivery(headers, body, known, now);
    return !heard && heard.error().code == "TD0151" && heard.error().fault == Fault::Denied;
  };
  EXPECT_TRUE(refused({{"X-GitHub-Event", "push"}}, push, secrets));
  EXPECT_TRUE(refused(github(push, "another"), push, secrets));
  EXPECT_TRUE(refused(github(push, "old secret"), push + " ", secrets)) << "one byte more";
  EXPECT_TRUE(refused(github(push, ""), push, {""})) << "an empty secret proves nothing";
  EXPECT_TRUE(refused(github(push, "old secret"), push, {}));
  EXPECT_TRUE(refused({{"X-Hub-Signature-256", ""}}, push, secrets));
  EXPECT_TRUE(refused({{"X-Gitlab-Token", "old secret "}}, push, secrets));
  EXPECT_TRUE(refused({{"X-Gitlab-Token", ""}}, push, {""}));
  EXPECT_TRUE(refused(standard(push, "old secret", 1'790'000'000 - 301), push, secrets));
  EXPECT_TRUE(refused(standard(push, "old secret", 1'790'000'000 + 301), push, secrets));
}

TEST(Webhook, TellsPingsOtherEventsAndTagsFromPushesOfBranches) {
  const std::string any = "{}";
  EXPECT_EQ(read_delivery(github(any, "old secret", "ping"), any, secrets, now)->kind, Delivery::Kind::Ping);
  EXPECT_EQ(read_delivery(github(any, "old secret", "issues"), any, secrets, now)->kind, Delivery::Kind::Other);
  const std::string tag = R"({"ref":"refs/tags/v1","sender":{"login":"evil\u001b[31m"}})";
  const auto heard = read_delivery(github(tag, "old secret"), tag, secrets, now);
  ASSERT_TRUE(heard) << heard.error().what;
  EXPECT_EQ(heard->branch, "");
  EXPECT_EQ(heard->actor, "push") << "a name that may not stand in a log";
  const std::string form = "payload=%7B%22ref%22%3A%22refs%2Fheads%2Fmain%22%7D";
  auto headers = github(form, "old secret");
  headers.set("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_EQ(read_delivery(headers, form, secrets, now)->branch, "main");
  for (const std::string bad : {"", "[]", "{\"ref\":7}", "{\"ref\":\"main\"}", "{"}) {
    const auto refused = read_delivery(github(bad, "old secret"), bad, secrets, now);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, "TD0152") << bad;
  }
}

TEST(Webhook, TellsHowAPullRequestStands) {
  const auto body = [](std::string_view action, std::string_view rest) {
    return fmt::format(R"({{"action":"{}","sender":{{"login":"eve"}},"pull_request":{{"number":7,"title":"A change","head":{{"ref":"feature/a","repo":{{"full_name":"acme/app"}}}},)"
                       R"("base":{{"ref":"main","repo":{{"full_name":"acme/app"}}}}{}}}}})", action, rest);
  };
  const auto heard = [&](const std::string& text) { return read_delivery(github(text, "old secret", "pull_request"), text, secrets, now); };
  const auto opened = heard(body("opened", ""));
  ASSERT_TRUE(opened) << opened.error().what;
  ASSERT_TRUE(opened->pull_request);
  EXPECT_EQ(*opened->pull_request, (PullRequest{.number = 7, .source = "feature/a", .destination = "main", .title = "A change", .status = PullRequestStatus::Open}));
  EXPECT_EQ(heard(body("synchronize", ",\"draft\":true"))->pull_request->status, PullRequestStatus::Draft);
  EXPECT_EQ(heard(body("closed", ",\"merged\":false"))->pull_request->status, PullRequestStatus::Closed);
  EXPECT_EQ(heard(body("closed", ",\"merged\":true"))->pull_request->status, PullRequestStatus::Merged);
  EXPECT_EQ(heard(body("labeled", ""))->kind, Delivery::Kind::Other);
}

TEST(Webhook, TakesAForkForOneEvenWhenItIsGone) {
  const auto foreign = [](std::string_view head) {
    const auto text = fmt::format(R"({{"action":"opened","pull_request":{{"number":7,"head":{{"ref":"main","repo":{}}},"base":{{"ref":"main","repo":{{"full_name":"acme/app"}}}}}}}})", head);
    const auto heard = read_delivery(github(text, "old secret", "pull_request"), text, secrets, now);
    return heard && heard->pull_request ? heard->pull_request->from : "not understood";
  };
  EXPECT_EQ(foreign(R"({"full_name":"eve/app","clone_url":"https://forge/eve/app.git"})"), "https://forge/eve/app.git");
  EXPECT_EQ(foreign("null"), "unknown");
  EXPECT_EQ(foreign("{}"), "unknown");
}

TEST(Webhook, TellsHowAMergeRequestOfGitlabStands) {
  const auto body = [](std::string_view action, std::string_view rest, std::string_view source = "3") {
    return fmt::format(R"({{"object_kind":"merge_request","user":{{"username":"eve"}},"object_attributes":{{"id":99,"iid":7,"title":"A change","source_branch":"feature/a",)"
                       R"("target_branch":"main","source_project_id":{},"target_project_id":3,"action":"{}"{}}}}})", source, action, rest);
  };
  const auto heard = [&](const std::string& text) {
    return read_delivery({{"X-Gitlab-Token", "new secret"}, {"X-Gitlab-Event", "Merge Request Hook"}, {"X-Gitlab-Event-UUID", "u-1"}}, text, secrets, now);
  };
  const auto opened = heard(body("open", R"(,"state":"opened")"));
  ASSERT_TRUE(opened) << opened.error().what;
  EXPECT_EQ(opened->actor, "eve");
  ASSERT_TRUE(opened->pull_request);
  EXPECT_EQ(*opened->pull_request, (PullRequest{.number = 7, .source = "feature/a", .destination = "main", .title = "A change", .status = PullRequestStatus::Open, .kept_at = "refs/merge-requests/7/head"}));
  EXPECT_EQ(heard(body("update", R"(,"state":"opened","draft":true)"))->pull_request->status, PullRequestStatus::Draft);
  EXPECT_EQ(heard(body("update", R"(,"state":"opened","work_in_progress":true)"))->pull_request->status, PullRequestStatus::Draft);
  EXPECT_EQ(heard(body("close", R"(,"state":"closed")"))->pull_request->status, PullRequestStatus::Closed);
  EXPECT_EQ(heard(body("merge", R"(,"state":"merged")"))->pull_request->status, PullRequestStatus::Merged);
  EXPECT_EQ(heard(body("approved", R"(,"state":"opened")"))->kind, Delivery::Kind::Other);
  EXPECT_EQ(heard(body("open", R"(,"source":{"git_http_url":"https://forge/eve/app.git"})", "4"))->pull_request->from, "https://forge/eve/app.git");
  EXPECT_EQ(heard(body("open", "", "null"))->pull_request->from, "unknown") << "a fork that was deleted";
  EXPECT_EQ(heard(R"({"object_attributes":{"action":"open","iid":7}})").error().code, "TD0152");
}

TEST(Webhook, RefusesBranchesThatCouldBeTakenForSomethingElse) {
  for (const std::string branch : {"", "-x", "a..b", "a b", "a:b", "a~1", "a\\u0000", "a@{1}", "refs/heads/x.lock", "a/"}) {
    const auto text = fmt::format(R"({{"action":"opened","pull_request":{{"number":7,"head":{{"ref":"{}"}},"base":{{"ref":"main"}}}}}})", branch);
    const auto heard = read_delivery(github(text, "old secret", "pull_request"), text, secrets, now);
    ASSERT_FALSE(heard) << branch;
    EXPECT_EQ(heard.error().code, "TD0152") << branch;
  }
}

}  // namespace
}  // namespace tandem::event
