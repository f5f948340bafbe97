#include <sys/stat.h>

#include "base/http.hpp"
#include "run/action_log.hpp"
#include "run/file_caches.hpp"
#include "run/masking.hpp"
#include "run/station_ground_test.hpp"
#include "run/workspace.hpp"

namespace tandem::run {
namespace {
namespace fs = std::filesystem;

std::string problem(const ActionOutcome& outcome) { return outcome.error ? text(*outcome.error) : ""; }

TEST(StepStation, WorksOnTheCommittedFilesAndLeavesNothingBehind) {
  Ground ground;
  ground.commit({{"hello.txt", "hello"}, {"run.sh", "#!/bin/sh\necho ran"}});
  const auto outcome = ground.steps("cat hello.txt; echo; ./run.sh; pwd; ls ..");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_NE(ground.log().find("hello\nran\n"), std::string::npos) << ground.log();
  EXPECT_TRUE(files_below(ground.shop->folders.workspaces())->empty());
}

TEST(StepStation, CannotSeeTheStateFolderNorAnotherRunsWorkspace) {
  Ground ground;
  ground.commit({{"a", "a"}});
  ASSERT_TRUE(write_file(ground.shop->folders.workspaces() / "run-99/B/secret", "another run's"));
  const auto state = ground.shop->folders.state.string();
  const auto outcome = ground.steps(fmt::format("ls -A {0} {0}/workspaces {0}/workspaces/run-99 {0}/secrets {0}/keys 2>&1; cat {0}/workspaces/run-99/B/secret {0}/secrets/key 2>&1; ls {0}/*.sock /run 2>&1; true", state));
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_EQ(ground.log().find("another run's"), std::string::npos) << ground.log();
  EXPECT_EQ(ground.log().find("journal"), std::string::npos) << ground.log();
  EXPECT_EQ(ground.log().find("run-99\n"), std::string::npos) << ground.log();
}

TEST(StepStation, SaysWhatIsDiscardedByContentAndNotByTouching) {
  Ground ground;
  ground.commit({{"lambda/main.py", "old"}, {"same.txt", "same"}, {"gone.txt", "x"}, {"kept.txt", "k"}});
  const auto outcome = ground.steps("echo new > lambda/main.py; touch same.txt; cp same.txt t && mv t same.txt; rm gone.txt; mkdir -p out node_modules/x; echo 1 > out/made; echo 2 > node_modules/x/y; echo 3 > kept.txt",
                                    "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: kept, Files: [kept.txt]}]}\n");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  const auto line = "3 files changed in this workspace are discarded: gone.txt (deleted), lambda/main.py, out/made (and 1 that build tools left in node_modules)";
  EXPECT_NE(ground.log().find(line), std::string::npos) << ground.log();
  EXPECT_TRUE(std::ranges::find(outcome.notes, line) != outcome.notes.end());
  EXPECT_EQ(ground.steps("touch lambda/main.py").notes, std::vector<std::string>{});
  EXPECT_EQ(ground.log().find("discarded"), std::string::npos);
}

TEST(StepStation, HandsArtifactsOnUnderEveryPathTheReferenceNames) {
  Ground ground;
  ground.commit({{"a", "a"}});
  ground.begin("Actions:\n" +
               Ground::one("Make", "mkdir -p build/deep; echo artifact > build/deep/f.txt; printf '#!/bin/sh\\necho tool' > build/tool; chmod +x build/tool",
                           "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: out-files, Files: [build, ./none]}]}\n") +
               Ground::one("Use", "cat $CATALYST_SOURCE_DIR_out_files/build/deep/f.txt /artifacts/Use/out-files/build/deep/f.txt /artifacts/Make/out-files/build/deep/f.txt; $CATALYST_SOURCE_DIR_out_files/build/tool; pwd; echo $CATALYST_DEFAULT_DIR",
                           "    Inputs: {Sources: [WorkflowSource], Artifacts: [out-files]}\n") +
               Ground::one("Only", "cat build/deep/f.txt; echo changed > build/deep/f.txt; pwd", "    Inputs: {Artifacts: [out-files]}\n"));
  const auto outcome = ground.perform_all();
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_TRUE(ground.log("Use").starts_with("artifact\nartifact\nartifact\ntool\n")) << ground.log("Use");
  EXPECT_NE(ground.log("Use").find("/git/v1/app\n"), std::string::npos);
  EXPECT_TRUE(ground.log("Only").starts_with("artifact\n")) << ground.log("Only");
  EXPECT_NE(ground.log("Only").find("/s3/01\n"), std::string::npos);
  EXPECT_NE(ground.log("Only").find("1 file changed in this workspace is discarded: build/deep/f.txt"), std::string::npos) << ground.log("Only");
}

TEST(StepStation, RefusesArtifactsThatLeadOutOrMatchNothing) {
  Ground ground;
  ground.commit({{"a", "a"}});
  const auto with = [](const std::string& files) { return "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: x, Files: [" + files + "]}]}\n"; };
  const auto nothing = ground.steps("true", with("no/such"));
  ASSERT_TRUE(nothing.error);
  EXPECT_EQ(nothing.error->code, "E-RUN-12");
  // A link is what a hostile step would try: neither the target outside nor a folder behind a link is taken.
  const auto links = ground.steps("ln -s /etc/passwd leak; ln -s /etc folder; ln -s a inside; echo x > real", with("leak, folder, inside, real"));
  ASSERT_TRUE(links.succeeded) << problem(links);
  EXPECT_NE(ground.log().find("artifact x: 2 files"), std::string::npos) << ground.log();
}

TEST(StepStation, StoresAFileWithAWholePathByItsNameButNeverMoreThanAStepMayRead) {
  Ground ground;
  ground.commit({{"a", "a"}});
  const auto with = [](const std::string& files) { return "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: x, Files: [" + files + "]}]}\n"; };
  const auto both = ground.steps("mkdir ~/bin; echo tool > ~/bin/mine", with("a, ~/bin/mine, /usr/bin/env"));
  ASSERT_TRUE(both.succeeded) << problem(both);
  EXPECT_NE(ground.log().find("artifact x: 3 files"), std::string::npos) << ground.log();
  for (const auto* path : {"/etc/shadow", "/etc/passwd", "/tmp/made", "/usr/../etc/shadow", "~/link", "/root/../../../etc/passwd"}) {
    const auto refused = ground.steps("ln -s /etc/shadow ~/link; touch /tmp/made", with(path));
    ASSERT_TRUE(refused.error) << path;
    EXPECT_FALSE(refused.error->what.empty());
    EXPECT_TRUE(ground.artifacts().empty()) << path;
  }
}

TEST(StepStation, SaysWhichLinksOfAnArtifactAreLeftOut) {
  Ground ground;
  ground.commit({{"a", "a"}});
  const auto outcome = ground.steps("mkdir out lib; echo 1 > out/real; ln -s real out/in; ln -s /etc/passwd out/away; ln -s ../lib out/lib64",
                                    "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: x, Files: ['out/**/*']}]}\n");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_NE(ground.log().find("artifact x: 2 files\n"), std::string::npos) << ground.log();
  EXPECT_NE(ground.log().find("artifact x: 2 links that do not lead to a file inside are left out: out/away, out/lib64\n"), std::string::npos) << ground.log();
}

TEST(StepStation, KeepsWhatAFolderOfHomeHoldsInItsPlaceBelowRoot) {
  Ground ground;
  ground.commit({{"a", "a"}});
  ground.begin("Actions:\n" +
               Ground::one("Install", "mkdir -p ~/.local/bin ~/.local/lib/x; echo tool > ~/.local/bin/tool; echo one > /root/.local/lib/x/one",
                           "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: libs, Files: [/root/.local/**/*]}]}\n") +
               Ground::one("Use", "mv ${CATALYST_SOURCE_DIR_libs}/root/.local ~; cat ~/.local/bin/tool ~/.local/lib/x/one",
                           "    Inputs: {Sources: [WorkflowSource], Artifacts: [libs]}\n"));
  const auto outcome = ground.perform_all();
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_TRUE(ground.log("Use").starts_with("tool\none\n")) << ground.log("Use");
}

TEST(StepStation, TellsWhereAFileOfAnInputArtifactIs) {
  Ground ground;
  ground.commit({{"a", "a"}});
  ground.begin("Actions:\n" + Ground::one("Plan", "echo '{}' > coordination-plan.json", "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Artifacts: [{Name: plan, Files: [coordination-plan.json]}]}\n") +
               Ground::one("Use", "cat coordination-plan.json", "    Inputs: {Sources: [WorkflowSource], Artifacts: [plan]}\n"));
  const auto outcome = ground.perform_all();
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->next, "coordination-plan.json exists in input artifact plan: use $CATALYST_SOURCE_DIR_plan/coordination-plan.json");
}

TEST(StepStation, KeepsSecretsOutOfLogsErrorsNotesRecordsAndNames) {
  Ground ground;
  ground.commit({{"a", "a"}});
  const std::string secret = "T0p$ecret+value&1";
  ASSERT_TRUE(ground.shop->secrets.set("token", secret));
  const auto outcome = ground.steps(
      "echo \"${Secrets.token}\" > \"made-$(printf %s \"${Secrets.token}\")\"\n"
      "mkdir r; printf '<testsuite><testcase name=\"t\"><failure message=\"%s\"/></testcase></testsuite>' \"${Secrets.token}\" > \"r/$(printf %s \"${Secrets.token}\" | xxd -p 2>/dev/null || printf %s \"${Secrets.token}\" | od -An -tx1 | tr -d ' ').xml\"\n"
      "echo \"plain ${Secrets.token}\"; echo \"failing with ${Secrets.token}\"; exit 3",
      "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Reports: {R: {Format: JUNITXML, IncludePaths: ['r/*.xml']}}}\n");
  EXPECT_FALSE(outcome.succeeded);
  const auto remembered = to_text(to_json(outcome)) + ground.log() + [&] {
    std::string names;
    for (const auto& artifact : ground.artifacts()) names += to_text(to_json(artifact));
    return names;
  }();
  EXPECT_EQ(remembered.find("T0p$ecret"), std::string::npos) << remembered;
  EXPECT_EQ(remembered.find("54307024656372"), std::string::npos) << remembered;
  EXPECT_NE(remembered.find("failing with ***"), std::string::npos);
  const auto left = *files_below(ground.shop->folders.state);
  for (const auto& file : left)
    EXPECT_EQ(read_file(ground.shop->folders.state / file).value_or("").find(secret), std::string::npos) << file;
}

TEST(StepStation, GivesReferencesTheirValuesOnceAndAttackersTextNeverToTheShell) {
  Ground ground;
  ground.commit({{"a", "a"}}, "main", "fix $(touch pwned) `touch pwned`");
  ASSERT_TRUE(ground.shop->secrets.set("token", "hush-hush-hush"));
  ground.begin("Actions:\n" + Ground::one("Make", "VALUE='${Secrets.to''ken}'; WORD='two words'", "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Variables: [VALUE, WORD]}\n") +
               Ground::one("Use", "echo '${Make.VALUE}' \"$GIVEN\" ${X:-default} \"${WorkflowSource.CommitMessage}\" \"${WorkflowSource.CommitAuthor}\"; ls; echo ${#GIVEN}; : ${Secrets.token}",
                           "    DependsOn: [Make]\n    Inputs: {Sources: [WorkflowSource], Variables: [{Name: GIVEN, Value: 'x ${Make.VALUE} ${Make.WORD}'}, {Name: CI, Value: mine}]}\n"));
  ground.perform("Make");
  // As if a step had chosen this value: it looks like a reference and must stay a text.
  ground.run.actions["Make"].outcome->outputs["VALUE"] = "${Secrets.token}";
  const auto outcome = ground.perform("Use");
  ASSERT_TRUE(outcome.succeeded) << problem(outcome) << ground.log("Use");
  const auto log = ground.log("Use");
  EXPECT_TRUE(log.starts_with("${Secrets.token} x ${Secrets.token} two words default fix $(touch pwned) `touch pwned` Ann $(touch pwned)\na\n")) << log;
  EXPECT_EQ(log.find("hush"), std::string::npos);
}

TEST(StepStation, LetsTheFilesVariablesWinOverWhatIsProvided) {
  Ground ground;
  ground.commit({{"a", "a"}});
  const auto outcome = ground.steps("echo $CI $CATALYST_WORKFLOW_SPACE_NAME $CODECATALYST_TRIGGER_TYPE $CODECATALYST_TARGET_BRANCH_NAME $CODECATALYST_BRANCH_NAME $AWS_REGION",
                                    "    Environment: {Name: local}\n    Inputs: {Sources: [WorkflowSource], Variables: {CI: mine}}\n", "feature/x", EventKind::PullRequest);
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_TRUE(ground.log().starts_with("mine - PULLREQUEST main feature/x us-east-1\n")) << ground.log();
}

TEST(StepStation, ReachesTheNetworkOnlyWhereThePolicySaysSo) {
  auto server = *HttpServer::listen(0, [](const HttpRequest&) { return HttpResponse{.body = "reached"}; });
  Configuration configuration;
  configuration.network_grants = {{"app", "test", "Open"}, {"other", "test", "OtherRepository"}, {"app", "other", "OtherWorkflow"}};
  Ground ground(configuration);
  ground.commit({{"a", "a"}});
  const auto inputs = "    Inputs: {Sources: [WorkflowSource]}\n";
  const auto script = fmt::format("exec 3<>/dev/tcp/127.0.0.1/{} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && tail -n 1 <&3", server.port());
  std::string actions = "Actions:\n";
  for (const auto* name : {"Open", "OtherRepository", "OtherWorkflow", "Unnamed"}) actions += Ground::one(name, script, inputs);
  ground.begin(actions);
  EXPECT_TRUE(ground.perform("Open").succeeded) << ground.log("Open");
  EXPECT_TRUE(ground.log("Open").starts_with("reached")) << ground.log("Open");
  for (const auto* name : {"OtherRepository", "OtherWorkflow", "Unnamed"}) EXPECT_FALSE(ground.perform(name).succeeded) << name;
}

TEST(StepStation, AStepThatFailsForWantOfANetworkIsToldWhichLineGrantsIt) {
  Ground ground;
  ground.commit({{"a", "a"}});
  const auto failed = ground.steps("host=example.org; echo \"fatal: Could not resolve host: $host\"; seq 99; exit 128");
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, "E-RUN-10");
  EXPECT_NE(failed.error->what.find("this action has no network, and a step said: fatal: Could not resolve host: example.org"), std::string::npos) << failed.error->what;
  EXPECT_EQ(failed.error->next, fmt::format("if it may reach the network, write \"- app/test/A\" below steps: network: in {} and restart tandem serve",
                                            ground.shop->file.string()));
  const auto another = ground.steps("echo 'assertion failed'; exit 1");
  ASSERT_TRUE(another.error);
  EXPECT_EQ(another.error->what.find("network"), std::string::npos) << another.error->what;
}

TEST(StepStation, SharedInstanceIsOneWorkspaceThatEndsWithTheLastAction) {
  Ground ground;
  ground.commit({{"a", "one"}});
  const std::string shared = "    Inputs: {Sources: [WorkflowSource]}\n    Compute: {Type: EC2, SharedInstance: true}\n";
  ground.begin("Actions:\n" + Ground::one("First", "echo made > made; echo two > a; echo x > ~/in-home", shared) +
               Ground::one("Second", "cat made a ~/in-home; echo more > more", shared + "    DependsOn: [First]\n") +
               Ground::one("Third", "cat more; pwd", shared + "    DependsOn: [Second]\n    Outputs: {Artifacts: [{Name: m, Files: [more]}]}\n"));
  const auto outcome = ground.perform_all();
  ASSERT_TRUE(outcome.succeeded) << problem(outcome);
  EXPECT_EQ(ground.log("Second"), "made\ntwo\nx\n");
  EXPECT_EQ(ground.log("First").find("discarded"), std::string::npos);
  EXPECT_NE(ground.log("Third").find("2 files changed in this workspace are discarded: a, made"), std::string::npos) << ground.log("Third");
  EXPECT_TRUE(files_below(ground.shop->folders.workspaces())->empty());
  // Somebody has taken it away in between.
  ground.perform("First");
  ground.run.actions["Second"].status = ActionStatus::Pending;
  ASSERT_TRUE(tandem::remove_all(ground.shop->folders.workspaces()));
  const auto gone = ground.perform("Second");
  ASSERT_TRUE(gone.error);
  EXPECT_EQ(gone.error->code, "E-RUN-19");
}

TEST(StepStation, ASuccessCriterionFailsAnActionWhoseStepsAllEndedWithZero) {
  Ground ground;
  ground.commit({{"r.xml", "<testsuite><testcase name='a'/><testcase name='b'><failure message='no'/></testcase></testsuite>"}});
  const auto outcome = ground.steps("true", "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Reports: {R: {Format: JUNITXML, IncludePaths: [r.xml], SuccessCriteria: {PassRate: 91.5}}}}\n");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, "E-RUN-14");
  EXPECT_NE(outcome.error->what.find("PassRate 50.0 < 91.5"), std::string::npos) << outcome.error->what;
  const auto missing = ground.steps("true", "    Inputs: {Sources: [WorkflowSource]}\n    Outputs: {Reports: {R: {Format: JUNITXML, IncludePaths: [none.xml]}}}\n");
  EXPECT_EQ(missing.error->code, "E-RUN-13");
}

std::string caching(const std::string& path, const std::string& key = "k", const std::string& restore = "[]") {
  return fmt::format("    Inputs: {{Sources: [WorkflowSource]}}\n    Caching: {{FileCaching: {{{}: {{Path: '{}', RestoreKeys: {}}}}}}}\n", key, path, restore);
}

TEST(FileCaches, GiveBackAFolderOrAFileAfterASuccessOnly) {
  Ground ground;
  ground.commit({{"a", "a"}});
  ground.steps("mkdir -p deps; echo lost > deps/x; exit 1", caching("deps"));
  EXPECT_TRUE(ground.steps("test ! -e deps; mkdir -p deps/d; echo kept > deps/d/x", caching("deps")).succeeded);
  EXPECT_TRUE(ground.steps("cat deps/d/x", caching("deps")).succeeded) << ground.log();
  EXPECT_TRUE(ground.steps("echo one > ~/single.bin", caching("~/single.bin", "file")).succeeded);
  EXPECT_TRUE(ground.steps("cat ~/single.bin", caching("/root/single.bin", "file")).succeeded) << ground.log();
  EXPECT_TRUE(ground.steps("cat deps/d/x", caching("deps", "new-key", "[nothing, k]")).succeeded) << "a restore key: " << ground.log();
}

TEST(FileCaches, AreNotPoisonedByAnotherBranchOrAPullRequest) {
  Ground ground;
  ground.commit({{"a", "a"}}, "feature");
  ground.commit({{"a", "a"}});
  EXPECT_TRUE(ground.steps("mkdir d; echo main > d/x", caching("d")).succeeded);
  EXPECT_TRUE(ground.steps("grep main d/x; echo poison > d/x", caching("d"), "feature").succeeded) << "main's may be read: " << ground.log();
  EXPECT_TRUE(ground.steps("grep main d/x; echo poison > d/x", caching("d"), "main", EventKind::PullRequest).succeeded)
      << "a pull request from a branch that calls itself main: " << ground.log();
  EXPECT_TRUE(ground.steps("grep main d/x", caching("d")).succeeded) << ground.log();
  EXPECT_TRUE(ground.steps("grep poison d/x", caching("d"), "feature").succeeded) << "its own it has back";
}

TEST(FileCaches, NeverReachOutOfTheWorkspaceNotEvenOverALink) {
  Ground ground;
  const auto outside = ground.root.path() / "outside";
  ASSERT_TRUE(write_file(outside / "host", "host"));
  ground.commit({{"a", "a"}});
  EXPECT_TRUE(ground.steps(fmt::format("ln -s {} link; mkdir d; ln -s {} d/l; echo x > d/real", outside.string(), outside.string()), caching("link")).succeeded);
  EXPECT_NE(ground.log().find("cache k: not kept: link leads over the link link"), std::string::npos) << ground.log();
  for (const auto* path : {"/etc", "/sources", "/artifacts/none"}) {   // one with .. is E154, and no run
    EXPECT_TRUE(ground.steps("true", caching(path)).succeeded);
    EXPECT_NE(ground.log().find("not kept: "), std::string::npos) << path << ground.log();
  }
  // What was kept under an honest path is not written through a link that the repository brings.
  EXPECT_TRUE(ground.steps("mkdir d; echo evil > d/host", caching("d", "w")).succeeded);
  const auto link = *ground.repository.write_blob(outside.string());
  const auto tree = *ground.repository.write_tree(std::nullopt, {{"d", link, 0120000}});
  ground.tip = *ground.repository.write_commit(tree, {ground.tip}, {"a", "b", {}}, {"a", "b", {}}, "m");
  ASSERT_TRUE(ground.repository.move_ref("refs/heads/main", ground.tip, *ground.repository.find_ref("refs/heads/main")));
  EXPECT_TRUE(ground.steps("true", caching("d", "w")).succeeded);
  EXPECT_NE(ground.log().find("not restored: d leads over the link d"), std::string::npos) << ground.log();
  EXPECT_EQ(*read_file(outside / "host"), "host");
}

TEST(FileCaches, MakeRoomByForgettingWhatWasNotUsedForLongest) {
  const auto root = *TemporaryFolder::make();
  for (int i = 0; i < 4; ++i) {
    const auto place = root.path() / "scope" / std::to_string(i);
    ASSERT_TRUE(write_file(place / "kept", std::string(1000, 'x')));
    fs::last_write_time(place, fs::file_time_type::clock::now() - std::chrono::hours(i == 1 ? 100 : i));
  }
  ASSERT_TRUE(trim_caches(root.path(), 2500));
  EXPECT_EQ(*files_below(root.path()), (std::vector<std::string>{"scope/0/kept", "scope/2/kept"}));
}

TEST(ActionLog, KeepsTheBeginningAndTheLastLinesAndCountsWhatLiesBetween) {
  std::string written;
  size_t writes = 0;
  ActionLog log([&](std::string_view lines) {
    written += lines;
    if (!written.ends_with('\n')) written += '\n';
    ++writes;
  }, 1000);
  for (int i = 0; i < 100'000; ++i) log.add(fmt::format("line {:05}", i));
  log.finish();
  EXPECT_TRUE(written.starts_with("line 00000\n")) << written.substr(0, 100);
  EXPECT_TRUE(written.ends_with("line 99999\n"));
  EXPECT_NE(written.find(" bytes left out: the log of an action holds"), std::string::npos);
  EXPECT_LT(written.size(), 100'000U);
  EXPECT_LT(writes, 10U);
}

TEST(Masking, LeavesTheRecordsThatLaterStationsActOnAndCleansTheRest) {
  const shell::Masker masker(std::map<std::string, std::string>{{"word", "main"}, {"token", "hush-hush"}});
  ActionOutcome outcome{.error = failure(Fault::Broken, "no hush-hush"), .outputs = {{"A", "x main"}, {"B", "fine"}}, .notes = {"hush-hush"}};
  outcome.detail["deployment"] = json::object{{"environment", "main"}};
  outcome.detail["verdict"] = json::object{{"findings", json::array{"found hush-hush"}}};
  const auto clean = masked(outcome, masker);
  EXPECT_EQ(clean.error->what, "no ***");
  EXPECT_EQ(clean.outputs.at("A"), "x ***");
  EXPECT_EQ(clean.outputs.at("B"), "fine");
  EXPECT_EQ(clean.notes, (std::vector<std::string>{"***", "the output A held a secret, which was taken out"}));
  EXPECT_EQ(to_text(clean.detail.at("deployment")), R"({"environment":"main"})");
  EXPECT_EQ(to_text(clean.detail.at("verdict")), R"({"findings":["found ***"]})");
}

}  // namespace
}  // namespace tandem::run
