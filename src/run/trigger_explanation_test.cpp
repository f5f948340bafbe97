#include "run/trigger_explanation.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::run {
namespace {

std::string definition(const std::string& name, const std::string& triggers) {
  return "Name: " + name + "\nSchemaVersion: \"1.0\"\n" + triggers +
         "Actions:\n  A:\n    Identifier: aws/build@v1\n    Inputs: {Sources: [WorkflowSource]}\n    Configuration: {Steps: [{Run: make}]}\n";
}

/// A repository with a branch for each of the given sets of files.
struct Disk {
  TemporaryFolder folder = *TemporaryFolder::make("explain");
  void commit(const std::string& branch, const std::vector<std::pair<std::string, std::string>>& files) {
    auto repository = folder_is_new ? *git::Repository::init_bare(folder.path()) : *git::Repository::open(folder.path());
    folder_is_new = false;
    std::vector<git::Placement> placements;
    for (const auto& [name, text] : files) placements.push_back({".codecatalyst/workflows/" + name, *repository.write_blob(text)});
    placements.push_back({"README", *repository.write_blob(branch)});
    const git::Person person{"anna", "anna@example.com"};
    const auto commit = *repository.write_commit(*repository.write_tree(std::nullopt, placements), {}, person, person, branch);
    EXPECT_TRUE(repository.move_ref("refs/heads/" + branch, commit, std::nullopt));
  }
  bool folder_is_new = true;
};

const std::string on_main = definition("main-only", "Triggers:\n  - Type: PUSH\n    Branches: [main]\n");
const std::string requests = definition("requests", "Triggers:\n  - Type: PULLREQUEST\n    Branches: [main]\n    Events: [OPEN, REVISION]\n");
const std::string nightly = definition("nightly", "Triggers:\n  - Type: SCHEDULE\n    Expression: 0 3 * * ? *\n");

/// "file: runs|no standing line", a line each.
std::string told(const Result<Answer>& answer) {
  if (!answer) return answer.error().what;
  std::string out;
  for (const auto& line : answer->document.at("workflows").as_array())
    out += fmt::format("{}: {} {} {}\n", std::string_view(line.at("workflow").is_string() ? line.at("workflow").as_string() : line.at("file").as_string()),
                       line.at("runs").as_bool() ? "runs" : "no", std::string_view(line.at("standing").as_string()), line.at("line").as_int64());
  return out;
}

std::string reason(const Result<Answer>& answer, size_t index = 0) {
  return std::string(answer.value().document.at("workflows").at(index).at("reason").as_string());
}

TEST(Explanation, NamesTheLineThatDecidesForEachWorkflowOfTheBranch) {
  Disk disk;
  disk.commit("main", {{"a.yml", on_main}, {"b.yml", requests}, {"c.yml", "Name: [\n"}});
  EXPECT_EQ(told(explain_folder(disk.folder.path(), {.branch = "main"})),
            "main-only: runs active 4\nrequests: no active 4\n.codecatalyst/workflows/c.yml: no invalid 1\n");
}

TEST(Explanation, CallsAWorkflowInactiveWhoseTriggersCanNeverFireOnThatBranch) {
  Disk disk;
  disk.commit("feature/x", {{"a.yml", on_main}});
  const auto answer = explain_folder(disk.folder.path(), {.branch = "feature/x"});
  EXPECT_EQ(told(answer), "main-only: no inactive 5\n");
  EXPECT_EQ(reason(answer), "the branch feature/x matches none of Branches: main");
}

TEST(Explanation, ReadsThePullRequestsDefinitionsFromItsSourceBranch) {
  Disk disk;
  disk.commit("main", {{"requests.yml", requests}, {"new.yml", requests}});
  disk.commit("feature/x", {{"requests.yml", requests}});
  const auto answer = explain_folder(disk.folder.path(), {.branch = "feature/x", .event = EventKind::PullRequest, .destination = "main"});
  EXPECT_EQ(told(answer), "requests: runs active 4\n.codecatalyst/workflows/new.yml: no active 0\n");
  EXPECT_EQ(reason(answer, 1), "the file is on the destination main only: a pull request runs the definitions of its source branch, feature/x");
}

TEST(Explanation, SaysWhenAScheduleFiresNext) {
  Disk disk;
  disk.commit("main", {{"a.yml", nightly}});
  TriggerQuestion question{.branch = "main", .event = EventKind::Schedule, .now = *parse_rfc3339("2026-11-25T21:00:00Z")};
  EXPECT_EQ(reason(explain_folder(disk.folder.path(), question)), "it fires next at 2026-11-26T03:00:00.000Z");
  question.at = parse_rfc3339("2026-11-26T04:00:00Z").value();
  EXPECT_EQ(told(explain_folder(disk.folder.path(), question)), "nightly: no active 4\n");
}

TEST(Explanation, NamesWhatThisMachineLacks) {
  Disk disk;
  auto text = on_main;
  text.replace(text.find("aws/build@v1"), 12, "mend/mendsca@v1");
  disk.commit("main", {{"a.yml", text}});
  const auto answer = explain_folder(disk.folder.path(), {.branch = "main"});
  EXPECT_EQ(told(answer), "main-only: no active 8\n");
  EXPECT_NE(reason(answer).find("but it cannot run here: E131"), std::string::npos) << reason(answer);
}

TEST(Explanation, SuggestsTheBranchThatWasMeant) {
  Disk disk;
  disk.commit("main", {{"a.yml", on_main}});
  const auto answer = explain_folder(disk.folder.path(), {.branch = "mian"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().next, "did you mean main?");
}

TEST(Explanation, TakesPlainFilesForThoseOfAnyBranch) {
  const auto folder = *TemporaryFolder::make("explain");
  EXPECT_TRUE(write_file(folder.path() / ".codecatalyst" / "workflows" / "a.yml", on_main));
  const auto answer = explain_folder(folder.path(), {.branch = "dev"});
  EXPECT_EQ(told(answer), "main-only: no inactive 5\n");
  EXPECT_EQ(answer->document.at("notes").as_array().size(), 1U);
}

TEST(Explanation, LooksAtFiftyFilesAndSaysHowManyMoreThereAre) {
  Disk disk;
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 10; i < 65; ++i) files.emplace_back(fmt::format("w{}.yml", i), on_main);
  disk.commit("main", files);
  const auto answer = explain_folder(disk.folder.path(), {.branch = "main"});
  EXPECT_EQ(answer.value().document.at("workflows").as_array().size(), 50U);
  EXPECT_EQ(answer->document.at("notes").at(0), "5 more workflow files are not looked at: an event looks at 50");
}

TEST(Explanation, DoesNotReadAFileThatIsLargerThanADefinitionMayBe) {
  Disk disk;
  disk.commit("main", {{"a.yml", on_main + "# " + std::string(300 * 1024, 'x')}});
  const auto repository = *git::Repository::open(disk.folder.path());
  const auto definitions = definitions_at(repository, **repository.find_ref("refs/heads/main"));
  ASSERT_TRUE(definitions);
  EXPECT_EQ(definitions->files.at(0).text, "");
  const auto answer = explain_folder(disk.folder.path(), {.branch = "main"});
  EXPECT_EQ(told(answer), ".codecatalyst/workflows/a.yml: no invalid 1\n");
  EXPECT_EQ(reason(answer), "it has errors: E105 the definition is 301 KB; the limit is 256 KB");
}

TEST(Question, KnowsItsWords) {
  const auto asked = [](const json::object& arguments) { return question_from(arguments, {}); };
  EXPECT_EQ(asked({{"event", "pull-request"}, {"step", "closed"}})->step, PullRequestStep::Closed);
  EXPECT_EQ(asked({{"files", json::array{"a"}}, {"file", json::array{"b"}}})->files, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(asked({{"event", "command"}}).error().code, "TD0101");
  EXPECT_EQ(asked({{"step", "merge"}}).error().code, "TD0101");
}

}  // namespace
}  // namespace tandem::run
