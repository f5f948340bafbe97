#include "deploy/local/event.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

bool is_hop_by_hop(std::string_view name) {
  for (const auto* known : {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"})
    if (same_ignoring_case(name, known)) return true;
  return false;
}

/// What arrived, and what the gateway adds of its own.
Fields forwarded_headers(const RoutedRequest& routed) {
  const auto& headers = routed.request.headers;
  Fields out;
  for (const auto& [name, value] : headers.fields()) {
    const bool ours = same_ignoring_case(name, "X-Forwarded-For") || same_ignoring_case(name, "X-Forwarded-Port") ||
                      same_ignoring_case(name, "X-Forwarded-Proto") || same_ignoring_case(name, "X-Amzn-Trace-Id");
    if (!ours && !is_hop_by_hop(name)) out.emplace_back(name, as_utf8(value));
  }
  const auto before = headers.find("X-Forwarded-For");
  out.emplace_back("X-Forwarded-For", before ? as_utf8(*before) + ", " + routed.request.peer : routed.request.peer);
  out.emplace_back("X-Forwarded-Port", std::to_string(routed.port));
  out.emplace_back("X-Forwarded-Proto", "http");
  out.emplace_back("X-Amzn-Trace-Id", routed.trace_id);
  if (!headers.find("Content-Length") && !routed.request.body.empty())
    out.emplace_back("Content-Length", std::to_string(routed.request.body.size()));
  return out;
}

/// Single-value map: the last one counts. Null when there is none.
json::value last_values(const Fields& fields) {
  json::object out;
  for (const auto& [name, value] : fields) out[name] = value;
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

json::value all_values(const Fields& fields) {
  json::object out;
  for (const auto& [name, value] : fields) {
    auto& list = out[name];
    if (list.is_null()) list = json::array();
    list.as_array().emplace_back(value);
  }
  return out.empty() ? json::value(nullptr) : json::value(std::move(out));
}

json::object joined_values(const Fields& fields) {
  json::object out;
  for (const auto& [name, value] : fields) {
    auto* known = out.if_contains(name);
    if (known == nullptr) out[name] = value;
    else *known = std::string(known->as_string()) + "," + value;
  }
  return out;
}

Fields query_of(const HttpRequest& request) {
  auto fields = parse_query(request.query);
  for (auto& [name, value] : fields) name = as_utf8(name), value = as_utf8(value);
  return fields;
}

Fields decoded(const std::map<std::string, std::string>& parameters) {
  Fields out;
  for (const auto& [name, value] : parameters) out.emplace_back(name, as_utf8(percent_decoded(value)));
  return out;
}

Fields list_of(const std::map<std::string, std::string>& values) { return {values.begin(), values.end()}; }

std::string media_type(const HttpRequest& request) {
  const auto type = request.headers.find("Content-Type").value_or("");
  return lower(trimmed(std::string_view(type).substr(0, type.find(';'))));
}

bool is_plain_in_2_0(const HttpRequest& request) {
  if (request.headers.find("Content-Encoding") || !is_valid_utf8(request.body)) return false;
  const auto type = media_type(request);
  return type.starts_with("text/") || type == "application/json" || type == "application/xml" || type == "application/javascript";
}

bool is_binary(const RoutedRequest& routed) {
  if (routed.api.kind == ApiKind::Http) return !is_plain_in_2_0(routed.request);
  return matches_media_type(media_type(routed.request), routed.api.binary_media_types);
}

std::string domain_prefix(const RoutedRequest& routed) {
  const auto domain = domain_of(routed.request);
  const bool is_address = domain.find_first_not_of("0123456789.") == std::string::npos || domain == "localhost";
  return is_address ? routed.api.id : domain.substr(0, domain.find('.'));
}

std::string user_agent(const HttpRequest& request) { return as_utf8(request.headers.find("User-Agent").value_or("")); }

/// The stage is part of an HTTP API's path unless it is $default.
std::string path_with_stage(const RoutedRequest& routed) {
  return routed.stage.name == "$default" ? routed.path : "/" + routed.stage.name + routed.path;
}

/// HTTP APIs hand the path on decoded and lose what follows a decoded question mark.
std::string path_of_http_api(const RoutedRequest& routed) {
  const auto path = as_utf8(percent_decoded(path_with_stage(routed)));
  return path.substr(0, path.find('?'));
}

std::string route_key(const Route& route) {
  return route.path == "$default" ? route.path : route.method + " " + route.path;
}

json::object identity(const RoutedRequest& routed) {
  json::object out;
  for (const auto* name : {"cognitoIdentityPoolId", "accountId", "cognitoIdentityId", "caller"}) out[name] = nullptr;
  out["sourceIp"] = routed.request.peer;
  for (const auto* name : {"principalOrgId", "accessKey", "cognitoAuthenticationType", "cognitoAuthenticationProvider", "userArn"})
    out[name] = nullptr;
  out["userAgent"] = user_agent(routed.request);
  out["user"] = nullptr;
  return out;
}

json::object context_1_0(const RoutedRequest& routed) {
  return {{"resourceId", routed.route.resource_id.empty() ? routed.route.path : routed.route.resource_id},
          {"resourcePath", routed.route.path},
          {"httpMethod", routed.request.method},
          {"extendedRequestId", routed.extended_request_id},
          {"requestTime", common_log_time(routed.at)},
          {"path", routed.api.kind == ApiKind::Http ? path_of_http_api(routed) : "/" + routed.stage.name + routed.path},
          {"accountId", routed.account},
          {"protocol", "HTTP/1.1"},
          {"stage", routed.stage.name},
          {"domainPrefix", domain_prefix(routed)},
          {"requestTimeEpoch", routed.at.time_since_epoch().count()},
          {"requestId", routed.request_id},
          {"identity", identity(routed)},
          {"domainName", domain_of(routed.request)},
          {"apiId", routed.api.id}};
}

void put_body_1_0(json::object& event, const RoutedRequest& routed) {
  const auto& body = routed.request.body;
  const bool binary = !body.empty() && is_binary(routed);
  event["body"] = body.empty() ? json::value(nullptr) : json::value(binary ? base64(body) : as_utf8(body));
  event["isBase64Encoded"] = binary;
}

/// Names in lower case, cookies taken out into a list of their own.
void put_headers_2_0(json::object& event, const RoutedRequest& routed) {
  Fields fields;
  json::array cookies;
  for (const auto& [name, value] : forwarded_headers(routed)) {
    if (!same_ignoring_case(name, "Cookie")) {
      fields.emplace_back(lower(name), value);
      continue;
    }
    for (const auto& cookie : split(value, ';'))
      if (!trimmed(cookie).empty()) cookies.emplace_back(trimmed(cookie));
  }
  if (!cookies.empty()) event["cookies"] = std::move(cookies);
  event["headers"] = joined_values(fields);
}

}  // namespace

json::object event_1_0(const RoutedRequest& routed) {
  const auto headers = forwarded_headers(routed);
  const auto query = query_of(routed.request);
  const bool http = routed.api.kind == ApiKind::Http;
  json::object event;
  if (http) event["version"] = "1.0";
  event["resource"] = routed.route.path;
  event["path"] = http ? path_of_http_api(routed) : routed.path;
  event["httpMethod"] = routed.request.method;
  event["headers"] = last_values(headers);
  event["multiValueHeaders"] = all_values(headers);
  event["queryStringParameters"] = last_values(query);
  event["multiValueQueryStringParameters"] = all_values(query);
  event["pathParameters"] = last_values(decoded(routed.path_parameters));
  event["stageVariables"] = last_values(list_of(routed.stage.variables));
  event["requestContext"] = context_1_0(routed);
  put_body_1_0(event, routed);
  return event;
}

json::object event_2_0(const RoutedRequest& routed) {
  const auto path = path_of_http_api(routed);
  const auto put = [](json::object& event, std::string_view name, json::object values) {
    if (!values.empty()) event[name] = std::move(values);
  };
  json::object event{{"version", "2.0"}, {"routeKey", route_key(routed.route)}, {"rawPath", path},
                     {"rawQueryString", as_utf8(routed.request.query)}};
  put_headers_2_0(event, routed);
  put(event, "queryStringParameters", joined_values(query_of(routed.request)));
  put(event, "pathParameters", joined_values(decoded(routed.path_parameters)));
  put(event, "stageVariables", joined_values(list_of(routed.stage.variables)));
  event["requestContext"] = json::object{
      {"accountId", routed.account},
      {"apiId", routed.api.id},
      {"domainName", domain_of(routed.request)},
      {"domainPrefix", domain_prefix(routed)},
      {"http", {{"method", routed.request.method}, {"path", path}, {"protocol", "HTTP/1.1"},
                {"sourceIp", routed.request.peer}, {"userAgent", user_agent(routed.request)}}},
      {"requestId", routed.request_id},
      {"routeKey", route_key(routed.route)},
      {"stage", routed.stage.name},
      {"time", common_log_time(routed.at)},
      {"timeEpoch", routed.at.time_since_epoch().count()}};
  const auto& body = routed.request.body;
  const bool binary = !body.empty() && !is_plain_in_2_0(routed.request);
  if (!body.empty()) event["body"] = binary ? base64(body) : body;
  event["isBase64Encoded"] = binary;
  return event;
}

json::object event_of(const RoutedRequest& routed) {
  return routed.route.payload == "2.0" ? event_2_0(routed) : event_1_0(routed);
}

bool matches_media_type(const std::string& type, const std::vector<std::string>& patterns) {
  const auto plain = lower(trimmed(std::string_view(type).substr(0, type.find(';'))));
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    if (pattern == "*/*") return true;
    if (pattern.ends_with("/*")) return plain.starts_with(lower(pattern.substr(0, pattern.size() - 1)));
    return plain == lower(pattern);
  });
}

std::string common_log_time(Instant at) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::seconds>(at - day)};
  return fmt::format("{:02}/{}/{:04}:{:02}:{:02}:{:02} +0000", static_cast<unsigned>(date.day()),
                     months.substr((static_cast<unsigned>(date.month()) - 1) * 3, 3), static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string as_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    size_t size = 1;
    while (size <= 4 && size <= text.size() && !is_valid_utf8(text.substr(0, size))) ++size;
    const bool valid = size <= 4 && size <= text.size();
    out += valid ? text.substr(0, size) : std::string_view("\xEF\xBF\xBD");
    text.remove_prefix(valid ? size : 1);
  }
  return out;
}

std::string domain_of(const HttpRequest& request) {
  const auto host = as_utf8(request.headers.find("Host").value_or("localhost"));
  return host.substr(0, host.rfind(':'));
}

}  // namespace tandem::deploy::local
