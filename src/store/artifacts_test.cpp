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

}  // namespace
}  // namespace tandem::store
