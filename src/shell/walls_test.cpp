#include "shell/walls.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem::shell {
namespace {

TEST(Walls, AllStandOnAMachineWithASandbox) {
  const auto scratch = *TemporaryFolder::make();
  for (const auto& wall : try_walls(scratch.path())) {
    // Holding all processes of an action together takes control groups, which not every machine lets us make.
    const bool needs_groups = wall.name == "process count";
    if (needs_groups && wall.what.find("control groups") == std::string::npos) continue;
    EXPECT_TRUE(wall.stands) << wall.name << ": " << wall.what;
  }
  EXPECT_TRUE(files_below(scratch.path())->empty()) << "the attempts leave nothing behind";
}

TEST(Walls, AreNoneWithoutASandbox) {
  const auto scratch = *TemporaryFolder::make();
  const auto walls = try_walls(scratch.path(), "no-such-sandbox");
  ASSERT_EQ(walls.size(), 1U);
  EXPECT_FALSE(walls[0].stands);
  EXPECT_NE(walls[0].what.find("no-such-sandbox"), std::string::npos) << walls[0].what;
  EXPECT_FALSE(walls[0].next.empty());
}

}  // namespace
}  // namespace tandem::shell
