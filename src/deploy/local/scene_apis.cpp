#include "deploy/local/scene_apis.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/scene_json.hpp"

namespace tandem::deploy::local {
namespace {

std::map<std::string, std::string> texts_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  std::map<std::string, std::string> texts;
  if (value == nullptr || !value->is_object()) return texts;
  for (const auto& [name, member] : value->as_object())
    texts[std::string(name)] = scalar_text(member).value_or("");
  return texts;
}

std::vector<std::string> list_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  std::vector<std::string> texts;
  if (value == nullptr || !value->is_array()) return texts;
  for (const auto& member : value->as_array()) texts.push_back(scalar_text(member).value_or(""));
  return texts;
}

double number_at(const json::object& object, std::string_view key, double otherwise) {
  const auto* value = object.if_contains(key);
  if (value != nullptr && value->is_number()) return value->to_number<double>();
  const auto text = text_at(object, key);
  return text.empty() ? otherwise : std::strtod(text.c_str(), nullptr);
}

Throttle throttle_from(const json::object& settings, Throttle otherwise) {
  return {number_at(settings, "ThrottlingRateLimit", otherwise.rate),
          static_cast<int>(number_at(settings, "ThrottlingBurstLimit", otherwise.burst))};
}

/// "arn:aws:logs:...:log-group:name:*" -> "name".
std::string log_group(const std::string& arn) {
  constexpr std::string_view marker = ":log-group:";
  const auto start = arn.find(marker);
  if (start == std::string::npos) return arn;
  auto name = arn.substr(start + marker.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

void read_access_log(const json::object& properties, std::string_view key, Stage& stage) {
  const auto* settings = properties.if_contains(key);
  if (settings == nullptr || !settings->is_object()) return;
  stage.access_log_group = log_group(text_at(settings->as_object(), "DestinationArn"));
  stage.access_log_format = text_at(settings->as_object(), "Format");
}

/// MethodSettings write paths as "/~1people~1{id}" ("~1" is a slash); "*" and "/*" mean the whole
/// stage.
void read_method_settings(const json::object& properties, Stage& stage) {
  const auto* list = properties.if_contains("MethodSettings");
  if (list == nullptr || !list->is_array()) return;
  for (const auto& member : list->as_array()) {
    if (!member.is_object()) continue;
    const auto& setting = member.as_object();
    const auto method = text_at(setting, "HttpMethod", "*");
    auto path = replaced(text_at(setting, "ResourcePath", "/*"), "~1", "/");
    if (path.starts_with("//")) path.erase(0, 1);
    if (method == "*" && path == "/*") {
      stage.throttle = throttle_from(setting, stage.throttle);
      stage.caching = text_at(properties, "CacheClusterEnabled") == "true" &&
                      text_at(setting, "CachingEnabled") == "true";
      stage.cache_seconds = static_cast<int>(number_at(setting, "CacheTtlInSeconds", 300));
    } else if (setting.contains("ThrottlingRateLimit") ||
               setting.contains("ThrottlingBurstLimit")) {
      stage.route_throttles[method + " " + path] = throttle_from(setting, stage.throttle);
    }
  }
}

Stage rest_stage(const ResourceRecord& record) {
  Stage stage;
  stage.name = record.ref;
  stage.variables = texts_at(record.properties, "Variables");
  read_access_log(record.properties, "AccessLogSetting", stage);
  read_method_settings(record.properties, stage);
  return stage;
}

Stage http_stage(const ResourceRecord& record) {
  Stage stage;
  stage.name = record.ref;
  stage.variables = texts_at(record.properties, "StageVariables");
  read_access_log(record.properties, "AccessLogSettings", stage);
  const auto* settings = record.properties.if_contains("DefaultRouteSettings");
  if (settings != nullptr && settings->is_object())
    stage.throttle = throttle_from(settings->as_object(), stage.throttle);
  const auto* routes = record.properties.if_contains("RouteSettings");
  if (routes == nullptr || !routes->is_object()) return stage;
  for (const auto& [key, member] : routes->as_object())
    if (member.is_object())
      stage.route_throttles[std::string(key)] = throttle_from(member.as_object(), stage.throttle);
  return stage;
}

Cors cors_from(const json::object& settings) {
  Cors cors;
  cors.origins = list_at(settings, "AllowOrigins");
  cors.methods = list_at(settings, "AllowMethods");
  cors.headers = list_at(settings, "AllowHeaders");
  cors.expose = list_at(settings, "ExposeHeaders");
  cors.max_age = static_cast<int>(number_at(settings, "MaxAge", 0));
  cors.credentials = text_at(settings, "AllowCredentials") == "true";
  return cors;
}

Api api_from(const std::string& stack, const ResourceRecord& record, ApiKind kind) {
  Api api;
  api.id = record.physical_id;
  api.stack = stack;
  api.logical_id = record.logical_id;
  api.kind = kind;
  api.name = text_at(record.properties, "Name");
  return api;
}

Done read_snapshot(const World& world, const std::string& deployment, Api& api) {
  const auto* record = world.find("AWS::ApiGateway::Deployment", deployment);
  if (record == nullptr)
    return failure(Fault::Invalid, "the stage of API {} names deployment {}, which is gone",
                   api.logical_id, deployment);
  for (const auto& member : record->details.at("routes").as_array()) {
    auto route = TRY(route_from_json(member));
    api.routes.push_back(std::move(route));
  }
  api.binary_media_types = list_at(record->details, "binary");
  return done();
}

}  // namespace

Done add_rest_apis(const World& world, Scene& scene) {
  for (const auto& [stack, record] : world.of_type("AWS::ApiGateway::RestApi")) {
    auto api = api_from(stack, *record, ApiKind::Rest);
    std::string snapshot;
    for (const auto& [other, stage] : world.of_type("AWS::ApiGateway::Stage")) {
      if (text_at(stage->details, "api") != api.id) continue;
      const auto deployment = text_at(stage->details, "deployment");
      if (!snapshot.empty() && snapshot != deployment)
        return failure(Fault::Invalid,
                       "API {}/{} has stages with different deployments, which is not run here",
                       stack, api.logical_id);
      snapshot = deployment;
      api.stages.push_back(rest_stage(*stage));
    }
    if (!snapshot.empty()) TRY(read_snapshot(world, snapshot, api));
    scene.apis.push_back(std::move(api));
  }
  return done();
}

Done add_http_apis(const World& world, Scene& scene) {
  for (const auto& [stack, record] : world.of_type("AWS::ApiGatewayV2::Api")) {
    auto api = api_from(stack, *record, ApiKind::Http);
    for (const auto& [other, stage] : world.of_type("AWS::ApiGatewayV2::Stage"))
      if (text_at(stage->details, "api") == api.id) api.stages.push_back(http_stage(*stage));
    for (const auto& [other, member] : world.of_type("AWS::ApiGatewayV2::Route")) {
      if (text_at(member->details, "api") != api.id) continue;
      auto route = TRY(route_from_json(member->details.at("route")));
      api.routes.push_back(std::move(route));
    }
    const auto* cors = record->properties.if_contains("CorsConfiguration");
    if (cors != nullptr && cors->is_object()) api.cors = cors_from(cors->as_object());
    scene.apis.push_back(std::move(api));
  }
  return done();
}

}  // namespace tandem::deploy::local
