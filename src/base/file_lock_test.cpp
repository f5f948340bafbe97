#include "base/file_lock.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"

namespace tandem {
namespace {

TEST(FileLock, IsHeldByOneUntilItsOwnerGoes) {
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "x.lock";
  {
    const auto held = FileLock::take(path, Duration{0});
    ASSERT_TRUE(held);
    const auto second = FileLock::take(path, Duration{0});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().fault, Fault::TimedOut);
  }
  EXPECT_TRUE(FileLock::take(path, Duration{0}));
}

TEST(FileLock, WaitingEndsWhenAskedTo) {
  const auto folder = *TemporaryFolder::make();
  const auto held = FileLock::take(folder.path() / "x.lock", Duration{0});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(FileLock::take(folder.path() / "x.lock", std::chrono::hours{1}, stop.get_token()).error().fault, Fault::Cancelled);
}

}  // namespace
}  // namespace tandem
