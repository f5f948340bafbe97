#include "deploy/local/gateway.hpp"

#include <random>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "deploy/local/access_log.hpp"
#include "deploy/local/event.hpp"
#include "deploy/local/event_reply.hpp"
#include "deploy/local/gateway_cors.hpp"
#include "deploy/local/gateway_errors.hpp"
#include "deploy/local/invoke.hpp"

namespace tandem::deploy::local {
namespace {

constexpr size_t header_bytes_max = 10'240;
constexpr size_t body_bytes_max = 10UL << 20;
constexpr size_t cached_max = 1000;

size_t header_bytes(const HttpRequest& request) {
  size_t bytes = request.method.size() + request.target.size() + 12;
  for (const auto& [name, value] : request.headers.fields()) bytes += name.size() + value.size() + 4;
  return bytes;
}

std::string trace_id(const HttpRequest& request, Instant at) {
  if (const auto given = request.headers.find("X-Amzn-Trace-Id"); given && given->find("Root=") != std::string::npos) return *given;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  return fmt::format("Root=1-{:08x}-{}", seconds, hex(random_bytes(12)));
}

Microseconds since(Steady began) { return std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - began); }

}  // namespace

/// One request and what has been found out about it.
struct Gateway::Exchange {
  const HttpRequest& request;
  Steady began{};
  Instant at{};
  std::string request_id;
  std::string extended_id;
  std::string trace;
  const Stage* stage = nullptr;
  std::string path;                      ///< without the stage
  RouteMatch match{};
  std::map<std::string, std::string> context{};

  GatewayError note(GatewayError error, std::string why) {
    context["error.message"] = why;
    context["error.messageString"] = to_text(json::string(why));
    return error;
  }
  std::string route_key() const {
    if (match.route == nullptr) return {};
    return match.route->path == "$default" ? match.route->path : match.route->method + " " + match.route->path;
  }
};

Gateway::Gateway(Api api, const FunctionTable& functions, const GatewayGround& ground, std::uint16_t port)
    : api_(std::move(api)), functions_(functions), ground_(ground), port_(port), routes_(api_) {}

HttpResponse Gateway::answer(const HttpRequest& request) {
  const auto at = ground_.clock.now();
  const auto short_id = base64(random_bytes(11));
  Exchange exchange{.request = request, .began = std::chrono::steady_clock::now(), .at = at,
                    .request_id = api_.kind == ApiKind::Rest ? fresh_uuid() : short_id, .extended_id = short_id,
                    .trace = trace_id(request, at), .path = {}};
  auto response = respond(exchange);
  finish(exchange, response);
  return response;
}

HttpResponse Gateway::respond(Exchange& exchange) {
  const auto refuse = [&](GatewayError error, std::string why) { return gateway_error(api_.kind, exchange.note(error, std::move(why))); };
  if (header_bytes(exchange.request) > header_bytes_max) return refuse(GatewayError::HeadersTooLarge, "Request Header Fields Too Large");
  if (exchange.request.body.size() > body_bytes_max) return refuse(GatewayError::BodyTooLarge, "Request Too Long");
  if (!find_stage(exchange)) return refuse(GatewayError::NoStage, "no such stage");
  if (api_.cors)
    if (auto allowed = preflight(*api_.cors, exchange.request)) return *std::move(allowed);
  auto match = routes_.match(exchange.request.method, exchange.path);
  if (!match) return refuse(GatewayError::NoRoute, "no such route");
  exchange.match = *std::move(match);
  if (!takes_token(exchange)) return refuse(GatewayError::Throttled, "Too Many Requests");
  if (exchange.match.route->type == IntegrationType::Mock) {
    const auto& mock = exchange.match.route->mock;
    HttpResponse response{.status = mock.status, .headers = {}, .body = mock.body};
    for (const auto& [name, value] : mock.headers) response.headers.add(name, value);
    return response;
  }
  auto response = serve_route(exchange);
  if (api_.cors) put_cors_headers(*api_.cors, exchange.request, response);
  return response;
}

/// The first segment names the stage; an HTTP API's $default stage has no name in the path.
bool Gateway::find_stage(Exchange& exchange) const {
  const std::string& path = exchange.request.path;
  const auto end = path.find('/', 1);
  const auto first = percent_decoded(std::string_view(path).substr(path.starts_with('/') ? 1 : 0, end == std::string::npos ? end : end - 1));
  for (const auto& stage : api_.stages) {
    if (stage.name != first || stage.name == "$default") continue;
    exchange.stage = &stage;
    exchange.path = end == std::string::npos ? "/" : path.substr(end);
    return true;
  }
  for (const auto& stage : api_.stages)
    if (stage.name == "$default") {
      exchange.stage = &stage;
      exchange.path = path;
      return true;
    }
  return false;
}

bool Gateway::takes_token(const Exchange& exchange) {
  const auto& stage = *exchange.stage;
  const auto own = stage.route_throttles.find(exchange.route_key());
  const bool has_own = own != stage.route_throttles.end();
  const auto key = stage.name + (has_own ? " " + own->first : "");
  return buckets_.take(key, has_own ? own->second : stage.throttle, exchange.began);
}

/// Stage caching. The key holds the query and the caller's Authorization too, which AWS asks to be configured: an
/// answer is never shown to somebody else here.
HttpResponse Gateway::serve_route(Exchange& exchange) {
  const auto& request = exchange.request;
  if (!exchange.stage->caching || request.method != "GET") return call_function(exchange);
  const auto key = exchange.stage->name + " " + request.target + "\n" + request.headers.find("Authorization").value_or("");
  const auto now = exchange.began;
  auto found = cache_.with([&](auto& cache) -> std::optional<HttpResponse> {
    const auto cached = cache.find(key);
    if (cached == cache.end() || cached->second.until <= now) return std::nullopt;
    return cached->second.response;
  });
  if (found) return *std::move(found);
  auto response = call_function(exchange);
  if (response.status == 200)
    cache_.with([&](auto& cache) {
      if (cache.size() >= cached_max) cache.clear();
      cache[key] = {response, now + std::chrono::seconds(exchange.stage->cache_seconds)};
    });
  return response;
}

std::string Gateway::source_arn(const Exchange& exchange, const std::string& method) const {
  const auto& path = exchange.match.route->path;
  return fmt::format("arn:aws:execute-api:{}:{}:{}/{}/{}{}{}", ground_.region, ground_.account, api_.id, exchange.stage->name,
                     method, path.starts_with('/') ? "" : "/", path);
}

/// A route for ANY may be granted as what was asked or as any method.
bool Gateway::is_permitted(const Exchange& exchange, const FunctionName& name) const {
  return functions_.permits(name, source_arn(exchange, exchange.request.method)) ||
         functions_.permits(name, source_arn(exchange, exchange.match.route->method));
}

HttpResponse Gateway::call_function(Exchange& exchange) {
  const auto refuse = [&](GatewayError error, std::string why) {
    exchange.context["integrationErrorMessage"] = why;
    return gateway_error(api_.kind, exchange.note(error, std::move(why)));
  };
  auto arn = exchange.match.route->function_arn;
  for (const auto& [name, value] : exchange.stage->variables) arn = replaced(arn, "${stageVariables." + name + "}", value);
  const auto name = FunctionName::parse(arn);
  if (!is_permitted(exchange, name))
    return refuse(GatewayError::NotPermitted, "API Gateway does not have permission to invoke " + arn + ": an AWS::Lambda::Permission for it is missing");
  const auto found = functions_.find(name, random_draw());
  if (!found) return refuse(GatewayError::NotPermitted, found.error().what);

  const RoutedRequest routed{.request = exchange.request, .api = api_, .stage = *exchange.stage, .route = *exchange.match.route,
                             .path_parameters = exchange.match.parameters, .path = exchange.path, .request_id = exchange.request_id,
                             .extended_request_id = exchange.extended_id, .trace_id = exchange.trace, .at = exchange.at,
                             .account = ground_.account, .port = port_};
  InvokeOrder order{.request_id = fresh_uuid(), .payload = to_text(event_of(routed)), .function_arn = found->arn, .trace_id = exchange.trace,
                    .give_up = exchange.began + std::chrono::milliseconds(std::min(exchange.match.route->timeout_ms, 30'000))};
  if (order.payload.size() > payload_bytes_max) return refuse(GatewayError::BodyTooLarge, "the event is larger than a function may get");
  exchange.context["awsEndpointRequestId"] = order.request_id;
  const auto called = std::chrono::steady_clock::now();
  const auto invoked = found->pool->invoke(std::move(order));
  exchange.context["integrationLatency"] = std::to_string(since(called).count() / 1000);
  if (std::holds_alternative<GaveUp>(invoked)) return refuse(GatewayError::TimedOut, "Endpoint request timed out");
  if (const auto* throttled = std::get_if<Throttled>(&invoked)) return refuse(GatewayError::FunctionThrottled, "Rate Exceeded: " + throttled->reason);
  exchange.context["integrationStatus"] = "200";
  return reply(exchange, std::get<FunctionOutcome>(invoked));
}

HttpResponse Gateway::reply(Exchange& exchange, const FunctionOutcome& outcome) const {
  const auto refuse = [&](GatewayError error, std::string why) {
    exchange.context["integrationErrorMessage"] = why;
    return gateway_error(api_.kind, exchange.note(error, std::move(why)));
  };
  if (outcome.failed) return refuse(GatewayError::FunctionFailed, "the function failed: " + outcome.error_type);
  auto response = exchange.match.route->payload == "2.0"
                      ? reply_2_0(outcome.payload)
                      : reply_1_0(outcome.payload, api_.kind == ApiKind::Http ? std::vector<std::string>{"*/*"} : api_.binary_media_types,
                                  exchange.request.headers.find("Accept").value_or(""));
  if (!response) return refuse(GatewayError::Malformed, "Malformed proxy response");
  return *std::move(response);
}

void Gateway::finish(Exchange& exchange, HttpResponse& response) const {
  auto& headers = response.headers;
  if (api_.kind == ApiKind::Http) {
    headers.set("apigw-requestid", exchange.extended_id);
  } else {
    headers.set("x-amzn-RequestId", exchange.request_id);
    headers.set("x-amz-apigw-id", exchange.extended_id);
    headers.set("X-Amzn-Trace-Id", exchange.trace);
  }
  if (exchange.stage != nullptr && !exchange.stage->access_log_group.empty()) write_access_log(exchange, response);
}

void Gateway::write_access_log(const Exchange& exchange, const HttpResponse& response) const {
  const auto& request = exchange.request;
  auto context = exchange.context;
  const std::map<std::string, std::string> common{
      {"requestId", exchange.request_id},
      {"extendedRequestId", exchange.extended_id},
      {"identity.sourceIp", request.peer},
      {"identity.userAgent", request.headers.find("User-Agent").value_or("")},
      {"requestTime", common_log_time(exchange.at)},
      {"requestTimeEpoch", std::to_string(exchange.at.time_since_epoch().count())},
      {"httpMethod", request.method},
      {"routeKey", exchange.route_key()},
      {"resourcePath", exchange.match.route == nullptr ? "" : exchange.match.route->path},
      {"path", request.path},
      {"protocol", "HTTP/1.1"},
      {"status", std::to_string(response.status)},
      {"responseLength", std::to_string(response.body.size())},
      {"responseLatency", std::to_string(since(exchange.began).count() / 1000)},
      {"stage", exchange.stage->name},
      {"apiId", api_.id},
      {"accountId", ground_.account},
      {"domainName", domain_of(request)},
      {"xrayTraceId", exchange.trace}};
  context.insert(common.begin(), common.end());
  context["integration.latency"] = context["integrationLatency"];
  context["integration.status"] = context["integrationStatus"];
  context["integration.error"] = context["integrationErrorMessage"];
  const auto group = exchange.stage->access_log_group;
  ground_.logs.write(group, access_log_line(exchange.stage->access_log_format, context));
}

}  // namespace tandem::deploy::local
