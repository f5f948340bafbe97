#include "deploy/synth.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::deploy {
namespace {
namespace fs = std::filesystem;

/// A CDK app without CDK: writes an assembly of two stacks and notes each of its runs.
const char* const fake_app = R"js(
const fs = require('fs'), path = require('path');
const out = process.env.CDK_OUTDIR;
const context = JSON.parse(process.env.CDK_CONTEXT_JSON);
fs.appendFileSync(process.env.RUNS, 'run\n');
console.log('synthesising for ' + process.env.TANDEM_ENVIRONMENT);
fs.mkdirSync(path.join(out, 'asset.1'));
fs.copyFileSync(path.join(__dirname, 'lambda/main.py'), path.join(out, 'asset.1/main.py'));
fs.writeFileSync(path.join(out, 'Api.template.json'), JSON.stringify({Description: context.stage,
  Metadata: {handler: process.env.TANDEM_HANDLER, validation: process.env.CDK_VALIDATION ?? 'on', region: process.env.CDK_DEFAULT_REGION ?? 'none',
    credentials: Object.keys(process.env).filter((name) => /^AWS_(ACCESS|SECRET|SESSION|PROFILE)/.test(name))}}));
fs.writeFileSync(path.join(out, 'Data.template.json'), '{}');
fs.writeFileSync(path.join(out, 'Api.assets.json'), JSON.stringify({files: {1: {source: {path: 'asset.1', packaging: 'zip'}, destinations: {}}}}));
const stack = (file, dependencies) => ({type: 'aws:cloudformation:stack', properties: {templateFile: file}, dependencies});
fs.writeFileSync(path.join(out, 'manifest.json'), JSON.stringify({version: '55.0.0', artifacts: {
  Tree: {type: 'cdk:tree'}, Api: stack('Api.template.json', ['Data', 'Api.assets']), Data: stack('Data.template.json', []),
  'Api.assets': {type: 'cdk:asset-manifest', properties: {file: 'Api.assets.json'}}}}));
)js";

/// An npm that installs nothing but a program `say`, and notes each of its runs.
const char* const fake_npm = R"sh(#!/bin/sh
echo "$@" >> "$NPM_RUNS"
[ -z "$NPM_FAILS" ] || { echo "npm error code $NPM_FAILS" >&2; echo "npm error something about it" >&2; exit 1; }
mkdir -p node_modules/.bin
printf '#!/bin/sh\necho "$@" > said.txt\n' > node_modules/.bin/say
chmod +x node_modules/.bin/say
)sh";

struct World {
  TemporaryFolder root = *TemporaryFolder::make();
  SynthRequest request;
  std::vector<std::string> lines;

  World() {
    request.cache = root.path() / "cache";
    request.tools["PATH"] = (root.path() / "tools").string() + ":" + request.tools["PATH"];
    request.variables = {{"RUNS", (root.path() / "runs").string()}, {"NPM_RUNS", (root.path() / "npm-runs").string()}};
    request.entry_point = "integrated_api_handler.lambda_handler";
    request.environment = "dev";
    write("tools/npm", fake_npm);
    fs::permissions(root.path() / "tools/npm", fs::perms::owner_all);
    fresh_tree();
  }
  /// The tree extracted anew, as for every run.
  void fresh_tree() {
    request.folder = root.path() / fresh_id("tree");
    file("cdk.json", R"({"app": "node app.js", "context": {"stage": "prod"}})");
    file("app.js", fake_app);
    file("lambda/main.py", "print('v1')\n");
  }
  void with_packages() {
    file("package.json", R"({"dependencies": {"say": "1.0.0"}})");
    file("package-lock.json", R"({"lockfileVersion": 3, "packages": {"node_modules/say": {"version": "1.0.0"}}})");
  }
  void write(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(root.path() / name, text)); }
  void file(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(request.folder / name, text)); }

  Result<Assembly> synth() {
    return synthesise(request, [this](std::string_view line) { lines.emplace_back(line); });
  }
  Assembly assembly() {
    auto made = synth();
    EXPECT_TRUE(made) << (made ? "" : text(made.error()));
    return made ? *made : Assembly{};
  }
  Error error() {
    auto made = synth();
    EXPECT_FALSE(made);
    return made ? Error{} : made.error();
  }
  size_t runs(const char* name = "runs") { return lines_of(read_file(root.path() / name).value_or("")).size(); }
  std::string metadata(const Assembly& made, const char* key) {
    const auto value = parse_json(*read_file(fs::path(made.folder) / "Api.template.json"));
    return std::string(value->at("Metadata").at(key).as_string());
  }
};

TEST(Synthesise, RunsTheAppAndReturnsItsStacksInDeployOrder) {
  World world;
  const auto made = world.assembly();
  EXPECT_EQ(made.stacks, (std::vector<std::string>{"Data", "Api"}));
  EXPECT_FALSE(made.reused);
  EXPECT_TRUE(made.digest.value.starts_with("sha256:"));
  EXPECT_TRUE(fs::exists(fs::path(made.folder) / "manifest.json"));
  EXPECT_EQ(world.lines, (std::vector<std::string>{"synthesising for dev"}));
}

TEST(Synthesise, TellsTheAppItsHandlerAndContextButNoCredentials) {
  World world;
  world.request.context = {{"stage", "blue"}};
  const auto made = world.assembly();
  EXPECT_EQ(world.metadata(made, "handler"), "integrated_api_handler.lambda_handler");
  EXPECT_EQ(world.metadata(made, "region"), "none");
  const auto value = parse_json(*read_file(fs::path(made.folder) / "Api.template.json"));
  EXPECT_EQ(value->at("Description").as_string(), "blue");
  EXPECT_TRUE(value->at("Metadata").at("credentials").as_array().empty());
}

TEST(Synthesise, LeavesTheLibrarysValidationOutUnlessAsked) {
  World world;
  EXPECT_EQ(world.metadata(world.assembly(), "validation"), "false");
  world.request.validation = Validation::On;
  EXPECT_EQ(world.metadata(world.assembly(), "validation"), "on");
}

TEST(Synthesise, RunsNothingWhenNothingItReadsHasChanged) {
  World world;
  const auto first = world.assembly();
  world.fresh_tree();
  const auto second = world.assembly();
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.folder, first.folder);
  EXPECT_EQ(second.digest, first.digest);
  EXPECT_EQ(world.runs(), 1U);
}

TEST(Synthesise, RunsAgainForEveryInputThatChanges) {
  const std::vector<std::pair<const char*, std::function<void(World&)>>> changes{
      {"a file", [](World& world) { world.file("lambda/main.py", "print('v2')\n"); }},
      {"a new file", [](World& world) { world.file("lib/x.js", ""); }},
      {"the executable bit", [](World& world) { fs::permissions(world.request.folder / "lambda/main.py", fs::perms::owner_all); }},
      {"the context", [](World& world) { world.request.context = {{"stage", "x"}}; }},
      {"the handler", [](World& world) { world.request.entry_point = "api_handler.lambda_handler"; }},
      {"the environment", [](World& world) { world.request.environment = "prod"; }},
      {"a variable", [](World& world) { world.request.variables["OTHER"] = "1"; }},
      {"the bundle", [](World& world) { world.request.bundle = Digest{"sha256:1"}; }},
      {"validation", [](World& world) { world.request.validation = Validation::On; }},
  };
  for (const auto& [what, change] : changes) {
    World world;
    world.assembly();
    world.fresh_tree();
    change(world);
    EXPECT_FALSE(world.assembly().reused) << what;
    EXPECT_EQ(world.runs(), 2U) << what;
  }
}

TEST(Synthesise, TakesTheBundlesDigestForItsFiles) {
  World world;
  world.request.bundle = Digest{"sha256:1"};
  world.request.bundle_path = "lambda";
  world.assembly();
  world.fresh_tree();
  world.file("lambda/__pycache__/main.pyc", "left over");
  EXPECT_TRUE(world.assembly().reused);
}

TEST(Synthesise, RunsAgainWhenTheKeptAssemblyWasTouched) {
  World world;
  const auto first = world.assembly();
  ASSERT_TRUE(write_file(fs::path(first.folder) / "Data.template.json", R"({"Resources": {}})"));
  world.fresh_tree();
  const auto second = world.assembly();
  EXPECT_FALSE(second.reused);
  EXPECT_EQ(second.digest, first.digest);
}

TEST(Synthesise, TheDigestFollowsTheContentsOfTheAssets) {
  World world;
  const auto first = world.assembly();
  world.fresh_tree();
  world.file("lambda/main.py", "print('v2')\n");
  EXPECT_NE(world.assembly().digest, first.digest);
  world.fresh_tree();
  fs::permissions(world.request.folder / "lambda/main.py", fs::perms::owner_all);
  EXPECT_NE(world.assembly().digest, first.digest);
}

TEST(Synthesise, InstallsThePackagesOfALockFileOnce) {
  World world;
  world.with_packages();
  world.file("cdk.json", R"({"app": "node app.js", "build": "npx say 'hello there'", "context": {}})");
  world.assembly();
  EXPECT_EQ(*read_file(world.request.folder / "said.txt"), "hello there\n");
  EXPECT_TRUE(fs::is_symlink(world.request.folder / "node_modules"));
  world.fresh_tree();
  world.with_packages();
  world.request.environment = "prod";
  world.assembly();
  EXPECT_EQ(*read_file(world.root.path() / "npm-runs"), "ci --ignore-scripts --no-audit --no-fund\n");
}

TEST(Synthesise, ParallelRunsShareOneInstallation) {
  World world;
  std::vector<std::jthread> threads;
  std::vector<SynthRequest> requests;
  for (int i = 0; i < 4; ++i) {
    world.fresh_tree();
    world.with_packages();
    requests.push_back(world.request);
  }
  std::atomic<int> made = 0;
  for (const auto& request : requests)
    threads.emplace_back([&made, &request] { made += synthesise(request) ? 1 : 0; });
  threads.clear();
  EXPECT_EQ(made, 4);
  EXPECT_EQ(world.runs("npm-runs"), 1U);
}

TEST(Synthesise, AFailedInstallationLeavesNothingBehind) {
  World world;
  world.with_packages();
  world.request.variables["NPM_FAILS"] = "EUSAGE";
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-12");
  EXPECT_TRUE(error.what.contains("EUSAGE: something about it")) << error.what;
  world.request.variables["NPM_FAILS"] = "ENOTFOUND";
  EXPECT_EQ(world.error().fault, Fault::Unavailable);
  world.request.variables.erase("NPM_FAILS");
  world.assembly();
}

TEST(Synthesise, NamesWhatTheTreeLacks) {
  World world;
  fs::remove(world.request.folder / "cdk.json");
  EXPECT_EQ(world.error().code, "E-SYN-01");
  world.file("cdk.json", R"({"context": {}})");
  EXPECT_EQ(world.error().code, "E-SYN-02");
  world.file("cdk.json", "{\n  \"app\": \"node app.js && echo done\"}");
  EXPECT_EQ(world.error().code, "E-SYN-03");
  EXPECT_EQ(world.error().place, (Place{"cdk.json", 2, 3}));
  world.file("cdk.json", "{oops");
  EXPECT_EQ(world.error().code, "E-SYN-06");
  world.file("cdk.json", R"({"app": "node app.js"})");
  world.file("package.json", R"({"dependencies": {"aws-cdk-lib": "2.241.0"}})");
  EXPECT_EQ(world.error().code, "E-SYN-04");
  EXPECT_TRUE(world.error().next.contains("package-lock.json"));
}

TEST(Synthesise, NamesAnAwsCdkThatRefusesCurrentLibraries) {
  World world;
  world.with_packages();
  for (const auto* version : {"3.0.0", "^3.0.0", "latest"}) {
    world.file("package.json", fmt::format("{{\n\"devDependencies\": {{\n\"aws-cdk\": \"{}\"}}}}", version));
    EXPECT_EQ(world.error().code, "E-SYN-05") << version;
    EXPECT_EQ(world.error().place, (Place{"package.json", 3, 1}));
  }
  world.file("package.json", R"({"devDependencies": {"aws-cdk": ">=2"}})");
  world.file("package-lock.json", R"({"packages": {"node_modules/aws-cdk": {"version": "3.0.0"}}})");
  EXPECT_EQ(world.error().code, "E-SYN-05");
}

TEST(Synthesise, NamesAMissingAndATooOldNode) {
  World world;
  world.request.tools["PATH"] = (world.root.path() / "tools").string();
  EXPECT_EQ(world.error().code, "E-SYN-10");
  EXPECT_EQ(world.error().fault, Fault::Missing);
  world.write("tools/node", "#!/bin/sh\necho v12.22.1\n");
  fs::permissions(world.root.path() / "tools/node", fs::perms::owner_all);
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-11");
  EXPECT_TRUE(error.what.contains("v12.22.1"));
}

TEST(Synthesise, AskingForAProgramThatIsNoPackageFetchesNothing) {
  World world;
  world.file("cdk.json", R"({"app": "npx ts-node bin/app.ts"})");
  EXPECT_EQ(world.error().code, "E-SYN-14");
}

TEST(Synthesise, AnAppsErrorComesWithItsFileAndLine) {
  World world;
  world.file("lib/stack.js", "\nmodule.exports = () => { throw new TypeError('the table has no key'); };\n");
  world.file("app.js", "console.error('npm notice new version');\nrequire('./lib/stack.js')();\n");
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-16");
  EXPECT_TRUE(error.what.contains("TypeError: the table has no key")) << error.what;
  ASSERT_TRUE(error.place);
  EXPECT_EQ(error.place->file, "lib/stack.js");
  EXPECT_EQ(error.place->line, 2);
}

TEST(Synthesise, AModuleThatIsNotInstalledIsToldWithTheWayToIt) {
  World world;
  world.file("app.js", "require('aws-cdk-lib/core');\n");
  const auto error = world.error();
  EXPECT_EQ(error.code, "E-SYN-16");
  EXPECT_TRUE(error.next.contains("add aws-cdk-lib to dependencies of package.json")) << error.next;
}

TEST(Synthesise, ASyntaxErrorComesWithItsFileAndLine) {
  World world;
  world.file("app.js", "const a = 1;\nconst b = ;\n");
  const auto error = world.error();
  EXPECT_TRUE(error.what.contains("SyntaxError")) << error.what;
  EXPECT_EQ(error.place, (Place{"app.js", 2}));
}

TEST(Synthesise, AnAssemblyThatIsNotWholeIsRefused) {
  World world;
  world.file("app.js", "process.exit(0);\n");
  EXPECT_EQ(world.error().code, "E-SYN-20");
  world.file("app.js", R"js(require('fs').writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({artifacts:
    {A: {type: 'aws:cloudformation:stack', properties: {templateFile: 'gone.json'}}}}));)js");
  EXPECT_EQ(world.error().code, "E-SYN-21");
  world.file("app.js", R"js(require('fs').writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({artifacts:
    {A: {type: 'aws:cloudformation:stack', properties: {templateFile: '../../etc/passwd'}}}}));)js");
  EXPECT_EQ(world.error().code, "E-SYN-21");
  world.file("app.js", R"js(require('fs').writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({artifacts: {},
    missing: [{key: 'k', provider: 'availability-zones'}]}));)js");
  EXPECT_EQ(world.error().code, "E-SYN-22");
  EXPECT_FALSE(fs::exists(world.request.cache / "assemblies") && !fs::is_empty(world.request.cache / "assemblies"));
}

TEST(Synthesise, AnAppThatHangsIsEnded) {
  World world;
  world.request.time_limit = std::chrono::milliseconds{500};
  world.file("app.js", "setInterval(() => {}, 1000);\n");
  EXPECT_EQ(world.error().fault, Fault::TimedOut);
}

TEST(Synthesise, StoppingEndsTheApp) {
  World world;
  world.file("app.js", "setInterval(() => {}, 1000);\nconsole.log('up');\n");
  std::stop_source stop;
  const auto made = synthesise(world.request, [&stop](std::string_view) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().fault, Fault::Cancelled);
}

}  // namespace
}  // namespace tandem::deploy
