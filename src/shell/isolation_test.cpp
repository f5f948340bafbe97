// What a hostile step tries, and what comes of it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <set>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "shell/control_group.hpp"
#include "shell/environment.hpp"
#include "shell/steps.hpp"

namespace tandem::shell {
namespace {
namespace fs = std::filesystem;

struct Hostile {
  TemporaryFolder root = *TemporaryFolder::make();
  StepsRequest request;
  std::vector<std::string> lines;
  std::optional<StepsOutcome> outcome;

  Hostile() {
    request.folder = root.path() / "W";
    request.grace = std::chrono::seconds(1);
    (void)make_folders(request.folder);
  }
  Hostile& run(std::vector<Step> steps, std::stop_token stop = {}) {
    request.steps = std::move(steps);
    auto ran = run_steps(request, [this](size_t, std::string_view line) { lines.emplace_back(line); }, std::move(stop));
    if (ran) outcome = std::move(*ran);
    return *this;
  }
  std::string said() const { return join(lines, "\n"); }
};

bool runs_somewhere(const std::string& mark) {
  std::error_code code;
  for (auto it = fs::directory_iterator("/proc", code); !code && it != fs::directory_iterator(); it.increment(code))
    if (const auto command = read_file(it->path() / "cmdline"); command && command->starts_with(mark)) return true;
  return false;
}

/// Detaches itself twice, forks, and ignores what asks it to end.
std::string daemon_script(const std::string& mark) {
  return fmt::format("(setsid bash -c 'trap \"\" TERM HUP INT; setsid bash -c \"exec -a {} sleep 1000\" & wait' >/dev/null 2>&1 &); "
                     "until grep -aqs ^{} /proc/[0-9]*/cmdline; do sleep 0.02; done; echo away", mark, mark);
}

std::string fresh_mark() { return "tandem-test-" + hex(random_bytes(8)); }

TEST(Isolation, NothingGetsAwayHoweverTheActionEndsWithOrWithoutASandbox) {
  for (const auto* program : {"bwrap", "no-such-sandbox"}) {
    for (const auto* ending : {"ends", "fails", "times out"}) {
      Hostile hostile;
      hostile.request.isolation = IsolationPolicy::AllowUnsandboxed;
      hostile.request.sandbox_program = program;
      const auto mark = fresh_mark();
      if (std::string_view(ending) == "times out") hostile.request.time_limit = std::chrono::milliseconds(1500);
      const auto last = std::string_view(ending) == "ends" ? "true" : std::string_view(ending) == "fails" ? "exit 7" : "trap '' TERM; sleep 1000 & wait; wait; sleep 1000";
      hostile.run({{daemon_script(mark)}, {last}});
      ASSERT_TRUE(hostile.outcome) << program << " " << ending;
      EXPECT_EQ(hostile.said(), "away");
      EXPECT_FALSE(runs_somewhere(mark)) << program << " " << ending;
    }
  }
}

TEST(Isolation, ACancelledActionIsGoneWithinTenSecondsThoughItIgnoresTheRequest) {
  for (const auto* program : {"bwrap", "no-such-sandbox"}) {
    Hostile hostile;
    hostile.request.isolation = IsolationPolicy::AllowUnsandboxed;
    hostile.request.sandbox_program = program;
    hostile.request.grace = StepsRequest{}.grace;
    EXPECT_LT(hostile.request.grace, std::chrono::seconds(10)) << "what is left is killed within ten seconds";
    hostile.request.grace = std::chrono::milliseconds(300);
    const auto mark = fresh_mark();
    std::stop_source stop;
    hostile.request.steps = {{"trap '' TERM INT HUP; " + daemon_script(mark) + "; while :; do sleep 0.05; done"}};
    const auto stopped = run_steps(hostile.request, [&](size_t, std::string_view) { stop.request_stop(); }, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().fault, Fault::Cancelled);
    EXPECT_FALSE(runs_somewhere(mark)) << program;
  }
}

TEST(Isolation, AForkBombEndsWithItsActionAndIsExplained) {
  const auto group = ControlGroup::make({.processes = 64});
  if (!group || !group->limits_processes()) GTEST_SKIP() << "this machine has no control group that counts processes";
  Hostile hostile;
  hostile.request.limits.processes = 64;
  hostile.request.time_limit = std::chrono::seconds(10);  // whichever comes first, the limit is named
  hostile.run({{"bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 1; exit 9"}});
  ASSERT_TRUE(hostile.outcome);
  EXPECT_FALSE(hostile.outcome->succeeded);
  EXPECT_NE(hostile.outcome->error->what.find("limit of 64 processes was reached"), std::string::npos) << hostile.outcome->error->what;
}

TEST(Isolation, MemoryBeyondTheLimitEndsTheStepAndIsExplained) {
  const auto group = ControlGroup::make({.memory_bytes = 64UL << 20});
  Hostile hostile;
  hostile.request.limits.memory_bytes = 64UL << 20;
  hostile.run({{"python3 -c 'x = bytearray(300_000_000); print(len(x))'"}});
  ASSERT_TRUE(hostile.outcome);
  EXPECT_FALSE(hostile.outcome->succeeded) << hostile.said();
  if (group && group->limits_memory()) {
    EXPECT_NE(hostile.outcome->error->what.find("memory limit of 64 MiB was reached"), std::string::npos) << hostile.outcome->error->what;
  }
  Hostile quiet;
  quiet.request.limits.memory_bytes = 64UL << 20;
  EXPECT_TRUE(quiet.run({{"head -c 100000000 /dev/zero | wc -c"}}).outcome->succeeded) << "what streams is not held";
}

TEST(Isolation, FilledTemporaryFilesCountAsMemory) {
  const auto group = ControlGroup::make({.memory_bytes = 64UL << 20});
  if (!group || !group->limits_memory()) GTEST_SKIP() << "this machine has no control group that holds memory";
  Hostile hostile;
  hostile.request.limits.memory_bytes = 64UL << 20;
  EXPECT_FALSE(hostile.run({{"head -c 200000000 /dev/zero >/tmp/full"}}).outcome->succeeded);
}

TEST(Isolation, RefusesSystemCallsThatNoBuildNeedsAndOpensNothingElse) {
  Hostile hostile;
  hostile.run({{"python3 - <<'EOF'\n"
                "import ctypes, errno\n"
                "libc = ctypes.CDLL(None, use_errno=True)\n"
                "numbers = {'x86_64': (321, 250, 323, 425, 304), 'aarch64': (280, 219, 282, 425, 265)}[__import__('platform').machine()]\n"
                "print([errno.errorcode[ctypes.get_errno()] for n in numbers if libc.syscall(n, 0, 0, 0, 0, 0) == -1])\n"
                "EOF\n"
                "ls /proc/self/fd | tr '\\n' ' '; grep Seccomp: /proc/self/status"}});
  ASSERT_TRUE(hostile.outcome && hostile.outcome->succeeded) << hostile.said();
  EXPECT_EQ(hostile.lines[0], "['EPERM', 'EPERM', 'EPERM', 'EPERM', 'EPERM']");
  EXPECT_TRUE(hostile.lines[1].starts_with("0 1 2 3 Seccomp:\t2")) << hostile.lines[1];
}

TEST(Isolation, ControlGroupsLeaveNothingBehind) {
  std::vector<fs::path> files;
  {
    const auto group = ControlGroup::make({.memory_bytes = 1UL << 30, .processes = 100});
    if (!group) GTEST_SKIP() << group.error().what;
    files = group->joining_files();
    EXPECT_TRUE(fs::exists(files.at(0)));
  }
  for (const auto& file : files) EXPECT_FALSE(fs::exists(file)) << file;
}

TEST(Isolation, WhatACoordinatorThatDiedLeftRunningIsEndedByTheNext) {
  std::vector<fs::path> files;
  {
    const auto group = ControlGroup::make({});
    if (!group) GTEST_SKIP() << group.error().what;
    files = group->joining_files();
  }
  // As one whose process is gone has named it: our own name with the number of a process that has just ended.
  Command command{.argv = {"bash", "-c", "echo $$"}, .environment = tool_environment()};
  const auto dead = std::string(trimmed(run_program(command)->out));
  const auto own = files.at(0).parent_path();
  const auto left = own.parent_path() / replaced(own.filename().string(), fmt::format("-{}-", ::getpid()), fmt::format("-{}-", dead));
  ASSERT_TRUE(make_folders(left));
  const auto of_a_container = own.parent_path() / ("tandem-1-" + dead + "-1");
  ASSERT_TRUE(make_folders(of_a_container));
  command.argv = {"sleep", "1000"};
  auto orphan = *Process::start(command, {});
  ASSERT_TRUE(write_file(left / "cgroup.procs", std::to_string(orphan.pid())));
  (void)ControlGroup::make({});
  EXPECT_TRUE(orphan.wait(std::chrono::seconds(20)));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(of_a_container)) << "its numbers are not ours: its coordinator may live";
  ::rmdir(of_a_container.c_str());
}

TEST(Isolation, ASecretIsSeenOnlyByTheStepThatNamesIt) {
  Hostile hostile;
  hostile.request.secrets = {{"one", "first-secret"}, {"two-b", "second-secret"}};
  const auto look = "echo ${#CATALYST_SECRETS_one} ${#CATALYST_SECRETS_two_b}; env | grep -c ^CATALYST_SECRETS_; "
                    "grep -alE 'CATALYST_SECRETS_(one|two_b)=|(first|second)-secret' /proc/[0-9]*/environ 2>/dev/null | wc -l";
  hostile.run({{look, {"one"}}, {look}, {look, {"two-b", "one"}}, {"set | grep -c 'cret'; exit 0"}});
  ASSERT_TRUE(hostile.outcome->succeeded) << hostile.said();
  EXPECT_EQ(hostile.lines[0], "12 0");
  EXPECT_EQ(hostile.lines[1], "1");
  EXPECT_NE(hostile.lines[2], "0");
  EXPECT_EQ(hostile.lines[3], "0 0");
  EXPECT_EQ(hostile.lines[4], "0");
  EXPECT_EQ(hostile.lines[5], "0") << "no process of a step that does not name it has it";
  EXPECT_EQ(hostile.lines[6], "12 13");
  EXPECT_EQ(hostile.lines[9], "0");
  const auto left = *files_below(hostile.request.folder);
  for (const auto& file : left)
    EXPECT_EQ(read_file(hostile.request.folder / file).value_or("").find("first-secret"), std::string::npos) << file;
}

TEST(Isolation, AStepCannotChangeTheScriptsAndSecretsOfThoseAfterIt) {
  Hostile hostile;
  hostile.request.secrets = {{"one", "first-secret"}};
  hostile.run({{"for f in .tandem*/step_1.sh .tandem*/secrets_1 .tandem*/wrapper.sh; do test -e $f && (echo CATALYST_SECRETS_one >>$f) 2>/dev/null && echo changed $f; done; "
                "cd ~/..; for f in $PWD/.tandem*/secrets_1; do test -e $f && (echo CATALYST_SECRETS_one >>$f) 2>/dev/null && echo changed; rm -f $f 2>/dev/null; mv ${f%/*} gone 2>/dev/null; done; true"},
               {"echo ${#CATALYST_SECRETS_one}"}, {"echo ${#CATALYST_SECRETS_one}", {"one"}}});
  ASSERT_TRUE(hostile.outcome && hostile.outcome->succeeded) << hostile.said();
  EXPECT_EQ(hostile.said(), "0\n12");
}

TEST(Isolation, AValueThatLooksLikeAReferenceToASecretStaysText) {
  Hostile hostile;
  hostile.request.secrets = {{"token", "hush-hush"}};
  hostile.request.variables = {{"FROM_OUTSIDE", "${Secrets.token} $(echo ran) `echo ran` $CATALYST_SECRETS_token"}};
  hostile.run({{"printf '%s\\n' \"$FROM_OUTSIDE\"; printf '%s\\n' '${Secrets.token}'", {"token"}}});
  EXPECT_EQ(hostile.said(), "${Secrets.token} $(echo ran) `echo ran` $CATALYST_SECRETS_token\n${Secrets.token}");
}

TEST(Isolation, TwoHundredMegabytesOfOutputAndALineOfAGigabyteTakeNoMemory) {
  const auto resident = [] {
    const auto status = *read_file("/proc/self/status");
    for (const auto& line : lines_of(status))
      if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
    return 0L;
  };
  Hostile hostile;
  const auto before = resident();
  size_t lines = 0;
  std::string last;
  hostile.request.steps = {{"head -c 200000000 /dev/zero | tr '\\0' x | fold -b -w 4000; echo; head -c 1000000000 /dev/zero; echo; printf 'ok \\033]0;title\\007\\xfe\\n'"}};
  const auto ran = run_steps(hostile.request, [&](size_t, std::string_view line) {
    ++lines;
    last = line;
  });
  ASSERT_TRUE(ran && ran->succeeded);
  EXPECT_EQ(lines, 50'002U);
  EXPECT_EQ(last, "ok \033]0;title\007\\xfe") << "bytes that are no text are written out; escapes stay in the log and are made harmless where people see them";
#ifndef __SANITIZE_ADDRESS__   // it keeps what was freed
  EXPECT_LT(resident() - before, 64 * 1024) << "KiB";
#endif
}

}  // namespace
}  // namespace tandem::shell
