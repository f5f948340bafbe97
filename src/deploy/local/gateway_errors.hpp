#pragma once
// The answers API Gateway gives by itself, to the letter.

#include "base/http.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

enum class GatewayError {
  HeadersTooLarge, BodyTooLarge, NoStage, NoRoute, Throttled, NotPermitted, FunctionThrottled, FunctionFailed, Malformed, TimedOut
};

/// The status, body and error type differ between REST and HTTP APIs.
HttpResponse gateway_error(ApiKind kind, GatewayError error);

}  // namespace tandem::deploy::local
