#include "sync/detect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync/attestation.hpp"
#include "sync/landing.hpp"
#include "sync/sync_log.hpp"
#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Detect, ProvesTheCommitThatASyncMade) {
  auto world = World::ready();
  const auto synced = world.sync();
  ASSERT_TRUE(synced) << text(synced.error());
  const auto found = world.ask();
  ASSERT_TRUE(found) << text(found.error());
  ASSERT_TRUE(found->sync);
  EXPECT_EQ(found->strategy, "api-triggered");
  EXPECT_EQ(found->sync->application, world.app.head());
  EXPECT_EQ(found->sync->id, synced->record.id);
  EXPECT_EQ(found->sync->landed, world.infra.head());
  EXPECT_EQ(found->sync->components, synced->record.components);
  EXPECT_THAT(found->notes, IsEmpty());
}

TEST(Detect, FindsTheSyncBelowACommitOfTheInfrastructure) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"app.py", "cdk v2"}});
  const auto found = world.ask();
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->strategy, "infrastructure-only");
  ASSERT_TRUE(found->sync);
  EXPECT_EQ(found->sync->application, world.app.head());
}

TEST(Detect, ACoordinatedRequestSaysSo) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto question = world.question();
  question.is_coordinated = true;
  EXPECT_EQ(detect(world.store, question)->strategy, "coordinated");
}

TEST(Detect, WithoutAnySyncThereIsNothingToProve) {
  auto world = World::ready();
  const auto found = world.ask();
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->strategy, "infrastructure-only");
  EXPECT_FALSE(found->sync);
}

TEST(Detect, AnOlderCommitIsProvenByTheSyncItContains) {
  auto world = World::ready();
  const auto first = world.sync();
  world.app.commit({{"src/people.py", "v2"}});
  ASSERT_TRUE(world.sync());
  const auto found = world.ask(first->record.landed);
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->sync->id, first->record.id);
  EXPECT_EQ(found->strategy, "api-triggered");
}

TEST(Detect, OneByteChangedInTheCopyIsFoundAndNamed) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/src/deep/er/x.py", "y"}});
  const auto found = world.ask();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().fault, Fault::Denied);
  EXPECT_EQ(found.error().code, "TD0333");
  EXPECT_EQ(found.error().place->file, "lambda/src/deep/er/x.py");
  EXPECT_THAT(found.error().what, HasSubstr("proof failed"));
}

TEST(Detect, AnExecutableBitIsAChangeToo) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.place({{"lambda/main.py", *world.infra.repository.write_blob("app = 1"), 0100755}});
  const auto found = world.ask();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().place->file, "lambda/main.py");
}

TEST(Detect, TamperedMetadataIsFound) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/sync-metadata.json", replaced(world.infra.read("lambda/sync-metadata.json"), "ada", "eve")}});
  const auto found = world.ask();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().place->file, "lambda/sync-metadata.json");
}

TEST(Detect, ALineOfTheApplicationChangedInTheRequirementsIsFound) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  world.infra.commit({{"lambda/requirements.txt", replaced(world.infra.read("lambda/requirements.txt"), "0.110.0", "0.1.0")}});
  EXPECT_EQ(world.ask().error().place->file, "lambda/requirements.txt");
}

TEST(Detect, MetadataThatNoSyncWroteIsAForgery) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto forged = world.infra.read("lambda/sync-metadata.json");
  auto other = World::ready();
  other.infra.commit({{"lambda/sync-metadata.json", forged}});
  EXPECT_EQ(other.ask().error().code, "TD0332");
  other.infra.commit({{"lambda/sync-metadata.json", R"({"source_commit": "abc", "sync_timestamp": "2025"})"}});
  EXPECT_TRUE(other.ask()) << "a file of an older tool claims nothing";
}

TEST(Detect, ACommitThatOnlySaysItIsASyncIsAForgery) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto& repository = world.infra.repository;
  const auto head = world.infra.head();
  const auto real = *repository.commit(head);
  const auto tree = *repository.write_tree(real.tree, {{"lambda/src/evil.py", *repository.write_blob("e")}});
  const auto forged = *repository.write_commit(tree, {head}, real.author, real.committer, real.message);
  ASSERT_TRUE(repository.move_ref("refs/heads/main", forged, head));
  EXPECT_EQ(world.ask().error().code, "TD0332");
}

TEST(Detect, OnlyTrustedKeysCount) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto question = world.question();
  question.public_keys = {SigningKey::generate().public_key()};
  const auto found = detect(world.store, question);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "TD0330");
  question.public_keys.push_back(world.key.public_key());
  EXPECT_TRUE(detect(world.store, question));
}

/// Writes a log entry of one's own making and points the remote's log at it.
void rewrite_log(World& world, const Statement& statement, const SigningKey& key, const std::optional<CommitId>& parent = {}) {
  auto& repository = world.infra.repository;
  const auto old = world.infra.ref("refs/tandem/log");
  const auto entry = *write_entry(repository, parent, statement, seal(statement, key));
  ASSERT_TRUE(repository.move_ref("refs/tandem/log", entry, old));
}

Statement attested(World& world) {
  return read_entry(world.infra.repository, *world.infra.ref("refs/tandem/log"), {world.key.public_key()})->statement;
}

TEST(Detect, EvenATrustedKeyCannotAttestACopyThatIsNone) {
  auto world = World::ready();
  const auto synced = world.sync();
  ASSERT_TRUE(synced);
  auto& repository = world.infra.repository;
  auto statement = attested(world);
  // A commit with one file more than was carried, attested as if it were the sync.
  const auto tree = *repository.write_tree(statement.landed_tree, {{"app.py", *repository.write_blob("cdk with a back door")}});
  const auto who = coordinator(statement.cargo.at);
  statement.landed = *repository.write_commit(tree, {statement.cargo.base}, who, who, commit_message(statement.cargo));
  statement.landed_tree = tree;
  ASSERT_TRUE(repository.move_ref("refs/heads/main", statement.landed, world.infra.head()));
  rewrite_log(world, statement, world.key);
  auto store = *PairStore::open(world.folder.path() / "fresh.git");
  ASSERT_TRUE(store.fetch(world.request().source));
  const auto found = detect(store, world.question());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, "TD0335");
  EXPECT_EQ(found.error().place->file, "app.py");
}

TEST(Detect, ARewrittenLogIsRefusedByAStoreThatKnewTheOldOne) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto statement = attested(world);
  statement.cargo.actor = "eve";
  rewrite_log(world, statement, world.key);
  EXPECT_EQ(world.ask().error().code, "TD0331");
}

TEST(Detect, ALogWithAGapIsRefused) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto statement = attested(world);
  statement.cargo.sequence = 5;
  rewrite_log(world, statement, world.key, world.infra.ref("refs/tandem/log"));
  EXPECT_EQ(world.ask().error().code, "TD0331");
}

TEST(Detect, AFreshStoreNeedsNothingButTheTwoRemotes) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto store = *PairStore::open(world.folder.path() / "fresh.git");
  const auto found = detect(store, world.question());
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->sync->application, world.app.head());
}

TEST(Detect, ConfigurationThatChangedSinceTheSyncIsNoted) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  auto question = world.question();
  question.configuration.components.push_back({"lib", "lambda/lib"});
  const auto found = detect(world.store, question);
  ASSERT_TRUE(found) << text(found.error());
  EXPECT_EQ(found->notes.size(), 1U);
}

TEST(Attestation, HasThePreAuthenticationEncodingOfTheSpecification) {
  EXPECT_EQ(pre_authentication_encoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Attestation, ReadsBackWhatWasSealed) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto statement = attested(world);
  const auto again = open_envelope(seal(statement, world.key), {world.key.public_key()});
  ASSERT_TRUE(again) << text(again.error());
  EXPECT_EQ(again->statement, statement);
}

TEST(Attestation, AnyFlippedByteOfThePayloadBreaksIt) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  const auto envelope = seal(attested(world), world.key);
  const auto start = envelope.find("\"payload\":\"") + 11;
  for (size_t at = start; at < start + 200; at += 7) {
    auto bent = envelope;
    bent[at] = bent[at] == 'A' ? 'B' : 'A';
    if (bent == envelope) continue;
    EXPECT_FALSE(open_envelope(bent, {world.key.public_key()})) << at;
  }
}

TEST(Attestation, NoiseIsNoEnvelope) {
  for (const auto* noise : {"", "{}", "[]", "null", R"({"payloadType":"x","payload":"!","signatures":[]})", R"({"payload":1})"})
    EXPECT_FALSE(open_envelope(noise, {std::string(32, 'k')})) << noise;
}

}  // namespace
}  // namespace tandem::sync
