#include "run/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::run {
namespace {

constexpr std::string_view whole = R"(state: state
repositories:
  api: {role: application, url: ../api}
  infra: {role: infrastructure, url: "git@example.com:team/infra.git", branch: trunk}
sync:
  components:
    - {from: src, to: lambda/src, exclude: [tests, deep/notes.md]}
  requirements: {from: requirements.txt, to: lambda/requirements.txt, on-conflict: application}
  on-conflict: branch
  commits: each
  keep-branches: 7
  sources:
    jobs:
      components: [{from: jobs, to: jobs/src}]
      metadata: jobs/sync-metadata.json
compose: {folder: lambda, handlers: [api_handler], runtime: provided.al2023}
environments:
  dev: {}
  prod:
    target: aws
    region: eu-west-1
    endpoint: http://127.0.0.1:8000
    rollback: recommend
    parameters: {Stage: "0777", Password: "${Secrets.admin}", Empty: ""}
    suites: [health, people]
    admin: {email: root@example.com, password-secret: admin}
    cdk-folder: cdk
daemon: {port: 8080}
history: {keep-days: 30, keep-runs: 5, prune: by-hand}
steps: {sandbox: optional, network: [api/build/Test, infra/checks/Lint]}
)";

Configuration read(std::string_view text) {
  const auto configuration = parse_configuration(text, "/work/pair/tandem.yaml");
  EXPECT_TRUE(configuration) << text << "\n" << (configuration ? "" : tandem::text(configuration.error()));
  return configuration ? *configuration : Configuration{};
}

std::string refusal(std::string_view text) {
  const auto configuration = parse_configuration(text, "/work/pair/tandem.yaml");
  return configuration ? "accepted" : tandem::text(configuration.error());
}

TEST(Configuration, IsReadWithPathsRelativeToItsFile) {
  const auto configuration = read(whole);
  EXPECT_EQ(configuration.state_folder, "/work/pair/state");
  ASSERT_EQ(configuration.repositories.size(), 2U);
  EXPECT_EQ(configuration.repositories[0], (RepositoryConfiguration{"api", Role::Application, "/work/api", "main"}));
  EXPECT_EQ(configuration.repositories[1].url, "git@example.com:team/infra.git");
  EXPECT_EQ(configuration.sync.on_conflict, ConflictSide::Application);
  EXPECT_EQ(configuration.compose.handlers, std::vector<std::string>{"api_handler"});
  EXPECT_EQ(configuration.sync.components[0].exclude, (std::vector<std::string>{"tests", "deep/notes.md"}));
  EXPECT_EQ(configuration.sync.on_drift, DriftPolicy::Branch);
  EXPECT_EQ(configuration.sync.commits, CommitPolicy::Each);
  EXPECT_EQ(configuration.sync.keep_branches, 7);
  EXPECT_EQ(configuration.sync_from("api").components[0].to, "lambda/src");
  EXPECT_EQ(configuration.sync_from("jobs").components[0].to, "jobs/src");
  EXPECT_EQ(configuration.sync_from("jobs").requirements_from, "");
  EXPECT_EQ(configuration.sync_from("jobs").commits, CommitPolicy::Each);
  ASSERT_EQ(configuration.environments.size(), 2U);
  EXPECT_EQ(configuration.environments[0], (EnvironmentConfiguration{.name = "dev"}));
  EXPECT_EQ(configuration.environments[1].parameters.at("Stage"), "0777");
  EXPECT_EQ(configuration.environments[1].admin_password_secret, "admin");
  EXPECT_EQ(configuration.port, 8080);
  EXPECT_EQ(configuration.keep_runs, 5);
  EXPECT_FALSE(configuration.prunes_by_itself);
  EXPECT_TRUE(configuration.unsandboxed);
  EXPECT_EQ(configuration.network_grants, (std::vector<NetworkGrant>{{"api", "build", "Test"}, {"infra", "checks", "Lint"}}));
}

TEST(Configuration, SaysHowMuchAFetchMayBring) {
  const auto configuration = read("repositories:\n  api: {role: application, url: /srv/api, fetch-mib: 64, fetch-objects: 20000}\n  infra: {role: infrastructure, url: /srv/infra}\n");
  EXPECT_EQ(configuration.repositories[0].fetch_limits, (git::FetchLimits{64UL << 20, 20000}));
  EXPECT_EQ(configuration.repositories[1].fetch_limits, git::FetchLimits{});
  EXPECT_EQ(read(configuration_text(configuration)), configuration);
  EXPECT_NE(refusal("repositories:\n  api: {role: application, url: /srv/api, fetch-mib: 0}\n").find("fetch-mib must be 1 to 1000000000, not 0"), std::string::npos);
}

TEST(Configuration, NeedsOnlyTheRepositories) {
  const auto configuration = read("repositories:\n  api: {role: application, url: /srv/api}\n");
  EXPECT_EQ(configuration.state_folder, "/work/pair/.tandem");
  ASSERT_EQ(configuration.environments.size(), 1U);
  EXPECT_EQ(configuration.environments[0], EnvironmentConfiguration{});
  EXPECT_EQ(configuration.sync, SyncConfiguration{});
  EXPECT_TRUE(configuration.prunes_by_itself);
}

TEST(Configuration, WrittenByInitReadsBackToTheSameValue) {
  auto configuration = read(whole);
  EXPECT_EQ(read(configuration_text(configuration)), configuration);
  EXPECT_EQ(read(configuration_text(configuration, "/work/pair")), configuration);
  configuration.environments[0].parameters["Odd"] = "it's: a #\n\"line\" ~";
  configuration.environments[0].suites = {"null", "- x", "*"};
  EXPECT_EQ(read(configuration_text(configuration, "/work/pair")), configuration);
  Configuration bare;
  bare.state_folder = "/var/lib/tandem";
  bare.sync.components.clear();
  EXPECT_EQ(read(configuration_text(bare)), bare);
}

TEST(Configuration, WrittenByInitKeepsNearPathsRelative) {
  const auto text = configuration_text(read(whole), "/work/pair");
  EXPECT_NE(text.find("state: state\n"), std::string::npos) << text;
  EXPECT_NE(text.find("url: '../api'\n"), std::string::npos) << text;
}

TEST(Configuration, RefusesAnUnknownKeyAndNamesTheNearestOne) {
  EXPECT_EQ(refusal("repositories: {}\nenviroments: {}\n"),
            "error[E110]: /work/pair/tandem.yaml:2:1: enviroments: enviroments is not a property of tandem.yaml; did you mean "
            "environments?\n  try: Known: state, repositories, sync, compose, environments, daemon, steps, history");
  EXPECT_TRUE(refusal("repositories:\n  api: {role: application, url: x, brnach: y}\n").find("3:") == std::string::npos);
  EXPECT_TRUE(refusal("repositories:\n  api: {role: application, url: x, brnach: y}\n").find("tandem.yaml:2:36: repositories.api.brnach") != std::string::npos)
      << refusal("repositories:\n  api: {role: application, url: x, brnach: y}\n");
}

TEST(Configuration, SaysWhatIsWrongWhere) {
  EXPECT_TRUE(refusal("").starts_with("error[E100]: /work/pair/tandem.yaml:1:1: the file holds nothing"));
  EXPECT_TRUE(refusal("state: x\n").find("E112") != std::string::npos);
  EXPECT_TRUE(refusal("repositories: {api: {role: app, url: x}}\n").find("role must be one of application, infrastructure, not app") != std::string::npos);
  EXPECT_TRUE(refusal("repositories: {}\ndaemon: {port: 70000}\n").find("2:16: daemon.port: port must be 0 to 65535") != std::string::npos);
  EXPECT_TRUE(refusal("repositories: {}\nsync: {components: [{from: ../x, to: y}]}\n").find("inside the repository") != std::string::npos);
  EXPECT_TRUE(refusal("repositories: {}\nstate: *x\n").find("E102") != std::string::npos);
  EXPECT_TRUE(refusal("repositories: {}\nstate: a\nstate: b\n").find("E104") != std::string::npos);
}

TEST(Configuration, APairWithoutPythonPackagesSaysThatItHasNoRequirements) {
  const auto configuration = read("repositories: {api: {role: application, url: x}}\nsync: {requirements: none}\n");
  EXPECT_EQ(configuration.sync.requirements_from + configuration.sync.requirements_to, "");
  EXPECT_EQ(read(configuration_text(configuration)), configuration);
  EXPECT_NE(refusal("repositories: {api: {role: application, url: x}}\nsync: {requirements: nothing}\n").find("E113"), std::string::npos);
}

TEST(Configuration, GivesNobodyTheNetworkUnlessItNamesAnAction) {
  const std::string pair = "repositories: {api: {role: application, url: x}}\n";
  EXPECT_TRUE(read(pair).network_grants.empty());
  EXPECT_TRUE(read(pair + "steps: {network: []}\n").network_grants.empty());
  const auto granted = read(pair + "steps: {network: [api/build/Test]}\n");
  EXPECT_TRUE(granted.grants_network({"api", "build", "Test"}));
  for (const auto& other : {NetworkGrant{"api", "build", "Lint"}, NetworkGrant{"api", "test", "Test"}, NetworkGrant{"infra", "build", "Test"}})
    EXPECT_FALSE(granted.grants_network(other)) << text(other);
}

TEST(Configuration, RefusesEveryGrantOfTheNetworkThatNamesNoAction) {
  const std::string pair = "repositories: {api: {role: application, url: x}}\n";
  for (const auto* written : {"true", "false", "all", "{api: true}"})
    EXPECT_NE(refusal(pair + "steps: {network: " + written + "}\n").find("E113"), std::string::npos) << written;
  for (const auto* written : {"Test", "build/Test", "api/build/", "api/build/Test/x", "'*'"})
    EXPECT_NE(refusal(pair + "steps:\n  network:\n    - " + written + "\n").find(":4:7: steps.network: \""), std::string::npos)
        << refusal(pair + "steps:\n  network:\n    - " + written + "\n");
  EXPECT_NE(refusal(pair + "steps: {network: [apo/build/Test]}\n").find("E164"), std::string::npos);
  EXPECT_NE(refusal(pair + "steps: {network: [apo/build/Test]}\n").find("did you mean api?"), std::string::npos);
  EXPECT_NE(refusal(pair + "steps: {network: [api/build/Test, api/build/Test]}\n").find("granted twice"), std::string::npos);
}

TEST(Configuration, ThatIsNotThereSaysHowToMakeOne) {
  const auto missing = load_configuration("/nowhere/tandem.yaml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, Fault::Missing);
  EXPECT_EQ(missing.error().next, "Run tandem init, or name the file with --config");
}

}  // namespace
}  // namespace tandem::run
