#pragma once
// A request as a function sees it: API Gateway's payload formats 1.0 and 2.0.

#include <cstdint>
#include <map>
#include <string>

#include "base/http.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

/// A request that found its route. The references outlive it.
struct RoutedRequest {
  const HttpRequest& request;
  const Api& api;
  const Stage& stage;
  const Route& route;
  std::map<std::string, std::string> path_parameters{};   ///< still percent-encoded
  std::string path;                                       ///< without the stage, still percent-encoded
  std::string request_id;
  std::string extended_request_id;
  std::string trace_id;
  Instant at{};
  std::string account;
  std::uint16_t port = 0;
};

/// Payload 1.0: absent is null, single-value maps hold the last value.
json::object event_1_0(const RoutedRequest& routed);
/// Payload 2.0: absent is left out, repeated values are joined with commas.
json::object event_2_0(const RoutedRequest& routed);
/// In the format that the route asks for.
json::object event_of(const RoutedRequest& routed);

/// Does a media type match one of `patterns`: "image/png", "image/*", "*/*"?
bool matches_media_type(const std::string& type, const std::vector<std::string>& patterns);

/// 12/Mar/2026:19:03:58 +0000
std::string common_log_time(Instant at);
/// The text with each byte that is no UTF-8 replaced by U+FFFD.
std::string as_utf8(std::string_view text);
/// The host a request was sent to, without its port.
std::string domain_of(const HttpRequest& request);

}  // namespace tandem::deploy::local
