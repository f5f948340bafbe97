#pragma once
// For tests of stations: a real pair of repositories, a real workshop, and runs whose actions are performed one by one.

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "base/git.hpp"
#include "base/text.hpp"
#include "run/journey.hpp"
#include "workflow/parse.hpp"

namespace tandem::run {

/// A target that remembers what it was asked and answers what it was told.
class FakeTarget : public deploy::Target {
 public:
  Result<std::vector<std::string>> recover() override { return std::vector<std::string>{}; }
  Result<deploy::Plan> plan(const deploy::PrepareRequest&) override { return deploy::Plan{}; }
  Result<Deployment> prepare(const deploy::PrepareRequest& request, const deploy::OnStackEvent&, std::stop_token) override {
    prepared.push_back(request);
    return Deployment{.id = request.deployment, .release = request.release, .phase = Phase::Candidate};
  }
  Result<Deployment> promote(const DeploymentId& id, const deploy::OnStackEvent&) override {
    return Deployment{.id = id, .phase = Phase::Live, .outputs = outputs};
  }
  Done abandon(const DeploymentId&, const std::string&, const deploy::OnStackEvent&) override { return done(); }
  Result<Deployment> restore(const DeploymentId& id, const deploy::OnStackEvent&) override { return Deployment{.id = id}; }
  Result<std::optional<Deployment>> live() override { return std::optional<Deployment>{}; }
  Result<Fingerprint> fingerprint() override { return Fingerprint{}; }
  Result<std::vector<StackEvent>> events(const std::string&, size_t) override { return std::vector<StackEvent>{}; }
  Result<json::value> stacks() override { return json::value(json::array{}); }
  Result<deploy::Invocation> invoke(const std::string& function, const std::string&, const std::string& payload) override {
    invoked = function + " " + payload;
    return answer;
  }

  Result<Deployment> publish(const deploy::PublishRequest& request) override {
    if (!publishes) return Target::publish(request);
    published[request.bucket + "/" + request.prefix] = files_below(request.folder).value_or({});
    published_to = request.candidate;
    return Deployment{.id = {"live"}};
  }

  std::vector<deploy::PrepareRequest> prepared;
  bool publishes = false;
  std::map<std::string, std::vector<std::string>> published;
  DeploymentId published_to;
  std::map<std::string, std::string> outputs;
  std::string invoked;
  deploy::Invocation answer;
};

struct Ground {
  struct Home final : TargetHome {
    explicit Home(FakeTarget& fake) : fake_(fake) {}
    deploy::Target& target() override { return fake_; }
    FakeTarget& fake_;
  };

  TemporaryFolder root = *TemporaryFolder::make();
  ManualClock clock;
  FakeTarget target;
  git::Repository repository = *git::Repository::init_bare(root.path() / "app.git");
  std::unique_ptr<Workshop> shop;
  Run run;
  CommitId tip;
  int runs = 0;

  explicit Ground(Configuration configuration = {}) {
    configuration.state_folder = (root.path() / "state").string();
    configuration.repositories = {{"app", Role::Application, (root.path() / "app.git").string()}};
    configuration.environments = {{}};
    shop = std::move(*Workshop::open(std::move(configuration), root.path() / "tandem.yaml", clock,
                                     [this](const EnvironmentConfiguration&, const Folders&) -> Result<std::unique_ptr<TargetHome>> {
                                       return std::unique_ptr<TargetHome>(std::make_unique<Home>(target));
                                     }));
  }

  /// A commit on a branch that holds exactly these files.
  CommitId commit(const std::map<std::string, std::string>& files, const std::string& branch = "main", const std::string& message = "m") {
    std::vector<git::Placement> placements;
    for (const auto& [path, bytes] : files) placements.push_back({path, *repository.write_blob(bytes), bytes.starts_with("#!") ? 0100755U : 0100644U});
    const git::Person who{"Ann $(touch pwned)", "ann@example.org", clock.now()};
    const auto tree = *repository.write_tree(std::nullopt, placements);
    const auto ref = "refs/heads/" + branch;
    const auto before = *repository.find_ref(ref);
    tip = *repository.write_commit(tree, before ? std::vector<CommitId>{*before} : std::vector<CommitId>{}, who, who, message);
    EXPECT_TRUE(repository.move_ref(ref, tip, before));
    return tip;
  }

  /// A run of this definition for the newest commit. Name, SchemaVersion and the actions' head are added.
  Run& begin(const std::string& rest, const std::string& branch = "main", EventKind kind = EventKind::Push) {
    const auto parsed = workflow::parse_workflow("Name: test\nSchemaVersion: '1.0'\n" + rest, ".codecatalyst/workflows/test.yml", {.check_known = false});
    for (const auto& diagnostic : parsed.diagnostics)
      if (diagnostic.severity == Severity::Error) ADD_FAILURE() << text(diagnostic);
    run = {};
    run.id = {fmt::format("run-{}", ++runs)};
    run.workflow = parsed.workflow.value_or(Workflow{});
    run.repository = "app";
    run.commit = tip;
    run.event = {.id = {"e"}, .kind = kind, .repository = "app", .branch = branch, .destination = kind == EventKind::PullRequest ? "main" : "", .after = tip};
    return run;
  }

  ActionOutcome perform(const std::string& name, int attempt = 1) {
    const auto action = std::ranges::find(run.workflow.actions, name, &Action::name);
    if (action == run.workflow.actions.end()) {
      ADD_FAILURE() << "no action " << name;
      return {};
    }
    Journey journey(*shop, {});
    auto outcome = journey.perform(run, *action, attempt, {});
    auto& state = run.actions[name];
    state.status = outcome.succeeded ? ActionStatus::Succeeded : ActionStatus::Failed;
    state.outcome = outcome;
    return outcome;
  }
  /// All actions in the order of the file; the last one's outcome.
  ActionOutcome perform_all() {
    ActionOutcome last;
    for (const auto& action : run.workflow.actions) last = perform(action.name);
    return last;
  }
  /// One action with these steps and properties, as YAML of two more spaces than `Actions`.
  ActionOutcome steps(const std::string& script, const std::string& properties = "", const std::string& branch = "main", EventKind kind = EventKind::Push) {
    begin(build("A", script, properties), branch, kind);
    return perform("A");
  }
  static std::string one(const std::string& name, const std::string& script, const std::string& properties = "") {
    return fmt::format("  {}:\n    Identifier: aws/build@v1\n{}    Configuration:\n      Steps:\n        - Run: |\n            {}\n", name, properties,
                       replaced(script, "\n", "\n            "));
  }
  static std::string build(const std::string& name, const std::string& script, const std::string& properties = "") {
    return "Actions:\n" + one(name, script, properties.empty() ? "    Inputs: {Sources: [WorkflowSource]}\n" : properties);
  }

  std::string log(const std::string& action = "A") const {
    const auto piece = shop->logs.read(run.id, action, 0);
    std::string out;
    if (piece)
      for (const auto& line : piece->lines) out += line.text + "\n";
    return out;
  }
  std::vector<Artifact> artifacts() {
    return *shop->ledger->history([&](store::History& history) { return history.artifacts(run.id); });
  }
};

}  // namespace tandem::run
