#include "sync/keyring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "sync/sync_log.hpp"
#include "sync/test_world.hpp"
#include "sync/verification.hpp"

namespace tandem::sync {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Ring {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-keys");
  Instant now{std::chrono::milliseconds{1'790'000'000'000}};
  Result<Keyring> open() { return Keyring::open(folder.path(), now); }
};

std::vector<std::string> states(const Keyring& keys) {
  std::vector<std::string> out;
  for (const auto& key : keys.list()) out.emplace_back(word(key.state));
  return out;
}

TEST(Keyring, MakesItsFirstKeyAndKeepsIt) {
  Ring ring;
  const auto keys = ring.open();
  ASSERT_TRUE(keys) << text(keys.error());
  EXPECT_THAT(states(*keys), ElementsAre("active"));
  EXPECT_EQ(ring.open()->signing().public_key(), keys->signing().public_key());
  struct stat status{};
  ASSERT_EQ(::stat((ring.folder.path() / "signing.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Keyring, AKeyFromBeforeTheRingIsTakenOver) {
  Ring ring;
  const auto old = *SigningKey::load_or_create(ring.folder.path() / "signing.pem");
  EXPECT_EQ(ring.open()->signing().public_key(), old.public_key());
}

TEST(Keyring, ARotatedOutKeyStillProvesAndItsPrivateHalfIsGone) {
  Ring ring;
  auto keys = *ring.open();
  const auto old = keys.signing();
  const auto old_pem = *read_file(ring.folder.path() / "signing.pem");
  const auto next = *keys.prepare(ring.now);
  EXPECT_THAT(states(keys), ElementsAre("active", "next"));
  EXPECT_FALSE(keys.prepare(ring.now)) << "one waits already";
  EXPECT_EQ(keys.rotate(ring.now)->id, next.id);
  EXPECT_EQ(keys.signing().key_id(), next.id);
  EXPECT_THAT(states(keys), ElementsAre("active", "retired"));
  EXPECT_EQ(keys.trusted().size(), 2U);
  const auto files = *files_below(ring.folder.path());
  for (const auto& file : files) EXPECT_NE(*read_file(ring.folder.path() / file), old_pem) << file;
  EXPECT_EQ(ring.open()->signing().key_id(), next.id);
}

TEST(Keyring, ARotationThatWasCutOffIsFinishedWhenItIsOpened) {
  Ring ring;
  std::string next;
  {
    auto keys = *ring.open();
    next = keys.prepare(ring.now)->id;
  }
  // The list says that the next key signs; the file has not been moved yet.
  auto list = *read_file(ring.folder.path() / "keyring.json");
  list = replaced(replaced(list, "\"active\"", "\"retired\""), "\"next\"", "\"active\"");
  ASSERT_TRUE(replace_file(ring.folder.path() / "keyring.json", list));
  const auto keys = ring.open();
  ASSERT_TRUE(keys) << text(keys.error());
  EXPECT_EQ(keys->signing().key_id(), next);
  EXPECT_FALSE(std::filesystem::exists(ring.folder.path() / "next.pem"));
}

TEST(Keyring, FilesThatDoNotBelongTogetherAreRefused) {
  Ring ring;
  ASSERT_TRUE(ring.open());
  ASSERT_TRUE(std::filesystem::remove(ring.folder.path() / "signing.pem"));
  EXPECT_EQ(ring.open().error().code, "TD0341");
  ASSERT_TRUE(SigningKey::load_or_create(ring.folder.path() / "signing.pem"));
  EXPECT_EQ(ring.open().error().code, "TD0341") << "another key in its place";
}

TEST(Keyring, AnotherCoordinatorsKeyIsTrustedOnce) {
  Ring ring;
  auto keys = *ring.open();
  const auto other = SigningKey::generate();
  const auto added = keys.trust(other.public_pem(), "team b", ring.now);
  ASSERT_TRUE(added) << text(added.error());
  EXPECT_EQ(added->state, KeyState::Foreign);
  EXPECT_EQ(keys.trust(other.public_pem(), "team b", ring.now).error().code, "TD0340");
  EXPECT_EQ(keys.trust("nonsense", "", ring.now).error().code, "TD0340");
}

/// A pair whose syncs are signed with a ring's keys.
struct Signed {
  Ring ring;
  Keyring keys = *ring.open();
  World world = World::ready();

  Result<Synchronisation> sync() {
    auto request = world.request();
    request.trusted_keys = keys.trusted();
    return synchronise(request, world.store, keys.signing());
  }
  Result<Detection> ask(const CommitId& commit = {}) {
    auto question = world.question(commit);
    question.public_keys = keys.trusted();
    return detect(world.store, question);
  }
  LogEntry newest() { return **newest_entry(world.infra.repository, world.infra.ref("refs/tandem/log"), keys.trusted()); }
  Result<KeyRecord> revoke(const std::string& id) {
    const auto end = newest();
    return keys.revoke(id, "lost laptop", {end.statement.cargo.sequence, sha256_hex(end.envelope)}, ring.now);
  }
  /// What a thief of `key` would write: one more entry, as good as any, for a commit of his.
  void forge(const SigningKey& key) {
    auto request = world.request();
    request.trusted_keys = keys.trusted();
    request.actor = "eve";
    auto store = *PairStore::open(world.folder.path() / fmt::format("eve-{}.git", key.key_id()));
    request.trusted_keys.emplace_back(key.public_key());
    const auto made = synchronise(request, store, key);
    ASSERT_TRUE(made) << text(made.error());
  }
};

TEST(Revocation, OldSyncsStayProvenAfterARotation) {
  Signed pair;
  ASSERT_TRUE(pair.sync());
  const auto first = pair.world.infra.head();
  ASSERT_TRUE(pair.keys.rotate(pair.ring.now));
  EXPECT_TRUE(pair.ask());
  pair.world.app.commit({{"src/people.py", "v2"}});
  ASSERT_TRUE(pair.sync());
  EXPECT_TRUE(pair.ask());
  EXPECT_TRUE(pair.ask(first));
}

TEST(Revocation, WhatWasSignedBeforeStaysProvenAndNothingAfterCounts) {
  Signed pair;
  ASSERT_TRUE(pair.sync());
  const auto stolen = pair.keys.signing();
  const auto revoked = pair.revoke(stolen.key_id());
  ASSERT_TRUE(revoked) << text(revoked.error());
  EXPECT_THAT(states(pair.keys), ElementsAre("active", "revoked"));
  EXPECT_TRUE(pair.ask()) << "sync 1 was signed before";

  pair.world.app.commit({{"src/people.py", "v2"}});
  pair.forge(stolen);
  const auto found = pair.ask();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "TD0336") << text(found.error());
  EXPECT_THAT(found.error().what, HasSubstr("revoked after sync 1"));
}

TEST(Revocation, ALogWrittenAnewWithTheStolenKeyIsRefusedByAFreshStoreToo) {
  Signed pair;
  ASSERT_TRUE(pair.sync());
  const auto stolen = pair.keys.signing();
  pair.world.app.commit({{"src/people.py", "v2"}});
  ASSERT_TRUE(pair.sync());
  ASSERT_TRUE(pair.revoke(stolen.key_id()));
  // The thief backdates: the log begins anew with a sync that bears number 1.
  auto& repository = pair.world.infra.repository;
  auto statement = open_envelope(*repository.read((*repository.history(*pair.world.infra.ref("refs/tandem/log"), 2))[1].id, "attestation.json"), {stolen.public_key()})->statement;
  statement.cargo.actor = "eve";
  const auto entry = *write_entry(repository, std::nullopt, statement, seal(statement, stolen));
  ASSERT_TRUE(repository.move_ref("refs/tandem/log", entry, pair.world.infra.ref("refs/tandem/log")));
  auto store = *PairStore::open(pair.world.folder.path() / "fresh.git");
  auto question = pair.world.question();
  question.public_keys = pair.keys.trusted();
  EXPECT_EQ(detect(store, question).error().code, "TD0331");
}

TEST(Revocation, TheNextKeySignsOnTopOfWhatTheRevokedOneSigned) {
  Signed pair;
  ASSERT_TRUE(pair.sync());
  ASSERT_TRUE(pair.revoke(pair.keys.signing().key_id()));
  pair.world.app.commit({{"src/people.py", "v2"}});
  const auto synced = pair.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  EXPECT_TRUE(pair.ask());
  EXPECT_EQ(pair.revoke("0000").error().code, "TD0340");
}

TEST(Verification, ListsEveryFileThatDiffersAndGoesOn) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  EXPECT_TRUE(verify_sync(world.store, world.question(), Depth::Equality)->holds());
  world.infra.commit({{"lambda/src/people.py", "edited"}, {"lambda/src/deep/er/x.py", std::nullopt}, {"lambda/src/new.py", "n"}, {"lambda/sync-metadata.json", "{}"}});
  const auto found = verify_sync(world.store, world.question(), Depth::Equality);
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_FALSE(found->holds());
  std::map<std::string, FileState> files;
  for (const auto& file : found->files) files[file.path] = file.state;
  EXPECT_EQ(files, (std::map<std::string, FileState>{{"lambda/src/people.py", FileState::Changed}, {"lambda/src/deep/er/x.py", FileState::Missing}, {"lambda/src/new.py", FileState::Added}}));
  std::vector<std::string> broken;
  for (const auto& claim : found->claims)
    if (!claim.holds) broken.push_back(claim.name);
  EXPECT_THAT(broken, ElementsAre("copy", "metadata"));
  EXPECT_EQ(found->sync->application, world.app.head());
}

TEST(Verification, FullNamesEveryFileWithItsSha256) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto found = *verify_sync(world.store, world.question(), Depth::Full);
  ASSERT_EQ(found.files.size(), 3U);
  EXPECT_EQ(found.files[2].path, "lambda/src/people.py");
  EXPECT_EQ(found.files[2].sha256, sha256_hex("v1"));
  EXPECT_EQ(found.sha256.size(), 64U);
}

TEST(Verification, TheLogCanBeReadBackwardsInPages) {
  auto world = World::ready();
  for (int round = 0; round < 3; ++round) {
    world.app.commit({{"src/people.py", fmt::format("{}", round)}});
    ASSERT_TRUE(world.sync());
  }
  const auto page = *read_log(world.store, world.question(), 2);
  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].statement.cargo.sequence, 3);
  EXPECT_EQ(read_log(world.store, world.question(), 2, 2)->front().statement.cargo.sequence, 1);
}

}  // namespace
}  // namespace tandem::sync
