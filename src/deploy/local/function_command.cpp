#include "deploy/local/function_command.hpp"

#include <unistd.h>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view task_root = "/var/task";
constexpr std::string_view language_root = "/var/lang";

std::string program(std::string_view name) {
  auto environment = tool_environment();
  for (const auto& folder : split(environment["PATH"], ':')) {
    const auto path = (fs::path(folder) / name).string();
    if (!folder.empty() && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

bool works(std::vector<std::string> argv) {
  const Command trial{.argv = std::move(argv), .environment = tool_environment(), .time_limit = std::chrono::seconds(5)};
  const auto output = run_program(trial);
  return output && output->exit.ok();
}

/// The walls. The host's root is not shown: only programs, libraries and what name look-ups and TLS need.
std::vector<std::string> wall(const Sandbox& sandbox) {
  std::vector<std::string> argv{sandbox.bwrap, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts",
                                "--cap-drop",  "ALL",               "--ro-bind",     "/usr",          "/usr"};
  for (const auto* path : {"/bin", "/lib", "/lib64", "/lib32", "/etc/ssl", "/etc/ca-certificates", "/etc/pki",
                           "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group",
                           "/etc/localtime", "/etc/ld.so.cache", "/etc/alternatives", "/etc/mime.types"})
    argv.insert(argv.end(), {"--ro-bind-try", path, path});
  argv.insert(argv.end(), {"--proc", "/proc", "--dev", "/dev"});
  return argv;
}

/// Where the interpreter that a virtual environment points to lives, when /usr does not hold it.
std::string interpreter_home(const fs::path& environment) {
  const auto text = read_file(environment / "pyvenv.cfg");
  if (!text) return {};
  for (const auto& line : lines_of(*text))
    if (line.starts_with("home")) {
      const auto home = fs::path(trimmed(std::string_view(line).substr(line.find('=') + 1))).parent_path().string();
      return home == "/" || home == "/usr" || home.starts_with("/usr/") ? std::string() : home;
    }
  return {};
}

bool is_python(const Function& function) { return function.runtime.starts_with("python3"); }

Error no_entry_point(const fs::path& bootstrap) {
  return failure(Fault::Invalid, "Couldn't find valid bootstrap(s): [{}]", bootstrap.string())
      .with_code("Runtime.InvalidEntrypoint")
      .with_next("put an executable file named bootstrap at the root of the function's code");
}

/// What runs, seen from inside the walls.
Result<std::vector<std::string>> inner_argv(const Function& function, const std::string& task, const std::string& language) {
  if (is_python(function)) return std::vector<std::string>{language + "/bin/python3", "-m", "awslambdaric", function.handler};
  if (!function.runtime.starts_with("provided"))
    return failure(Fault::Invalid, "the local target does not run {}", function.runtime).with_code("Runtime.Unsupported");
  const auto bootstrap = fs::path(function.code_folder) / "bootstrap";
  if (::access(bootstrap.c_str(), X_OK) != 0) return no_entry_point(bootstrap);
  return std::vector<std::string>{task + "/bootstrap"};
}

}  // namespace

Sandbox Sandbox::found_here() {
  Sandbox sandbox{.bwrap = program("bwrap"), .setpriv = program("setpriv")};
  auto trial = wall(sandbox);
  trial.insert(trial.end(), {"--", "/usr/bin/env", "true"});
  if (!sandbox.bwrap.empty() && !works(trial)) sandbox.bwrap.clear();
  if (!sandbox.setpriv.empty() && !works({sandbox.setpriv, "--pdeathsig", "KILL", "--", "/usr/bin/env", "true"}))
    sandbox.setpriv.clear();
  return sandbox;
}

std::vector<std::string> Sandbox::notes() const {
  std::vector<std::string> notes;
  if (bwrap.empty())
    notes.emplace_back("functions run without bubblewrap: they see this machine's files, their code folder is not read-only and "
                       "/tmp is shared (TMPDIR is private)");
  if (bwrap.empty() && setpriv.empty())
    notes.emplace_back("functions may outlive a killed coordinator until its next start: neither bwrap nor setpriv works here");
  return notes;
}

std::map<std::string, std::string> function_environment(const Function& function, const FunctionHouse& house,
                                                        const FunctionPlace& place) {
  const bool walled = !house.sandbox.bwrap.empty();
  std::map<std::string, std::string> out{
      {"AWS_LAMBDA_RUNTIME_API", place.runtime_api},
      {"_HANDLER", function.handler},
      {"LAMBDA_TASK_ROOT", walled ? std::string(task_root) : function.code_folder},
      {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
      {"AWS_LAMBDA_FUNCTION_NAME", function.name},
      {"AWS_LAMBDA_FUNCTION_VERSION", function.version},
      {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mb)},
      {"AWS_LAMBDA_LOG_GROUP_NAME", function.log_group},
      {"AWS_LAMBDA_LOG_STREAM_NAME", place.log_stream},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
      {"AWS_REGION", house.region},
      {"AWS_DEFAULT_REGION", house.region},
      {"AWS_ACCESS_KEY_ID", "TANDEMLOCAL"},
      {"AWS_SECRET_ACCESS_KEY", "local"},
      {"AWS_SESSION_TOKEN", "local"},
      {"AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"},
      {"TZ", ":UTC"},
      {"LANG", "en_US.UTF-8"},
      {"PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
      {"LD_LIBRARY_PATH", "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"},
  };
  if (is_python(function)) out["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + function.runtime;
  if (!walled) out["TMPDIR"] = place.scratch.string();
  // The names Lambda reserves stay ours (its API refuses them); these few a function may set.
  for (const auto& [name, value] : function.environment) {
    const bool free = name == "PATH" || name == "TZ" || name == "LANG" || name == "LD_LIBRARY_PATH";
    if (free) out[name] = value;
    else out.emplace(name, value);
  }
  if (!house.dynamodb_endpoint.empty()) out.emplace("AWS_ENDPOINT_URL_DYNAMODB", house.dynamodb_endpoint);
  return out;
}

Result<Command> function_command(const Function& function, const FunctionHouse& house, const FunctionPlace& place) {
  Command command{.argv = {}, .environment = function_environment(function, house, place)};
  if (house.sandbox.bwrap.empty()) {
    const auto inner = TRY(inner_argv(function, function.code_folder, house.python_runtime.string()));
    if (!house.sandbox.setpriv.empty()) command.argv = {house.sandbox.setpriv, "--pdeathsig", "KILL", "--"};
    command.argv.insert(command.argv.end(), inner.begin(), inner.end());
    command.folder = function.code_folder;
    return command;
  }
  const auto inner = TRY(inner_argv(function, std::string(task_root), std::string(language_root)));
  command.argv = wall(house.sandbox);
  auto& argv = command.argv;
  argv.insert(argv.end(), {"--bind", place.scratch.string(), "/tmp"});
  argv.insert(argv.end(), {"--ro-bind", function.code_folder, std::string(task_root)});
  if (is_python(function)) {
    argv.insert(argv.end(), {"--ro-bind", house.python_runtime.string(), std::string(language_root)});
    if (const auto home = interpreter_home(house.python_runtime); !home.empty())
      argv.insert(argv.end(), {"--ro-bind", home, home});
  }
  argv.insert(argv.end(), {"--chdir", std::string(task_root), "--"});
  argv.insert(argv.end(), inner.begin(), inner.end());
  return command;
}

}  // namespace tandem::deploy::local
