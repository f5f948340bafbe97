#pragma once
// For tests of compose: an infrastructure repository with a synchronised application in it, and an index of wheels made here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/archive.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "compose/compose.hpp"
#include "compose/python.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;

/// Mangum's shape without its mass: calls the app and answers what it says.
inline constexpr auto mangum = R"(
class Mangum:
    def __init__(self, app, lifespan="auto"):
        assert lifespan == "off"
        self.app = app
    def __call__(self, event, context):
        status, body = self.app(event)
        return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body, "isBase64Encoded": False}
)";
inline constexpr auto good_main = R"(from src.people import app
)";
inline constexpr auto good_people = R"(import os, json
def app(event):
    return 200, json.dumps({"status": "healthy", "handler": os.environ["TANDEM_SERVING_HANDLER"]})
)";
inline constexpr auto old_handler = R"(import json
def lambda_handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"status": "healthy"})}
)";

/// An infrastructure repository whose commit holds a synchronised application; no index is ever asked.
struct World {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-compose");
  git::Repository repository = *git::Repository::init_bare(folder.path() / "infra.git");
  std::map<std::string, std::string> files{{"app.py", "cdk"}, {"lambda/main.py", good_main}, {"lambda/src/people.py", good_people},
                                           {"lambda/src/tests/test_people.py", "assert False"}, {"lambda/api_handler.py", old_handler},
                                           {"lambda/mangum.py", mangum}};
  bool is_synced = true;

  ComposeRequest request() {
    std::vector<git::Placement> placements;
    for (const auto& [path, text] : files) placements.push_back({path, *repository.write_blob(text)});
    ComposeRequest out;
    out.tree = *repository.write_tree(std::nullopt, placements);
    if (is_synced) out.application = ProvenApplication{{"sync-1"}, "api", {std::string(40, 'a')}, {{"src", "lambda/src"}, {"main.py", "lambda/main.py"}}};
    out.cache = folder.path() / "cache";
    out.bundles = folder.path() / "bundles";
    out.installer_environment = {{"PIP_NO_INDEX", "1"}, {"PIP_FIND_LINKS", (folder.path() / "wheels").string()}};
    out.isolation = Isolation::IfAvailable;
    return out;
  }
  Result<Bundle> compose() { return compose::compose(repository, request()); }

  /// A wheel of one module, as an index would hand it out. `needs`: its requirements.
  void offer(const std::string& name, const std::string& version, const std::string& module, const std::string& python = ">=3",
             const std::vector<std::string>& needs = {}, const std::string& tag = "py3-none-any") {
    const auto content = folder.path() / "wheel" / (name + "-" + version);
    const auto info = fmt::format("{}-{}.dist-info", name, version);
    ASSERT_TRUE(write_file(content / (name + ".py"), module));
    auto metadata = fmt::format("Metadata-Version: 2.1\nName: {}\nVersion: {}\nRequires-Python: {}\n", name, version, python);
    for (const auto& each : needs) {
      metadata += fmt::format("Requires-Dist: {}\n", each);
      if (const auto extra = each.find("extra == '"); extra != each.npos) metadata += fmt::format("Provides-Extra: {}\n", each.substr(extra + 10, each.rfind('\'') - extra - 10));
    }
    ASSERT_TRUE(write_file(content / info / "METADATA", metadata));
    ASSERT_TRUE(write_file(content / info / "WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: " + tag + "\n"));
    ASSERT_TRUE(write_file(content / info / "entry_points.txt", fmt::format("[console_scripts]\n{} = {}:main\n", name, name)));
    ASSERT_TRUE(write_file(content / info / "RECORD", fmt::format("{}.py,,\n{}/METADATA,,\n{}/WHEEL,,\n{}/entry_points.txt,,\n{}/RECORD,,\n", name, info, info, info, info)));
    ASSERT_TRUE(make_folders(folder.path() / "wheels"));
    ASSERT_TRUE(zip_folder(content, folder.path() / "wheels" / fmt::format("{}-{}-{}.whl", name, version, tag)));
  }
};

}  // namespace tandem::compose
