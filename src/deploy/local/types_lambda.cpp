// Functions, versions, aliases, permissions, layers.
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "deploy/local/resource_type.hpp"
#include "deploy/local/scene_json.hpp"

namespace tandem::deploy::local {
namespace {

Result<Asset> asset_named(const Workbench& bench, const json::object& place, std::string_view what) {
  const auto* key = place.if_contains("S3Key");
  if (key == nullptr || !key->is_string()) return failure(Fault::Invalid, "{} wants S3Bucket and S3Key of an asset, or inline code", what);
  const auto found = bench.assembly.assets.find(std::string(key->as_string()));
  if (found == bench.assembly.assets.end())
    return failure(Fault::Invalid, "{} names {}, which no asset manifest of this assembly has", what, std::string_view(key->as_string()));
  return found->second;
}

Result<Content> inline_code(const json::object& code, const std::string& runtime, Workbench& bench) {
  if (!runtime.starts_with("python")) return failure(Fault::Invalid, "Code.ZipFile wants a python runtime, not {}", runtime);
  return bench.outside.inline_code("index.py", std::string(code.at("ZipFile").as_string()));
}

/// A custom runtime needs its `bootstrap`; AWS finds out at the first invocation (Runtime.InvalidEntrypoint).
Done check_bootstrap(const Asset& asset, const std::string& runtime, const std::string& logical_id, Workbench& bench) {
  namespace fs = std::filesystem;
  std::error_code code;
  if (!runtime.starts_with("provided") || asset.packaging != Packaging::Folder || !fs::exists(asset.path, code)) return done();
  const auto file = asset.path / "bootstrap";
  if (!fs::exists(file, code))
    return failure(Fault::Invalid, "the asset {} has no file bootstrap, which runtime {} starts", asset.path.filename().string(), runtime);
  if ((fs::status(file, code).permissions() & fs::perms::owner_exec) == fs::perms::none)
    bench.notes.push_back(fmt::format("AWS::Lambda::Function {}: bootstrap is not executable; it was made so while unpacking", logical_id));
  return done();
}

Result<Content> code_of(const Wanted& wanted, const Function& function, Workbench& bench) {
  const auto* value = wanted.properties.if_contains("Code");
  if (value == nullptr || !value->is_object()) return failure(Fault::Invalid, "Code is missing");
  const auto& code = value->as_object();
  if (wanted.provider) return Content{};
  if (code.contains("ImageUri")) return failure(Fault::Invalid, "Code.ImageUri: container images are not run here");
  if (wanted.old != nullptr && wanted.old->properties.contains("Code") && wanted.old->properties.at("Code") == *value) {
    const auto before = TRY(function_from_json(wanted.old->details));
    std::error_code error;
    if (std::filesystem::exists(before.code_folder, error)) return Content{before.code_folder, before.code_digest};
  }
  if (const auto* text = code.if_contains("ZipFile"); text != nullptr && text->is_string())
    return inline_code(code, function.runtime, bench);
  const auto asset = TRY(asset_named(bench, code, "Code"));
  TRY(check_bootstrap(asset, function.runtime, wanted.resource.logical_id, bench));
  return bench.outside.code(asset);
}

/// Set by the service itself; a function that brings its own value is refused by AWS.
const std::set<std::string_view> reserved_variables{
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"};

Result<std::map<std::string, std::string>> variables_of(const json::object& properties) {
  std::map<std::string, std::string> variables;
  const auto* environment = properties.if_contains("Environment");
  if (environment == nullptr) return variables;
  Fields fields(*environment, "Environment");
  size_t size = 0;
  for (const auto& [key, value] : fields.object("Variables")) {
    const auto text = scalar_text(value);
    if (!text) return failure(Fault::Invalid, "Environment variable {} is no text", std::string_view(key));
    if (reserved_variables.contains(key)) return failure(Fault::Invalid, "Environment variable {} is reserved", std::string_view(key));
    size += key.size() + text->size();
    variables[std::string(key)] = *text;
  }
  TRY(fields.finish());
  if (size > 4096) return failure(Fault::Invalid, "Environment variables take {} bytes, more than 4096", size);
  return variables;
}

/// CloudFormation takes numbers as numbers and as text.
Result<int> number_of(const json::object& properties, std::string_view name, int fallback, int least, int most) {
  const auto* value = properties.if_contains(name);
  if (value == nullptr) return fallback;
  const auto text = scalar_text(*value);
  const int number = text && !text->empty() && text->size() < 9 && text->find_first_not_of("0123456789") == std::string::npos
                         ? std::stoi(*text) : -1;
  if (number < least || number > most) return failure(Fault::Invalid, "{} wants a whole number from {} to {}", name, least, most);
  return number;
}

Result<std::vector<std::string>> layers_of(const json::object& properties, const Workbench& bench) {
  std::vector<std::string> folders;
  const json::value value(properties);
  Fields fields(value, "the function");
  for (const auto& arn : fields.strings("Layers")) {
    const auto* layer = bench.world.find("AWS::Lambda::LayerVersion", arn);
    if (layer == nullptr) return failure(Fault::Invalid, "Layers names {}, which is no layer of these stacks", arn);
    folders.emplace_back(layer->details.at("folder").as_string());
  }
  TRY(fields.finish());
  return folders;
}

std::string log_group_of(const json::object& properties, const std::string& name) {
  const auto* logging = properties.if_contains("LoggingConfig");
  const auto* group = logging != nullptr && logging->is_object() ? logging->as_object().if_contains("LogGroup") : nullptr;
  return group != nullptr && group->is_string() ? std::string(group->as_string()) : "/aws/lambda/" + name;
}

Result<Made> make_function(const Wanted& wanted, Workbench& bench) {
  const json::value value(wanted.properties);
  Fields fields(value, "the function");
  Function function;
  function.name = bench.name(wanted, "FunctionName", 64);
  function.version = "$LATEST";
  function.arn = bench.arn("lambda", "function:" + function.name);
  function.runtime = fields.string_or("Runtime", "");
  function.handler = fields.string_or("Handler", "");
  function.log_group = log_group_of(wanted.properties, function.name);
  const auto package = fields.string_or("PackageType", "Zip");
  TRY(fields.finish());
  if (package != "Zip") return failure(Fault::Invalid, "PackageType {} is not run here", package);
  const bool known = function.runtime.starts_with("python3.") || function.runtime.starts_with("provided");
  if (!known && !wanted.provider) return failure(Fault::Invalid, "Runtime {} is not run here (python3.*, provided.*)", function.runtime);
  function.memory_mb = TRY(number_of(wanted.properties, "MemorySize", 128, 128, 10'240));
  function.timeout_seconds = TRY(number_of(wanted.properties, "Timeout", 3, 1, 900));
  function.environment = TRY(variables_of(wanted.properties));
  if (wanted.properties.contains("ReservedConcurrentExecutions"))
    function.reserved_concurrency = TRY(number_of(wanted.properties, "ReservedConcurrentExecutions", 0, 0, 1'000'000));
  if (!wanted.provider) function.layer_folders = TRY(layers_of(wanted.properties, bench));
  const auto code = TRY(code_of(wanted, function, bench));
  function.code_folder = code.folder;
  function.code_digest = code.digest;
  auto details = to_json(function);
  if (wanted.provider) details["provider"] = true;
  return Made{function.name, function.name, {{"Arn", function.arn}}, std::move(details)};
}

/// "name" or an ARN, qualified or not, as CloudFormation accepts it -> the plain name.
std::string function_name(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() >= 7 && parts[0] == "arn") return parts[6];
  return parts[0];
}

Result<const ResourceRecord*> function_of(const Wanted& wanted, const Workbench& bench) {
  const auto* name = wanted.properties.if_contains("FunctionName");
  if (name == nullptr || !name->is_string()) return failure(Fault::Invalid, "FunctionName is missing");
  const auto* function = bench.world.find("AWS::Lambda::Function", function_name(name->as_string()));
  if (function == nullptr) return failure(Fault::Invalid, "Function not found: {}", std::string_view(name->as_string()));
  return function;
}

/// Adds the published versions of a function in `world`, by number.
using Versions = std::map<std::int64_t, Function>;
Versions versions_of(const std::string& function, const World& world, Versions versions = {}) {
  for (const auto& [stack, record] : world.of_type("AWS::Lambda::Version")) {
    auto version = function_from_json(record->details);
    if (version && version->name == function) versions[std::stoll(version->version)] = std::move(*version);
  }
  return versions;
}

/// Publishing what equals the newest version gives no new one: on AWS the resource then fails with these words.
Result<Made> make_version(const Wanted& wanted, Workbench& bench) {
  const auto* record = TRY(function_of(wanted, bench));
  auto published = TRY(function_from_json(record->details));
  if (wanted.old != nullptr) return Made{wanted.old->physical_id, wanted.old->ref, wanted.old->attributes, wanted.old->details};
  const auto versions = versions_of(published.name, bench.live, versions_of(published.name, bench.world));
  if (!versions.empty()) {
    auto newest = versions.rbegin()->second;
    const auto number = std::exchange(newest.version, "$LATEST");
    newest.reserved_concurrency = published.reserved_concurrency;  // of the function, not of its versions
    if (newest == published)
      return failure(Fault::Conflict, "A version for this Lambda function exists ( {} ). Modify the function to create a new version.", number);
  }
  const auto number = TRY(bench.outside.next_version(published.name));
  published.version = std::to_string(number);
  const auto arn = published.arn + ":" + published.version;
  return Made{arn, arn, {{"Version", published.version}, {"FunctionArn", arn}}, to_json(published)};
}

Result<std::map<std::string, double>> weights_of(const json::object& properties) {
  std::map<std::string, double> weights;
  const auto* routing = properties.if_contains("RoutingConfig");
  if (routing == nullptr) return weights;
  Fields fields(*routing, "RoutingConfig");
  for (const auto& member : fields.list("AdditionalVersionWeights")) {
    Fields weight(member, "AdditionalVersionWeights");
    weights[weight.string("FunctionVersion")] = weight.number_or("FunctionWeight", 0);
    TRY(weight.finish());
  }
  TRY(fields.finish());
  if (weights.size() > 1) return failure(Fault::Invalid, "AdditionalVersionWeights names {} versions, more than one", weights.size());
  for (const auto& [version, share] : weights)
    if (share < 0 || share > 1) return failure(Fault::Invalid, "the weight {} of version {} is not between 0 and 1", share, version);
  return weights;
}

Result<Made> make_alias(const Wanted& wanted, Workbench& bench) {
  const auto* record = TRY(function_of(wanted, bench));
  const json::value value(wanted.properties);
  Fields fields(value, "the alias");
  const auto name = fields.string("Name");
  const auto version = fields.string("FunctionVersion");
  TRY(fields.finish());
  if (name.find_first_not_of("0123456789") == std::string::npos) return failure(Fault::Invalid, "alias name {} is a number", name);
  const auto weights = TRY(weights_of(wanted.properties));
  if (!weights.empty() && wanted.properties.contains("ProvisionedConcurrencyConfig"))
    return failure(Fault::Invalid, "alias {} has both RoutingConfig weights and ProvisionedConcurrencyConfig, which Lambda refuses", name);
  if (!weights.empty() && version == "$LATEST") return failure(Fault::Invalid, "alias {} has weights on $LATEST", name);
  const auto versions = versions_of(record->physical_id, bench.world);
  auto named = std::vector{version};
  for (const auto& [other, share] : weights) named.push_back(other);
  for (const auto& each : named) {
    const bool number = !each.empty() && each.size() < 18 && each.find_first_not_of("0123456789") == std::string::npos;
    if (each != "$LATEST" && (!number || !versions.contains(std::stoll(each))))
      return failure(Fault::Invalid, "Function not found: {}:{}", record->attributes.at("Arn").as_string().c_str(), each);
  }
  json::object shares;
  for (const auto& [other, share] : weights) shares[other] = share;
  const auto arn = std::string(record->attributes.at("Arn").as_string()) + ":" + name;
  return Made{arn, arn, {{"AliasArn", arn}},
              {{"name", name}, {"function", record->physical_id}, {"version", version}, {"weights", std::move(shares)}}};
}

Result<Made> make_permission(const Wanted& wanted, Workbench& bench) {
  const json::value value(wanted.properties);
  Fields fields(value, "the permission");
  const auto function = fields.string("FunctionName");
  const auto principal = fields.string("Principal");
  const auto action = fields.string("Action");
  const auto source = fields.string_or("SourceArn", "");
  TRY(fields.finish());
  TRY(function_of(wanted, bench));
  const auto id = fmt::format("{}-{}-{}", wanted.stack, wanted.resource.logical_id, bench.letters(wanted, 12));
  const bool invokes = action == "lambda:InvokeFunction" || action == "lambda:*";
  return Made{id, id, {{"Id", id}},
              {{"function", function}, {"principal", principal}, {"source_arn", source}, {"invokes", invokes}}};
}

Result<Made> make_layer(const Wanted& wanted, Workbench& bench) {
  const auto name = bench.name(wanted, "LayerName", 64);
  const auto* place = wanted.properties.if_contains("Content");
  if (place == nullptr || !place->is_object()) return failure(Fault::Invalid, "Content is missing");
  const auto number = TRY(bench.outside.next_version("layer:" + name));
  const auto arn = fmt::format("{}:{}", bench.arn("lambda", "layer:" + name), number);
  Content content;
  if (!wanted.provider) {
    const auto asset = TRY(asset_named(bench, place->as_object(), "Content"));
    content = TRY(bench.outside.code(asset));
  }
  return Made{arn, arn, {{"LayerVersionArn", arn}}, {{"folder", content.folder}, {"digest", content.digest}, {"provider", wanted.provider}}};
}

}  // namespace

const std::vector<ResourceType>& function_types() {
  static const std::vector<ResourceType> types{
      {.name = "AWS::Lambda::Function",
       .replacing = {"FunctionName", "PackageType"},
       .honoured = {"FunctionName", "PackageType", "Code", "Runtime", "Handler", "MemorySize", "Timeout", "Environment",
                    "Layers", "LoggingConfig.LogGroup", "ReservedConcurrentExecutions"},
       .name_property = "FunctionName",
       .make = make_function},
      {.name = "AWS::Lambda::Version",
       .replacing = {"FunctionName", "CodeSha256", "Description", "RuntimePolicy"},
       .honoured = {"FunctionName"},
       .make = make_version},
      {.name = "AWS::Lambda::Alias",
       .replacing = {"Name", "FunctionName"},
       .honoured = {"Name", "FunctionName", "FunctionVersion", "RoutingConfig"},
       .make = make_alias},
      {.name = "AWS::Lambda::Permission",
       .replacing = {"*"},
       .honoured = {"FunctionName", "Action", "Principal", "SourceArn"},
       .make = make_permission},
      {.name = "AWS::Lambda::LayerVersion",
       .replacing = {"*"},
       .honoured = {"LayerName", "Content", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"},
       .make = make_layer},
  };
  return types;
}

}  // namespace tandem::deploy::local
