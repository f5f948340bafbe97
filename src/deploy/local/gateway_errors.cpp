#include "deploy/local/gateway_errors.hpp"

namespace tandem::deploy::local {
namespace {

HttpResponse said(int status, std::string body, std::string type) {
  auto response = json_response(status, std::move(body));
  if (!type.empty()) response.headers.add("x-amzn-ErrorType", std::move(type));
  return response;
}

/// Some of these bodies have a space after the colon and some do not; both are what clients get.
HttpResponse rest_error(GatewayError error) {
  switch (error) {
    case GatewayError::HeadersTooLarge: return said(431, R"({"message":"Request Header Fields Too Large"})", "RequestHeaderFieldsTooLargeException");
    case GatewayError::BodyTooLarge: return said(413, R"({"message":"Request Too Long"})", "RequestTooLargeException");
    case GatewayError::NoStage: return said(403, R"({"message":"Forbidden"})", "ForbiddenException");
    case GatewayError::NoRoute: return said(403, R"({"message":"Missing Authentication Token"})", "MissingAuthenticationTokenException");
    case GatewayError::Throttled: return said(429, R"({"message":"Too Many Requests"})", "TooManyRequestsException");
    case GatewayError::NotPermitted:
    case GatewayError::FunctionThrottled: return said(500, R"({"message": "Internal server error"})", "InternalServerErrorException");
    case GatewayError::FunctionFailed:
    case GatewayError::Malformed: return said(502, R"({"message": "Internal server error"})", "InternalServerErrorException");
    case GatewayError::TimedOut: return said(504, R"({"message": "Endpoint request timed out"})", "InternalServerErrorException");
  }
  throw Bug("a gateway error without an answer");
}

HttpResponse http_error(GatewayError error) {
  switch (error) {
    case GatewayError::HeadersTooLarge: return said(431, R"({"message":"Request Header Fields Too Large"})", {});
    case GatewayError::BodyTooLarge: return said(413, R"({"message":"Request Entity Too Large"})", {});
    case GatewayError::NoStage:
    case GatewayError::NoRoute: return said(404, R"({"message":"Not Found"})", {});
    case GatewayError::Throttled: return said(429, R"({"message":"Too Many Requests"})", {});
    case GatewayError::NotPermitted:
    case GatewayError::FunctionFailed:
    case GatewayError::Malformed: return said(500, R"({"message":"Internal Server Error"})", {});
    case GatewayError::FunctionThrottled:
    case GatewayError::TimedOut: return said(503, R"({"message":"Service Unavailable"})", {});
  }
  throw Bug("a gateway error without an answer");
}

}  // namespace

HttpResponse gateway_error(ApiKind kind, GatewayError error) { return kind == ApiKind::Rest ? rest_error(error) : http_error(error); }

}  // namespace tandem::deploy::local
