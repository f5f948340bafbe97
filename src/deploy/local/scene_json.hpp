#pragma once
// Functions and routes of a scene as JSON: for records, and as canonical text for fingerprints.

#include "base/json.hpp"
#include "base/result.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

json::object to_json(const Function& function);
Result<Function> function_from_json(const json::value& value);
json::object to_json(const Route& route);
Result<Route> route_from_json(const json::value& value);
json::object to_json(const Stage& stage);
json::object to_json(const Cors& cors);
json::object to_json(const Site& site);

json::object json_of_texts(const std::map<std::string, std::string>& texts);
std::map<std::string, std::string> texts_from_json(const json::object& object);

}  // namespace tandem::deploy::local
