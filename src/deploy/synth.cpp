#include "deploy/synth.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/synth/assembly_folder.hpp"
#include "deploy/synth/cdk_app.hpp"
#include "deploy/synth/node_packages.hpp"
#include "deploy/synth/python_packages.hpp"
#include "deploy/synth/way_out.hpp"

namespace tandem::deploy {
namespace fs = std::filesystem;
namespace {

using synth::CdkApp;
using synth::Programs;

/// Linux takes no longer environment variable.
constexpr size_t variable_bytes_max = 120UL * 1024;

/// What every program sees: nothing of ours but the tools, and no way to an AWS account.
std::map<std::string, std::string> environment_of(const SynthRequest& request) {
  auto environment = request.tools;
  for (const auto& [name, value] : request.variables) environment[name] = value;
  environment["PATH"] = fmt::format("{}:{}", (request.folder / "node_modules" / ".bin").string(), environment["PATH"]);
  environment["CI"] = "true";
  environment["AWS_CONFIG_FILE"] = "/dev/null";
  environment["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
  environment["AWS_EC2_METADATA_DISABLED"] = "true";
  return environment;
}

json::object context_of(const SynthRequest& request, const CdkApp& app) {
  auto context = app.context;
  for (const auto& [key, value] : request.context) context[key] = value;
  return context;
}

/// The variables that only the app gets.
std::map<std::string, std::string> app_variables(const SynthRequest& request, const std::string& context) {
  std::map<std::string, std::string> variables{{"CDK_CONTEXT_JSON", context}};
  if (request.validation == Validation::Off) variables["CDK_VALIDATION"] = "false";
  if (!request.entry_point.empty()) variables["TANDEM_HANDLER"] = request.entry_point;
  if (!request.environment.empty()) variables["TANDEM_ENVIRONMENT"] = request.environment;
  if (!request.region.empty()) variables["CDK_DEFAULT_REGION"] = request.region;
  if (!request.account.empty()) variables["CDK_DEFAULT_ACCOUNT"] = request.account;
  return variables;
}

/// Folders that are made by running, or that another digest stands for.
bool is_left_out(const fs::path& relative, const SynthRequest& request) {
  const auto name = relative.filename();
  if (name == "node_modules" || name == ".git" || name == "cdk.out") return true;
  return !request.bundle.empty() && !request.bundle_path.empty() && relative == fs::path(request.bundle_path).lexically_normal();
}

/// Adds path, mode and contents of every file of the tree to the hash, in a fixed order.
Done add_tree(Sha256& hash, const SynthRequest& request) {
  std::vector<fs::path> files;
  std::error_code trouble;
  auto entry = fs::recursive_directory_iterator(request.folder, trouble);
  for (; !trouble && entry != fs::recursive_directory_iterator(); entry.increment(trouble)) {
    const auto relative = entry->path().lexically_relative(request.folder);
    if (is_left_out(relative, request)) entry.disable_recursion_pending();
    else if (entry->is_symlink(trouble) || entry->is_regular_file(trouble)) files.push_back(relative);
  }
  if (trouble) return failure(Fault::Unavailable, "cannot list {}: {}", request.folder.string(), trouble.message());
  std::ranges::sort(files);
  for (const auto& file : files) {
    const auto path = request.folder / file;
    if (fs::is_symlink(path, trouble)) {
      hash.add(fmt::format("link {}\n{}\n", file.string(), fs::read_symlink(path, trouble).string()));
      continue;
    }
    const auto digest = TRY(digest_of_file(path));
    const bool runs = (fs::status(path, trouble).permissions() & fs::perms::owner_exec) != fs::perms::none;
    hash.add(fmt::format("{} {} {}\n", runs ? "program" : "file", file.string(), digest.value));
  }
  return done();
}

/// Everything that decides what the app writes, as one name. The first line changes when the way of running does.
Result<std::string> key_of(const SynthRequest& request, const std::map<std::string, std::string>& variables, const std::string& node,
                           const std::string& python) {
  Sha256 hash;
  if (!python.empty()) hash.add(fmt::format("python {}\n", python));
  hash.add("synth 1\n").add(fmt::format("node {}\nbundle {} {}\n", node, request.bundle.value, request.bundle_path));
  for (const auto& given : {variables, request.variables})
    for (const auto& [name, value] : given) hash.add(fmt::format("variable {} {}\n{}\n", name, value.size(), value));
  TRY(add_tree(hash, request), "reading the infrastructure tree");
  return hash.hex().substr(0, 32);
}

/// The assembly under this key, if it is still as it was when it was put there.
std::optional<Assembly> find_earlier(const fs::path& home) {
  const auto written = read_file(fs::path(home.string() + ".digest"));
  if (!written) return std::nullopt;
  auto assembly = synth::read_assembly(home);
  if (!assembly || assembly->digest.value != *written) return std::nullopt;
  assembly->reused = true;
  return std::move(assembly).value();
}

/// Moves a finished assembly to its place; when a parallel run was first, its equal one stays.
Result<Assembly> keep(TemporaryFolder scratch, const fs::path& home, const Digest& digest) {
  std::error_code trouble;
  fs::rename(scratch.path(), home, trouble);
  if (trouble && find_earlier(home)) return synth::read_assembly(home);
  if (trouble) {
    TRY(tandem::remove_all(home));
    fs::rename(scratch.path(), home, trouble);
    if (trouble) return failure(Fault::Unavailable, "cannot move the assembly to {}: {}", home.string(), trouble.message());
  }
  (void)scratch.release();
  TRY(replace_file(fs::path(home.string() + ".digest"), digest.value));
  return synth::read_assembly(home);
}

/// "npx tsc" means the tsc of the tree's packages: npx itself would fetch one from the registry if there is none.
Result<std::vector<std::string>> without_npx(std::vector<std::string> argv, const fs::path& folder, std::string_view key) {
  if (argv.empty() || argv[0] != "npx") return argv;
  argv.erase(argv.begin());
  while (!argv.empty() && argv[0].starts_with('-')) argv.erase(argv.begin());
  std::error_code trouble;
  if (!argv.empty() && fs::exists(folder / "node_modules" / ".bin" / argv[0], trouble)) return argv;
  return failure(Fault::Invalid, "{} of cdk.json runs npx {}, which is not among the packages", key, argv.empty() ? "" : argv[0])
      .at({"cdk.json"})
      .with_code("E-SYN-14")
      .with_next("add the package to devDependencies and commit package-lock.json");
}

/// Runs a command of cdk.json; its failure comes with what to do about it.
Done run_command(const Programs& programs, const std::vector<std::string>& argv, std::string_view code) {
  auto ran = run_program(programs, argv, code);
  if (ran) return done();
  auto error = std::move(ran).error();
  if (error.code.empty()) error.code = code;
  if (error.fault == Fault::Cancelled) return error;
  return synth::with_way_out(std::move(error), programs.folder, argv);
}

Done run_build(const Programs& programs, const CdkApp& app) {
  const auto build = TRY(without_npx(app.build, programs.folder, "build"));
  if (build.empty()) return done();
  return run_command(programs, build, "E-SYN-15");
}

/// Runs the app into a folder of its own, checks what it wrote and keeps it.
Result<Assembly> run_app(Programs programs, const CdkApp& app, const fs::path& home) {
  auto scratch = TRY(TemporaryFolder::make_in(home.parent_path(), "synthesising"));
  programs.environment["CDK_OUTDIR"] = scratch.path().string();
  const auto argv = TRY(without_npx(app.app, programs.folder, "app"));
  TRY(run_command(programs, argv, "E-SYN-16"));
  const auto assembly = TRY(synth::read_assembly(scratch.path()), "checking what the app wrote");
  return keep(std::move(scratch), home, assembly.digest);
}

bool needs_node(const CdkApp& app) {
  static constexpr std::array<std::string_view, 6> programs{"node", "npx", "npm", "tsc", "ts-node", "tsx"};
  const auto is_node = [](const std::vector<std::string>& argv) {
    return !argv.empty() && std::ranges::find(programs, argv[0]) != programs.end();
  };
  return app.has_packages || is_node(app.app) || is_node(app.build);
}

Result<std::string> node_for(const Programs& programs, const CdkApp& app, const std::optional<synth::PythonApp>& python) {
  if (!needs_node(app) && !(python && python->wants_node)) return std::string("none");
  return node_version(programs, app.node_major_min);
}

}  // namespace

Result<Assembly> synthesise(const SynthRequest& request, const LineSink& on_line, std::stop_token stop) {
  const auto app = TRY(synth::read_cdk_app(request.folder), "reading cdk.json");
  const auto context = to_canonical_text(context_of(request, app));
  if (context.size() > variable_bytes_max)
    return failure(Fault::Invalid, "the context has {} bytes, more than {}", context.size(), variable_bytes_max).with_code("E-SYN-17");
  const auto variables = app_variables(request, context);
  Programs programs{request.folder, environment_of(request), request.time_limit, on_line, stop};

  const auto python = TRY(synth::read_python_app(programs, app.app));
  const auto node = TRY(node_for(programs, app, python));
  const auto key = TRY(key_of(request, variables, node, python ? python->version : ""));
  const auto home = request.cache / "assemblies" / key;
  if (auto earlier = find_earlier(home)) return std::move(*earlier);

  TRY(make_folders(home.parent_path()));
  const auto where = app.links_packages ? synth::Install::InTree : synth::Install::InCache;
  if (app.has_packages) TRY(install_packages(programs, request.cache, where));
  if (python && !python->wanted.empty()) {
    const auto packages = TRY(install_python_packages(programs, *python, request.cache));
    programs.environment["PYTHONPATH"] = packages.string();
  }
  TRY(run_build(programs, app), "building the CDK app");
  for (const auto& [name, value] : variables) programs.environment[name] = value;
  return TRY(run_app(std::move(programs), app, home), "running the CDK app");
}

}  // namespace tandem::deploy
