#include "shell/steps.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <latch>
#include <thread>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/http.hpp"
#include "base/text.hpp"
#include "shell/environment.hpp"
#include "shell/sandbox.hpp"

namespace tandem::shell {
namespace {

namespace fs = std::filesystem;

/// A workspace as the conductor lays it out, and everything the steps said.
struct World {
  TemporaryFolder root = *TemporaryFolder::make();
  StepsRequest request;
  std::vector<std::string> lines;
  std::vector<size_t> steps_of_lines;

  World() {
    request.folder = root.path() / "W";
    request.source_folder = request.folder / "git/v1/registry-api";
    request.grace = std::chrono::seconds(5);
    (void)make_folders(request.source_folder);
  }
  /// `${Secrets.x}` as a workflow says it: the step names the secret and reads its variable.
  static Step step(std::string script) {
    Step step;
    const std::string_view opening = "${Secrets.";
    for (auto at = script.find(opening); at != script.npos; at = script.find(opening, at + 1)) {
      const auto end = script.find('}', at);
      const auto name = script.substr(at + opening.size(), end - at - opening.size());
      if (name.empty()) continue;
      step.secrets.push_back(name);
      script.replace(at, end - at, "${" + secret_variable(name));
    }
    step.script = std::move(script);
    return step;
  }
  Result<StepsOutcome> try_to_run(std::vector<std::string> steps, std::stop_token stop = {}) {
    request.steps.clear();
    for (auto& script : steps) request.steps.push_back(step(std::move(script)));
    return run_steps(
        request,
        [this](size_t step, std::string_view line) {
          steps_of_lines.push_back(step);
          lines.emplace_back(line);
        },
        std::move(stop));
  }
  StepsOutcome run(std::vector<std::string> steps) {
    auto outcome = try_to_run(std::move(steps));
    EXPECT_TRUE(outcome) << (outcome ? "" : text(outcome.error()));
    return outcome ? std::move(*outcome) : StepsOutcome{};
  }
  std::string said() const { return join(lines, "\n"); }
};

TEST(Steps, RunInOrderUntilOneFails) {
  World world;
  const auto outcome = world.run({"echo one", "echo two; exit 3", "echo never"});
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_EQ(outcome.failed_step, 1u);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(world.said(), "one\ntwo");
  EXPECT_EQ(world.steps_of_lines, (std::vector<size_t>{0, 1}));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, "E-RUN-10");
  EXPECT_NE(outcome.error->what.find("step 2 (echo two; exit 3) failed: exit 3"), std::string::npos) << outcome.error->what;
  EXPECT_EQ(outcome.isolation, Isolation::Bubblewrap);
}

TEST(Steps, AFailureIsNamedByTheLineThatSaysWhatTheStepDoes) {
  World world;
  const auto outcome = world.run({"# checks\nset -euo pipefail\nfalse\n"});
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->what.find("step 1 (false) failed: exit 1"), std::string::npos) << outcome.error->what;
}

TEST(Steps, AFailureSaysTheLastLineThatHasWords) {
  World world;
  const auto outcome = world.run({"printf '\\033[1;31mno such goal\\033[m\\n\\033[0m\\033[0m\\n\\n'; exit 2"});
  ASSERT_TRUE(outcome.error);
  EXPECT_TRUE(outcome.error->what.ends_with(" failed: exit 2: no such goal")) << outcome.error->what;
}

TEST(Steps, AFailureWhoseLastLineLeadsToALogSaysWhatComesBeforeIt) {
  World world;
  const auto outcome = world.run({"echo 'pkg error code 2'; echo 'pkg error there is no list of packages'; echo 'pkg error all of it: /root/1.log'; exit 2"});
  ASSERT_TRUE(outcome.error);
  EXPECT_TRUE(outcome.error->what.ends_with(" failed: exit 2: pkg error there is no list of packages")) << outcome.error->what;
}

TEST(Steps, AScriptThatWasMadeOfSomethingElseSaysItselfWhatItDoes) {
  World world;
  const auto outcome = world.run({"#: Lint the sources\n( set -e\nfalse\n)\n"});
  ASSERT_TRUE(outcome.error);
  EXPECT_NE(outcome.error->what.find("step 1 (Lint the sources) failed: exit 1"), std::string::npos) << outcome.error->what;
}

TEST(Steps, NameAProgramThatIsNotThere) {
  World world;
  const auto outcome = world.run({"just build"});
  EXPECT_EQ(outcome.exit_code, 127);
  EXPECT_NE(outcome.error->what.find("just: command not found"), std::string::npos) << outcome.error->what;
}

TEST(Steps, CarryVariablesAndTheFolderOnButNoFunctionsAliasesOrOptions) {
  World world;
  const auto outcome = world.run({"PLAIN='a \"b\" $c\nd'; export EXPORTED=x; mkdir -p deep; cd deep; f() { :; }; alias ll=ls; set -f; set -o pipefail; unset CI",
                                  "printf '%s|' \"$PLAIN\" \"$EXPORTED\" \"${PWD##*/}\" \"${CI-unset}\"; echo; type f ll; shopt -po noglob pipefail; python3 -c 'import os; print(repr(os.environ[\"PLAIN\"]))'"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.lines[0], "a \"b\" $c");
  EXPECT_EQ(world.lines[1], "d|x|deep|unset|");
  EXPECT_NE(world.said().find("type: f: not found"), std::string::npos);
  EXPECT_NE(world.said().find("type: ll: not found"), std::string::npos);
  EXPECT_NE(world.said().find("set +o noglob"), std::string::npos);
  EXPECT_NE(world.said().find("set +o pipefail"), std::string::npos);
  EXPECT_NE(world.said().find("'a \"b\" $c\\nd'"), std::string::npos);
}

TEST(Steps, HandTheirVariablesOnHoweverTheyEnd) {
  World world;
  world.request.outputs = {"A", "B", "C", "D", "E"};
  const auto outcome = world.run({"A=1; exit 0", "set -eu; B=2; trap 'echo cleaning; D=4' EXIT; (exit 0); C=3; true; exit", "echo $A$B$C$D; trap 'echo bye; exit 0' EXIT; E=5; false"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.lines, (std::vector<std::string>{"cleaning", "1234", "bye"}));
  EXPECT_EQ(outcome.outputs, (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}, {"C", "3"}, {"D", "4"}, {"E", "5"}}));
}

TEST(Steps, KeepTheStepsOwnTraps) {
  World world;
  const auto outcome = world.run({"trap 'echo first' EXIT; trap - EXIT; trap 'echo usr1' USR1; kill -USR1 $$; (trap 'echo sub' EXIT; true); trap 'code=$?; echo at exit $code; exit $code' EXIT; exit 4"});
  EXPECT_EQ(world.lines, (std::vector<std::string>{"usr1", "sub", "at exit 4"}));
  EXPECT_EQ(outcome.exit_code, 4);
}

TEST(Steps, GiveOutputsOnlyOfASuccessAndNoteWhatWasNeverSet) {
  World world;
  world.request.outputs = {"image-tag", "multi", "never"};
  const auto outcome = world.run({"image_tag=v1; multi=$'a\\nb'"});
  EXPECT_EQ(outcome.outputs, (std::map<std::string, std::string>{{"image-tag", "v1"}, {"multi", "a\nb"}, {"never", ""}}));
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_NE(outcome.warnings[0].find("W311: the output never was never set"), std::string::npos);
  World failing;
  failing.request.outputs = {"A"};
  EXPECT_TRUE(failing.run({"A=1; false"}).outputs.empty());
}

TEST(Steps, RefuseAnOutputThatHoldsASecretOrIsTooLong) {
  World world;
  world.request.secrets = {{"token", "hush-hush"}};
  world.request.outputs = {"LEAK"};
  const auto leaking = world.run({"LEAK=$(printf %s \"${Secrets.token}\" | base64)"});
  EXPECT_FALSE(leaking.succeeded);
  EXPECT_EQ(leaking.error->code, "E-RUN-15");
  EXPECT_TRUE(leaking.outputs.empty());
  const auto longer = world.run({"LEAK=$(head -c 40000 /dev/zero | tr '\\0' x)"});
  EXPECT_FALSE(longer.succeeded);
  EXPECT_EQ(longer.error->fault, Fault::Invalid);
}

TEST(Steps, AnnotateCommandsThatFailedOnTheWay) {
  World world;
  const auto outcome = world.run({"echo start\nfalse\nif ! false; then :; fi\nfalse || true\nls /no/such/file 2>/dev/null\necho end"});
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(outcome.annotations, (std::vector<std::string>{"step 1, line 2: 'false' exited 1, step continued", "step 1, line 5: 'ls /no/such/file 2> /dev/null' exited 2, step continued"}));
}

TEST(Steps, DoNotCallTheFailureThatEndedAStepContinued) {
  World world;
  const auto outcome = world.run({"false\ntrue\nls /no/such 2>/dev/null"});
  EXPECT_EQ(outcome.annotations, std::vector<std::string>{"step 1, line 1: 'false' exited 1, step continued"});
  EXPECT_TRUE(World().run({"set -e; false; echo never"}).annotations.empty());
}

TEST(Steps, EndAtTheFirstFailingCommandWhenTheProjectSaysSo) {
  World world;
  world.request.errexit = Errexit::On;
  const auto outcome = world.run({"echo one\nfalse\necho never"});
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_EQ(world.said(), "one");
}

TEST(Steps, SeeTheirVariablesUnderNamesAShellCanUse) {
  World world;
  world.request.variables = {{"with-hyphen", "1"}, {"MESSAGE", "$(touch x) `touch x` '\"; touch x"}, {"9bad", "x"}, {"UID", "0"}, {"PATH", "/usr/bin:/bin"}};
  const auto outcome = world.run({"echo $with_hyphen \"$MESSAGE\" $PATH; test ! -e x"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.lines[0], "1 $(touch x) `touch x` '\"; touch x /usr/bin:/bin");
  EXPECT_EQ(outcome.warnings.size(), 3u) << join(outcome.warnings, "\n");
}

TEST(Steps, CannotReachTheProgramThatIsolatesThemThroughVariables) {
  World world;
  const auto bin = world.request.source_folder / "bin";
  ASSERT_TRUE(write_file(bin / "bwrap", "#!/bin/sh\ntouch " + (world.root.path() / "escaped").string() + "\n"));
  ASSERT_TRUE(write_file(bin / "bash", "#!/bin/sh\ntouch " + (world.root.path() / "escaped").string() + "\n"));
  for (const auto* name : {"bwrap", "bash"}) ::chmod((bin / name).c_str(), 0755);
  world.request.variables = {{"PATH", bin.string() + ":/usr/bin:/bin"}, {"LD_PRELOAD", "/no/such.so"}, {"BASH_ENV", "/no/such"}};
  EXPECT_EQ(world.run({":"}).isolation, Isolation::Bubblewrap);
  EXPECT_FALSE(fs::exists(world.root.path() / "escaped"));
}

TEST(Steps, GetSecretsByEnvironmentOnlyAndNeverShowThem) {
  World world;
  world.request.secrets = {{"db-password", "s3cr3t value"}, {"pem", "-----BEGIN-----\nMIIBVgIBADANBg\n-----END-----"}};
  const auto outcome = world.run({"echo \"[${Secrets.db-password}]\"; printf %s \"${Secrets.db-password}\" | base64; echo \"${Secrets.pem}\"",
                                  "printf s3cr3; sleep 0.1; echo 't value'; set -x; : \"$CATALYST_SECRETS_db_password\"; { set +x; } 2>/dev/null; grep -ac 's3cr3t' /proc/*/cmdline | grep -v ':0$'; cat $0; echo ${HOME:-none} >/dev/null",
                                  "curl --user \"x:${Secrets.db-password}\" http://127.0.0.1:1/ 2>/dev/null; exit 0"});
  EXPECT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.said().find("s3cr3t"), std::string::npos) << world.said();
  EXPECT_EQ(world.said().find("MIIBVg"), std::string::npos) << world.said();
  EXPECT_EQ(world.lines[0], "[***]");
  EXPECT_EQ(world.lines[1], "***");
  const auto there = *files_below(world.request.folder);
  for (const auto& file : there) EXPECT_EQ(read_file(world.request.folder / file)->find("s3cr3t"), std::string::npos) << file;
}

TEST(Steps, RefuseASecretThatDoesNotExistAndNamesThatCollide) {
  World world;
  const auto unknown = world.try_to_run({"echo ${Secrets.missing}"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "E163");
  world.request.secrets = {{"a-b", "11111"}, {"a_b", "22222"}};
  EXPECT_EQ(world.try_to_run({":"}).error().fault, Fault::Invalid);
}

TEST(Steps, LeaveEveryOtherDollarToTheShell) {
  World world;
  const auto outcome = world.run({"X=12345678; A=(a b); echo ${X:0:3} ${Y:-default} ${#A[@]} ${X//1/9} '${Secrets.}' '${Other.thing}'"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.said(), "123 default 2 92345678 ${Secrets.} ${Other.thing}");
}

TEST(Steps, HaveTheirInputsAndTheWellKnownVariables) {
  World world;
  const auto artifact = world.request.folder / "s3/01";
  ASSERT_TRUE(write_file(artifact / "dist/app.js", "built"));
  ASSERT_TRUE(write_file(world.request.source_folder / "README", "hello"));
  world.request.artifact_folders = {{"Build/dist-files", artifact}};
  const auto outcome = world.run({"pwd; cat README /sources/WorkflowSource/README /artifacts/Build/dist-files/dist/app.js $CATALYST_SOURCE_DIR_dist_files/dist/app.js; echo; "
                                  "echo $CI; [ $CATALYST_DEFAULT_DIR = $CATALYST_SOURCE_DIR_WorkflowSource ] && echo same; echo out > /sources/WorkflowSource/made"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.lines, (std::vector<std::string>{"/codecatalyst/output/src/git/v1/registry-api", "hellohellobuiltbuilt", "true", "same"}));
  EXPECT_EQ(*read_file(world.request.source_folder / "made"), "out\n");
}

TEST(Steps, MayReadTheSystemAndWriteOnlyTheirWorkspace) {
  World world;
  const auto outside = world.root.path() / "outside";
  ASSERT_TRUE(write_file(outside, "coordinator"));
  const auto outcome = world.run({fmt::format("cat {} 2>&1; ls {} 2>&1; for f in /usr/x /etc/x /x /opt/x; do (touch $f) 2>/dev/null && echo wrote $f; done; "
                                              "touch $HOME/mine /tmp/mine here && echo ok; cat /etc/shadow /etc/sudoers 2>/dev/null | wc -c; ls -A /etc/ssh 2>/dev/null; echo $HOME; whoami",
                                              outside.string(), world.root.path().string())});
  EXPECT_EQ(world.said().find("coordinator"), std::string::npos);
  EXPECT_EQ(world.said().find("outside\n"), std::string::npos) << world.said();
  EXPECT_EQ(world.said().find("wrote"), std::string::npos) << world.said();
  EXPECT_NE(world.said().find("\nok\n0\n/codecatalyst/output/src/home"), std::string::npos) << world.said();
  EXPECT_FALSE(world.lines.back() == "root") << "root outside is nobody special inside";
  EXPECT_TRUE(fs::exists(world.request.source_folder / "here"));
  EXPECT_FALSE(fs::exists("/tmp/mine")) << "/tmp is private";
}

TEST(Steps, KnowTheirFoldersByNamesThatAreTheSameForEveryAction) {
  World world;
  const auto outcome = world.run({"mkdir -p /root/stuff && echo kept > /root/stuff/foo.txt && cat ~/stuff/foo.txt && cd .. && pwd && touch ../here",
                                  "pwd; ls /codecatalyst/output/src; ls " + world.root.path().string() + " 2>&1"});
  ASSERT_TRUE(outcome.succeeded == false) << "the folder as this machine has it is not there";
  EXPECT_EQ(*read_file(world.request.folder / "home/stuff/foo.txt"), "kept\n");
  EXPECT_TRUE(fs::exists(world.request.folder / "git/here"));
  ASSERT_GE(world.lines.size(), 4U) << world.said();
  EXPECT_EQ(world.lines[0], "kept");
  EXPECT_EQ(world.lines[1], "/codecatalyst/output/src/git/v1");
  EXPECT_EQ(world.lines[2], "/codecatalyst/output/src/git/v1");
}

TEST(Steps, NeverSeeTheCoordinatorsStateEvenInsideAFolderTheySee) {
  World world;
  const auto cache = world.root.path() / "cache";
  const auto state = cache / "state";
  ASSERT_TRUE(write_file(state / "journal.db", "secret history"));
  ASSERT_TRUE(write_file(cache / "pip/x", "cached"));
  world.request.cache_folder = cache;
  world.request.hidden_folders = {state, world.root.path() / "not-there"};
  const auto outcome = world.run({fmt::format("cat {0}/pip/x; ls -A {0}/state; echo $PIP_CACHE_DIR; touch $PIP_CACHE_DIR/written", cache.string())});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(world.lines, (std::vector<std::string>{"cached" + (cache / "pip").string()}));
  EXPECT_TRUE(fs::exists(cache / "pip/written"));
}

TEST(Steps, SeeNoProcessOfThisMachineAndCannotSignalThem) {
  World world;
  const auto outcome = world.run({fmt::format("kill -0 {} 2>&1; ls -d /proc/[0-9]* | wc -l; ls -A /dev | grep -c sd; hostname", ::getpid())});
  EXPECT_NE(world.said().find("No such process"), std::string::npos) << world.said();
  EXPECT_LT(std::stoi(world.lines[1]), 10);
}

TEST(Steps, ReachTheNetworkOnlyWhenTheyMay) {
  auto server = *HttpServer::listen(0, [](const HttpRequest&) { return HttpResponse{.body = "reached"}; });
  const auto script = fmt::format("exec 3<>/dev/tcp/127.0.0.1/{} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3", server.port());
  World open;
  open.request.network = Network::Allowed;
  EXPECT_TRUE(open.run({script}).succeeded);
  EXPECT_EQ(open.lines.back(), "reached");
  World closed;   // nobody has said anything
  EXPECT_FALSE(closed.run({script}).succeeded);
  EXPECT_NE(closed.said().find("Connection refused"), std::string::npos) << closed.said();
}

TEST(Steps, FindTheToolsOfThisMachineAndInstallIntoTheirOwnHome) {
  World world;
  ASSERT_TRUE(write_file(world.request.source_folder / "wheel.py", R"py(
import zipfile
z = zipfile.ZipFile('probe-1-py3-none-any.whl', 'w')
z.writestr('probe.py', 'def main(): print("tool runs")')
z.writestr('probe-1.dist-info/METADATA', 'Metadata-Version: 2.1\nName: probe\nVersion: 1\n')
z.writestr('probe-1.dist-info/WHEEL', 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
z.writestr('probe-1.dist-info/entry_points.txt', '[console_scripts]\nprobe-tool = probe:main\n')
z.writestr('probe-1.dist-info/RECORD', '')
z.close()
)py"));
  const auto outcome = world.run({"git --version; node -e 'console.log(2+2)'; python3 wheel.py", "pip install --quiet --no-index --disable-pip-version-check probe-1-py3-none-any.whl", "probe-tool",
                                  "mkdir -p tool && cd tool && echo '{\"name\":\"npm-probe\",\"version\":\"1.0.0\",\"bin\":\"x.js\"}' > package.json && printf '#!/usr/bin/env node\nconsole.log(\"npm tool runs\")' > x.js && npm install --silent --offline --global . && npm-probe"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_TRUE(world.lines[0].starts_with("git version"));
  EXPECT_EQ(world.lines[1], "4");
  EXPECT_NE(world.said().find("\ntool runs"), std::string::npos) << world.said();
  EXPECT_EQ(world.lines.back(), "npm tool runs");
  EXPECT_TRUE(fs::exists(world.request.folder / "home/.local/bin/probe-tool"));
}

TEST(Steps, HaveNoInput) {
  World world;
  EXPECT_TRUE(world.run({"if read -r line; then exit 1; fi; cat"}).succeeded);
}

TEST(Steps, KeepBackgroundProcessesForLaterStepsAndEndThemWithTheAction) {
  World world;
  const auto began = std::chrono::steady_clock::now();
  const auto outcome = world.run({"(while :; do sleep 0.02; date +%N > tick; done) & until [ -s tick ]; do sleep 0.01; done; echo started", "a=$(cat tick); while [ \"$(cat tick)\" = \"$a\" ]; do sleep 0.01; done; echo still there; sleep 1000 & disown"});
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(world.said(), "started\nstill there");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
  const auto last = *read_file(world.request.source_folder / "tick");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(*read_file(world.request.source_folder / "tick"), last);
}

TEST(Steps, EndInTimeWithEverythingTheyStarted) {
  World world;
  world.request.grace = std::chrono::seconds(2);
  world.request.time_limit = std::chrono::milliseconds(2000);
  const auto outcome = world.run({"echo first", "(trap '' TERM; while :; do echo x > alive; sleep 0.02; done) & trap 'echo cleaned' TERM; echo waiting; wait; echo after; sleep 1000", "echo never"});
  EXPECT_TRUE(outcome.timed_out);
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_EQ(outcome.failed_step, 1u);
  EXPECT_EQ(outcome.error->code, "E-RUN-11");
  EXPECT_EQ(outcome.error->fault, Fault::TimedOut);
  EXPECT_NE(world.said().find("cleaned"), std::string::npos) << "a step has time to clean up: " << world.said();
  EXPECT_EQ(world.said().find("never"), std::string::npos);
  fs::remove(world.request.source_folder / "alive");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(fs::exists(world.request.source_folder / "alive"));
}

TEST(Steps, AreKilledWhenTheyIgnoreTheRequestToEnd) {
  for (const auto* program : {"bwrap", "no-such-sandbox"}) {
    World world;
    world.request.isolation = IsolationPolicy::AllowUnsandboxed;
    world.request.sandbox_program = program;
    world.request.time_limit = std::chrono::milliseconds(500);
    world.request.grace = std::chrono::milliseconds(200);
    const auto began = std::chrono::steady_clock::now();
    const auto outcome = world.run({"trap '' TERM; echo stubborn; while :; do sleep 0.02; done"});
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(9));
  }
}

TEST(Steps, StopWhenAsked) {
  World world;
  std::stop_source stop;
  world.request.steps = {{"echo ready; sleep 1000"}};
  const auto stopped = run_steps(world.request, [&](size_t, std::string_view) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().fault, Fault::Cancelled);
  const auto there = *files_below(world.request.folder);
  for (const auto& file : there) EXPECT_EQ(file.find(".tandem"), std::string::npos) << "our scripts go with the action";
}

TEST(Steps, AreRefusedWithoutASandboxUnlessThatIsAllowed) {
  World world;
  world.request.sandbox_program = "no-such-sandbox";
  const auto refused = world.try_to_run({"echo ran"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::Unavailable);
  EXPECT_FALSE(refused.error().next.empty());
  EXPECT_TRUE(world.lines.empty());
  world.request.sandbox_program = "false";  // there, but makes no namespace
  EXPECT_EQ(world.try_to_run({"echo ran"}).error().fault, Fault::Unavailable);
}

TEST(Steps, RunAsAPlainProcessWhereThatIsAllowedAndSaySo) {
  World world;
  world.request.sandbox_program = "no-such-sandbox";
  world.request.isolation = IsolationPolicy::AllowUnsandboxed;
  world.request.outputs = {"A"};
  world.request.secrets = {{"s", "hush-hush"}};
  world.request.variables = {{"V", "1 2"}};
  const auto outcome = world.run({"A=1; cd /; sleep 1000 & false; echo \"${Secrets.s} $V\"", "pwd; echo $HOME $TMPDIR"});
  ASSERT_TRUE(outcome.succeeded) << world.said();
  EXPECT_EQ(outcome.isolation, Isolation::None);
  EXPECT_NE(outcome.warnings.at(0).find("not isolated"), std::string::npos);
  EXPECT_EQ(outcome.outputs.at("A"), "1");
  EXPECT_EQ(outcome.annotations.size(), 1u);
  EXPECT_EQ(world.lines, (std::vector<std::string>{"*** 1 2", "/", (world.request.folder / "home").string() + " " + (world.request.folder / "tmp").string()}));
}

TEST(Steps, StreamWithoutKeepingWhatTheySay) {
  World world;
  size_t lines = 0;
  size_t bytes = 0;
  world.request.steps = {{"head -c 10000000 /dev/zero | tr '\\0' x | fold -w 100; echo; printf '\\xff\\n'; head -c 3000000 /dev/zero | tr '\\0' y"}};
  std::string last;
  std::string short_line;
  const auto outcome = run_steps(world.request, [&](size_t, std::string_view line) {
    ++lines;
    bytes += line.size();
    last = line;
    if (line.size() < 100) short_line = line;
  });
  EXPECT_TRUE(outcome->succeeded);
  EXPECT_EQ(short_line, "\\xff");
  EXPECT_EQ(lines, 100'002u);
  EXPECT_LT(bytes, 10'100'000u);
  EXPECT_NE(last.find("[line cut, "), std::string::npos);
}

TEST(Steps, KeepStandardErrorInItsPlaceBetweenStandardOutput) {
  World world;
  world.run({"for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done"});
  EXPECT_EQ(world.said(), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nout 4\nerr 4\nout 5\nerr 5");
}

TEST(Steps, PassOnABugOfTheirListenerAfterEverythingEnded) {
  World world;
  world.request.steps = {{"echo x; sleep 0.05; echo y"}};
  EXPECT_THROW((void)run_steps(world.request, [](size_t, std::string_view) { throw Bug("listener"); }), Bug);
}

TEST(Steps, NeedFoldersThatExist) {
  World world;
  world.request.artifact_folders = {{"../x", world.request.folder}};
  EXPECT_EQ(world.try_to_run({":"}).error().fault, Fault::Invalid);
  world.request.artifact_folders = {{"x", world.root.path() / "gone"}};
  EXPECT_EQ(world.try_to_run({":"}).error().fault, Fault::Invalid);
  world.request.artifact_folders.clear();
  EXPECT_TRUE(world.run({}).succeeded) << "an action without steps has nothing to fail";
}

TEST(ToolFolders, TakeTheToolsPartOfTheUsersFolderAndNeverKeys) {
  const auto root = *TemporaryFolder::make();
  const auto home = root.path() / "me";
  for (const auto* folder : {".pyenv/shims", ".cargo/bin", ".cargo/registry", ".local/bin", ".local/lib", ".local/share/tandem", ".ssh/bin", "bin"})
    ASSERT_TRUE(make_folders(home / folder));
  ASSERT_TRUE(make_folders(root.path() / "go/bin"));
  ASSERT_TRUE(make_folders(root.path() / "scripts"));
  const auto at = [&](const char* part) { return (home / part).string(); };
  const auto path = join({at(".pyenv/shims"), at(".cargo/bin"), at(".local/bin"), at(".ssh/bin"), at("bin"), home.string(), (root.path() / "go/bin").string(),
                          (root.path() / "scripts").string(), "/usr/bin", "/bin", "relative", "", "/no/such/bin"}, ":");
  EXPECT_EQ(tool_folders(path, home), (std::vector<fs::path>{root.path() / "go", home / ".cargo/bin", home / ".local/bin", home / ".local/lib", home / ".pyenv", home / ".ssh/bin", home / "bin", root.path() / "scripts"}));
}

}  // namespace
}  // namespace tandem::shell
