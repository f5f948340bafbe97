#include "report/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/text.hpp"
#include "report/columns.hpp"

namespace tandem::report {
namespace {

constexpr Instant noon{std::chrono::milliseconds{1'795'435'200'000}};
json::value at(int seconds) { return json::value(rfc3339(noon + std::chrono::seconds{seconds})); }

json::object action(std::string_view name, std::string_view status, json::value started = nullptr, json::value ended = nullptr) {
  return {{"name", name}, {"status", status}, {"attempt", 1}, {"started", started}, {"ended", ended}, {"reason", ""}, {"outcome", nullptr},
          {"identifier", "aws/build@v1"}, {"last_line", ""}};
}

json::object run(std::string_view id, std::string_view status, json::array actions, json::value cause = nullptr) {
  return {{"id", id}, {"workflow", json::object{{"name", "api-deployment"}}}, {"repository", "application"}, {"commit", "4f2c0a1b2c3d4e5f"},
          {"status", status}, {"event", json::object{{"kind", "push"}, {"branch", "main"}, {"actor", "anna"}, {"cause", cause}}},
          {"actions", actions}, {"notes", json::array{}}, {"created", at(0)}, {"started", at(0)}, {"ended", nullptr}, {"reason", ""}};
}

json::object starter(std::string_view status) {
  auto deploy = action("Deploy", status, at(3));
  deploy["identifier"] = "tandem/start-workflow@v1";
  return deploy;
}

TEST(Progress, DrawsTheRunThatAnActionStartedUnderThatAction) {
  const std::vector<json::value> runs{run("run-1", "IN_PROGRESS", {action("Validate", "SUCCEEDED", at(0), at(3)), starter("IN_PROGRESS")}),
                                      run("run-2", "IN_PROGRESS", {action("Detect", "IN_PROGRESS", at(4))}, "run-1")};
  EXPECT_EQ(ProgressView({.unicode = true}).frame(runs, noon + std::chrono::seconds{9}),
            "● run-1 api-deployment  in progress  9.0 s\n"
            "  application main 4f2c0a1b2c3d, push by anna\n"
            "├ ✔ Validate  succeeded    3.0 s\n"
            "└ ● Deploy    in progress  6.0 s\n"
            "    ● run-2 api-deployment  in progress  9.0 s\n"
            "    └ ● Detect  in progress  5.0 s\n");
}

TEST(Progress, KnowsTheStartedRunByNameOnceTheActionHasEnded) {
  auto deploy = starter("FAILED");
  deploy["outcome"] = json::object{{"error", json::object{{"what", "run-7 ended FAILED"}}}, {"detail", json::object{{"started_run", "run-7"}}}};
  const std::vector<json::value> runs{run("run-1", "IN_PROGRESS", {deploy}), run("run-7", "FAILED", {action("Verify", "FAILED", at(4), at(5))})};
  const auto frame = ProgressView({}).frame(runs, noon);
  EXPECT_NE(frame.find("run-7 api-deployment  failed"), std::string::npos) << frame;
  EXPECT_NE(frame.find("run-7 ended FAILED"), std::string::npos) << frame;
}

TEST(Progress, ShowsWhatARunningActionPrintedLastWithinTheWidth) {
  auto validate = action("Validate", "IN_PROGRESS", at(0));
  validate["last_line"] = "collecting " + std::string(200, '.') + "\x1b[2J";
  const auto frame = ProgressView({.width = 60}).frame({run("run-1", "IN_PROGRESS", {validate})}, noon);
  EXPECT_NE(frame.find("collecting"), std::string::npos);
  for (const auto& line : lines_of(frame)) EXPECT_LE(columns(line), 60U) << line;
}

TEST(Progress, TellsEachThingOnceAndWithTheTimeItHappened) {
  ProgressView view({});
  EXPECT_EQ(view.news({run("run-1", "IN_PROGRESS", {action("Validate", "IN_PROGRESS", at(1))})}),
            "12:00:00 run-1 api-deployment of application at 4f2c0a1b2c3d\n"
            "12:00:01 run-1 Validate started\n");
  EXPECT_EQ(view.news({run("run-1", "IN_PROGRESS", {action("Validate", "IN_PROGRESS", at(1))})}), "");
  auto ended = run("run-1", "SUCCEEDED", {action("Validate", "SUCCEEDED", at(1), at(13))});
  ended["ended"] = at(14);
  EXPECT_EQ(view.news({ended}), "12:00:13 run-1 Validate succeeded in 12.0 s\n12:00:14 run-1 succeeded in 14.0 s\n");
}

TEST(Progress, TellsOfAnActionThatWasOverBeforeAnybodyLooked) {
  auto failed = action("Scan", "FAILED", at(1), at(2));
  failed["outcome"] = json::object{{"error", json::object{{"what", "the scan found a key"}}}};
  auto skipped = action("Sync", "SKIPPED");
  skipped["reason"] = "Scan failed";
  EXPECT_EQ(ProgressView({}).news({run("run-1", "IN_PROGRESS", {failed, skipped})}),
            "12:00:00 run-1 api-deployment of application at 4f2c0a1b2c3d\n"
            "12:00:01 run-1 Scan started\n12:00:02 run-1 Scan failed: the scan found a key\n"
            "12:00:00 run-1 Sync skipped: Scan failed\n");
}

/// What a Screen wrote, through a pipe.
struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string read() {
    std::array<char, 4096> bytes{};
    const auto count = ::read(ends[0], bytes.data(), bytes.size());
    return count > 0 ? std::string(bytes.data(), static_cast<size_t>(count)) : "";
  }
};

TEST(Screen, DrawsOverTheLastFrameAtMostTenTimesASecond) {
  Pipe pipe;
  Screen screen(pipe.ends[1], 24);
  const Screen::Steady start{std::chrono::seconds{100}};
  screen.show("a\nb\n", start);
  EXPECT_NE(pipe.read().find("\x1b[2Ka\r\n\x1b[2Kb\r\n"), std::string::npos);
  screen.show("c\n", start + std::chrono::milliseconds{50});
  EXPECT_EQ(pipe.read(), "");
  screen.show("c\n", start + std::chrono::milliseconds{100});
  EXPECT_NE(pipe.read().find("\x1b[2A\r\x1b[2Kc"), std::string::npos);
}

TEST(Screen, GivesTheCursorBackOnceAndOnlyIfItTookIt) {
  Pipe pipe;
  { Screen screen(pipe.ends[1], 24); }
  EXPECT_EQ(pipe.read(), "");
  {
    Screen screen(pipe.ends[1], 24);
    screen.show("a\n", {});
    screen.leave();
  }
  const auto written = pipe.read();
  EXPECT_TRUE(written.ends_with("\x1b[?7h\x1b[?25h"));
  EXPECT_EQ(written.find("\x1b[?25h"), written.rfind("\x1b[?25h"));
}

TEST(Screen, KeepsTheHeadAndTheEndOfATreeThatIsTooHigh) {
  Pipe pipe;
  Screen screen(pipe.ends[1], 4);
  screen.show("head\n1\n2\n3\n4\n", {});
  const auto written = pipe.read();
  EXPECT_NE(written.find("head"), std::string::npos);
  EXPECT_EQ(written.find('2' + std::string("\r\n")), std::string::npos);
  EXPECT_NE(written.find("3\r\n\x1b[2K4\r\n"), std::string::npos);
}

}  // namespace
}  // namespace tandem::report
