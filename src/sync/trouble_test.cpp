// Two at once, a push in between, a connection that dies: one commit or none, always explained.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "sync/sync_log.hpp"
#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

using testing::HasSubstr;

void install_hook(const Side& side, const char* name, const std::string& script) {
  ASSERT_TRUE(replace_file(side.repository.path() / "hooks" / name, "#!/bin/sh\n" + script, 0755));
}

/// A coordinator of its own: another source, another store, another key.
struct Coordinator {
  Coordinator(const World& world, int number)
      : app(world.folder.path() / fmt::format("app-{}.git", number)),
        name(fmt::format("app-{}", number)),
        store(*PairStore::open(world.folder.path() / fmt::format("pair-{}.git", number))) {
    app.commit({{"src/a.py", "v0"}});
  }
  SyncRequest request(World& world, const std::vector<TrustedKey>& keys) const {
    auto out = world.request();
    out.source = {name, Role::Application, app.url()};
    out.configuration = {.components = {{"src", fmt::format("lambda/{}", name)}}, .requirements_from = "", .metadata = fmt::format("lambda/{}.json", name)};
    out.trusted_keys = keys;
    return out;
  }
  Side app;
  std::string name;
  PairStore store;
  SigningKey key = SigningKey::generate();
};

TEST(Trouble, TwentySyncsAtOnceOnOneTargetLoseNothing) {
  auto world = World::ready();
  constexpr int count = 20;
  std::vector<std::unique_ptr<Coordinator>> all;
  std::vector<TrustedKey> keys;
  for (int number = 0; number < count; ++number) {
    all.push_back(std::make_unique<Coordinator>(world, number));
    keys.emplace_back(all.back()->key.public_key());
  }
  std::vector<std::optional<Result<Synchronisation>>> results(count);
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < count; ++number)
      threads.emplace_back([&, number] {
        auto& one = *all[static_cast<size_t>(number)];
        results[static_cast<size_t>(number)] = synchronise(one.request(world, keys), one.store, one.key);
      });
  }
  for (const auto& result : results) ASSERT_TRUE(*result) << text(result->error());
  for (const auto& one : all) EXPECT_EQ(world.infra.read(fmt::format("lambda/{}/a.py", one->name)), "v0");
  EXPECT_EQ(world.infra.repository.history(world.infra.head(), 100)->size(), 1U + count);
  EXPECT_EQ(world.infra.repository.history(*world.infra.ref("refs/tandem/log"), 100)->size(), count);
  for (const auto& one : all) {
    auto question = world.question();
    question.source = one->request(world, keys).source;
    question.public_keys = keys;
    const auto found = detect(one->store, question);
    ASSERT_TRUE(found) << text(found.error());
    EXPECT_EQ(found->sync->application, one->app.head());
  }
}

TEST(Trouble, OneCoordinatorAskedTwentyTimesAtOnceMakesOneCommit) {
  auto world = World::ready();
  std::vector<std::optional<Result<Synchronisation>>> results(20);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results)
      threads.emplace_back([&] {
        auto store = *PairStore::open(world.folder.path() / "pair.git");
        result = synchronise(world.request(), store, world.key);
      });
  }
  int made = 0;
  for (const auto& result : results) {
    ASSERT_TRUE(*result) << text(result->error());
    made += (*result)->is_in_place ? 0 : 1;
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(world.infra.repository.history(world.infra.head(), 10)->size(), 2U);
}

TEST(Trouble, APushInBetweenIsBuiltUpon) {
  auto world = World::ready();
  // The first push of the sync meets a target that has just moved: the hook moves it before it lets anybody in.
  const auto theirs = world.infra.commit({{"app.py", "cdk v2"}}, "theirs");
  const auto flag = world.folder.path() / "moved";
  const auto moved = *world.infra.repository.write_commit(*world.infra.repository.write_tree(*world.infra.repository.tree_of(world.infra.head()), {{"app.py", *world.infra.repository.write_blob("cdk v2")}}),
                                                         {world.infra.head()}, coordinator(world.at), coordinator(world.at), "theirs\n");
  install_hook(world.infra, "pre-receive", fmt::format("[ -e {0} ] && exit 0\ntouch {0}\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main {1}\nexit 0\n", flag.string(), moved.value));
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(synced->record.base, moved);
  EXPECT_EQ(world.infra.read("app.py"), "cdk v2");
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");
  EXPECT_TRUE(world.infra.repository.commit(theirs));
}

TEST(Trouble, AConnectionThatDiesBeforeTheRefsMoveLeavesNothingAndSaysWhatToDo) {
  auto world = World::ready();
  const auto head = world.infra.head();
  install_hook(world.infra, "pre-receive", "kill -9 $PPID\nexit 0\n");
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0311") << text(synced.error());
  EXPECT_EQ(synced.error().fault, Fault::Unavailable);
  EXPECT_THAT(synced.error().next, HasSubstr("run the same sync again"));
  EXPECT_EQ(world.infra.head(), head);
  EXPECT_FALSE(world.infra.ref("refs/tandem/log"));
  ASSERT_TRUE(std::filesystem::remove(world.infra.repository.path() / "hooks" / "pre-receive"));
  const auto again = world.sync();
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_EQ(world.infra.repository.history(world.infra.head(), 10)->size(), 2U);
}

TEST(Trouble, AConnectionThatDiesAfterTheRefsMovedIsFoundToHaveLanded) {
  auto world = World::ready();
  install_hook(world.infra, "post-receive", "kill -9 $PPID\nexit 0\n");
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_EQ(world.infra.head(), synced->record.landed);
  EXPECT_EQ(world.infra.repository.history(*world.infra.ref("refs/tandem/log"), 10)->size(), 1U);
  EXPECT_TRUE(world.sync()->is_in_place);
}

TEST(Trouble, ARemoteThatIsGoneIsUnavailableAndNothingIsLeftBehind) {
  auto world = World::ready();
  auto request = world.request();
  request.target.url = (world.folder.path() / "gone.git").string();
  const auto synced = synchronise(request, world.store, world.key);
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().fault, Fault::Unavailable) << text(synced.error());
}

TEST(Trouble, AReplayedTriggerMakesNothingAndALateOneIsRefused) {
  auto world = World::ready();
  const auto old = world.app.head();
  auto request = world.request(old);
  ASSERT_TRUE(synchronise(request, world.store, world.key));
  const auto replayed = synchronise(request, world.store, world.key);
  ASSERT_TRUE(replayed) << text(replayed.error());
  EXPECT_TRUE(replayed->is_in_place);
  world.app.commit({{"src/people.py", "v2"}});
  ASSERT_TRUE(world.sync());
  EXPECT_EQ(synchronise(request, world.store, world.key).error().code, "TD0306");
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v2");
}

TEST(Trouble, AWayBackIsProvenEvenAcrossAForcedPush) {
  auto world = World::ready();
  const auto first = world.app.head();
  ASSERT_TRUE(world.sync());
  const auto lost = world.app.commit({{"src/people.py", "v2"}});
  ASSERT_TRUE(world.sync());
  ASSERT_TRUE(world.app.repository.move_ref("refs/heads/main", first, lost));  // the source forgets v2
  EXPECT_EQ(world.sync().error().code, "TD0306");
  EXPECT_TRUE(world.ask()) << "what is in place is still proven: its commit is pinned";
  auto request = world.request(first);
  request.way = Way::Back;
  EXPECT_TRUE(synchronise(request, world.store, world.key));
  EXPECT_EQ(world.infra.read("lambda/src/people.py"), "v1");
}

}  // namespace
}  // namespace tandem::sync
