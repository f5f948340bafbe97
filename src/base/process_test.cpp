#include "base/process.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <latch>
#include <set>
#include <thread>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem {
namespace {

Command bash(std::string script) {
  return {.argv = {"bash", "--norc", "--noprofile", "-c", std::move(script)}, .environment = tool_environment()};
}

bool is_alive(int pid) { return ::kill(pid, 0) == 0 && read_file(fmt::format("/proc/{}/stat", pid))->find(") Z ") == std::string::npos; }

/// A killed process is gone only when its parent has looked; that takes a moment.
bool is_gone_soon(int pid) {
  for (int i = 0; i < 500 && is_alive(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return !is_alive(pid);
}

TEST(Process, KeepsBothStreamsAndTheExitCode) {
  const auto output = *run_program(bash("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(output.out, "out\n");
  EXPECT_EQ(output.err, "err\n");
  EXPECT_EQ(output.exit.code, 3);
  EXPECT_EQ(output.exit.signal, 0);
  EXPECT_FALSE(output.exit.ok());
}

TEST(Process, IsGivenOnlyTheEnvironmentDescriptorsSignalsAndFolderThatAreNamed) {
  const auto folder = *TemporaryFolder::make();
  const int leaking = ::dup(1);  // not close-on-exec, as libraries do it
  Command command{.argv = {"bash", "-c", "pwd; env | grep -v '^\\(PWD\\|SHLVL\\|_\\)='; echo /proc/self/fd/*; grep SigBlk /proc/self/status"},
                  .environment = {{"PATH", "/usr/bin:/bin"}, {"ONE", "1 = one"}},
                  .folder = folder.path()};
  const auto output = *run_program(command);
  ::close(leaking);
  const auto lines = lines_of(output.out);
  ASSERT_EQ(lines.size(), 5u) << output.out << output.err;
  EXPECT_EQ(lines[0], std::filesystem::canonical(folder.path()).string());
  EXPECT_EQ((std::set<std::string>{lines[1], lines[2]}), (std::set<std::string>{"PATH=/usr/bin:/bin", "ONE=1 = one"}));
  EXPECT_TRUE(lines[3].starts_with("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2")) << lines[3];
  EXPECT_EQ(lines[3].find(fmt::format("/fd/{} ", leaking)), std::string::npos) << lines[3];
  EXPECT_TRUE(lines[4].ends_with("0000000000000000")) << lines[4];
}

TEST(Process, SaysWhatIsMissing) {
  EXPECT_EQ(run_program({.argv = {"no-such-program"}, .environment = tool_environment()}).error().fault, Fault::Missing);
  EXPECT_EQ(run_program({.argv = {"/no/such/program"}}).error().fault, Fault::Missing);
  EXPECT_EQ(run_program({.argv = {}}).error().fault, Fault::Invalid);
  const auto elsewhere = run_program({.argv = {"true"}, .folder = "/no/such/folder"});
  EXPECT_EQ(elsewhere.error().fault, Fault::Missing);
  EXPECT_NE(elsewhere.error().what.find("/no/such/folder"), std::string::npos);
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(folder.path() / "plain", "text"));
  EXPECT_EQ(run_program({.argv = {(folder.path() / "plain").string()}}).error().fault, Fault::Denied);
}

TEST(Process, LooksForProgramsInThePathItIsGivenAndNeverInTheWorkingFolder) {
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(folder.path() / "greet", "#!/bin/sh\necho hello\n"));
  ::chmod((folder.path() / "greet").c_str(), 0755);
  EXPECT_EQ(run_program({.argv = {"greet"}, .environment = {{"PATH", folder.path().string()}}})->out, "hello\n");
  EXPECT_FALSE(run_program({.argv = {"greet"}, .environment = {{"PATH", ".:"}}, .folder = folder.path()}));
}

TEST(Process, CarriesLargeInputAndOutputBothWaysAtOnce) {
  auto command = bash("cat; cat /dev/null >&2");
  command.input = std::string(5'000'000, 'x');
  const auto output = *run_program(command);
  EXPECT_EQ(output.out, command.input);
  EXPECT_EQ(output.dropped_bytes, 0u);
}

TEST(Process, SurvivesAProgramThatDoesNotReadItsInput) {
  auto command = bash("exec 0<&-; echo done");
  command.input = std::string(5'000'000, 'x');
  EXPECT_EQ(run_program(command)->out, "done\n");
}

TEST(Process, KeepsAtMostTheLimitOfEachStreamAndCountsTheRest) {
  auto command = bash("head -c 100000 /dev/zero; head -c 10 /dev/zero >&2");
  command.output_limit_bytes = 1000;
  const auto output = *run_program(command);
  EXPECT_EQ(output.out.size(), 1000u);
  EXPECT_EQ(output.err.size(), 10u);
  EXPECT_EQ(output.dropped_bytes, 99'000u);
}

TEST(Process, EndsAProgramWhoseTimeIsUpWithItsWholeGroup) {
  auto command = bash("sleep 1000 & echo $!; wait");
  command.time_limit = std::chrono::milliseconds(200);
  const auto output = *run_program(command);
  EXPECT_TRUE(output.exit.timed_out);
  EXPECT_EQ(output.exit.signal, SIGTERM);
  EXPECT_EQ(output.exit.code, 128 + SIGTERM);
  EXPECT_TRUE(is_gone_soon(std::stoi(output.out)));
}

TEST(Process, KillsAProgramThatIgnoresTheRequestToEnd) {
  auto command = bash("trap '' TERM; while :; do sleep 0.01; done");
  command.time_limit = std::chrono::milliseconds(200);
  command.grace = std::chrono::milliseconds(100);
  const auto output = *run_program(command);
  EXPECT_TRUE(output.exit.timed_out);
  EXPECT_EQ(output.exit.signal, SIGKILL);
}

TEST(Process, LetsAProgramUseItsGraceToCleanUp) {
  auto command = bash("trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  command.time_limit = std::chrono::milliseconds(300);
  const auto output = *run_program(command);
  EXPECT_EQ(output.out, "ready\ncleaned\n");
  EXPECT_EQ(output.exit.code, 7);
  EXPECT_TRUE(output.exit.timed_out);
}

TEST(Process, IsStoppedByTheTokenAndSaysSo) {
  std::stop_source stop;
  const auto ended = run_streaming(bash("echo ready; sleep 1000"), [&](Stream, std::string_view) { stop.request_stop(); }, stop.get_token());
  EXPECT_TRUE(ended->stopped);
  EXPECT_FALSE(ended->timed_out);
  EXPECT_FALSE(ended->ok());
  EXPECT_TRUE(run_program(bash("echo never"), stop.get_token())->exit.stopped);
  EXPECT_EQ(run_program(bash("echo never"), stop.get_token())->out, "");
}

TEST(Process, DoesNotWaitForAGrandchildThatKeepsThePipeOpen) {
  const auto output = *run_program(bash("sleep 1000 & echo $!"));
  EXPECT_TRUE(output.exit.ok());
  EXPECT_LT(output.exit.took, std::chrono::seconds(20));
  EXPECT_TRUE(is_gone_soon(std::stoi(output.out)));
}

TEST(Process, HearsTheLastWordsOfAPipeline) {
  EXPECT_EQ(run_program(bash("exec > >(sleep 0.05; cat); echo said"))->out, "said\n");
}

TEST(Process, LimitsMemoryWhenAsked) {
  auto command = bash("read go; python3 -c 'x = bytearray(600 << 20)' && echo fits");
  command.input = "go\n";
  command.memory_limit_bytes = 300UL << 20;
  EXPECT_EQ(run_program(command)->out, "");
  command.memory_limit_bytes.reset();
  EXPECT_EQ(run_program(command)->out, "fits\n");
}

TEST(Process, LivesBesideUsUntilItIsStopped) {
  std::latch ready(1);
  std::string heard;
  auto process = *Process::start(bash("trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.01; done"),
                                 [&](Stream stream, std::string_view piece) {
                                   if (stream == Stream::Out) heard += piece;
                                   if (heard == "ready\n") ready.count_down();
                                 });
  ready.wait();
  EXPECT_GT(process.peak_memory_bytes(), 100'000u);
  EXPECT_FALSE(process.ended());
  const auto exit = process.stop(std::chrono::seconds(10));
  EXPECT_EQ(exit.code, 5);
  EXPECT_EQ(heard, "ready\nbye\n") << "all output is handed over before the exit is seen";
  EXPECT_EQ(process.peak_memory_bytes(), 0u);
  process.signal(SIGTERM);
  EXPECT_EQ(process.stop(Duration{0}).code, 5);
}

TEST(Process, DiesWithItsOwnerAndTakesItsGroupAlong) {
  std::latch ready(1);
  std::string heard;
  int leader = 0;
  {
    auto process = *Process::start(bash("trap '' TERM; sleep 1000 & echo $!; wait"), [&](Stream, std::string_view piece) {
      heard += piece;
      if (heard.ends_with('\n')) ready.count_down();
    });
    leader = process.pid();
    ready.wait();
  }
  EXPECT_FALSE(is_alive(leader));
  EXPECT_TRUE(is_gone_soon(std::stoi(heard)));
}

TEST(Process, GoesOnDrainingWhenItsListenerThrows) {
  testing::internal::CaptureStderr();
  auto process = *Process::start(bash("head -c 1000000 /dev/zero"), [](Stream, std::string_view) { throw Bug("listener"); });
  const auto exit = process.wait(std::chrono::seconds(30));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("process.output_failed"), std::string::npos);
  ASSERT_TRUE(exit);
  EXPECT_TRUE(exit->ok());
}

TEST(Process, LeavesNothingBehindInOurOwnProcess) {
  const auto open = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  (void)run_program(bash("true"));
  const auto before = open();
  for (int i = 0; i < 20; ++i) (void)run_program(bash("cat"));
  EXPECT_FALSE(run_program({.argv = {"/no/such/program"}, .input = "x"}));
  EXPECT_EQ(open(), before);
}

TEST(Process, CatchesUpWithWhatWasSaidBefore) {
  const auto folder = *TemporaryFolder::make();
  const auto said = folder.path() / "said";
  std::string heard;
  auto process = *Process::start(bash(fmt::format("for i in $(seq 2000); do echo line $i; done; touch {}; sleep 100", said.string())),
                                 [&](Stream, std::string_view piece) {
                                   std::this_thread::sleep_for(std::chrono::milliseconds(2));  // a slow listener
                                   heard += piece;
                                 });
  while (!std::filesystem::exists(said)) std::this_thread::yield();
  process.catch_up(std::chrono::seconds(30));
  EXPECT_TRUE(heard.ends_with("line 2000\n")) << heard.size();
  process.stop(std::chrono::seconds(1));
  process.catch_up(std::chrono::seconds(30));  // of one that has ended there is nothing to wait for
}

}  // namespace
}  // namespace tandem
