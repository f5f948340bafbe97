#pragma once
// What tests of functions stand on: a ground in a temporary folder and functions written on the spot.

#include <filesystem>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "deploy/local/pool.hpp"

namespace tandem::deploy::local {

/// A runtime in forty lines: `handle(event, id)` of the function's own text answers; the rest speaks the Runtime API.
inline constexpr std::string_view small_runtime = R"py(#!/usr/bin/python3 -S
import http.client, json, os, sys, time, threading
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
connection = http.client.HTTPConnection(api)
def call(method, path, body=None, headers={}):
    connection.request(method, "/2018-06-01/runtime" + path, body, headers)
    response = connection.getresponse()
    return response.status, dict(response.getheaders()), response.read()
def handle(event):
    return event
HANDLER_TEXT
while True:
    status, headers, body = call("GET", "/invocation/next")
    if status != 200: sys.exit(0)
    request = headers["Lambda-Runtime-Aws-Request-Id"]
    try:
        answer = json.dumps(handle(json.loads(body)))
        call("POST", "/invocation/" + request + "/response", answer)
    except ValueError as error:
        call("POST", "/invocation/" + request + "/error", json.dumps({"errorMessage": str(error), "errorType": "ValueError"}),
             {"Lambda-Runtime-Function-Error-Type": "Function.ValueError"})
)py";

struct FunctionWorld {
  ~FunctionWorld() { nursery.reset(); }  // first: ends of processes that it still has to see to use the rest
  TemporaryFolder folder = TemporaryFolder::make("functions").value();
  SystemClock clock;
  LogGroups logs{folder.path() / "logs", clock};
  std::unique_ptr<Nursery> nursery = Nursery::open().value();
  FunctionGround ground{.house = {.python_runtime = {},
                                  .region = "us-east-1",
                                  .account = "000000000000",
                                  .dynamodb_endpoint = "http://127.0.0.1:1",
                                  .sandbox = Sandbox::found_here()},
                        .folder = folder.path(),
                        .nursery = *nursery,
                        .logs = logs,
                        .clock = clock};

  /// A provided.al2023 function whose `handle` is given in Python.
  Function function(std::string_view handler_text, const std::string& name = "people") const {
    const auto code = folder.path() / "code" / name;
    std::string text(small_runtime);
    text.replace(text.find("HANDLER_TEXT"), 12, handler_text);
    const bool written = static_cast<bool>(replace_file(code / "bootstrap", text, 0755));
    CHECK(written);
    return {.name = name, .version = "1", .arn = "arn:aws:lambda:us-east-1:000000000000:function:" + name,
            .runtime = "provided.al2023", .handler = "main", .code_folder = code.string(), .code_digest = digest_of(text).value,
            .memory_mb = 256, .timeout_seconds = 10, .environment = {}, .log_group = {}};
  }

  InvokeOrder order(std::string payload, Duration patience = std::chrono::seconds(20)) const {
    return {.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd", .payload = std::move(payload),
            .function_arn = "arn:aws:lambda:us-east-1:000000000000:function:people:live",
            .give_up = std::chrono::steady_clock::now() + patience};
  }
};

/// A pool that is closed before its world goes.
struct TestPool {
  std::shared_ptr<Pool> pool;
  TestPool(Function function, FunctionGround& ground) : pool(std::make_shared<Pool>(std::move(function), ground)) {}
  ~TestPool() { pool->close(); }
  Pool* operator->() const { return pool.get(); }
};

}  // namespace tandem::deploy::local
