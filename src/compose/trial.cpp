#include "compose/trial.hpp"

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/trial_drivers.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds time_max{30};

/// Where the bundle lies for those inside.
constexpr auto task_root = "/var/task";

/// What Lambda's contract gives a process beside the function's own variables, with stand-ins for what only AWS knows.
std::map<std::string, std::string> environment_of(const TrialRequest& request, const std::string& task) {
  auto out = request.environment;
  out.insert({{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"TZ", ":UTC"}});
  const std::map<std::string, std::string> given{
      {"HOME", "/tmp"}, {"AWS_REGION", "us-east-1"}, {"AWS_DEFAULT_REGION", "us-east-1"}, {"AWS_EC2_METADATA_DISABLED", "true"},
      {"AWS_ACCESS_KEY_ID", "TANDEMTRIAL"}, {"AWS_SECRET_ACCESS_KEY", "trial"}, {"AWS_SESSION_TOKEN", "trial"},
      {"AWS_LAMBDA_FUNCTION_NAME", "tandem-trial"}, {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"}, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"},
      {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/tandem-trial"}, {"AWS_LAMBDA_LOG_STREAM_NAME", "trial"},
      {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"}, {"LAMBDA_TASK_ROOT", task}, {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
      {"_HANDLER", is_native(request.runtime) ? request.handler : request.handler + ".lambda_handler"}, {"PYTHONDONTWRITEBYTECODE", "1"}};
  for (const auto& [name, value] : given) out.insert_or_assign(name, value);
  if (!is_native(request.runtime)) out.insert_or_assign("AWS_EXECUTION_ENV", "AWS_Lambda_" + request.runtime);
  return out;
}

/// No site-packages of this machine: what the bundle and the runtime lack must be missing here too.
std::vector<std::string> arguments(const TrialRequest& request, const Interpreter& python, const std::string& task) {
  const bool native = is_native(request.runtime);
  std::vector<std::string> out{python.executable, "-I", "-S", "-B", "-c", native ? native_driver() : python_driver(), task, request.handler};
  if (!native && !request.runtime_packages.empty()) out.push_back(request.runtime_packages.string());
  return out;
}

/// The walls around Python with the bundle and the runtime's packages inside.
std::vector<std::string> sandbox_arguments(const TrialRequest& request, const Interpreter& python) {
  auto out = python::walls(python, {request.runtime_packages});
  out.insert(out.end(), {"--ro-bind", request.folder.string(), task_root, "--chdir", task_root, "--"});
  return out;
}

bool sandbox_works() {
  Command command{{"bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "true"}, tool_environment()};
  command.time_limit = std::chrono::seconds{10};
  const auto output = run_program(command);
  return output && output->exit.ok();
}

/// The innermost line of the repositories' own files that a traceback passes through, or else of the bundle.
std::optional<Place> place_in_bundle(Fields& answer, const TrialRequest& request) {
  std::optional<Place> own, any;
  for (const auto& frame : answer.list("frames")) {
    const auto* pair = frame.if_array();
    if (pair == nullptr || pair->size() != 2 || !pair->at(0).is_string()) continue;
    any = Place{std::string(pair->at(0).as_string()), pair->at(1).is_int64() ? static_cast<int>(pair->at(1).as_int64()) : 0};
    if (request.own_files.contains(any->file)) own = any;
  }
  return own ? own : any;
}

std::string last_line(std::string_view text) {
  const auto lines = lines_of(trimmed(text));
  return lines.empty() ? "" : lines.back();
}

std::string_view cannot_load(const TrialRequest& request) { return is_native(request.runtime) ? "cannot be loaded" : "cannot be imported"; }

/// The name of the variable whose absence ended an import: a key in capitals is one of os.environ all but always.
std::optional<std::string> missing_variable(std::string_view error) {
  constexpr std::string_view head = "KeyError: '";
  if (!error.starts_with(head) || !error.ends_with("'") || error.size() <= head.size() + 1) return std::nullopt;
  const auto name = error.substr(head.size(), error.size() - head.size() - 1);
  const auto is_of_a_variable = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  return std::ranges::all_of(name, is_of_a_variable) ? std::optional(std::string(name)) : std::nullopt;
}

std::string what_to_mend(const TrialRequest& request, std::string_view error) {
  if (is_native(request.runtime)) return "see what the bootstrap says, and which libraries the handler's shared object wants";
  if (const auto variable = missing_variable(error))
    return fmt::format("set {} in the function's environment in the CDK app, or give the code a default for it", *variable);
  return "mend the import, or add the missing package to requirements.txt";
}

Result<TrialAnswer> judge(const TrialRequest& request, const Output& output) {
  if (output.exit.stopped) return failure(Fault::Cancelled, "stopped while trying the handler");
  if (output.exit.timed_out)
    return failure(Fault::TimedOut, "{} did not answer GET /health in {}", request.handler, for_people(time_max))
        .with_code("TD0405").with_next("it must start and answer without network");
  const auto document = parse_json(output.out, "the handler's answer");
  if (!document)
    return failure(Fault::Invalid, "{} ended its process with status {}: {}", request.handler, output.exit.code, last_line(output.err))
        .with_code("TD0404").with_next("see what it does while it is imported");
  Fields answer(*document, "the handler's answer");
  const auto stage = answer.string("stage");
  if (stage != "done") {
    const bool at_import = stage == "import";
    const auto said = answer.string("error");
    auto error = failure(Fault::Invalid, "{} {}: {}", request.handler, at_import ? cannot_load(request) : "fails on GET /health", said)
                     .with_code(at_import ? "TD0404" : "TD0405")
                     .with_next(at_import ? what_to_mend(request, said) : "/health must answer without network");
    error.place = place_in_bundle(answer, request);
    return error;
  }
  TrialAnswer out{static_cast<int>(answer.integer("status")), answer.string("function")};
  TRY(answer.finish());
  if (out.status == 500)
    return failure(Fault::Invalid, "{} answers 500 on GET /health: {}", request.handler, last_line(output.err))
        .with_code("TD0405").with_next("/health must answer without network");
  return out;
}

Error without(Error error, const std::vector<std::string>& hidden) {
  for (const auto& value : hidden)
    if (value.size() > 3) error.what = replaced(error.what, value, "***");
  return error;
}

}  // namespace

bool is_native(std::string_view runtime) { return runtime.starts_with("provided"); }

Result<TrialGround> find_ground(const std::string& runtime, Isolation isolation) {
  auto python = TRY(is_native(runtime) ? find_any_python() : find_python(runtime, Needs::Interpreter));
  TrialGround out{std::move(python), sandbox_works()};
  if (out.is_isolated || isolation == Isolation::IfAvailable) return out;
  return failure(Fault::Unavailable, "no sandbox to try the handler in: bubblewrap does not run here")
      .with_code("TD0406")
      .with_next("install bubblewrap, or set unsandboxed: true in tandem.yaml");
}

Result<TrialAnswer> try_handler(const TrialRequest& request, const TrialGround& ground) {
  const auto& [python, is_isolated] = ground;
  Command command;
  const auto task = is_isolated ? std::string(task_root) : request.folder.string();
  if (is_isolated) command.argv = sandbox_arguments(request, python);
  const auto program = arguments(request, python, task);
  command.argv.insert(command.argv.end(), program.begin(), program.end());
  command.environment = environment_of(request, task);
  command.folder = request.folder;
  command.time_limit = time_max;
  command.grace = std::chrono::seconds{1};
  const auto output = TRY(run_program(command, request.stop), "starting {}", python.executable);
  auto answer = judge(request, output);
  if (!answer) return without(std::move(answer).error(), request.hidden_values);
  answer->was_isolated = is_isolated;
  return answer;
}

}  // namespace tandem::compose
