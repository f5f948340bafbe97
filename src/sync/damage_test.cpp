// Repositories that are not whole, or not there as the configuration says: each is told for what it is, and nothing moves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "sync/test_world.hpp"

namespace tandem::sync {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The file of a loose object.
fs::path loose(const Side& side, const std::string& id) { return side.repository.path() / "objects" / id.substr(0, 2) / id.substr(2); }

std::string people(World& world) { return (*world.app.repository.find(*world.app.repository.tree_of(world.app.head()), "src/people.py"))->id; }

/// What a sync of a damaged source says; the infrastructure must not have moved.
Error refusal(World& world, const SyncRequest& request) {
  const auto head = world.infra.head();
  const auto synced = synchronise(request, world.store, world.key);
  EXPECT_EQ(world.infra.head(), head);
  EXPECT_FALSE(world.infra.ref("refs/tandem/log"));
  EXPECT_FALSE(synced);
  return synced ? Error{} : synced.error();
}
Error refusal(World& world) { return refusal(world, world.request()); }

TEST(Damage, ASourceThatLacksAnObjectIsDamagedNotOutOfReach) {
  auto world = World::ready();
  ASSERT_TRUE(fs::remove(loose(world.app, people(world))));
  const auto error = refusal(world);
  EXPECT_EQ(error.code, "TD0315") << text(error);
  EXPECT_EQ(error.fault, Fault::Broken);
  EXPECT_THAT(error.next, HasSubstr("git fsck"));
}

TEST(Damage, ASourceWhoseObjectHoldsSomethingElseIsDamaged) {
  auto world = World::ready();
  const auto other = *world.app.repository.write_blob("something else");
  const auto file = loose(world.app, people(world));
  ASSERT_TRUE(fs::remove(file));
  fs::copy_file(loose(world.app, other), file);
  EXPECT_EQ(refusal(world).code, "TD0315");
}

TEST(Damage, ACommitWhoseParentIsNotThereIsDamaged) {
  auto world = World::ready();
  const auto tree = world.app.repository.tree_of(world.app.head())->value;
  const auto orphan = world.git({"hash-object", "-t", "commit", "-w", "--literally", "--stdin"}, world.app,
                                fmt::format("tree {}\nparent {}\nauthor a <a@e> 1 +0000\ncommitter a <a@e> 1 +0000\n\nx\n", tree, std::string(40, '1')));
  ASSERT_TRUE(replace_file(world.app.repository.path() / "refs/heads/main", orphan + "\n"));
  EXPECT_EQ(refusal(world).code, "TD0315");
}

TEST(Damage, AShallowCloneAsSourceIsCalledThat) {
  auto world = World::ready();
  world.app.commit({{"src/people.py", "v2"}});
  const auto shallow = world.folder.path() / "shallow.git";
  world.git({"-c", "protocol.file.allow=always", "clone", "-q", "--bare", "--depth", "1", "file://" + world.app.url(), shallow.string()}, world.app);
  auto request = world.request();
  request.source.url = shallow.string();
  const auto error = refusal(world, request);
  EXPECT_EQ(error.code, "TD0315") << text(error);
  EXPECT_THAT(error.what, HasSubstr("shallow"));
  EXPECT_THAT(error.next, HasSubstr("--unshallow"));
}

TEST(Damage, ABranchThatIsNotThereIsNamedWithTheWayOut) {
  auto world = World::ready();
  auto request = world.request();
  request.source.branch = "trunk";
  const auto error = refusal(world, request);
  EXPECT_EQ(error.code, "TD0316") << text(error);
  EXPECT_THAT(error.what, HasSubstr("no branch trunk in api"));
  EXPECT_THAT(error.next, HasSubstr("repositories.api.branch"));
}

TEST(Damage, ARepositoryOfSha256NamesIsRefusedAsThat) {
  auto world = World::ready();
  const auto other = world.folder.path() / "sha256.git";
  world.git({"init", "-q", "--bare", "-b", "main", "--object-format=sha256", other.string()}, world.app);
  const auto inside = [&](std::vector<std::string> arguments) {
    auto command = git::git_command(std::move(arguments), other);
    for (const auto* who : {"AUTHOR", "COMMITTER"})
      for (const auto* what : {"NAME", "EMAIL"}) command.environment.insert_or_assign(fmt::format("GIT_{}_{}", who, what), "ada");
    const auto output = run_program(command);
    EXPECT_TRUE(output && output->exit.ok()) << (output ? output->err : text(output.error()));
    return output ? std::string(trimmed(output->out)) : "";
  };
  inside({"update-ref", "refs/heads/main", inside({"commit-tree", "-m", "x", inside({"mktree"})})});
  auto request = world.request();
  request.source.url = other.string();
  EXPECT_THAT(text(refusal(world, request)), HasSubstr("SHA-256"));
  const auto opened = git::Repository::open(other);
  ASSERT_FALSE(opened);
  EXPECT_THAT(text(opened.error()), HasSubstr("SHA-256"));
}

TEST(Damage, RequirementsThatAreALinkAreNotReadAsRequirements) {
  for (const auto* target : {"fastapi", "requirements/prod.txt"}) {
    auto world = World::ready();
    world.app.place({{"requirements.txt", *world.app.repository.write_blob(target), 0120000}});
    const auto error = refusal(world);
    EXPECT_EQ(error.code, "TD0320") << text(error);
    EXPECT_THAT(error.what, HasSubstr("requirements.txt of api is no regular file"));
    EXPECT_EQ(error.place, (Place{"api:requirements.txt"}));
  }
  auto world = World::ready();
  world.infra.place({{"lambda/requirements.txt", *world.infra.repository.write_blob("boto3"), 0120000}});
  EXPECT_EQ(refusal(world).place, (Place{"infra:lambda/requirements.txt"}));
}

TEST(Damage, RequirementsOfMoreThanAMebibyteAreRefusedUnread) {
  auto world = World::ready();
  world.app.commit({{"requirements.txt", std::string((1UL << 20) + 1, '#')}});
  EXPECT_EQ(refusal(world).code, "TD0320");
}

TEST(Damage, AnApplicationWithoutRequirementsIsToldTheKeyThatSaysSo) {
  auto world = World::ready();
  world.app.commit({{"requirements.txt", std::nullopt}});
  const auto error = refusal(world);
  EXPECT_EQ(error.code, "TD0302");
  EXPECT_THAT(error.next, HasSubstr("sync.requirements"));
}

TEST(Damage, APointerOfGitLfsIsNotCarriedInThePlaceOfItsFile) {
  auto world = World::ready();
  world.app.commit({{"src/.gitattributes", "*.bin filter=lfs\n"},
                    {"src/model.bin", fmt::format("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n", std::string(64, '4'))}});
  const auto error = refusal(world);
  EXPECT_EQ(error.code, "TD0303") << text(error);
  EXPECT_THAT(error.what, HasSubstr("src/model.bin is a pointer of Git LFS"));
  EXPECT_THAT(error.what, HasSubstr("(content.lfs)"));
}

TEST(Damage, APairStoreThatIsNoRepositoryAnyMoreIsToldWithTheWayOut) {
  auto world = World::ready();
  ASSERT_TRUE(tandem::remove_all(world.folder.path() / "pair.git/objects"));
  const auto opened = PairStore::open(world.folder.path() / "pair.git");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().next, HasSubstr("move it away"));
}

TEST(Damage, ADestinationWhoseFolderIsAFileALinkOrASubmoduleIsNotSweptAway) {
  for (const unsigned mode : {0100644U, 0120000U, 0160000U}) {
    auto world = World::ready();
    const auto object = mode == 0160000U ? world.infra.head().value : *world.infra.repository.write_blob("elsewhere");
    world.infra.place({{"lambda", object, mode}});
    const auto error = refusal(world);
    EXPECT_EQ(error.code, "TD0301") << mode << text(error);
    EXPECT_EQ(error.place, (Place{"lambda"}));
    EXPECT_THAT(error.what, HasSubstr("lambda of infra is no folder"));
  }
}

TEST(Damage, ABranchInTheWayOfTheSyncsBranchesIsNamed) {
  auto world = World::ready();
  ASSERT_TRUE(world.infra.repository.move_ref("refs/heads/tandem", world.infra.head(), std::nullopt));
  const auto error = refusal(world);
  EXPECT_EQ(error.code, "TD0309") << text(error);
  EXPECT_THAT(error.what, HasSubstr("refs/heads/tandem stands in the way"));
}

TEST(Damage, ALogThatIsNoneIsToldAsThat) {
  auto world = World::ready();
  ASSERT_TRUE(world.infra.repository.move_ref("refs/tandem/log", world.infra.head(), std::nullopt));
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, "TD0331") << text(synced.error());
  EXPECT_THAT(synced.error().next, HasSubstr("refs/tandem/log"));
}

TEST(Damage, WhatGitRefusesOfTheInfrastructureIsToBeMendedThere) {
  auto world = World::ready();
  const auto blob = *world.infra.repository.write_blob("x");
  const auto tree = world.git({"hash-object", "-t", "tree", "--literally", "-w", "--stdin"}, world.infra, std::string("100644 .git") + '\0' + *from_hex(blob));
  world.infra.place({{"deep", tree, 0040000}});
  const auto error = refusal(world);
  EXPECT_EQ(error.code, "TD0303") << text(error);
  EXPECT_THAT(error.next, HasSubstr("in infra"));
}

TEST(Damage, WhatLiesInThePairStoreAndIsNoneOfOursIsToldWithTheWayOut) {
  auto world = World::ready();
  ASSERT_TRUE(world.sync());
  ASSERT_TRUE(replace_file(world.folder.path() / "pair.git/packed-refs", "junk\n"));
  world.app.commit({{"src/people.py", "v2"}});
  const auto synced = world.sync();
  ASSERT_FALSE(synced);
  EXPECT_THAT(synced.error().next, HasSubstr("moved away"));
}

}  // namespace
}  // namespace tandem::sync
