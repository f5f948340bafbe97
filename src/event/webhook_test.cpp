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

}  // namespace
}  // namespace tandem::event
