#pragma once
// One API of a shown scene: REST (payload 1.0) or HTTP (2.0), from the listener to the function and back.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/http.hpp"
#include "base/time.hpp"
#include "deploy/local/function_log.hpp"
#include "deploy/local/function_table.hpp"
#include "deploy/local/gateway_routes.hpp"
#include "deploy/local/gateway_throttle.hpp"

namespace tandem::deploy::local {

/// What gateways need around them.
struct GatewayGround {
  LogGroups& logs;
  const Clock& clock;
  std::string region;
  std::string account;
};

/// Answers requests; each step that can fail answers as API Gateway does. Immutable but for buckets and cache.
class Gateway {
 public:
  /// `functions` and `ground` outlive it.
  Gateway(Api api, const FunctionTable& functions, const GatewayGround& ground, std::uint16_t port);
  HttpResponse answer(const HttpRequest& request);

 private:
  struct Exchange;
  HttpResponse respond(Exchange& exchange);
  HttpResponse serve_route(Exchange& exchange);
  HttpResponse call_function(Exchange& exchange);
  HttpResponse reply(Exchange& exchange, const FunctionOutcome& outcome) const;
  bool find_stage(Exchange& exchange) const;
  bool takes_token(const Exchange& exchange);
  bool is_permitted(const Exchange& exchange, const FunctionName& name) const;
  void finish(Exchange& exchange, HttpResponse& response) const;
  void write_access_log(const Exchange& exchange, const HttpResponse& response) const;
  std::string source_arn(const Exchange& exchange, const std::string& method) const;

  struct Cached {
    HttpResponse response;
    Steady until{};
  };

  const Api api_;
  const FunctionTable& functions_;
  const GatewayGround& ground_;
  const std::uint16_t port_;
  const RouteTable routes_;
  TokenBuckets buckets_;
  Guarded<std::map<std::string, Cached>> cache_;
};

}  // namespace tandem::deploy::local
