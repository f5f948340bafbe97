#include "compose/import_check.hpp"

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/python.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds time_max{30};

/// Runs in the function's place. Answers one JSON document on the standard output it started with; whatever the
/// application prints goes to standard error.
constexpr std::string_view driver = R"python(
import importlib, json, os, sys, traceback
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
folder, name = sys.argv[1:3]
sys.path.insert(0, folder)

def frames(error):
    out = [[f.filename, f.lineno] for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        out.append([error.filename, error.lineno or 0])
    here = os.path.realpath(folder) + os.sep
    return [[os.path.realpath(f)[len(here):], line] for f, line in out if os.path.realpath(f).startswith(here)]

def told(error):
    return "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]

def finish(**result):
    json.dump(result, answer)
    answer.flush()
    os._exit(0)

def failed(stage, error):
    finish(stage=stage, error=told(error), frames=frames(error))

class Context:
    function_name = "tandem-import-check"
    function_version = "$LATEST"
    memory_limit_in_mb = 128
    aws_request_id = "00000000-0000-0000-0000-000000000000"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:tandem-import-check"
    log_group_name = log_stream_name = "tandem-import-check"
    def get_remaining_time_in_millis(self):
        return 30000

EVENT = {
    "resource": "/{proxy+}", "path": "/health", "httpMethod": "GET", "headers": {"Host": "localhost", "Accept": "application/json"},
    "multiValueHeaders": {"Host": ["localhost"], "Accept": ["application/json"]}, "queryStringParameters": None,
    "multiValueQueryStringParameters": None, "pathParameters": {"proxy": "health"}, "stageVariables": None,
    "requestContext": {"resourcePath": "/{proxy+}", "httpMethod": "GET", "path": "/health", "stage": "check", "accountId": "000000000000",
                       "apiId": "check", "requestId": "check", "protocol": "HTTP/1.1", "requestTimeEpoch": 0,
                       "identity": {"sourceIp": "127.0.0.1", "userAgent": "tandem"}},
    "body": None, "isBase64Encoded": False}

try:
    module = importlib.import_module(name)
except BaseException as error:
    failed("import", error)
if getattr(module, "TANDEM_FAILURE", None) is not None:
    failed("import", module.TANDEM_FAILURE)
function = next((f for f in ("lambda_handler", "handler") if callable(getattr(module, f, None))), None)
if function is None:
    finish(stage="import", error="%s has neither lambda_handler nor handler" % name, frames=[[name + ".py", 1]])
try:
    response = getattr(module, function)(EVENT, Context())
except BaseException as error:
    failed("call", error)
status = response.get("statusCode") if isinstance(response, dict) else None
if not isinstance(status, int):
    finish(stage="call", error="the answer has no statusCode: %.200r" % (response,), frames=[])
finish(stage="done", status=status, function=function)
)python";

std::map<std::string, std::string> environment_of(const ImportRequest& request) {
  auto out = request.environment;
  out.insert({{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"TZ", "UTC"}, {"HOME", "/tmp"}, {"AWS_REGION", "us-east-1"},
              {"AWS_DEFAULT_REGION", "us-east-1"}, {"AWS_EC2_METADATA_DISABLED", "true"}, {"AWS_LAMBDA_FUNCTION_NAME", "tandem-import-check"}});
  out.insert_or_assign("LAMBDA_TASK_ROOT", request.folder.string());
  out.insert_or_assign("_HANDLER", request.handler + ".lambda_handler");
  out.insert_or_assign("PYTHONDONTWRITEBYTECODE", "1");
  return out;
}

/// No site-packages of this machine: what the bundle lacks must be missing here too.
std::vector<std::string> python_arguments(const ImportRequest& request, const Python& python) {
  return {python.executable, "-I", "-S", "-B", "-c", std::string(driver), request.folder.string(), request.handler};
}

/// Sees the system's libraries, its Python and the bundle; no network, no other file, no process of ours.
std::vector<std::string> sandbox_arguments(const ImportRequest& request, const Python& python) {
  std::vector<std::string> out{"bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"};
  for (const auto* path : {"/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime"})
    out.insert(out.end(), {"--ro-bind-try", path, path});
  out.insert(out.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  for (const auto& path : {python.prefix, fs::path(python.executable).parent_path().string(), request.folder.string()})
    out.insert(out.end(), {"--ro-bind", path, path});
  out.insert(out.end(), {"--chdir", request.folder.string(), "--"});
  return out;
}

bool sandbox_works() {
  Command command{{"bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "true"}, tool_environment()};
  command.time_limit = std::chrono::seconds{10};
  const auto output = run_program(command);
  return output && output->exit.ok();
}

/// The innermost line of the repositories' own files that a traceback passes through, or else of the bundle.
std::optional<Place> place_in_bundle(Fields& answer, const ImportRequest& request) {
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

Result<ImportAnswer> judge(const ImportRequest& request, const Output& output) {
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
    auto error = failure(Fault::Invalid, "{} {}: {}", request.handler, at_import ? "cannot be imported" : "fails on GET /health", answer.string("error"))
                     .with_code(at_import ? "TD0404" : "TD0405")
                     .with_next(at_import ? "mend the import, or add the missing package to requirements.txt" : "/health must answer without network");
    error.place = place_in_bundle(answer, request);
    return error;
  }
  ImportAnswer out{static_cast<int>(answer.integer("status")), answer.string("function")};
  TRY(answer.finish());
  if (out.status == 500)
    return failure(Fault::Invalid, "{} answers 500 on GET /health: {}", request.handler, last_line(output.err))
        .with_code("TD0405").with_next("/health must answer without network");
  return out;
}

}  // namespace

Result<ImportAnswer> check_import(const ImportRequest& request) {
  const auto python = TRY(find_python(request.runtime, Needs::Interpreter));
  const bool is_isolated = sandbox_works();
  if (!is_isolated && request.isolation == Isolation::Required)
    return failure(Fault::Unavailable, "no sandbox to try the handler in: bubblewrap does not run here")
        .with_code("TD0406")
        .with_next("install bubblewrap, or set unsandboxed: true in tandem.yaml");
  Command command;
  if (is_isolated) command.argv = sandbox_arguments(request, python);
  const auto program = python_arguments(request, python);
  command.argv.insert(command.argv.end(), program.begin(), program.end());
  command.environment = environment_of(request);
  command.folder = request.folder;
  command.time_limit = time_max;
  command.grace = std::chrono::seconds{1};
  const auto output = TRY(run_program(command, request.stop), "starting {}", python.executable);
  auto answer = TRY(judge(request, output));
  answer.was_isolated = is_isolated;
  return answer;
}

}  // namespace tandem::compose
