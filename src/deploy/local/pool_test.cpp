#include "deploy/local/pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <future>
#include <set>
#include <thread>

#include "base/http.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "deploy/local/function_ground_test.hpp"

namespace tandem::deploy::local {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

FunctionOutcome outcome(const Invoked& invoked) {
  CHECK(std::holds_alternative<FunctionOutcome>(invoked));
  return std::get<FunctionOutcome>(invoked);
}

std::string logged(const FunctionWorld& world) { return join(world.logs.last_lines("/aws/lambda/people", 1000), "\n"); }

/// Waits, within reason, for what other threads bring about.
template <typename Condition>
bool comes_true(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + 5s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Pool, AnswersAnEventThroughTheRuntimeApiAndKeepsTheProcessWarm) {
  FunctionWorld world;
  TestPool pool(world.function("def handle(event):\n    print('seen', flush=True)\n    return {'pid': os.getpid(), 'got': event}"), world.ground);
  const auto first = outcome(pool->invoke(world.order(R"({"a":1})")));
  EXPECT_FALSE(first.failed);
  EXPECT_TRUE(first.cold);
  EXPECT_THAT(first.payload, HasSubstr(R"("got": {"a": 1})"));
  const auto second = outcome(pool->invoke(world.order(R"({"a":1})")));
  EXPECT_FALSE(second.cold);
  EXPECT_EQ(second.payload, first.payload);
  EXPECT_EQ(pool->counts().cold_starts, 1U);
  ASSERT_TRUE(comes_true([&] { return pool->counts().idle == 1; }));
  EXPECT_THAT(logged(world), HasSubstr("INIT_START Runtime Version: provided.al2023"));
  EXPECT_THAT(logged(world), HasSubstr("START RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Version: 1"));
  EXPECT_THAT(logged(world), HasSubstr("seen"));
  EXPECT_THAT(logged(world), HasSubstr("Memory Size: 256 MB\tMax Memory Used: "));
  EXPECT_THAT(logged(world), HasSubstr("\tInit Duration: "));
}

TEST(Pool, GivesTheProcessItsContractEnvironmentAndNothingOfOurs) {
  ::setenv("TANDEM_SECRET_OF_THE_COORDINATOR", "hidden", 1);
  FunctionWorld world;
  auto function = world.function("def handle(event):\n    return dict(os.environ)");
  function.environment = {{"TABLE", "People"}, {"AWS_REGION", "elsewhere"}};
  TestPool pool(function, world.ground);
  const auto seen = parse_json(outcome(pool->invoke(world.order("{}"))).payload).value().as_object();
  EXPECT_FALSE(seen.contains("TANDEM_SECRET_OF_THE_COORDINATOR"));
  EXPECT_EQ(seen.at("TABLE"), "People");
  EXPECT_EQ(seen.at("AWS_REGION"), "us-east-1");
  EXPECT_EQ(seen.at("AWS_LAMBDA_FUNCTION_VERSION"), "1");
  EXPECT_EQ(seen.at("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "256");
  EXPECT_EQ(seen.at("AWS_LAMBDA_LOG_GROUP_NAME"), "/aws/lambda/people");
  EXPECT_EQ(seen.at("AWS_ENDPOINT_URL_DYNAMODB"), "http://127.0.0.1:1");
  EXPECT_FALSE(seen.contains("AWS_EXECUTION_ENV"));
  EXPECT_FALSE(seen.contains("HOME"));
}

/// Answers 200 to everybody once `expected` are there, and 503 to those for whom nobody else came.
class Meeting {
 public:
  explicit Meeting(int expected) : expected_(expected) {}
  std::string address() const { return fmt::format("127.0.0.1:{}", server_.port()); }

 private:
  HttpResponse arrive() {
    std::unique_lock lock(mutex_);
    ++there_;
    all_.notify_all();
    return {.status = all_.wait_for(lock, 8s, [&] { return there_ >= expected_; }) ? 200 : 503};
  }

  const int expected_;
  int there_ = 0;
  std::mutex mutex_;
  std::condition_variable all_;
  HttpServer server_ = HttpServer::listen(0, [this](const HttpRequest&) { return arrive(); }).value();
};

TEST(Pool, RunsParallelInvocationsInParallel) {
  FunctionWorld world;
  Meeting meeting(3);
  TestPool pool(world.function(fmt::format(R"(
def handle(event):
    meeting = http.client.HTTPConnection("{}")
    meeting.request("GET", "/")
    return [meeting.getresponse().status, os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]])", meeting.address())), world.ground);
  std::vector<std::string> answers(3);
  {
    std::vector<std::jthread> callers;
    for (auto& answer : answers) callers.emplace_back([&] { answer = outcome(pool->invoke(world.order("{}"))).payload; });
  }
  EXPECT_THAT(answers, testing::Each(testing::StartsWith("[200, ")));
  EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 3U) << "each has a process and a log stream of its own";
}

/// Whether everything that the world's function processes consist of is stopped.
bool is_frozen(const FunctionWorld& world) {
  for (const auto& entry : std::filesystem::directory_iterator(world.folder.path() / "running")) {
    std::vector<int> family{std::stoi(entry.path().filename().string())};
    for (size_t i = 0; i < family.size(); ++i) {
      for (const auto& child : split(read_file(fmt::format("/proc/{0}/task/{0}/children", family[i])).value_or(""), ' '))
        if (!child.empty()) family.push_back(std::stoi(child));
      const auto stat = read_file(fmt::format("/proc/{}/stat", family[i])).value_or("");
      if (!stat.substr(stat.rfind(')') + 1).starts_with(" T ")) return false;
    }
  }
  return true;
}

TEST(Pool, FreezesWorkThatIsLeftAfterTheResponseUntilTheNextEvent) {
  FunctionWorld world;
  TestPool pool(world.function(R"(
ticks = 0
def tick():
    global ticks
    while True:
        time.sleep(0.02)
        ticks += 1
threading.Thread(target=tick, daemon=True).start()
def handle(event):
    while ticks < event: time.sleep(0.01)
    return ticks)"), world.ground);
  const auto first = std::stoi(outcome(pool->invoke(world.order("0"))).payload);
  ASSERT_TRUE(comes_true([&] { return pool->counts().idle == 1; }));
  EXPECT_TRUE(comes_true([&] { return is_frozen(world); }));
  const auto thawed = outcome(pool->invoke(world.order(std::to_string(first + 20))));
  EXPECT_FALSE(thawed.failed) << thawed.payload;
}

TEST(Pool, KillsTheGroupOnTimeoutAndTheNextCallWorks) {
  FunctionWorld world;
  auto function = world.function("def handle(event):\n    time.sleep(event)\n    return os.listdir('/tmp') if event == 0 else open('/tmp/left', 'w').close()");
  function.timeout_seconds = 1;
  TestPool pool(function, world.ground);
  const auto late = outcome(pool->invoke(world.order("30")));
  EXPECT_TRUE(late.failed);
  EXPECT_EQ(late.error_type, "Sandbox.Timedout");
  EXPECT_EQ(late.payload, R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Error: Task timed out after 1.00 seconds"})");
  EXPECT_FALSE(outcome(pool->invoke(world.order("0"))).failed);
  EXPECT_EQ(pool->counts().cold_starts, 2U);
}

TEST(Pool, TellsHowARuntimeExitedInTheMiddle) {
  FunctionWorld world;
  TestPool pool(world.function("def handle(event):\n    os._exit(event) if event < 100 else os.kill(os.getpid(), 9)"), world.ground);
  const auto exited = outcome(pool->invoke(world.order("3")));
  EXPECT_EQ(exited.error_type, "Runtime.ExitError");
  EXPECT_THAT(exited.payload, HasSubstr("RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Error: Runtime exited with error: exit status 3"));
  EXPECT_THAT(outcome(pool->invoke(world.order("100"))).payload, HasSubstr("Runtime exited with error: signal: killed"));
  EXPECT_THAT(outcome(pool->invoke(world.order("0"))).payload, HasSubstr("Runtime exited without providing a reason"));
}

TEST(Pool, PassesOnWhatTheFunctionCallsAnError) {
  FunctionWorld world;
  TestPool pool(world.function("def handle(event):\n    raise ValueError('no such person')"), world.ground);
  const auto failed = outcome(pool->invoke(world.order("{}")));
  EXPECT_TRUE(failed.failed);
  EXPECT_EQ(failed.error_type, "Function.ValueError");
  EXPECT_THAT(failed.payload, HasSubstr("no such person"));
  EXPECT_EQ(pool->counts().errors, 1U);
}

TEST(Pool, TriesAFailedInitialisationOnceMoreAndPassesItsErrorOn) {
  FunctionWorld world;
  TestPool pool(world.function(R"(
call("POST", "/init/error", '{"errorMessage":"no module","errorType":"Runtime.ImportModuleError"}',
     {"Lambda-Runtime-Function-Error-Type": "Runtime.ImportModuleError"})
sys.exit(1))"), world.ground);
  const auto failed = outcome(pool->invoke(world.order("{}")));
  EXPECT_EQ(failed.error_type, "Runtime.ImportModuleError");
  EXPECT_EQ(failed.payload, R"({"errorMessage":"no module","errorType":"Runtime.ImportModuleError"})");
  EXPECT_EQ(pool->counts().cold_starts, 2U);
  EXPECT_EQ(pool->counts().processes, 0);
}

TEST(Pool, InitialisesAgainUnderTheFunctionsTimeoutWhenTheFirstTryTakesTooLong) {
  FunctionWorld world;
  world.ground.init_limit = 200ms;
  auto function = world.function("time.sleep(60)");
  function.timeout_seconds = 1;
  TestPool pool(function, world.ground);
  const auto failed = outcome(pool->invoke(world.order("{}")));
  EXPECT_EQ(failed.error_type, "Sandbox.Timedout");
  EXPECT_THAT(failed.payload, HasSubstr("Task timed out after 1.00 seconds"));
}

TEST(Pool, NamesABootstrapThatIsMissingOrNotExecutable) {
  FunctionWorld world;
  auto function = world.function("");
  std::filesystem::permissions(std::filesystem::path(function.code_folder) / "bootstrap", std::filesystem::perms::owner_read);
  TestPool pool(function, world.ground);
  const auto failed = outcome(pool->invoke(world.order("{}")));
  EXPECT_EQ(failed.error_type, "Runtime.InvalidEntrypoint");
  EXPECT_THAT(failed.payload, HasSubstr("Couldn't find valid bootstrap(s)"));
}

TEST(Pool, ThrottlesOverTheReservedConcurrency) {
  FunctionWorld world;
  auto function = world.function("def handle(event):\n    time.sleep(1)");
  function.reserved_concurrency = 1;
  TestPool pool(function, world.ground);
  std::jthread busy([&] { EXPECT_FALSE(outcome(pool->invoke(world.order("{}"))).failed); });
  ASSERT_TRUE(comes_true([&] { return pool->counts().processes == 1; }));
  const auto refused = pool->invoke(world.order("{}"));
  ASSERT_TRUE(std::holds_alternative<Throttled>(refused));
  EXPECT_EQ(std::get<Throttled>(refused).reason, "ReservedFunctionConcurrentInvocationLimitExceeded");
}

TEST(Pool, LetsRequestsWaitInLineWhenThisMachineIsFullAndThrottlesAfterAWhile) {
  FunctionWorld world;
  world.ground.processes_max = 1;
  TestPool pool(world.function("def handle(event):\n    time.sleep(event)\n    return os.getpid()"), world.ground);
  std::string first;
  {
    std::jthread busy([&] { first = outcome(pool->invoke(world.order("0.3"))).payload; });
    ASSERT_TRUE(comes_true([&] { return pool->counts().processes == 1; }));
    EXPECT_FALSE(outcome(pool->invoke(world.order("0"))).failed);
  }
  EXPECT_EQ(pool->counts().cold_starts, 1U);
  world.ground.queue_limit = 100ms;
  ASSERT_TRUE(comes_true([&] { return pool->counts().idle == 1; }));
  std::jthread busy([&] { EXPECT_FALSE(outcome(pool->invoke(world.order("1"))).failed); });
  ASSERT_TRUE(comes_true([&] { return pool->counts().idle == 0; }));
  EXPECT_TRUE(std::holds_alternative<Throttled>(pool->invoke(world.order("0"))));
}

TEST(Pool, LetsTheCallerStopWaitingWhileTheFunctionGoesOn) {
  FunctionWorld world;
  TestPool pool(world.function("def handle(event):\n    time.sleep(0.6)\n    print('finished', flush=True)"), world.ground);
  EXPECT_TRUE(std::holds_alternative<GaveUp>(pool->invoke(world.order("{}", 400ms))));
  EXPECT_TRUE(comes_true([&] { return logged(world).find("finished") != std::string::npos; }));
}

TEST(Pool, EndsAProcessThatUsedMoreMemoryThanTheFunctionHas) {
  FunctionWorld world;
  auto function = world.function("def handle(event):\n    kept = bytearray(event * 1024 * 1024)\n    for i in range(0, len(kept), 4096): kept[i] = 1\n    time.sleep(0 if event < 100 else 20)\n    return len(kept)");
  function.memory_mb = 64;
  TestPool pool(function, world.ground);
  EXPECT_FALSE(outcome(pool->invoke(world.order("1"))).failed);
  EXPECT_THAT(outcome(pool->invoke(world.order("200"))).payload, HasSubstr("signal: killed"));
  EXPECT_FALSE(outcome(pool->invoke(world.order("1"))).failed);
}

TEST(Pool, EndsIdleProcesses) {
  FunctionWorld world;
  TestPool pool(world.function(""), world.ground);
  EXPECT_FALSE(outcome(pool->invoke(world.order("{}"))).failed);
  ASSERT_TRUE(comes_true([&] { return pool->counts().idle == 1; }));
  EXPECT_EQ(pool->end_idle(std::chrono::steady_clock::now() - 1h), 1);
  EXPECT_EQ(pool->end_idle(std::chrono::steady_clock::now()), 0);
  EXPECT_FALSE(outcome(pool->invoke(world.order("{}"))).failed);
}

TEST(Pool, GivesEachProcessATemporaryFolderOfItsOwnAndCodeItCannotWrite) {
  FunctionWorld world;
  if (world.ground.house.sandbox.bwrap.empty()) GTEST_SKIP() << "no bubblewrap here";
  TestPool pool(world.function(R"(
def handle(event):
    try: open('/var/task/new', 'w'); wrote = True
    except OSError: wrote = False
    before = os.listdir('/tmp')
    open('/tmp/mine', 'w').close()
    return [wrote, before, os.getcwd(), os.path.exists('/root'), os.path.exists('/home')])"), world.ground);
  EXPECT_EQ(outcome(pool->invoke(world.order("{}"))).payload, R"([false, [], "/var/task", false, false])");
  EXPECT_EQ(outcome(pool->invoke(world.order("{}"))).payload, R"([false, ["mine"], "/var/task", false, false])");
}

TEST(Pool, WorksWithoutBubblewrapToo) {
  FunctionWorld world;
  world.ground.house.sandbox.bwrap.clear();
  TestPool pool(world.function("def handle(event):\n    return os.getcwd() == os.environ['LAMBDA_TASK_ROOT'] and os.path.isdir(os.environ['TMPDIR'])"), world.ground);
  EXPECT_EQ(outcome(pool->invoke(world.order("{}"))).payload, "true");
}

/// Says when its process is idle.
struct IdleListener final : FunctionOwner {
  std::atomic<bool> idle = false;
  void on_answered(const std::shared_ptr<FunctionProcess>&) override {}
  void on_idle(const std::shared_ptr<FunctionProcess>&) override { idle = true; }
  void on_end(const std::shared_ptr<FunctionProcess>&, const EnvironmentEnd&) override {}
};

TEST(FunctionProcess, TakesNoWorkOnceItWasEndedWhoeverStillHoldsIt) {
  FunctionWorld world;
  const auto owner = std::make_shared<IdleListener>();
  const auto process = FunctionProcess::make(world.function(""), world.ground, owner);
  ASSERT_TRUE(process->launch(10s));
  ASSERT_TRUE(comes_true([&] { return owner->idle.load(); }));
  std::promise<void> seen;
  world.nursery->post([&seen] { seen.get_future().wait(); });  // its exit is not heard of before we ask
  process->end();
  EXPECT_FALSE(process->begin(std::make_shared<FunctionCall>("r-1"), {.request_id = "r-1", .payload = "{}", .function_arn = {}, .trace_id = {}}));
  seen.set_value();
}

TEST(Pool, AnswersEverybodyWhoCallsWhileItCloses) {
  FunctionWorld world;
  for (int round = 0; round < 10; ++round) {
    TestPool pool(world.function(""), world.ground);
    EXPECT_FALSE(outcome(pool->invoke(world.order("{}"))).failed);
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i)
      callers.emplace_back([&] {
        while (!std::holds_alternative<Throttled>(pool->invoke(world.order("{}")))) {}
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(round * 5));
    pool->close();
  }
}

TEST(FunctionLeftovers, OfAKilledCoordinatorAreSweptByPidAndStartTime) {
  FunctionWorld world;
  auto left = Process::start({.argv = {"sleep", "60"}, .environment = {{"PATH", "/usr/bin:/bin"}}}, nullptr).value();
  auto other = Process::start({.argv = {"sleep", "60"}, .environment = {{"PATH", "/usr/bin:/bin"}}}, nullptr).value();
  const auto running = world.folder.path() / "running";
  ASSERT_TRUE(write_file(running / std::to_string(left.pid()), start_time(left.pid())));
  ASSERT_TRUE(write_file(running / std::to_string(other.pid()), "12345"));  // the number was given out again
  EXPECT_EQ(sweep_leftovers(world.folder.path()), 1);
  EXPECT_EQ(left.wait(5s).value_or(Exit{}).signal, SIGKILL);
  EXPECT_FALSE(other.ended());
}

}  // namespace
}  // namespace tandem::deploy::local
