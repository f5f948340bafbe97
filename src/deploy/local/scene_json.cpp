#include "deploy/local/scene_json.hpp"

namespace tandem::deploy::local {

json::object json_of_texts(const std::map<std::string, std::string>& texts) {
  json::object out;
  for (const auto& [key, value] : texts) out[key] = value;
  return out;
}

std::map<std::string, std::string> texts_from_json(const json::object& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object)
    if (const auto* text = value.if_string()) texts[key] = std::string(*text);
  return texts;
}

json::object to_json(const Function& function) {
  json::object out{{"name", function.name},
                   {"version", function.version},
                   {"arn", function.arn},
                   {"runtime", function.runtime},
                   {"handler", function.handler},
                   {"code_folder", function.code_folder},
                   {"code_digest", function.code_digest},
                   {"memory_mb", function.memory_mb},
                   {"timeout_seconds", function.timeout_seconds},
                   {"environment", json_of_texts(function.environment)},
                   {"log_group", function.log_group},
                   {"layer_folders", json_of(function.layer_folders)}};
  out["reserved_concurrency"] = function.reserved_concurrency
                                    ? json::value(*function.reserved_concurrency)
                                    : json::value(nullptr);
  return out;
}

Result<Function> function_from_json(const json::value& value) {
  Fields fields(value, "function");
  Function function;
  function.name = fields.string("name");
  function.version = fields.string("version");
  function.arn = fields.string("arn");
  function.runtime = fields.string("runtime");
  function.handler = fields.string("handler");
  function.code_folder = fields.string("code_folder");
  function.code_digest = fields.string("code_digest");
  function.memory_mb = static_cast<int>(fields.integer("memory_mb"));
  function.timeout_seconds = static_cast<int>(fields.integer("timeout_seconds"));
  function.environment = texts_from_json(fields.object("environment"));
  function.log_group = fields.string("log_group");
  function.layer_folders = fields.strings("layer_folders");
  if (fields.find("reserved_concurrency") != nullptr)
    function.reserved_concurrency = static_cast<int>(fields.integer("reserved_concurrency"));
  TRY(fields.finish());
  return function;
}

json::object to_json(const Route& route) {
  return {{"method", route.method},
          {"path", route.path},
          {"resource_id", route.resource_id},
          {"type", route.type == IntegrationType::Mock ? "mock" : "lambda"},
          {"function_arn", route.function_arn},
          {"payload", route.payload},
          {"timeout_ms", route.timeout_ms},
          {"mock_status", route.mock.status},
          {"mock_headers", json_of_texts(route.mock.headers)},
          {"mock_body", route.mock.body}};
}

Result<Route> route_from_json(const json::value& value) {
  Fields fields(value, "route");
  Route route;
  route.method = fields.string("method");
  route.path = fields.string("path");
  route.resource_id = fields.string("resource_id");
  route.type =
      fields.string("type") == "mock" ? IntegrationType::Mock : IntegrationType::LambdaProxy;
  route.function_arn = fields.string("function_arn");
  route.payload = fields.string("payload");
  route.timeout_ms = static_cast<int>(fields.integer("timeout_ms"));
  route.mock.status = static_cast<int>(fields.integer("mock_status"));
  route.mock.headers = texts_from_json(fields.object("mock_headers"));
  route.mock.body = fields.string("mock_body");
  TRY(fields.finish());
  return route;
}

json::object to_json(const Stage& stage) {
  json::object throttles;
  for (const auto& [route, throttle] : stage.route_throttles)
    throttles[route] = json::object{{"rate", throttle.rate}, {"burst", throttle.burst}};
  return {{"name", stage.name},
          {"variables", json_of_texts(stage.variables)},
          {"rate", stage.throttle.rate},
          {"burst", stage.throttle.burst},
          {"route_throttles", std::move(throttles)},
          {"access_log_group", stage.access_log_group},
          {"access_log_format", stage.access_log_format},
          {"caching", stage.caching},
          {"cache_seconds", stage.cache_seconds}};
}

json::object to_json(const Cors& cors) {
  return {{"origins", json_of(cors.origins)}, {"methods", json_of(cors.methods)},
          {"headers", json_of(cors.headers)}, {"expose", json_of(cors.expose)},
          {"max_age", cors.max_age},          {"credentials", cors.credentials}};
}

json::object to_json(const Site& site) {
  json::array errors;
  for (const auto& error : site.errors)
    errors.push_back(json::object{
        {"status", error.status}, {"response", error.response_status}, {"page", error.page}});
  return {{"id", site.id},
          {"domain", site.domain},
          {"bucket", site.bucket},
          {"root", site.root_object},
          {"errors", std::move(errors)},
          {"readable", site.readable},
          {"compress", site.compress}};
}

}  // namespace tandem::deploy::local
