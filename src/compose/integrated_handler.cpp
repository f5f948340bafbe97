#include "compose/integrated_handler.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace tandem::compose {
namespace {

constexpr std::string_view source = R"python("""Written by tandem compose. Do not edit: it is made anew for every bundle.

Serves `app` of main.py through Mangum. If that cannot be imported, the next handler of the chain serves and marks
every response, so that nobody takes a fallback for the real thing.
"""
import base64
import importlib
import json
import os
import sys
import time
import traceback

HANDLER = "integrated_api_handler"
FALLBACKS = (@FALLBACKS@)

# Set before the application is imported: it reports this name in its own health check.
os.environ["TANDEM_SERVING_HANDLER"] = HANDLER


def _application():
    from mangum import Mangum
    from main import app

    return Mangum(app, lifespan="off")


def _fallback(failure):
    sys.stderr.write("tandem: %s cannot be imported: %s\n" % (HANDLER, failure))
    traceback.print_exception(type(failure), failure, failure.__traceback__, file=sys.stderr)
    for name in FALLBACKS:
        os.environ["TANDEM_SERVING_HANDLER"] = name
        try:
            module = importlib.import_module(name)
        except ImportError as missing:
            sys.stderr.write("tandem: %s cannot be imported either: %s\n" % (name, missing))
            continue
        function = getattr(module, "lambda_handler", None) or getattr(module, "handler", None)
        if function is None:
            sys.stderr.write("tandem: %s has neither lambda_handler nor handler\n" % name)
            continue
        sys.stderr.write("tandem: %s serves instead\n" % name)
        return name, function
    raise failure


# Compose reads TANDEM_FAILURE and refuses the bundle when it is set.
TANDEM_FAILURE = None
try:
    _serving, _function = HANDLER, _application()
except ImportError as _error:
    TANDEM_FAILURE = _error
    _serving, _function = _fallback(_error)


def _path(event):
    if not isinstance(event, dict):
        return ""
    return event.get("rawPath") or event.get("path") or ""


def _mark_health(response):
    """A stand-in is never healthy, whatever it says of itself."""
    encoded = bool(response.get("isBase64Encoded"))
    try:
        body = response.get("body") or ""
        health = json.loads(base64.b64decode(body) if encoded else body)
    except ValueError:
        return
    if not isinstance(health, dict):
        return
    health.update(status="degraded", fallback=True, handler=_serving)
    text = json.dumps(health)
    response["body"] = base64.b64encode(text.encode()).decode() if encoded else text


def _count():
    """One line in the embedded metric format: a counter wherever logs are read, and a line to search for elsewhere."""
    metric = {"Namespace": "Tandem", "Dimensions": [["Handler"]], "Metrics": [{"Name": "FallbackResponses", "Unit": "Count"}]}
    line = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}, "Handler": _serving, "FallbackResponses": 1}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def lambda_handler(event, context):
    response = _function(event, context)
    if TANDEM_FAILURE is not None:
        _count()
    if not isinstance(response, dict) or "statusCode" not in response:
        return response
    headers = dict(response.get("headers") or {})
    if TANDEM_FAILURE is None:
        headers["x-tandem-handler"] = HANDLER
    else:
        # The names alone: why it is so stands in the log, where no client reads it.
        headers = {name: value for name, value in headers.items() if name.lower() not in ("x-tandem-handler", "x-tandem-fallback")}
        headers["x-tandem-handler"] = headers["x-tandem-fallback"] = _serving
        if _path(event).rstrip("/").endswith("/health"):
            _mark_health(response)
    response["headers"] = headers
    return response


handler = lambda_handler
)python";

}  // namespace

std::string integrated_handler_source(const std::vector<std::string>& fallbacks) {
  std::string names;
  for (const auto& name : fallbacks) names += fmt::format("\"{}\", ", name);
  if (!names.empty()) names.resize(names.size() - (fallbacks.size() == 1 ? 1 : 2));  // ("one",) is a tuple, ("one") is not
  return replaced(source, "@FALLBACKS@", names);
}

}  // namespace tandem::compose
