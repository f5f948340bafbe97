// REST APIs (v1). A Deployment takes the model as it stands when it is made, and the stage serves
// that snapshot: methods changed later, without a new Deployment, are not served, as on AWS.
#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/resource_type.hpp"
#include "deploy/local/scene_json.hpp"

namespace tandem::deploy::local {
namespace {

Result<Made> make_rest_api(const Wanted& wanted, Workbench& bench) {
  for (const auto* key : {"Body", "BodyS3Location", "CloneFrom"})
    if (wanted.properties.contains(key))
      return failure(Fault::Invalid,
                     "{}: APIs are not imported here, only made of resources and methods", key);
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 10);
  const auto root = wanted.old != nullptr ? text_at(wanted.old->attributes, "RootResourceId")
                                          : "r" + bench.small_letters(wanted, 9);
  return Made{id, id, {{"RestApiId", id}, {"RootResourceId", root}}, {}};
}

Result<const ResourceRecord*> api_of(const Wanted& wanted, const Workbench& bench) {
  const auto id = text_at(wanted.properties, "RestApiId");
  const auto* api = bench.world.find("AWS::ApiGateway::RestApi", id);
  if (api == nullptr)
    return failure(Fault::Invalid, "RestApiId names {}, which is no REST API of these stacks", id);
  return api;
}

Result<Made> make_rest_resource(const Wanted& wanted, Workbench& bench) {
  const auto* api = TRY(api_of(wanted, bench));
  const auto parent = text_at(wanted.properties, "ParentId");
  const auto part = text_at(wanted.properties, "PathPart");
  if (part.empty() || part.find('/') != std::string::npos)
    return failure(Fault::Invalid, "PathPart wants one segment, not \"{}\"", part);
  std::string path;
  if (parent != text_at(api->attributes, "RootResourceId")) {
    const auto* above = bench.world.find("AWS::ApiGateway::Resource", parent);
    if (above == nullptr)
      return failure(Fault::Invalid, "ParentId names {}, which is no resource of these stacks",
                     parent);
    path = text_at(above->details, "path");
  }
  const auto id = wanted.old != nullptr ? wanted.old->physical_id : bench.small_letters(wanted, 6);
  return Made{id, id, {{"ResourceId", id}}, {{"path", path + "/" + part}}};
}

/// "...:lambda:path/2015-03-31/functions/<arn>/invocations" -> the ARN, stage variables left in
/// place.
std::string function_in(const std::string& uri) {
  constexpr std::string_view before = "/functions/";
  constexpr std::string_view after = "/invocations";
  const auto start = uri.find(before);
  if (start == std::string::npos) return uri.starts_with("arn:aws:lambda:") ? uri : std::string{};
  const auto from = start + before.size();
  return uri.substr(from, uri.rfind(after) - from);
}

/// CDK's preflight answers: constant headers in quotes, no templates that would have to run.
Result<MockResponse> mock_from(const json::object& integration, Workbench& bench,
                               const std::string& logical_id) {
  MockResponse mock;
  const json::value value(integration);
  Fields fields(value, "Integration");
  const auto responses = fields.list("IntegrationResponses");
  TRY(fields.finish());
  if (responses.empty() || !responses.front().is_object()) return mock;
  const auto& response = responses.front().as_object();
  const auto status = text_at(response, "StatusCode", "200");
  if (status.size() != 3 || status.find_first_not_of("0123456789") != std::string::npos)
    return failure(Fault::Invalid, "IntegrationResponses has StatusCode {}", status);
  mock.status = std::stoi(status);
  constexpr std::string_view header = "method.response.header.";
  if (const auto* parameters = response.if_contains("ResponseParameters");
      parameters != nullptr && parameters->is_object())
    for (const auto& [key, member] : parameters->as_object()) {
      auto text = scalar_text(member).value_or("");
      if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
        text = text.substr(1, text.size() - 2);
      if (std::string_view(key).starts_with(header))
        mock.headers[std::string(key.substr(header.size()))] = text;
    }
  if (const auto* templates = response.if_contains("ResponseTemplates");
      templates != nullptr && templates->is_object()) {
    mock.body = text_at(templates->as_object(), "application/json");
    if (mock.body.find('#') != std::string::npos || mock.body.find('$') != std::string::npos) {
      bench.notes.push_back(fmt::format(
          "AWS::ApiGateway::Method {}: the response template is not run here; the body is empty",
          logical_id));
      mock.body.clear();
    }
  }
  if (responses.size() > 1)
    bench.notes.push_back(fmt::format(
        "AWS::ApiGateway::Method {}: only the first of {} integration responses is given",
        logical_id, responses.size()));
  return mock;
}

Result<std::string> path_of(const Wanted& wanted, const ResourceRecord& api,
                            const Workbench& bench) {
  const auto id = text_at(wanted.properties, "ResourceId");
  if (id == text_at(api.attributes, "RootResourceId")) return std::string("/");
  const auto* resource = bench.world.find("AWS::ApiGateway::Resource", id);
  if (resource == nullptr)
    return failure(Fault::Invalid, "ResourceId names {}, which is no resource of these stacks", id);
  return text_at(resource->details, "path");
}

Done note_authorization(const Wanted& wanted, const Route& route, Workbench& bench) {
  const auto kind = text_at(wanted.properties, "AuthorizationType", "NONE");
  if (kind != "NONE")
    bench.notes.push_back(fmt::format(
        "AWS::ApiGateway::Method {}/{}: {} {} asks for {}, which the gateway does NOT check here",
        wanted.stack, wanted.resource.logical_id, route.method, route.path, kind));
  return done();
}

Result<Made> make_method(const Wanted& wanted, Workbench& bench) {
  const auto* api = TRY(api_of(wanted, bench));
  const auto* value = wanted.properties.if_contains("Integration");
  if (value == nullptr || !value->is_object())
    return failure(Fault::Invalid, "Integration is missing");
  const auto& integration = value->as_object();
  Route route;
  route.method = upper(text_at(wanted.properties, "HttpMethod"));
  route.path = TRY(path_of(wanted, *api, bench));
  route.resource_id = text_at(wanted.properties, "ResourceId");
  const auto type = text_at(integration, "Type");
  if (type == "MOCK") {
    route.type = IntegrationType::Mock;
    route.mock =
        TRY(mock_from(integration, bench, wanted.stack + "/" + wanted.resource.logical_id));
  } else if (type == "AWS_PROXY") {
    route.function_arn = function_in(text_at(integration, "Uri"));
    if (route.function_arn.empty())
      return failure(Fault::Invalid, "Integration.Uri names no Lambda function: {}",
                     text_at(integration, "Uri"));
  } else {
    return failure(Fault::Invalid, "Integration.Type {} is not run here (AWS_PROXY, MOCK)", type);
  }
  route.timeout_ms = std::atoi(text_at(integration, "TimeoutInMillis", "29000").c_str());
  TRY(note_authorization(wanted, route, bench));
  const auto id = wanted.old != nullptr
                      ? wanted.old->physical_id
                      : fmt::format("{}|{}|{}", api->physical_id, route.resource_id, route.method);
  return Made{id, id, {}, {{"api", api->physical_id}, {"route", to_json(route)}}};
}

Result<Made> make_deployment(const Wanted& wanted, Workbench& bench) {
  const auto* api = TRY(api_of(wanted, bench));
  if (wanted.old != nullptr)
    return Made{wanted.old->physical_id, wanted.old->ref, wanted.old->attributes,
                wanted.old->details};
  if (wanted.properties.contains("StageName"))
    return failure(Fault::Invalid,
                   "StageName: a Deployment that makes its own stage is not run here");
  json::array routes;
  for (const auto& [stack, method] : bench.world.of_type("AWS::ApiGateway::Method"))
    if (text_at(method->details, "api") == api->physical_id)
      routes.push_back(method->details.at("route"));
  if (routes.empty()) return failure(Fault::Invalid, "The REST API doesn't contain any methods");
  const auto id = bench.small_letters(wanted, 6);
  const auto* binary = api->properties.if_contains("BinaryMediaTypes");
  return Made{id,
              id,
              {{"DeploymentId", id}},
              {{"api", api->physical_id},
               {"routes", std::move(routes)},
               {"binary", binary != nullptr ? *binary : json::value(json::array{})}}};
}

Result<Made> make_rest_stage(const Wanted& wanted, Workbench& bench) {
  const auto* api = TRY(api_of(wanted, bench));
  const auto name = text_at(wanted.properties, "StageName");
  const auto deployment = text_at(wanted.properties, "DeploymentId");
  if (name.empty()) return failure(Fault::Invalid, "StageName is missing");
  if (bench.world.find("AWS::ApiGateway::Deployment", deployment) == nullptr)
    return failure(Fault::Invalid, "DeploymentId names {}, which is no deployment of these stacks",
                   deployment);
  return Made{fmt::format("{}|{}", api->physical_id, name),
              name,
              {},
              {{"api", api->physical_id}, {"deployment", deployment}}};
}

}  // namespace

const std::vector<ResourceType>& rest_types() {
  static const std::vector<ResourceType> types{
      {.name = "AWS::ApiGateway::RestApi",
       .honoured = {"Name", "BinaryMediaTypes", "EndpointConfiguration"},
       .make = make_rest_api},
      {.name = "AWS::ApiGateway::Resource",
       .replacing = {"RestApiId", "ParentId", "PathPart"},
       .honoured = {"RestApiId", "ParentId", "PathPart"},
       .make = make_rest_resource},
      {.name = "AWS::ApiGateway::Method",
       .replacing = {"RestApiId", "ResourceId", "HttpMethod"},
       .honoured = {"RestApiId", "ResourceId", "HttpMethod", "Integration.Type", "Integration.Uri",
                    "Integration.IntegrationHttpMethod", "Integration.TimeoutInMillis",
                    "Integration.IntegrationResponses", "Integration.RequestTemplates",
                    "AuthorizationType", "MethodResponses"},
       .make = make_method},
      {.name = "AWS::ApiGateway::Deployment",
       .replacing = {"RestApiId"},
       .honoured = {"RestApiId"},
       .make = make_deployment},
      {.name = "AWS::ApiGateway::Stage",
       .replacing = {"RestApiId", "StageName"},
       .honoured = {"RestApiId", "StageName", "DeploymentId", "Variables", "AccessLogSetting",
                    "CacheClusterEnabled", "MethodSettings.HttpMethod",
                    "MethodSettings.ResourcePath", "MethodSettings.ThrottlingRateLimit",
                    "MethodSettings.ThrottlingBurstLimit", "MethodSettings.CachingEnabled",
                    "MethodSettings.CacheTtlInSeconds"},
       .make = make_rest_stage},
  };
  return types;
}

}  // namespace tandem::deploy::local
