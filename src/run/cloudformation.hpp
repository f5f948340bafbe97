#pragma once
// What aws/cfn-deploy is given, understood: templates in JSON and YAML, parameters, and the assembly they become.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::run {

/// A template as JSON. YAML is read in its long form (Ref:, Fn::Sub:). Errors: Invalid with the place; short forms
/// (!Ref) are refused by name.
Result<json::value> parse_template(std::string_view text, const std::string& name);

/// "K=V,K=V"; a value may be quoted. `K=undefined` keeps the old value, so it is left out.
Result<std::map<std::string, std::string>> parameter_overrides(std::string_view text);
/// {"Parameters": {}} or [{"ParameterKey": ..., "ParameterValue": ...}].
Result<std::map<std::string, std::string>> parameter_file(std::string_view text, const std::string& name);

/// One stack made of one template.
struct TemplateStack {
  std::string name;
  json::value body;
  std::map<std::string, std::string> parameters{};
  std::string tags{};                  ///< JSON list of Key and Value; may be empty
  bool termination_protection = false;
};
/// A cloud assembly that holds just this stack.
Done write_assembly(const TemplateStack& stack, const std::filesystem::path& folder);

/// The value at a path like ".items[0].name"; nullptr when there is none.
const json::value* at_path(const json::value& value, std::string_view path);

}  // namespace tandem::run
