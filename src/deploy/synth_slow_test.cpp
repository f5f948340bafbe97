#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.hpp"
#include "deploy/synth.hpp"

namespace tandem::deploy {
namespace {
namespace fs = std::filesystem;

/// The infrastructure we ship, with its real packages from the registry that npm is configured for.
TEST(SlowSynthesise, TheShippedInfrastructureIsSynthesisedByTheRealLibrary) {
  const auto root = TemporaryFolder::make();
  const auto shipped = fs::path(TANDEM_SOURCE_DIR) / "registry" / "infrastructure";
  const auto request_in = [&](const char* name) {
    SynthRequest request{root->path() / name, root->path() / "cache", "integrated_api_handler.lambda_handler", "dev"};
    for (const auto& entry : fs::directory_iterator(shipped))
      if (entry.path().filename() != "node_modules" && entry.path().filename() != "dist" && entry.path().filename() != "cdk.out")
        fs::copy(entry.path(), request.folder / entry.path().filename(), fs::copy_options::recursive);
    return request;
  };
  fs::create_directories(root->path() / "first");
  fs::create_directories(root->path() / "second");
  std::string lines;
  const auto first = synthesise(request_in("first"), [&lines](std::string_view line) { lines += std::string(line) + "\n"; });
  if (!first && first.error().fault == Fault::Unavailable) GTEST_SKIP() << text(first.error());
  ASSERT_TRUE(first) << text(first.error()) << "\n" << lines;
  EXPECT_GE(first->stacks.size(), 2U);
  EXPECT_FALSE(first->reused);

  const auto began = std::chrono::steady_clock::now();
  const auto second = synthesise(request_in("second"));
  const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
  ASSERT_TRUE(second) << text(second.error());
  EXPECT_TRUE(second->reused);
  EXPECT_EQ(second->digest, first->digest);
  std::cout << "synthesis reused in " << for_people(took) << "\n";

  const auto again = [&] {
    auto request = request_in("third");
    request.variables["UNRELATED"] = "1";   // another key, the same assembly
    return request;
  };
  fs::create_directories(root->path() / "third");
  const auto third = synthesise(again());
  ASSERT_TRUE(third) << text(third.error());
  EXPECT_FALSE(third->reused);
  EXPECT_EQ(third->digest, first->digest) << "the app does not write the same assembly twice";
}

}  // namespace
}  // namespace tandem::deploy
