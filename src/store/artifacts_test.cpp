#include "store/artifacts.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "store/secrets.hpp"

namespace tandem::store {
namespace {

TEST(Artifacts, AreEncryptedAtRestAndRefusedAfterAChange) {
  const auto folder = *TemporaryFolder::make();
  const auto artifacts = *Artifacts::open(folder.path());
  const auto digest = *artifacts.put("the quick brown fox");
  EXPECT_EQ(*artifacts.get(digest), "the quick brown fox");
  const auto there = *files_below(folder.path());
  for (const auto& name : there) {
    auto bytes = *read_file(folder.path() / name);
    EXPECT_EQ(bytes.find("quick brown"), std::string::npos);
    if (name == "key") continue;
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    ASSERT_TRUE(write_file(folder.path() / name, bytes));
  }
  EXPECT_FALSE(artifacts.get(digest));
}

TEST(Secrets, ReadBackFromTheSealedFileAndNeverLieThereInPlain) {
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(Secrets::open(folder.path())->set("api_key", "correct horse"));
  EXPECT_EQ(**Secrets::open(folder.path())->find("api_key"), "correct horse");
  EXPECT_EQ(read_file(folder.path() / "api_key.sealed")->find("horse"), std::string::npos);
}

TEST(Secrets, RefuseNamesThatLeaveTheFolder) {
  const auto folder = *TemporaryFolder::make();
  EXPECT_FALSE(Secrets::open(folder.path())->set("../x", "y"));
}

TEST(Secrets, ARotationSealsAllUnderANewKeyAndOtherReadersNotice) {
  const auto folder = *TemporaryFolder::make();
  auto secrets = *Secrets::open(folder.path());
  const auto reader = *Secrets::open(folder.path());
  ASSERT_TRUE(secrets.set("one", "first"));
  ASSERT_TRUE(secrets.set("two", "second"));
  const auto key = *read_file(folder.path() / "key");
  const auto sealed = *read_file(folder.path() / "one.sealed");
  EXPECT_EQ(*secrets.rotate(), 2U);
  EXPECT_NE(*read_file(folder.path() / "key"), key);
  EXPECT_EQ(std::filesystem::status(folder.path() / "key").permissions(), std::filesystem::perms(0600));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "key.next"));
  EXPECT_EQ(**reader.find("one"), "first");
  EXPECT_EQ(**reader.find("two"), "second");
  // Who kept the old key opens nothing any more.
  ASSERT_TRUE(replace_file(folder.path() / "old", key, 0600));
  EXPECT_FALSE(Seal::load_or_create(folder.path() / "old")->open(*read_file(folder.path() / "one.sealed"), "one"));
  ASSERT_TRUE(write_file(folder.path() / "one.sealed", sealed));
  EXPECT_FALSE(reader.find("one")) << "and what it sealed is refused";
}

TEST(Secrets, AnInterruptedRotationLosesNothingAndGoesOn) {
  const auto folder = *TemporaryFolder::make();
  auto secrets = *Secrets::open(folder.path());
  ASSERT_TRUE(secrets.set("one", "first"));
  ASSERT_TRUE(secrets.set("two", "second"));
  // As a crash after the first secret leaves it.
  const auto next = *Seal::load_or_create(folder.path() / "key.next");
  ASSERT_TRUE(replace_file(folder.path() / "one.sealed", next.close("first", "one"), 0600));
  EXPECT_EQ(**secrets.find("one"), "first");
  EXPECT_EQ(**secrets.find("two"), "second");
  ASSERT_TRUE(secrets.set("three", "third"));
  EXPECT_EQ(**secrets.find("three"), "third");
  EXPECT_EQ(*secrets.rotate(), 3U);
  for (const auto& [name, value] : std::map<std::string, std::string>{{"one", "first"}, {"two", "second"}, {"three", "third"}})
    EXPECT_EQ(**secrets.find(name), value);
}

}  // namespace
}  // namespace tandem::store
