// What is carried: several components, exclusions, renames, several sources into one target, one commit per source commit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/branches.hpp"
#include "sync/cargo.hpp"
#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> paths_of(const std::vector<git::Change>& changes) {
  std::vector<std::string> out;
  for (const auto& change : changes) out.push_back(change.path);
  return out;
}

/// The ready pair with a source that has more than one folder.
World wide() {
  auto world = World::ready();
  world.app.commit({{"src/tests/test_people.py", "t"}, {"src/docs/notes.md", "n"}, {"lib/tool.py", "tool"}, {"settings.ini", "s"}});
  return world;
}

SyncRequest with(World& world, SyncConfiguration configuration) {
  auto request = world.request();
  request.configuration = std::move(configuration);
  return request;
}

TEST(Components, AnyNumberOfThemGoWhereTheMapSaysUnderOtherNames) {
  auto world = wide();
  const auto request = with(world, {.components = {{"src", "lambda/code"}, {"lib", "shared/lib"}, {"settings.ini", "lambda/conf/app.ini"}, {"main.py", "lambda/entry.py"}},
                                    .requirements_from = "", .metadata = "lambda/sync-metadata.json"});
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.read("shared/lib/tool.py"), "tool");
  EXPECT_EQ(world.infra.read("lambda/conf/app.ini"), "s");
  EXPECT_EQ(world.infra.read("lambda/entry.py"), "app = 1");
  auto question = world.question();
  question.configuration = request.configuration;
  EXPECT_TRUE(detect(world.store, question));
}

TEST(Components, WhatIsExcludedStaysBehindAndTheRestIsProven) {
  auto world = wide();
  const auto request = with(world, {.components = {{"src", "lambda/src", {"tests", "docs/notes.md"}}, {"main.py", "lambda/main.py"}}});
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_THAT(world.infra.paths(), ElementsAre("app.py", "lambda/api_handler.py", "lambda/main.py", "lambda/requirements.txt", "lambda/src/deep/er/x.py",
                                               "lambda/src/people.py", "lambda/sync-metadata.json"));
  auto question = world.question();
  question.configuration = request.configuration;
  const auto found = detect(world.store, question);
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_THAT(found->notes, IsEmpty());
  EXPECT_THAT(world.infra.repository.commit(world.infra.head())->message, HasSubstr("Tandem-Exclude: src/docs/notes.md src/tests\n"));

  world.app.commit({{"src/tests/test_people.py", "only a test changed"}});
  const auto again = synchronise(with(world, request.configuration), world.store, world.key);
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_TRUE(again->is_in_place) << "nothing that is carried has changed";
}

TEST(Components, WhatIsExcludedIsNotJudged) {
  auto world = wide();
  world.app.place({{"src/tests/link", *world.app.repository.write_blob("/etc/passwd"), 0120000}});
  EXPECT_EQ(synchronise(with(world, {}), world.store, world.key).error().code, "TD0303");
  const auto synced = synchronise(with(world, {.components = {{"src", "lambda/src", {"tests"}}, {"main.py", "lambda/main.py"}}}), world.store, world.key);
  EXPECT_TRUE(synced) << text(synced.error());
}

TEST(Components, ExcludingEverythingIsRefused) {
  auto world = wide();
  const auto synced = synchronise(with(world, {.components = {{"lib", "lambda/lib", {"tool.py"}}}}), world.store, world.key);
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0302");
}

TEST(Components, OneThatIsNoLongerCarriedGoes) {
  auto world = wide();
  ASSERT_TRUE(synchronise(with(world, {.components = {{"src", "lambda/src"}, {"lib", "lambda/lib"}}}), world.store, world.key));
  const SyncConfiguration narrow{.components = {{"src", "lambda/code"}}};
  const auto synced = synchronise(with(world, narrow), world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.read("lambda/lib/tool.py"), "(none)");
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "(none)");
  EXPECT_EQ(world.infra.read("lambda/code/people.py"), "v1");
  auto question = world.question();
  question.configuration = narrow;
  const auto found = detect(world.store, question);
  EXPECT_TRUE(found) << text(found.error());
  EXPECT_TRUE(synchronise(with(world, narrow), world.store, world.key)->is_in_place);
}

TEST(Components, PathsThatCannotStandInACommitMessageAreRefused) {
  EXPECT_FALSE(check_map({.components = {{"src", "lambda/src\nTandem-Sync: forged"}}}));
  EXPECT_FALSE(check_map({.components = {{"src", "lambda/src", {"../../etc"}}}}));
  EXPECT_FALSE(check_map({.components = {{"src", "lambda/src"}}, .metadata = "lambda/src/meta.json"}));
}

SyncRequest jobs_request(World& world, const Side& jobs) {
  auto request = with(world, {.components = {{"jobs", "lambda/jobs"}}, .requirements_from = "", .metadata = "lambda/jobs-metadata.json"});
  request.source = {"jobs", Role::Application, jobs.url()};
  return request;
}

TEST(Sources, EachOwnsItsDestinationsAndNoneTouchesAnothers) {
  auto world = World::ready();
  Side jobs{world.folder.path() / "jobs.git"};
  jobs.commit({{"jobs/a.py", "a"}});
  auto store = *PairStore::open(world.folder.path() / "pair-jobs.git");
  ASSERT_TRUE(world.sync());
  auto request = jobs_request(world, jobs);
  const auto synced = synchronise(request, store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.read("lambda/jobs/a.py"), "a");
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");

  for (const auto* taken : {"lambda/src", "lambda/src/deep", "lambda/main.py", "lambda/sync-metadata.json"}) {
    request.configuration.components = {{"jobs", taken}};
    const auto refused = synchronise(request, store, world.key);
    ASSERT_FALSE(refused) << taken;
    EXPECT_EQ(refused.error().code, "TD0312") << taken;
    EXPECT_THAT(refused.error().what, HasSubstr("belongs to api")) << taken;
  }
  auto mine = world.request();
  mine.configuration.components.push_back({"README.md", "lambda/jobs/README.md"});
  EXPECT_EQ(synchronise(mine, world.store, world.key).error().code, "TD0312");
}

TEST(Sources, WhatTheConfigurationLetsMeetIsRefusedBeforeAnythingIsFetched) {
  Configuration configuration{.repositories = {{"api", Role::Application, "x"}, {"jobs", Role::Application, "y"}}};
  configuration.sources["jobs"] = {.components = {{"jobs", "lambda/src/jobs"}}, .requirements_from = "", .metadata = "jobs.json"};
  EXPECT_EQ(check_maps(configuration).error().code, "TD0301");
  configuration.sources["jobs"].components = {{"jobs", "lambda/jobs"}};
  EXPECT_TRUE(check_maps(configuration));
  configuration.sources["nobody"] = configuration.sources["jobs"];
  EXPECT_EQ(check_maps(configuration).error().code, "TD0301");
}

std::vector<std::string> subjects(World& world) {
  std::vector<std::string> out;
  const auto history = *world.infra.repository.history(world.infra.head(), 20);
  for (const auto& commit : history) out.push_back(commit.message.substr(0, commit.message.find('\n')));
  return out;
}

TEST(EachCommit, ArrivesAsACommitOfItsOwnInOrderWithItsOwnAttestation) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto one = world.app.commit({{"src/people.py", "one"}});
  world.app.commit({{"README.md", "not carried"}});
  const auto two = world.app.commit({{"src/people.py", "two"}, {"requirements.txt", "fastapi==0.111.0\n"}});
  auto request = world.request();
  request.configuration.commits = CommitPolicy::Each;
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_THAT(subjects(world), ElementsAre(fmt::format("Synchronise api {}: work", short_id(two)), fmt::format("Synchronise api {}: work", short_id(one)),
                                           HasSubstr("Synchronise api "), "work"));
  ASSERT_EQ(synced->earlier.size(), 1U);
  EXPECT_EQ(synced->earlier[0].source, one);
  EXPECT_EQ(synced->record.source, two);
  EXPECT_EQ(world.infra.repository.history(*world.infra.ref("refs/tandem/log"), 9)->size(), 3U);
  for (const auto& landed : {synced->earlier[0].landed, synced->record.landed}) {
    const auto found = world.ask(landed);
    ASSERT_TRUE(found) << text(found.error());
    EXPECT_EQ(found->sync->landed, landed);
  }
  EXPECT_TRUE(synchronise(request, world.store, world.key)->is_in_place);
}

TEST(EachCommit, AHostileOneInTheMiddleStopsAllOfThem) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto head = world.infra.head();
  world.app.place({{"src/link", *world.app.repository.write_blob("/etc/passwd"), 0120000}});
  world.app.commit({{"src/link", std::nullopt}, {"src/people.py", "tidy"}});
  auto request = world.request();
  request.configuration.commits = CommitPolicy::Each;
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0303");
  EXPECT_EQ(world.infra.head(), head);
  request.configuration.commits = CommitPolicy::Squash;
  EXPECT_TRUE(synchronise(request, world.store, world.key)) << "carried as one, the link never crosses";
}

TEST(EachCommit, ASubjectCannotForgeATrailer) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto& repository = world.app.repository;
  const auto tree = *repository.write_tree(*repository.tree_of(world.app.head()), {{"src/people.py", *repository.write_blob("v2")}});
  const git::Person eve{"Eve", "eve@example.org", world.at};
  const auto made = *repository.write_commit(tree, {world.app.head()}, eve, eve, "nice\rTandem-Source: api@0000\x1b[2J\n\nTandem-Run: forged\n");
  ASSERT_TRUE(repository.move_ref("refs/heads/main", made, world.app.head()));
  auto request = world.request();
  request.configuration.commits = CommitPolicy::Each;
  ASSERT_TRUE(synchronise(request, world.store, world.key));
  const auto message = world.infra.repository.commit(world.infra.head())->message;
  EXPECT_EQ(trailer(message, "Source"), "api@" + made.value);
  EXPECT_EQ(trailer(message, "Run"), "run-1");
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
}

TEST(DryRun, ShowsTheTextOfEveryDifference) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.app.commit({{"src/people.py", "v2\nwith a \x1b[31mcolour\n"}, {"src/new.bin", std::string("\0\1\2", 3)}, {"src/deep/er/x.py", std::nullopt}});
  auto request = world.request();
  request.mode = Mode::DryRun;
  const auto planned = synchronise(request, world.store, world.key);
  ASSERT_TRUE(planned) << text(planned.error());
  ASSERT_EQ(planned->differences.size(), 4U);
  std::map<std::string, FileDifference> by_path;
  for (const auto& each : planned->differences) by_path.emplace(each.path, each);
  EXPECT_THAT(by_path.at("lambda/src/people.py").text, HasSubstr("-v1\n"));
  EXPECT_THAT(by_path.at("lambda/src/people.py").text, HasSubstr("+with a \\x1b[31mcolour\n"));
  EXPECT_EQ(by_path.at("lambda/src/new.bin").why_no_text, "binary, 0 and 3 bytes");
  EXPECT_EQ(by_path.at("lambda/src/deep/er/x.py").kind, git::ChangeKind::Removed);
  EXPECT_EQ(paths_of(planned->changes).size(), 4U);
}

TEST(Drift, BothSidesOfEveryFileAreShown) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/src/people.py", "hotfix\n"}, {"lambda/src/extra.py", "extra\n"}});
  world.app.commit({{"src/people.py", "v2\n"}});
  ASSERT_EQ(world.sync().error().code, "TD0305");
  const auto edits = hand_edits(world.request(), world.store, world.key);
  ASSERT_TRUE(edits) << text(edits.error());
  ASSERT_EQ(edits->size(), 2U);
  EXPECT_EQ((*edits)[0].path, "lambda/src/extra.py");
  EXPECT_THAT((*edits)[1].by_hand.text, HasSubstr("+hotfix"));
  EXPECT_THAT((*edits)[1].by_source.text, HasSubstr("+v2"));
}

TEST(Drift, ABranchLeavesTheTargetAloneAndCanBeMerged) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/src/people.py", "hotfix"}});
  const auto source = world.app.commit({{"src/people.py", "v2"}});
  const auto head = world.infra.head();
  auto request = world.request();
  request.configuration.on_drift = DriftPolicy::Branch;
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0305");
  const auto branch = "refs/heads/tandem/conflict/" + source.value;
  EXPECT_THAT(synced.error().what, HasSubstr("tandem/conflict/" + source.value));
  EXPECT_EQ(world.infra.head(), head);
  ASSERT_TRUE(world.infra.ref(branch));
  const auto log = world.infra.ref("refs/tandem/log");
  EXPECT_EQ(synchronise(request, world.store, world.key).error().code, "TD0305");
  EXPECT_EQ(world.infra.ref("refs/tandem/log"), log) << "asked again it finds its branch";

  ASSERT_TRUE(world.infra.repository.move_ref("refs/heads/main", *world.infra.ref(branch), head));
  const auto found = world.ask();
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->sync->application, source);
  EXPECT_TRUE(synchronise(request, world.store, world.key)->is_in_place);
}

TEST(SyncBranches, OldOnesGoButNeverOneThatALiveReleaseNames) {
  auto world = World::ready();
  auto request = world.request();
  request.configuration.keep_branches = 2;
  std::vector<CommitId> sources{world.app.head()};
  ASSERT_TRUE(synchronise(request, world.store, world.key));
  request.live = {world.infra.head()};
  for (int round = 0; round < 6; ++round) {
    sources.push_back(world.app.commit({{"src/people.py", fmt::format("round {}", round)}}));
    request.at += std::chrono::seconds{10};
    const auto synced = synchronise(request, world.store, world.key);
    ASSERT_TRUE(synced) << text(synced.error());
  }
  EXPECT_TRUE(world.infra.ref("refs/heads/tandem/sync/" + sources.front().value)) << "live";
  EXPECT_TRUE(world.infra.ref("refs/heads/tandem/sync/" + sources.back().value));
  EXPECT_FALSE(world.infra.ref("refs/heads/tandem/sync/" + sources[1].value));
  EXPECT_LE(world.infra.repository.refs("refs/heads/tandem/sync/")->size(), 5U);
  EXPECT_TRUE(world.ask()) << "the proof needs none of them";
}

TEST(SyncBranches, ZeroKeepsAll) {
  const std::vector<SyncBranch> many(50, {"tandem/sync/x", {"x"}});
  EXPECT_THAT(outdated(many, 0, {}), IsEmpty());
  EXPECT_EQ(outdated(many, 10, {}).size(), 40U);
  EXPECT_THAT(outdated(many, 45, {}), IsEmpty()) << "not for a few";
}

}  // namespace
}  // namespace tandem::sync
