#pragma once
// CORS as an HTTP API itself answers it.

#include <optional>

#include "base/http.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

/// Answers a preflight, without any function; nothing when the request is none.
std::optional<HttpResponse> preflight(const Cors& cors, const HttpRequest& request);
/// Puts the API's CORS headers on a response in place of the function's. None when the origin does not match.
void put_cors_headers(const Cors& cors, const HttpRequest& request, HttpResponse& response);

}  // namespace tandem::deploy::local
