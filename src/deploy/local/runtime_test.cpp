#include "deploy/local/runtime.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.hpp"

namespace tandem::deploy::local {
namespace {

TEST(PythonRuntime, NamesAPythonThatIsNotThere) {
  const auto folder = TemporaryFolder::make().value();
  const auto made = ensure_python_runtime(folder.path(), "python-of-tomorrow", nullptr);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().fault, Fault::Missing);
}

TEST(PythonRuntime, ReusesWhatIsComplete) {
  const auto folder = TemporaryFolder::make().value();
  // A python that says 9.9.9 and cannot do anything else.
  const auto python = (folder.path() / "python").string();
  ASSERT_TRUE(replace_file(python, "#!/bin/sh\n[ \"$1\" = -c ] && echo 9.9.9 && exit 0\necho no; exit 1\n", 0755));
  const auto environment = folder.path() / "python-9.9.9-awslambdaric-4.2.2-boto3-1.44.5";
  const auto refused = ensure_python_runtime(folder.path(), python, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::Unavailable);
  EXPECT_FALSE(std::filesystem::exists(environment));

  ASSERT_TRUE(replace_file(environment / "bin/python3", "#!/bin/sh\n", 0755));
  ASSERT_TRUE(write_file(environment / "tandem-runtime", "complete\n"));
  EXPECT_EQ(ensure_python_runtime(folder.path(), python, nullptr).value(), environment);
}

TEST(PythonRuntime, ReachesThePackageIndexTheWayThisMachineSays) {
  const auto folder = TemporaryFolder::make().value();
  const auto python = (folder.path() / "python").string();
  ASSERT_TRUE(replace_file(python, "#!/bin/sh\n[ \"$1\" = -c ] && echo 9.9.9 && exit 0\necho \"$PIP_INDEX_URL\"; exit 1\n", 0755));
  ::setenv("PIP_INDEX_URL", "https://packages.example/simple", 1);
  const auto refused = ensure_python_runtime(folder.path(), python, nullptr);
  ::unsetenv("PIP_INDEX_URL");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("https://packages.example/simple"), std::string::npos) << refused.error().what;
}

/// Needs a package index, so it is run by hand: --gtest_also_run_disabled_tests. It leaves what the tests of Python
/// functions look for.
TEST(PythonRuntime, DISABLED_InstallsTheRuntimeClientFromThePackageIndex) {
  const char* home = std::getenv("HOME");
  const auto cache = std::filesystem::path(home == nullptr ? "/tmp" : home) / ".cache/tandem/python";
  const auto made = ensure_python_runtime(cache, "/usr/bin/python3", [](std::string_view line) { fmt::print("{}\n", line); });
  ASSERT_TRUE(made) << text(made.error());
  EXPECT_EQ(ensure_python_runtime(cache, "/usr/bin/python3", nullptr).value(), *made);
}

}  // namespace
}  // namespace tandem::deploy::local
