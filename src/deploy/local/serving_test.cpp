#include "deploy/local/serving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/json.hpp"
#include "base/text.hpp"
#include "deploy/local/function_ground_test.hpp"
#include "deploy/local/invoke.hpp"

namespace tandem::deploy::local {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view says_who = R"(
def handle(event):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"},
            "body": json.dumps({"version": os.environ["RELEASE"], "pid": os.getpid(), "stream": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
                                "site": os.environ.get("SITE", ""), "path": event.get("path", "")})})";

struct ServingWorld {
  TemporaryFolder folder = TemporaryFolder::make("serving").value();
  SystemClock clock;
  std::unique_ptr<Serving> serving = open();

  std::unique_ptr<Serving> open() const {
    return Serving::open({.folder = folder.path(), .python_runtime = {}, .dynamodb_endpoint = "http://127.0.0.1:1", .idle_limit = 1min}, clock).value();
  }

  Function function(const std::string& release, std::string_view handler = says_who) const {
    const auto code = folder.path() / "code" / release;
    std::string text(small_runtime);
    text.replace(text.find("HANDLER_TEXT"), 12, handler);
    EXPECT_TRUE(replace_file(code / "bootstrap", text, 0755));
    return {.name = "people", .version = release, .arn = "arn:aws:lambda:us-east-1:000000000000:function:people",
            .runtime = "provided.al2023", .handler = "main", .code_folder = code.string(), .code_digest = digest_of(text).value,
            .memory_mb = 256, .timeout_seconds = 10, .environment = {{"RELEASE", release}}, .log_group = "/aws/lambda/people"};
  }

  /// A REST API with everything behind alias live, and a site.
  Scene scene(const std::string& release, std::string_view handler = says_who) const {
    const auto bucket = folder.path() / "bucket";
    EXPECT_TRUE(write_file(bucket / "index.html", "<script>api='https://api1.execute-api.us-east-1.amazonaws.com/prod'</script>"));
    return {.functions = {function(release, handler)},
            .aliases = {{.name = "live", .function = "people", .version = release}},
            .permissions = {{.function = "arn:aws:lambda:us-east-1:000000000000:function:people:live", .principal = "apigateway.amazonaws.com",
                             .source_arn = "arn:aws:execute-api:us-east-1:000000000000:api1/*/*/*"}},
            .apis = {{.id = "api1", .stack = "Registry", .logical_id = "Api", .kind = ApiKind::Rest, .name = "people",
                      .routes = {{.method = "ANY", .path = "/{proxy+}", .function_arn = "arn:aws:lambda:us-east-1:000000000000:function:people:live"}},
                      .stages = {{.name = "prod", .access_log_group = "access", .access_log_format = "$context.httpMethod $context.path $context.status"}}}},
            .buckets = {{"web", bucket.string()}},
            .sites = {{.id = "E1", .stack = "Registry", .logical_id = "Site", .domain = "d111.cloudfront.net", .bucket = "web",
                       .root_object = "index.html", .readable = true}}};
  }
};

Fetched get(const std::string& url) { return fetch({.url = url}).value(); }
json::object body_of(const Fetched& answer) { return parse_json(answer.body).value().as_object(); }

TEST(Serving, ShowsAFunctionBehindARestApiAndASiteThatKnowsItsAddress) {
  ServingWorld world;
  const auto shown = world.serving->show("live", world.scene("1"));
  ASSERT_TRUE(shown) << text(shown.error());
  const auto answer = get(shown->apis.at("api1") + "/prod/people");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(body_of(answer).at("version"), "1");
  EXPECT_EQ(body_of(answer).at("path"), "/people");
  EXPECT_TRUE(answer.headers.find("x-amzn-RequestId"));
  const auto page = get(shown->sites.at("E1") + "/");
  EXPECT_THAT(page.body, HasSubstr("api='" + shown->apis.at("api1") + "/prod'"));
  EXPECT_THAT(world.serving->log_lines("access", 1).at(0), HasSubstr("GET /prod/people 200"));
  EXPECT_EQ(world.serving->showing("live").value(), world.scene("1"));
}

TEST(Serving, KeepsThePortsOfLiveAcrossARestartAndTakesOthersWhenTheyAreTaken) {
  ServingWorld world;
  const auto before = world.serving->show("live", world.scene("1")).value();
  world.serving.reset();
  world.serving = world.open();
  EXPECT_EQ(world.serving->show("live", world.scene("1")).value().apis, before.apis);
  world.serving.reset();
  const auto port = std::stoi(before.apis.at("api1").substr(before.apis.at("api1").rfind(':') + 1));
  const auto thief = HttpServer::listen(static_cast<std::uint16_t>(port), [](const HttpRequest&) { return HttpResponse{}; }).value();
  world.serving = world.open();
  const auto moved = world.serving->show("live", world.scene("1")).value();
  EXPECT_NE(moved.apis.at("api1"), before.apis.at("api1"));
  EXPECT_EQ(moved.sites, before.sites);
}

TEST(Serving, ShowsACandidateBesideLiveWithoutTouchingIt) {
  ServingWorld world;
  const auto live = world.serving->show("live", world.scene("1")).value();
  const auto candidate = world.serving->show("d-2", world.scene("2")).value();
  EXPECT_NE(live.apis.at("api1"), candidate.apis.at("api1"));
  EXPECT_EQ(body_of(get(live.apis.at("api1") + "/prod/x")).at("version"), "1");
  EXPECT_EQ(body_of(get(candidate.apis.at("api1") + "/prod/x")).at("version"), "2");
}

TEST(Serving, BecomesLiveWithTheProcessesThatAreWarm) {
  ServingWorld world;
  const auto live = world.serving->show("live", world.scene("1")).value();
  const auto candidate = world.serving->show("d-2", world.scene("2")).value();
  const auto tried = body_of(get(candidate.apis.at("api1") + "/prod/x")).at("stream");
  const auto after = world.serving->become("d-2", "live", world.scene("2")).value();
  EXPECT_EQ(after.apis, live.apis);
  EXPECT_EQ(body_of(get(live.apis.at("api1") + "/prod/x")).at("stream"), tried);
  EXPECT_FALSE(world.serving->addresses("d-2"));
  EXPECT_FALSE(fetch({.url = candidate.apis.at("api1") + "/prod/x"}));
}

TEST(Serving, WarmsWhatNeedsOtherAddressesBeforeItSwitches) {
  ServingWorld world;
  auto scene = world.scene("2");
  scene.functions[0].environment["SITE"] = "https://d111.cloudfront.net/";
  const auto candidate = world.serving->show("d-2", scene).value();
  EXPECT_EQ(body_of(get(candidate.apis.at("api1") + "/prod/x")).at("site"), json::value(candidate.sites.at("E1") + "/"));
  const auto live = world.serving->become("d-2", "live", scene).value();
  const auto warm = world.serving->metrics().at("views").at("live").at("cold_starts");
  EXPECT_EQ(warm, 1);
  EXPECT_EQ(body_of(get(live.apis.at("api1") + "/prod/x")).at("site"), json::value(live.sites.at("E1") + "/"));
  EXPECT_EQ(world.serving->metrics().at("views").at("live").at("cold_starts"), warm);
}

TEST(Serving, LosesNoRequestWhileItSwitches) {
  ServingWorld world;
  const auto live = world.serving->show("live", world.scene("1")).value();
  std::atomic<int> answered{0};
  std::atomic<int> lost{0};
  std::atomic<bool> switching{true};
  {
    std::vector<std::jthread> clients;
    for (int client = 0; client < 3; ++client)
      clients.emplace_back([&] {
        for (int i = 0; i < 2000 && (switching || i < 100); ++i) {
          const auto answer = fetch({.url = live.apis.at("api1") + "/prod/x"});
          ++(answer && answer->status == 200 ? answered : lost);
        }
      });
    for (const auto* release : {"2", "3", "2"}) {
      const auto view = fmt::format("d-{}", release);
      const auto candidate = world.serving->show(view, world.scene(release)).value();
      EXPECT_EQ(get(candidate.apis.at("api1") + "/prod/x").status, 200);
      EXPECT_TRUE(world.serving->become(view, "live", world.scene(release)));
    }
    switching = false;
  }
  EXPECT_EQ(lost, 0);
  EXPECT_GE(answered, 300);
  EXPECT_EQ(body_of(get(live.apis.at("api1") + "/prod/x")).at("version"), "2");
}

TEST(Serving, LetsARequestFinishOnWhatItStartedWith) {
  ServingWorld world;
  const auto slow = R"(
def handle(event):
    time.sleep(0.5)
    return {"statusCode": 200, "body": os.environ["RELEASE"]})";
  const auto view = world.serving->show("d-1", world.scene("1", slow)).value();
  get(view.apis.at("api1") + "/prod/x");
  const auto idle = [&] { return world.serving->metrics().at("functions").at(0).at("idle"); };
  while (idle() == 0) std::this_thread::yield();
  std::string answer;
  {
    std::jthread client([&] { answer = get(view.apis.at("api1") + "/prod/x").body; });
    while (idle() != 0) std::this_thread::yield();
    world.serving->hide("d-1");
  }
  EXPECT_EQ(answer, "1");
  EXPECT_TRUE(world.serving->metrics().at("functions").as_array().empty());
  world.serving->hide("d-1");
}

TEST(Serving, InvokesByNameVersionAliasAndArn) {
  ServingWorld world;
  ASSERT_TRUE(world.serving->show("live", world.scene("7", "def handle(event):\n    return os.environ['RELEASE']")));
  for (const auto* qualifier : {"7", "live"}) {
    const auto invoked = world.serving->invoke("live", "people", qualifier, "{}").value();
    EXPECT_EQ(invoked.payload, R"("7")");
    EXPECT_EQ(invoked.executed_version, "7");
  }
  EXPECT_EQ(world.serving->invoke("live", "arn:aws:lambda:us-east-1:000000000000:function:people:live", "", "{}")->payload, R"("7")");
  EXPECT_EQ(world.serving->invoke("live", "people", "", "{}").error().fault, Fault::Missing);
  EXPECT_EQ(world.serving->invoke("live", "nobody", "", "{}").error().fault, Fault::Missing);
  EXPECT_EQ(world.serving->invoke("d-9", "people", "7", "{}").error().fault, Fault::Missing);
}

TEST(Serving, SharesTheInvocationsOfAnAliasByItsWeights) {
  ServingWorld world;
  auto scene = world.scene("1");
  scene.functions.push_back(world.function("2"));
  scene.aliases[0].weights = {{"2", 0.5}};
  ASSERT_TRUE(world.serving->show("live", scene));
  std::map<std::string, int> versions;
  for (int i = 0; i < 60; ++i) ++versions[world.serving->invoke("live", "people", "live", "{}")->executed_version];
  EXPECT_GT(versions["1"], 10);
  EXPECT_GT(versions["2"], 10);
}

TEST(Serving, CountsWhatItAnswered) {
  ServingWorld world;
  const auto shown = world.serving->show("live", world.scene("1")).value();
  get(shown.apis.at("api1") + "/prod/x");
  get(shown.apis.at("api1") + "/elsewhere");
  const auto counts = world.serving->metrics().at("views").at("live").as_object();
  EXPECT_EQ(counts.at("requests"), 2);
  EXPECT_EQ(counts.at("4xx"), 1);
  EXPECT_EQ(counts.at("5xx"), 0);
  EXPECT_GT(counts.at("p99_ms").as_double(), 0);
}

HttpResponse call(ServingWorld& world, const std::string& target, std::string body, Headers headers = {}) {
  const auto mark = target.find('?');
  return invoke_api(*world.serving, "live", {.method = "POST", .target = target, .path = target.substr(0, mark),
                                             .query = mark == std::string::npos ? "" : target.substr(mark + 1), .headers = std::move(headers), .body = std::move(body)});
}

TEST(InvokeApi, SpeaksAsLambdaDoes) {
  ServingWorld world;
  ASSERT_TRUE(world.serving->show("live", world.scene("1", R"(
def handle(event):
    print("hello from inside", flush=True)
    if event == "fail": raise ValueError("no")
    return {"got": event})")));
  const std::string path = "/2015-03-31/functions/people/invocations?Qualifier=live";
  const auto answered = call(world, path, R"("x")", {{"X-Amz-Log-Type", "Tail"}});
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body, R"({"got": "x"})");
  EXPECT_EQ(answered.headers.find("X-Amz-Executed-Version"), "1");
  EXPECT_FALSE(answered.headers.find("X-Amz-Function-Error"));
  EXPECT_THAT(from_base64(answered.headers.find("X-Amz-Log-Result").value()).value(), AllOf(HasSubstr("START RequestId: "), HasSubstr("hello from inside\nEND RequestId: "), HasSubstr("REPORT RequestId: ")));

  const auto failed = call(world, path, R"("fail")");
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(failed.headers.find("X-Amz-Function-Error"), "Unhandled");
  EXPECT_THAT(failed.body, HasSubstr(R"("errorType": "ValueError")"));
  EXPECT_EQ(call(world, path, "{}", {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204);
  EXPECT_EQ(call(world, path, "{}", {{"X-Amz-Invocation-Type", "Event"}}).status, 202);
}

TEST(InvokeApi, RefusesAsLambdaDoes) {
  ServingWorld world;
  auto scene = world.scene("1");
  scene.functions[0].reserved_concurrency = 0;
  ASSERT_TRUE(world.serving->show("live", scene));
  const auto type = [](const HttpResponse& response) { return fmt::format("{} {}", response.status, response.headers.find("x-amzn-ErrorType").value_or("")); };
  EXPECT_EQ(type(call(world, "/2015-03-31/functions/nobody/invocations", "{}")), "404 ResourceNotFoundException");
  EXPECT_EQ(type(call(world, "/2015-03-31/functions/people/invocations", "{not json")), "400 InvalidRequestContentException");
  EXPECT_EQ(type(call(world, "/2015-03-31/functions/people/invocations", std::string(payload_bytes_max + 1, ' '))), "413 RequestTooLargeException");
  const auto throttled = call(world, "/2015-03-31/functions/people%3Alive/invocations", "{}");
  EXPECT_EQ(type(throttled), "429 TooManyRequestsException");
  EXPECT_THAT(throttled.body, HasSubstr("ReservedFunctionConcurrentInvocationLimitExceeded"));
}

/// Not a test: the coordinator that the next test starts and kills.
TEST(Coordinator, DISABLED_ServesUntilItIsKilled) {
  ServingWorld world;
  const auto shown = world.serving->show("live", world.scene("1", "def handle(event):\n    return {'statusCode': 200}")).value();
  get(shown.apis.at("api1") + "/prod/x");
  for (const auto& entry : std::filesystem::directory_iterator(world.folder.path() / "running"))
    fmt::print("function {} {} end\n", entry.path().filename().string(), world.folder.path().string());
  std::fflush(stdout);
  std::this_thread::sleep_for(60s);
}

TEST(Serving, LeavesNoFunctionBehindWhenItsCoordinatorIsKilled) {
  Guarded<std::string> said;
  auto coordinator = Process::start({.argv = {std::filesystem::read_symlink("/proc/self/exe").string(), "--gtest_also_run_disabled_tests",
                                              "--gtest_filter=Coordinator.DISABLED_ServesUntilItIsKilled"},
                                     .environment = tool_environment()},
                                    [&](Stream, std::string_view piece) { said.with([&](auto& text) { text += piece; }); }).value();
  const auto patience = std::chrono::steady_clock::now() + 20s;
  const auto told = [&] { return said.with([](const auto& text) { return text.find(" end\n") != std::string::npos; }); };
  while (!told() && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  ASSERT_TRUE(told());
  const auto words = said.with([](const auto& text) { return split(text.substr(text.find("function ")), ' '); });
  const int function = std::stoi(words.at(1));
  EXPECT_NE(start_time(function), "");
  coordinator.signal(SIGKILL);
  coordinator.wait(5s);
  while (!start_time(function).empty() && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(start_time(function), "");
  std::filesystem::remove_all(words.at(2));
}

/// The environment that ensure_python_runtime left in the usual place; tests do not install anything.
std::filesystem::path prepared_python() {
  const char* home = std::getenv("HOME");
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(home == nullptr ? "/" : home) / ".cache/tandem/python", code))
    if (std::filesystem::exists(entry.path() / "tandem-runtime")) return entry.path();
  return {};
}

TEST(Serving, RunsPythonThroughAmazonsOwnRuntimeClient) {
  ServingWorld world;
  const auto python = prepared_python();
  if (python.empty()) GTEST_SKIP() << "no prepared Python runtime in ~/.cache/tandem/python";
  auto scene = world.scene("1");
  auto& function = scene.functions[0];
  function.runtime = "python3.11";
  function.handler = "app.handler";
  ASSERT_TRUE(write_file(std::filesystem::path(function.code_folder) / "app.py", R"(
import os, sys
def handler(event, context):
    print("in python")
    return {"statusCode": 201, "body": context.invoked_function_arn + " " + sys.path[0] + " " + os.environ["AWS_EXECUTION_ENV"],
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}}
)"));
  world.serving = Serving::open({.folder = world.folder.path(), .python_runtime = python}, world.clock).value();
  const auto shown = world.serving->show("live", scene).value();
  const auto answer = get(shown.apis.at("api1") + "/prod/people");
  EXPECT_EQ(answer.status, 201) << join(world.serving->log_lines("/aws/lambda/people", 20), "\n");
  EXPECT_THAT(answer.body, AllOf(HasSubstr("function:people:live "), HasSubstr(" AWS_Lambda_python3.11")));
  EXPECT_EQ(answer.headers.all("Set-Cookie"), (std::vector<std::string>{"a=1", "b=2"}));

  function.handler = "missing.handler";
  function.version = "1";
  ASSERT_TRUE(world.serving->show("broken", scene));
  const auto failed = world.serving->invoke("broken", "people", "live", "{}").value();
  EXPECT_EQ(failed.function_error, "Unhandled");
  EXPECT_THAT(failed.payload, HasSubstr("Runtime.ImportModuleError"));
}

}  // namespace
}  // namespace tandem::deploy::local
