// HTTP APIs (v2). Stages deploy automatically: what a world holds is what its stages serve.
#include "base/text.hpp"
#include "deploy/local/resource_type.hpp"
#include "deploy/local/scene_json.hpp"

namespace tandem::deploy::local {
namespace {

Result<Made> make_http_api(const Wanted& wanted, Workbench& bench) {
  for (const auto* key : {"Body", "BodyS3Location", "Target", "RouteKey"})
    if (wanted.properties.contains(key))
      return failure(Fault::Invalid, "{}: APIs are not imported or quick-created here", key);
  const auto protocol = text_at(wanted.properties, "ProtocolType");
  if (protocol != "HTTP")
    return failure(Fault::Invalid, "ProtocolType {} is not run here (HTTP)", protocol);
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 10);
  return Made{
      id,
      id,
      {{"ApiId", id},
       {"ApiEndpoint", fmt::format("https://{}.execute-api.{}.amazonaws.com", id, bench.region)}},
      {}};
}

Result<const ResourceRecord*> api_of(const Wanted& wanted, const Workbench& bench) {
  const auto id = text_at(wanted.properties, "ApiId");
  const auto* api = bench.world.find("AWS::ApiGatewayV2::Api", id);
  if (api == nullptr)
    return failure(Fault::Invalid, "ApiId names {}, which is no HTTP API of these stacks", id);
  return api;
}

Result<Made> make_integration(const Wanted& wanted, Workbench& bench) {
  TRY(api_of(wanted, bench));
  const auto type = text_at(wanted.properties, "IntegrationType");
  if (type != "AWS_PROXY" || wanted.properties.contains("IntegrationSubtype"))
    return failure(Fault::Invalid,
                   "IntegrationType {} is not run here (AWS_PROXY to a Lambda function)", type);
  auto uri = text_at(wanted.properties, "IntegrationUri");
  if (const auto start = uri.find("/functions/"); start != std::string::npos) {
    const auto from = start + std::string_view("/functions/").size();
    uri = uri.substr(from, uri.rfind("/invocations") - from);
  }
  if (!uri.starts_with("arn:aws:lambda:"))
    return failure(Fault::Invalid, "IntegrationUri names no Lambda function: {}", uri);
  const auto payload = text_at(wanted.properties, "PayloadFormatVersion");
  if (payload != "1.0" && payload != "2.0")
    return failure(Fault::Invalid, "PayloadFormatVersion wants 1.0 or 2.0, not \"{}\"", payload);
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 7);
  return Made{id, id, {{"IntegrationId", id}}, {{"function", uri}, {"payload", payload}}};
}

Result<Made> make_route(const Wanted& wanted, Workbench& bench) {
  const auto* api = TRY(api_of(wanted, bench));
  const auto key = text_at(wanted.properties, "RouteKey");
  const auto target = text_at(wanted.properties, "Target");
  constexpr std::string_view prefix = "integrations/";
  const auto* integration =
      target.starts_with(prefix)
          ? bench.world.find("AWS::ApiGatewayV2::Integration", target.substr(prefix.size()))
          : nullptr;
  if (integration == nullptr)
    return failure(Fault::Invalid, "Target names {}, which is no integration of these stacks",
                   target);
  Route route;
  const auto parts = split(key, ' ');
  const bool fallback = key == "$default";
  if (!fallback && (parts.size() != 2 || !parts[1].starts_with('/')))
    return failure(Fault::Invalid, "RouteKey {} is no METHOD /path", key);
  route.method = fallback ? "ANY" : upper(parts[0]);
  route.path = fallback ? key : parts[1];
  route.function_arn = text_at(integration->details, "function");
  route.payload = text_at(integration->details, "payload");
  route.timeout_ms =
      std::atoi(text_at(integration->properties, "TimeoutInMillis", "30000").c_str());
  const auto kind = text_at(wanted.properties, "AuthorizationType", "NONE");
  if (kind != "NONE")
    bench.notes.push_back(fmt::format(
        "AWS::ApiGatewayV2::Route {}/{}: {} asks for {}, which the gateway does NOT check here",
        wanted.stack, wanted.resource.logical_id, key, kind));
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 7);
  return Made{id, id, {{"RouteId", id}}, {{"api", api->physical_id}, {"route", to_json(route)}}};
}

Result<Made> make_http_stage(const Wanted& wanted, Workbench& bench) {
  const auto* api = TRY(api_of(wanted, bench));
  const auto name = text_at(wanted.properties, "StageName");
  if (text_at(wanted.properties, "AutoDeploy") != "true")
    return failure(
        Fault::Invalid,
        "AutoDeploy of stage {} is not true; explicit deployments of HTTP APIs are not run here",
        name);
  return Made{fmt::format("{}|{}", api->physical_id, name), name, {}, {{"api", api->physical_id}}};
}

}  // namespace

const std::vector<ResourceType>& http_types() {
  static const std::vector<ResourceType> types{
      {.name = "AWS::ApiGatewayV2::Api",
       .replacing = {"ProtocolType"},
       .honoured = {"Name", "ProtocolType", "CorsConfiguration"},
       .make = make_http_api},
      {.name = "AWS::ApiGatewayV2::Integration",
       .replacing = {"ApiId"},
       .honoured = {"ApiId", "IntegrationType", "IntegrationUri", "PayloadFormatVersion",
                    "TimeoutInMillis", "IntegrationMethod"},
       .make = make_integration},
      {.name = "AWS::ApiGatewayV2::Route",
       .replacing = {"ApiId"},
       .honoured = {"ApiId", "RouteKey", "Target", "AuthorizationType"},
       .make = make_route},
      {.name = "AWS::ApiGatewayV2::Stage",
       .replacing = {"ApiId", "StageName"},
       .honoured = {"ApiId", "StageName", "AutoDeploy", "StageVariables", "AccessLogSettings",
                    "DefaultRouteSettings.ThrottlingRateLimit",
                    "DefaultRouteSettings.ThrottlingBurstLimit", "RouteSettings"},
       .make = make_http_stage},
  };
  return types;
}

}  // namespace tandem::deploy::local
