#include "deploy/local/invoke.hpp"

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "deploy/local/runtime_api.hpp"

namespace tandem::deploy::local {
namespace {

HttpResponse refusal(int status, const std::string& type, const std::string& message) {
  auto response = json_response(status, to_text(json::object{{"Type", "User"}, {"Message", message}, {"message", message}}));
  response.headers.add("x-amzn-ErrorType", type);
  return response;
}

/// The {name} of the path, or nothing when this is not the path of the Invoke API.
std::optional<std::string> function_of(const HttpRequest& request) {
  constexpr std::string_view start = "/2015-03-31/functions/";
  constexpr std::string_view end = "/invocations";
  std::string_view path = request.path;
  if (!path.starts_with(start) || !path.ends_with(end) || path.size() <= start.size() + end.size()) return std::nullopt;
  return percent_decoded(path.substr(start.size(), path.size() - start.size() - end.size()));
}

std::string qualifier_of(const HttpRequest& request) {
  for (const auto& [name, value] : parse_query(request.query))
    if (name == "Qualifier") return value;
  return {};
}

std::optional<InvokeMode> mode_of(const HttpRequest& request) {
  const auto type = request.headers.find("X-Amz-Invocation-Type").value_or("RequestResponse");
  if (type == "RequestResponse") return InvokeMode::Wait;
  if (type == "Event") return InvokeMode::Later;
  if (type == "DryRun") return InvokeMode::Check;
  return std::nullopt;
}

HttpResponse invoked_response(const HttpRequest& request, const Invocation& invocation) {
  HttpResponse response{.status = invocation.status};
  if (invocation.status == 429) {
    response.body = invocation.payload;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("x-amzn-ErrorType", "TooManyRequestsException");
    return response;
  }
  if (invocation.status == 200) {
    response.body = invocation.payload;
    response.headers.add("Content-Type", "application/json");
  }
  response.headers.add("X-Amz-Executed-Version", invocation.executed_version);
  if (!invocation.function_error.empty()) response.headers.add("X-Amz-Function-Error", invocation.function_error);
  if (request.headers.find("X-Amz-Log-Type").value_or("None") == "Tail" && invocation.status == 200)
    response.headers.add("X-Amz-Log-Result", base64(invocation.log_tail));
  return response;
}

HttpResponse answer(Serving& serving, const std::string& view, const HttpRequest& request) {
  const auto function = function_of(request);
  if (!function || request.method != "POST") return refusal(404, "ResourceNotFoundException", "no such operation");
  const auto mode = mode_of(request);
  if (!mode) return refusal(400, "InvalidParameterValueException", "X-Amz-Invocation-Type is RequestResponse, Event or DryRun");
  if (request.body.size() > payload_bytes_max)
    return refusal(413, "RequestTooLargeException", fmt::format("{} byte payload is too large for an invocation (limit {} bytes)", request.body.size(), payload_bytes_max));
  if (!request.body.empty())
    if (const auto parsed = parse_json(request.body); !parsed)
      return refusal(400, "InvalidRequestContentException", "Could not parse request body into json: " + parsed.error().what);
  const auto invocation = serving.invoke(view, *function, qualifier_of(request), request.body.empty() ? "{}" : request.body, *mode);
  if (!invocation) return refusal(invocation.error().fault == Fault::Missing ? 404 : 500,
                                  invocation.error().fault == Fault::Missing ? "ResourceNotFoundException" : "ServiceException", invocation.error().what);
  return invoked_response(request, *invocation);
}

}  // namespace

HttpResponse invoke_api(Serving& serving, const std::string& view, const HttpRequest& request) {
  auto response = answer(serving, view, request);
  response.headers.add("x-amzn-RequestId", fresh_uuid());
  return response;
}

}  // namespace tandem::deploy::local
