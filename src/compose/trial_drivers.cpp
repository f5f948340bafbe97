#include "compose/trial_drivers.hpp"

namespace tandem::compose {

namespace {

/// The beginning of both: whatever the application prints goes to standard error, and GET /health as Lambda tells of it.
constexpr auto common = R"python(
import json, os, sys
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
folder, name = sys.argv[1:3]

EVENT = {
    "resource": "/{proxy+}", "path": "/health", "httpMethod": "GET", "headers": {"Host": "localhost", "Accept": "application/json"},
    "multiValueHeaders": {"Host": ["localhost"], "Accept": ["application/json"]}, "queryStringParameters": None,
    "multiValueQueryStringParameters": None, "pathParameters": {"proxy": "health"}, "stageVariables": None,
    "requestContext": {"resourcePath": "/{proxy+}", "httpMethod": "GET", "path": "/health", "stage": "check", "accountId": "000000000000",
                       "apiId": "check", "requestId": "check", "protocol": "HTTP/1.1", "requestTimeEpoch": 0,
                       "identity": {"sourceIp": "127.0.0.1", "userAgent": "tandem"}},
    "body": None, "isBase64Encoded": False}
)python";

constexpr auto python_part = R"python(
import importlib, traceback
sys.path.insert(0, folder)
sys.path.extend(sys.argv[3:])

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

constexpr auto native_part = R"python(
import http.server, subprocess, threading
lock = threading.Lock()

def finish(**result):
    with lock:
        json.dump(result, answer)
        answer.flush()
        os._exit(0)


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    given = False

    def say(self, status, body, headers=()):
        self.send_response_only(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        if not self.path.endswith("/runtime/invocation/next") or Api.given:
            threading.Event().wait()
        Api.given = True
        self.say(200, json.dumps(EVENT).encode(), [("Content-Type", "application/json"), ("Lambda-Runtime-Aws-Request-Id", "trial"),
                 ("Lambda-Runtime-Deadline-Ms", "4102444800000"), ("Lambda-Runtime-Trace-Id", "Root=1-0-0"),
                 ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:tandem-trial")])

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.say(202, b'{"status":"OK"}')
        try:
            said = json.loads(body)
        except ValueError:
            finish(stage="call", error="the answer is no JSON: %.200r" % (body,), frames=[])
        if self.path.endswith("/error"):
            stage = "import" if self.path.endswith("/init/error") else "call"
            finish(stage=stage, error=str(said.get("errorMessage") if isinstance(said, dict) else said)[:500], frames=[])
        status = said.get("statusCode") if isinstance(said, dict) else None
        if not isinstance(status, int):
            finish(stage="call", error="the answer has no statusCode: %.200r" % (said,), frames=[])
        headers = {str(k).lower(): v for k, v in (said.get("headers") or {}).items()}
        if "x-tandem-fallback" in headers:
            finish(stage="import", error="%s cannot be loaded; %s served instead" % (name, headers["x-tandem-fallback"]), frames=[])
        finish(stage="done", status=status, function="")

    def log_message(self, *words):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, AWS_LAMBDA_RUNTIME_API="127.0.0.1:%d" % server.server_address[1])
try:
    child = subprocess.Popen([os.path.join(folder, "bootstrap")], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, errors="replace")
except OSError as error:
    finish(stage="import", error="bootstrap does not start: %s" % (error,), frames=[["bootstrap", 0]])
last = ""
for line in child.stderr:
    sys.stderr.write(line)
    last = line.strip() or last
code = child.wait()
finish(stage="import", error="bootstrap ended with status %d before it answered: %s" % (code, last[:300]), frames=[["bootstrap", 0]])
)python";

}  // namespace

std::string python_driver() { return std::string(common) + python_part; }
std::string native_driver() { return std::string(common) + native_part; }

}  // namespace tandem::compose
