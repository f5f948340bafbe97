#include "deploy/local/gateway_cors.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/function_table.hpp"

namespace tandem::deploy::local {
namespace {

/// What Access-Control-Allow-Origin says to this origin: "*", the origin itself, or nothing.
std::optional<std::string> allowed_origin(const Cors& cors, const std::string& origin) {
  for (const auto& pattern : cors.origins) {
    if (pattern == "*") return cors.credentials ? origin : std::string("*");
    if (matches_pattern(lower(pattern), lower(origin))) return origin;
  }
  return std::nullopt;
}

void put_list(Headers& headers, std::string_view name, const std::vector<std::string>& values) {
  if (!values.empty()) headers.set(name, join(values, ","));
}

}  // namespace

std::optional<HttpResponse> preflight(const Cors& cors, const HttpRequest& request) {
  const auto origin = request.headers.find("Origin");
  if (request.method != "OPTIONS" || !origin || !request.headers.find("Access-Control-Request-Method")) return std::nullopt;
  HttpResponse response{.status = 204};
  const auto allowed = allowed_origin(cors, *origin);
  if (!allowed) return response;
  response.headers.set("access-control-allow-origin", *allowed);
  put_list(response.headers, "access-control-allow-methods", cors.methods);
  put_list(response.headers, "access-control-allow-headers", cors.headers);
  if (cors.max_age > 0) response.headers.set("access-control-max-age", std::to_string(cors.max_age));
  if (cors.credentials) response.headers.set("access-control-allow-credentials", "true");
  return response;
}

void put_cors_headers(const Cors& cors, const HttpRequest& request, HttpResponse& response) {
  const auto fields = response.headers.fields();
  for (const auto& [name, value] : fields)
    if (lower(name).starts_with("access-control-")) response.headers.remove(name);
  const auto origin = request.headers.find("Origin");
  const auto allowed = origin ? allowed_origin(cors, *origin) : std::nullopt;
  if (!allowed) return;
  response.headers.set("access-control-allow-origin", *allowed);
  put_list(response.headers, "access-control-expose-headers", cors.expose);
  if (cors.credentials) response.headers.set("access-control-allow-credentials", "true");
}

}  // namespace tandem::deploy::local
