// CDK apps in Python: their packages come from requirements.txt, once for each of its texts.

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/synth.hpp"

namespace tandem::deploy {
namespace {
namespace fs = std::filesystem;

/// Makes a wheel by hand, so that nothing has to be fetched: the module `house` with a number in it.
const char* const make_wheel = R"py(
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + '/house-' + sys.argv[2] + '-py3-none-any.whl', 'w') as wheel:
    about = 'house-' + sys.argv[2] + '.dist-info/'
    wheel.writestr('house.py', 'rooms = ' + repr(sys.argv[2]))
    wheel.writestr(about + 'METADATA', 'Metadata-Version: 2.1\nName: house\nVersion: ' + sys.argv[2] + '\n')
    wheel.writestr(about + 'WHEEL', 'Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    wheel.writestr(about + 'RECORD', '')
)py";

/// An app without CDK that needs `house`.
const char* const python_app = R"py(import json, os
import house
out = os.environ['CDK_OUTDIR']
with open(out + '/Api.template.json', 'w') as file:
    json.dump({'Description': house.rooms}, file)
with open(out + '/manifest.json', 'w') as file:
    json.dump({'version': '55.0.0', 'artifacts': {'Api': {'type': 'aws:cloudformation:stack', 'properties': {'templateFile': 'Api.template.json'}}}}, file)
)py";

struct PythonWorld {
  TemporaryFolder root = *TemporaryFolder::make();
  SynthRequest request;

  PythonWorld() {
    request.cache = root.path() / "cache";
    EXPECT_TRUE(make_folders(root.path() / "wheels"));
    wheel("1.0");
    fresh_tree();
  }
  void fresh_tree() {
    request.folder = root.path() / fresh_id("tree");
    file("cdk.json", R"({"app": "python3 app.py"})");
    file("app.py", python_app);
  }
  void wheel(const std::string& version) {
    const auto made = run_program({{"python3", "-c", make_wheel, (root.path() / "wheels").string(), version}, tool_environment()});
    ASSERT_TRUE(made && made->exit.ok());
  }
  void wants(const std::string& lines) { file("requirements.txt", fmt::format("--no-index\n--find-links {}\n{}\n", (root.path() / "wheels").string(), lines)); }
  void file(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(request.folder / name, text)); }
  Error error() {
    auto made = synthesise(request);
    EXPECT_FALSE(made);
    return made ? Error{} : made.error();
  }
  std::string description() {
    const auto made = synthesise(request);
    EXPECT_TRUE(made) << (made ? "" : text(made.error()));
    if (!made) return {};
    return std::string(parse_json(*read_file(fs::path(made->folder) / "Api.template.json"))->at("Description").as_string());
  }
};

TEST(SynthesisePython, ThePackagesOfRequirementsTxtAreThereForTheApp) {
  PythonWorld world;
  world.wants("house==1.0");
  EXPECT_EQ(world.description(), "1.0");
  EXPECT_FALSE(fs::exists(world.request.folder / "house.py")) << "the tree is left as it is";
}

TEST(SynthesisePython, TheyAreInstalledOnceForEachTextOfTheFile) {
  PythonWorld world;
  world.wants("house==1.0");
  EXPECT_EQ(world.description(), "1.0");
  fs::remove_all(world.root.path() / "wheels");
  world.fresh_tree();
  world.wants("house==1.0");
  world.file("other.txt", "another tree, the same packages");
  EXPECT_EQ(world.description(), "1.0");
  fs::create_directories(world.root.path() / "wheels");
  world.wheel("2.0");
  world.fresh_tree();
  world.wants("-r more.txt");
  world.file("more.txt", "house==2.0\n");
  EXPECT_EQ(world.description(), "2.0");
  world.wheel("3.0");
  world.file("more.txt", "house==3.0\n");
  EXPECT_EQ(world.description(), "3.0") << "what a file names that requirements.txt reads decides, too";
}

TEST(SynthesisePython, AMissingPackageIsToldWithTheWayToIt) {
  PythonWorld world;
  const auto nothing = world.error();
  EXPECT_EQ(nothing.code, "E-SYN-16");
  EXPECT_EQ(nothing.place, (Place{"app.py", 2}));
  EXPECT_NE(nothing.next.find("commit a requirements.txt beside cdk.json"), std::string::npos) << nothing.next;
  EXPECT_NE(nothing.next.find("house"), std::string::npos) << nothing.next;
  world.wants("");
  const auto unnamed = world.error();
  EXPECT_NE(unnamed.next.find("add the package of house to requirements.txt"), std::string::npos) << unnamed.next;
  world.file("pyproject.toml", "[project]\nname = 'x'\n");
  fs::remove(world.request.folder / "requirements.txt");
  EXPECT_NE(world.error().next.find("pyproject.toml"), std::string::npos);
}

TEST(SynthesisePython, WhatPipCannotInstallIsToldWithItsWords) {
  PythonWorld world;
  world.wants("house==9.9");
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-18");
  EXPECT_TRUE(error.what.starts_with("pip cannot install it: No matching distribution found for house==9.9")) << error.what;
  EXPECT_EQ(error.place, (Place{"requirements.txt", 3}));
  EXPECT_FALSE(error.next.empty());
}

TEST(SynthesisePython, ATreeThatWouldInstallItselfIsRefusedWithItsLine) {
  PythonWorld world;
  for (const auto* line : {"-e .", ".", "--editable=.", "./lib"}) {
    world.file("requirements.txt", fmt::format("# ours\n{}\n", line));
    const auto error = world.error();
    EXPECT_EQ(error.code, "E-SYN-18") << line;
    EXPECT_EQ(error.place, (Place{"requirements.txt", 2})) << line;
  }
}

TEST(SynthesisePython, AProgramOfAnEnvironmentThatIsNotCommittedIsTold) {
  PythonWorld world;
  world.file("cdk.json", R"({"app": ".venv/bin/python app.py"})");
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-19");
  EXPECT_NE(error.next.find("python3"), std::string::npos) << error.next;
}

TEST(SynthesisePython, AnyOtherErrorOfAnAppHasANextStep) {
  PythonWorld world;
  world.file("app.py", "raise ValueError('no table')\n");
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-16");
  EXPECT_NE(error.next.find("python3 app.py"), std::string::npos) << error.next;
}

}  // namespace
}  // namespace tandem::deploy
