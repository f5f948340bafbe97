#include "run/network_policy.hpp"

#include <gtest/gtest.h>

namespace tandem::run {
namespace {

bool fetches_with(const std::string& script) { return fetches(Action{.name = "A", .steps = {script}}); }

constexpr std::string_view definition = R"(Name: build
SchemaVersion: "1.0"
Actions:
  Install:
    Identifier: aws/build@v1
    Inputs: {Sources: [WorkflowSource]}
    Configuration: {Steps: [{Run: npm ci}]}
  Compile:
    Identifier: aws/build@v1
    Inputs: {Sources: [WorkflowSource]}
    Configuration: {Steps: [{Run: make}]}
  Scan:
    Identifier: tandem/scan@v1
    Inputs: {Sources: [WorkflowSource]}
)";

Definitions definitions() { return {.files = {{".codecatalyst/workflows/build.yml", std::string(definition)}}}; }

TEST(NetworkPolicy, SeesWhichStepsFetchSomething) {
  for (const auto* script : {"pip install -r requirements.txt", ".venv/bin/python -m pip install -q x", "set -e\nnpm ci --no-audit", "npm --silent install",
                             "curl -fsS https://example.org", "apt-get -qq update", "git clone x", "make && go mod download", "  ./mvnw x; mvn test"})
    EXPECT_TRUE(fetches_with(script)) << script;
  for (const auto* script : {"make", "# pip install x", "npm run build", "pip list", "python -m pytest", "pip install --no-index x.whl", "curl -s http://127.0.0.1:80/",
                             "echo curling", "go build ./..."})
    EXPECT_FALSE(fetches_with(script)) << script;
}

TEST(NetworkPolicy, KnowsWhatProgramsSayThatFindNoNetwork) {
  for (const auto* line : {"curl: (6) Could not resolve host: example.org", "fatal: unable to access 'x': Could not resolve host: y",
                           "npm error code EAI_AGAIN", "npm error errno ENOTFOUND", "W: Temporary failure resolving 'deb.debian.org'",
                           "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution", "connect: Network is unreachable",
                           "dial tcp: lookup proxy.golang.org: no such host", "ProxyError('Cannot connect to proxy.', ConnectionRefusedError(111, 'Connection refused'))"})
    EXPECT_TRUE(tells_of_no_network(line)) << line;
  for (const auto* line : {"1 failed, 3 passed", "error: no such file", "AssertionError: 404 != 200"}) EXPECT_FALSE(tells_of_no_network(line)) << line;
}

TEST(NetworkPolicy, AGrantToWhatIsNotThereIsNamedWithTheNearestName) {
  EXPECT_EQ(trouble_with({"app", "build", "Install"}, definitions()), std::nullopt);
  EXPECT_EQ(trouble_with({"app", "buidl", "Install"}, definitions()), "app/buidl/Install: app has no workflow buidl; did you mean build?");
  EXPECT_EQ(trouble_with({"app", "build", "Instal"}, definitions()), "app/build/Instal: the workflow build has no action Instal; did you mean Install?");
  EXPECT_EQ(trouble_with({"app", "build", "Scan"}, definitions()), "app/build/Scan: Scan runs no steps, it needs no grant");
}

TEST(NetworkPolicy, WhatFetchesWithoutAGrantIsNotedAtItsPlace) {
  const auto workflow = *workflow::parse_workflow(definition, "build.yml", {.check_known = false}).workflow;
  const auto notes = network_notes(workflow, {{"app", "other", "Install"}});
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(text(notes[0]), "build.yml:4:3: N208 Actions.Install: its steps fetch something, and tandem.yaml gives them no network. "
                            "If they may, write \"- REPOSITORY/build/Install\" below steps: network: in tandem.yaml");
  EXPECT_TRUE(network_notes(workflow, {{"app", "build", "Install"}}).empty());
  EXPECT_EQ(ungranted("app", definitions(), {}), (std::vector<NetworkGrant>{{"app", "build", "Install"}}));
}

}  // namespace
}  // namespace tandem::run
