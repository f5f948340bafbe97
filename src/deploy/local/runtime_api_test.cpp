#include "deploy/local/runtime_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/guarded.hpp"
#include "base/http.hpp"

namespace tandem::deploy::local {
namespace {

using testing::HasSubstr;

/// Gives one event as soon as the runtime is ready and keeps what it hears, on the threads of its connections.
struct Follower final : RuntimeFollower {
  std::unique_ptr<RuntimeApi> api = RuntimeApi::listen(*this).value();
  Guarded<std::vector<std::string>> heard;
  int events = 1;

  void hear(std::string what) {
    heard.with([&](auto& all) { all.push_back(std::move(what)); });
  }
  std::vector<std::string> all_heard() const {
    return heard.with([](const auto& all) { return all; });
  }
  void on_ready() override {
    hear("ready");
    if (events-- > 0)
      api->give({.request_id = "r-1", .payload = R"({"x":1})", .deadline = Instant{std::chrono::milliseconds{1795431600000}},
                 .function_arn = "arn:aws:lambda:us-east-1:000000000000:function:people:live", .trace_id = "Root=1-2-3"});
  }
  void on_answer(const std::string& id, RuntimeAnswer answer) override {
    hear(fmt::format("{} {} {}{}", answer.failed ? "error" : "response", id, answer.error_type, answer.payload.substr(0, 20)));
  }
  void on_init_error(RuntimeAnswer answer) override { hear("init error " + answer.error_type); }

  Fetched call(const std::string& method, const std::string& path, std::string body = {}, Headers headers = {}) const {
    return fetch({.method = method, .url = "http://" + api->address() + "/2018-06-01/runtime" + path, .headers = std::move(headers), .body = std::move(body)}).value();
  }
};

TEST(RuntimeApi, HandsOutTheEventWithHeadersInExactlyTheirCase) {
  Follower follower;
  const auto next = follower.call("GET", "/invocation/next");
  EXPECT_EQ(next.status, 200);
  EXPECT_EQ(next.body, R"({"x":1})");
  std::vector<std::string> names;
  for (const auto& [name, value] : next.headers.fields()) names.push_back(name + ": " + value);
  EXPECT_THAT(names, testing::IsSupersetOf({"Lambda-Runtime-Aws-Request-Id: r-1", "Lambda-Runtime-Deadline-Ms: 1795431600000",
                                            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:people:live",
                                            "Lambda-Runtime-Trace-Id: Root=1-2-3", "Content-Length: 7"}));
  EXPECT_FALSE(next.headers.find("Transfer-Encoding"));
}

TEST(RuntimeApi, TakesTheResponseOnceAndOnlyForTheEventUnderWay) {
  Follower follower;
  EXPECT_EQ(follower.call("POST", "/invocation/r-1/response", "{}").status, 403);
  follower.call("GET", "/invocation/next");
  const auto unknown = follower.call("POST", "/invocation/r-2/response", "{}");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr(R"("errorType":"InvalidRequestID")"));
  const auto accepted = follower.call("POST", "/invocation/r-1/response", "{}");
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(accepted.body, R"({"status":"OK"})");
  const auto again = follower.call("POST", "/invocation/r-1/response", "{}");
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.body, HasSubstr(R"("errorType":"InvalidStateTransition")"));
  EXPECT_EQ(follower.all_heard(), (std::vector<std::string>{"ready", "response r-1 {}"}));
}

TEST(RuntimeApi, RefusesNextWhileAnEventIsUnderWay) {
  Follower follower;
  follower.call("GET", "/invocation/next");
  EXPECT_EQ(follower.call("GET", "/invocation/next").status, 403);
}

TEST(RuntimeApi, TakesErrorsWithTheirType) {
  Follower follower;
  follower.call("GET", "/invocation/next");
  EXPECT_EQ(follower.call("POST", "/invocation/r-1/error", "{}", {{"Lambda-Runtime-Function-Error-Type", "Function.Oops"}}).status, 202);
  EXPECT_EQ(follower.all_heard().back(), "error r-1 Function.Oops{}");
}

TEST(RuntimeApi, TakesAnInitialisationErrorOnlyBeforeTheFirstNext) {
  Follower failing;
  EXPECT_EQ(failing.call("POST", "/init/error", "{}", {{"Lambda-Runtime-Function-Error-Type", "Runtime.Import"}}).status, 202);
  EXPECT_EQ(failing.all_heard().back(), "init error Runtime.Import");
  Follower running;
  running.call("GET", "/invocation/next");
  EXPECT_EQ(running.call("POST", "/init/error", "{}").status, 403);
}

TEST(RuntimeApi, RefusesAResponseOfMoreThanSixMegabytesAndFailsTheInvocation) {
  Follower follower;
  follower.call("GET", "/invocation/next");
  EXPECT_EQ(follower.call("POST", "/invocation/r-1/response", std::string(payload_bytes_max + 1, 'x')).status, 413);
  EXPECT_THAT(follower.all_heard().back(), HasSubstr("error r-1 Function.ResponseSizeTooLarge"));
}

TEST(RuntimeApi, KnowsNoSnapStart) {
  Follower follower;
  EXPECT_EQ(follower.call("GET", "/restore/next").status, 404);
}

TEST(RuntimeApi, AnswersWhoWaitsWhenItEnds) {
  Follower follower;
  follower.events = 0;
  const auto address = follower.api->address();
  auto waiting = std::async(std::launch::async, [&] { return fetch({.url = "http://" + address + "/2018-06-01/runtime/invocation/next"}); });
  while (follower.all_heard().empty()) std::this_thread::yield();
  follower.api->close();
  const auto answered = waiting.get();
  EXPECT_TRUE(!answered || answered->status == 500);
  follower.api->give({.request_id = "r-1", .payload = "{}", .function_arn = {}, .trace_id = {}});  // too late, and no harm
}

}  // namespace
}  // namespace tandem::deploy::local
