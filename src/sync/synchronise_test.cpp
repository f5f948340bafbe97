#include "sync/synchronise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "sync/cargo.hpp"
#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Synchronise, FollowsWhatTheRequirementsIncludeAndProvesItAgain) {
  auto world = World::ready();
  world.app.commit({{"requirements.txt", "-r requirements/base.txt\nfastapi==0.110.0\n"}, {"requirements/base.txt", "-r more/deep.txt\npydantic==2.7.0\n"}, {"requirements/more/deep.txt", "mangum\n"}});
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_THAT(world.infra.read("lambda/requirements.txt"), testing::HasSubstr("pydantic==2.7.0  # tandem: application"));
  EXPECT_THAT(world.infra.read("lambda/requirements.txt"), testing::HasSubstr("mangum  # tandem: application"));
  const auto found = world.ask();
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_TRUE(world.sync()->is_in_place);
  world.app.commit({{"requirements/more/deep.txt", "mangum>=0.17\n"}});   // the file at the top is the same
  const auto again = world.sync();
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_FALSE(again->is_in_place);
  EXPECT_THAT(world.infra.read("lambda/requirements.txt"), testing::HasSubstr("mangum>=0.17"));
  EXPECT_TRUE(world.ask());
}

TEST(Synchronise, AnIncludeThatIsALinkOrNotThereIsRefusedWithFileAndLine) {
  auto world = World::ready();
  auto& repository = world.app.repository;
  const auto tree = *repository.write_tree(*repository.tree_of(world.app.head()), {{"requirements.txt", *repository.write_blob("fastapi\n-r base.txt\n")}, {"base.txt", *repository.write_blob("/etc/passwd"), 0120000}});
  const auto who = coordinator(world.at);
  const auto head = world.app.head();
  ASSERT_TRUE(repository.move_ref("refs/heads/main", *repository.write_commit(tree, {head}, who, who, "a link\n"), head));
  const auto linked = world.sync();
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().code, "TD0320");
  EXPECT_EQ(linked.error().place, (Place{"api:requirements.txt", 2}));
  EXPECT_THAT(linked.error().what, testing::HasSubstr("is no regular file"));
  world.app.commit({{"requirements.txt", "-r none.txt\n"}});
  EXPECT_THAT(world.sync().error().what, testing::HasSubstr("-r none.txt is not in the repository"));
}

TEST(Synchronise, PlacesTheVeryTreesOfTheSource) {
  auto world = World::ready();
  const auto base = world.infra.head();
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());

  const auto source_tree = *world.app.repository.tree_of(world.app.head());
  const auto landed_tree = *world.infra.repository.tree_of(world.infra.head());
  EXPECT_EQ((*world.infra.repository.find(landed_tree, "lambda/src"))->id, (*world.app.repository.find(source_tree, "src"))->id);
  EXPECT_THAT(world.infra.paths(), ElementsAre("app.py", "lambda/api_handler.py", "lambda/main.py", "lambda/requirements.txt",
                                               "lambda/src/deep/er/x.py", "lambda/src/people.py", "lambda/sync-metadata.json"));
  EXPECT_EQ(synced->record.base, base);
  EXPECT_EQ(synced->record.landed, world.infra.head());
  EXPECT_EQ(synced->record.source, world.app.head());
  EXPECT_EQ(synced->record.landed_tree, landed_tree);
  EXPECT_EQ(synced->record.components.size(), 3U);
  EXPECT_FALSE(synced->is_in_place);
}

TEST(Synchronise, LeavesABranchPerSourceCommitAndALog) {
  auto world = World::ready();
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.ref("refs/heads/tandem/sync/" + world.app.head().value), synced->record.landed);
  const auto log = world.infra.ref("refs/tandem/log");
  ASSERT_TRUE(log);
  EXPECT_EQ(*world.infra.repository.read(*log, "attestation.json"), synced->record.attestation);
}

TEST(Synchronise, SaysInTheCommitWhereItCameFrom) {
  auto world = World::ready();
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  const auto commit = *world.infra.repository.commit(world.infra.head());
  EXPECT_EQ(trailer(commit.message, "Source"), "api@" + world.app.head().value);
  EXPECT_EQ(trailer(commit.message, "Sequence"), "1");
  EXPECT_EQ(trailer(commit.message, "Sync"), synced->record.id.value);
  const auto metadata = *parse_json(world.infra.read("lambda/sync-metadata.json"));
  for (const auto* key : {"sync_timestamp", "source_repository", "source_branch", "source_commit", "source_tree", "deployment_strategy",
                          "coordinated_deployment", "components", "actor", "run", "sequence", "algorithm"})
    EXPECT_TRUE(metadata.as_object().contains(key)) << key;
}

TEST(Synchronise, CarriesDeletionsModesAndNewFilesTheNextTime) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.app.commit({{"src/people.py", std::nullopt}, {"src/new.py", "n"}});
  const auto blob = *world.app.repository.write_blob("#!/bin/sh");
  world.app.place({{"src/run.sh", blob, 0100755}});
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_THAT(world.infra.paths(), ElementsAre("app.py", "lambda/api_handler.py", "lambda/main.py", "lambda/requirements.txt",
                                               "lambda/src/deep/er/x.py", "lambda/src/new.py", "lambda/src/run.sh", "lambda/sync-metadata.json"));
  EXPECT_EQ((*world.infra.repository.find(*world.infra.repository.tree_of(world.infra.head()), "lambda/src/run.sh"))->mode, 0100755U);
}

TEST(Synchronise, AskedAgainFindsItsOwnWorkAndMakesNoCommit) {
  auto world = World::ready();
  const auto first = world.sync();
  ASSERT_TRUE(first) << text(first.error());
  const auto again = world.sync();
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_TRUE(again->is_in_place);
  EXPECT_EQ(again->record.landed, first->record.landed);
  EXPECT_EQ(again->record.id, first->record.id);
  EXPECT_EQ(again->record.attestation, first->record.attestation);
  EXPECT_EQ(world.infra.repository.history(world.infra.head(), 10)->size(), 2U);
}

TEST(Synchronise, IsInPlaceAlsoWhenOnlyFilesOutsideTheComponentsChanged) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.app.commit({{"README.md", "changed"}});
  world.infra.commit({{"app.py", "cdk v2"}});
  const auto again = world.sync();
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_TRUE(again->is_in_place);
  EXPECT_EQ(again->record.landed, world.infra.head());
}

TEST(Synchronise, TheSameRequestOnTheSamePairMakesTheSameCommit) {
  auto world = World::ready();
  auto request = world.request();
  request.mode = Mode::DryRun;
  const auto one = synchronise(request, world.store, world.key);
  auto elsewhere = *PairStore::open(world.folder.path() / "other.git");
  const auto two = synchronise(request, elsewhere, world.key);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->record, two->record);
}

TEST(Synchronise, ADryRunSaysWhatWouldChangeAndChangesNothing) {
  auto world = World::ready();
  const auto before = world.infra.head();
  auto request = world.request();
  request.mode = Mode::DryRun;
  const auto planned = synchronise(request, world.store, world.key);
  ASSERT_TRUE(planned) << text(planned.error());
  EXPECT_EQ(world.infra.head(), before);
  EXPECT_FALSE(world.infra.ref("refs/tandem/log"));
  std::vector<std::string> paths;
  for (const auto& change : planned->changes) paths.push_back(change.path);
  EXPECT_THAT(paths, ElementsAre("lambda/main.py", "lambda/requirements.txt", "lambda/src/deep/er/x.py", "lambda/src/people.py", "lambda/sync-metadata.json"));
  EXPECT_EQ(world.sync()->record, planned->record);
}

TEST(Synchronise, StopsWithConflictWhenTheCopyWasEditedByHandNamingTheFile) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/src/people.py", "hotfix"}});
  world.app.commit({{"src/people.py", "v2"}});
  const auto head = world.infra.head();
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().fault, Fault::Conflict);
  EXPECT_EQ(synced.error().code, "TD0305");
  EXPECT_EQ(synced.error().place->file, "lambda/src/people.py");
  EXPECT_EQ(world.infra.head(), head);
}

TEST(Synchronise, OverwritesHandEditsOnlyWhenAskedToAndSaysSo) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/src/people.py", "hotfix"}});
  auto request = world.request();
  request.on_drift = Drift::Overwrite;
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");
  EXPECT_THAT(synced->notes, Contains(HasSubstr("lambda/src/people.py")));
}

TEST(Synchronise, InfrastructureMayChangeItsOwnRequirementsButNotTheApplicationsLines) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/requirements.txt", world.infra.read("lambda/requirements.txt") + "requests>=2\n"}});
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_THAT(world.infra.read("lambda/requirements.txt"), HasSubstr("requests>=2  # tandem: infrastructure\n"));

  world.infra.commit({{"lambda/requirements.txt", replaced(world.infra.read("lambda/requirements.txt"), "0.110.0", "0.1.0")}});
  const auto edited = world.sync();
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().code, "TD0305");
}

TEST(Synchronise, ConflictingPinsStopItAndNothingMoves) {
  auto world = World::ready();
  world.infra.commit({{"lambda/requirements.txt", "fastapi==0.95.0\n"}});
  const auto head = world.infra.head();
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0321");
  EXPECT_EQ(world.infra.head(), head);
  auto request = world.request();
  request.configuration.on_conflict = ConflictSide::Application;
  const auto decided = synchronise(request, world.store, world.key);
  ASSERT_TRUE(decided) << text(decided.error());
  EXPECT_THAT(decided->notes, Contains(HasSubstr("by policy")));
}

TEST(Synchronise, AComponentThatTheSourceLacksIsNamed) {
  auto world = World::ready();
  world.app.commit({{"main.py", std::nullopt}});
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().fault, Fault::Invalid);
  EXPECT_EQ(synced.error().code, "TD0302");
  EXPECT_THAT(synced.error().what, HasSubstr("no main.py in commit"));
}

TEST(Synchronise, OnlyCommitsOfTheNamedBranchAreCarried) {
  auto world = World::ready();
  world.app.repository.move_ref("refs/heads/feature", world.app.head(), std::nullopt).value_or({});
  const auto stray = world.app.commit({{"src/people.py", "unreviewed"}}, "feature");
  const auto synced = world.sync(stray);
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().fault, Fault::Denied);
  EXPECT_EQ(synced.error().code, "TD0304");
}

TEST(Synchronise, AnOlderCommitIsRefusedUnlessAskedToGoBack) {
  auto world = World::ready();
  const auto old = world.app.head();
  ASSERT_TRUE(world.sync());
  world.app.commit({{"src/people.py", "v2"}, {"src/extra.py", "e"}});
  ASSERT_TRUE(world.sync());
  const auto late = world.sync(old);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "TD0306");

  auto request = world.request(old);
  request.way = Way::Back;
  const auto back = synchronise(request, world.store, world.key);
  ASSERT_TRUE(back) << text(back.error());
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");
  EXPECT_EQ(world.infra.read("lambda/src/extra.py"), "(none)");
  EXPECT_EQ(world.infra.repository.history(world.infra.head(), 10)->size(), 4U) << "a new commit, nothing rewritten";
  const auto proof = world.ask();
  ASSERT_TRUE(proof) << text(proof.error());
  EXPECT_EQ(proof->sync->application, old);
  ASSERT_TRUE(world.sync()) << "and forward again";
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v2");
}

TEST(Synchronise, ARewrittenSourceIsRefusedUnlessSomebodyAnswersForIt) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto tree = *world.app.repository.write_tree(*world.app.repository.tree_of(world.app.head()), {{"src/evil.py", *world.app.repository.write_blob("e")}});
  ASSERT_TRUE(world.app.repository.delete_ref("refs/heads/main"));
  world.app.move(tree, "refs/heads/main", std::nullopt);
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0307");
  auto request = world.request();
  request.way = Way::Rewritten;
  EXPECT_TRUE(synchronise(request, world.store, world.key));
}

TEST(Synchronise, ARemoteThatRefusesIsDeniedWithItsOwnWords) {
  auto world = World::ready();
  const auto hook = world.infra.repository.path() / "hooks" / "pre-receive";
  ASSERT_TRUE(replace_file(hook, "#!/bin/sh\necho 'main is frozen until Monday' >&2\nexit 1\n", 0755));
  const auto head = world.infra.head();
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().fault, Fault::Denied);
  EXPECT_EQ(synced.error().code, "TD0309");
  EXPECT_THAT(synced.error().what, HasSubstr("main is frozen until Monday"));
  EXPECT_EQ(world.infra.head(), head);
  EXPECT_FALSE(world.infra.ref("refs/tandem/log")) << "all or nothing";
}

TEST(Synchronise, TwoCoordinatorsRacingForOneTipLoseNothing) {
  auto world = World::ready();
  const auto other_key = SigningKey::generate();
  auto other_store = *PairStore::open(world.folder.path() / "other.git");
  constexpr int rounds = 4;
  std::vector<Result<Synchronisation>> theirs;
  const auto work = [&](PairStore& store, const SigningKey& key, const SigningKey& trusted, const char* to) {
    auto request = world.request();
    request.source.name = to;
    request.configuration = {.components = {{"src", fmt::format("lambda/{}", to)}}, .requirements_from = "", .metadata = fmt::format("lambda/{}.json", to)};
    request.trusted_keys = {trusted.public_key()};
    return synchronise(request, store, key);
  };
  for (int round = 0; round < rounds; ++round) {
    world.app.commit({{"src/people.py", fmt::format("round {}", round)}});
    Result<Synchronisation> a = failure(Fault::Broken, "not run"), b = a;
    {
      const std::jthread first([&] { a = work(world.store, world.key, other_key, "a"); });
      const std::jthread second([&] { b = work(other_store, other_key, world.key, "b"); });
    }
    ASSERT_TRUE(a) << text(a.error());
    ASSERT_TRUE(b) << text(b.error());
    EXPECT_EQ(world.infra.read("lambda/a/people.py"), fmt::format("round {}", round));
    EXPECT_EQ(world.infra.read("lambda/b/people.py"), fmt::format("round {}", round));
  }
  EXPECT_EQ(world.infra.repository.history(*world.infra.ref("refs/tandem/log"), 100)->size(), 2U * rounds);
}

TEST(Synchronise, MetadataThatSomebodyEditedIsWrittenAnew) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/sync-metadata.json", "{}"}});
  EXPECT_FALSE(world.ask());
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_FALSE(synced->is_in_place);
  EXPECT_TRUE(world.ask());
}

TEST(Synchronise, TwoApplicationsShareOneInfrastructureAndItsLog) {
  auto world = World::ready();
  Side other{world.folder.path() / "jobs.git"};
  other.commit({{"jobs/a.py", "a"}, {"requirements.txt", "mangum\n"}});
  auto store = *PairStore::open(world.folder.path() / "pair-jobs.git");
  auto request = world.request();
  request.source = {"jobs", Role::Application, other.url()};
  request.configuration = {{{"jobs", "jobs/src"}}, "requirements.txt", "jobs/requirements.txt"};
  ASSERT_TRUE(world.sync());
  ASSERT_TRUE(synchronise(request, store, world.key));
  world.app.commit({{"src/people.py", "v2"}});
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  const auto again = synchronise(request, store, world.key);
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_TRUE(again->is_in_place);
  auto question = world.question();
  EXPECT_EQ(detect(world.store, question)->sync->application, world.app.head());
  question.source = request.source;
  question.configuration = request.configuration;
  EXPECT_EQ(detect(store, question)->sync->application, other.head());
}

TEST(Synchronise, ASyncBranchThatSomebodyDeletedIsNoHindrance) {
  auto world = World::ready();
  const auto old = world.app.head();
  ASSERT_TRUE(world.sync());
  world.app.commit({{"src/people.py", "v2"}});
  ASSERT_TRUE(world.sync());
  ASSERT_TRUE(world.infra.repository.delete_ref("refs/heads/tandem/sync/" + old.value));
  auto request = world.request(old);
  request.way = Way::Back;
  const auto back = synchronise(request, world.store, world.key);
  EXPECT_TRUE(back) << text(back.error());
}

TEST(Synchronise, MapsThatLeaveOverlapOrReplaceGeneratedFilesAreRefused) {
  const auto map = [](std::vector<ComponentConfiguration> components) {
    SyncConfiguration configuration;
    configuration.components = std::move(components);
    return check_map(configuration);
  };
  EXPECT_TRUE(map({{"src", "lambda/src"}, {"main.py", "lambda/main.py"}}));
  EXPECT_FALSE(map({}));
  EXPECT_FALSE(map({{"src", "../src"}}));
  EXPECT_FALSE(map({{"/src", "lambda/src"}}));
  EXPECT_FALSE(map({{"src", "lambda//src"}}));
  EXPECT_FALSE(map({{"src", "lambda/src"}, {"lib", "lambda/src/lib"}}));
  EXPECT_FALSE(map({{"src", "lambda"}}));
  EXPECT_FALSE(map({{"x", "lambda/sync-metadata.json"}}));
}

}  // namespace
}  // namespace tandem::sync
