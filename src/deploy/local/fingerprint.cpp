#include "deploy/local/fingerprint.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "deploy/local/scene_json.hpp"

namespace tandem::deploy::local {
namespace {

std::string short_digest(std::string_view text) { return sha256_hex(text).substr(0, 16); }
std::string short_digest(const std::map<std::string, std::string>& texts) { return short_digest(to_canonical_text(json_of_texts(texts))); }

/// "sha256:..." of what lies there now, or the word for what is wrong with it.
std::string content(const std::string& folder) {
  const auto digest = digest_of_folder(folder);
  return digest ? digest->value : std::string(word(digest.error().fault));
}

std::string name_of(const World& world, std::string_view type, const std::string& physical_id) {
  for (const auto& [stack, record] : world.of_type(type))
    if (record->physical_id == physical_id) return stack + "/" + record->logical_id;
  return physical_id;
}

std::string described(const Function& function) {
  std::string layers;
  for (const auto& folder : function.layer_folders) layers += " layer " + content(folder);
  const auto reserved = function.reserved_concurrency ? fmt::format(" reserved {}", *function.reserved_concurrency) : std::string{};
  return fmt::format("{} {} {} MB {} s code {} environment {} logs {}{}{}", function.runtime, function.handler, function.memory_mb,
                     function.timeout_seconds, content(function.code_folder), short_digest(function.environment),
                     function.log_group, reserved, layers);
}

void add_functions(const Scene& shown, const World& names, Fingerprint& out) {
  for (const auto& function : shown.functions)
    if (function.version == "$LATEST") out["function " + name_of(names, "AWS::Lambda::Function", function.name)] = described(function);
  for (const auto& alias : shown.aliases) {
    std::string value = alias.version;
    for (const auto& [version, share] : alias.weights) value += fmt::format(" and {} of {}", share, version);
    for (const auto& function : shown.functions)
      if (function.name == alias.function && (function.version == alias.version || alias.weights.contains(function.version)))
        value += fmt::format("; {} is {}", function.version, described(function));
    out["alias " + name_of(names, "AWS::Lambda::Function", alias.function) + "/" + alias.name] = value;
  }
  for (const auto& permission : shown.permissions)
    out[fmt::format("permission {} {} {}", permission.function, permission.principal, permission.source_arn)] = "allowed";
}

void add_apis(const Scene& shown, Fingerprint& out) {
  for (const auto& api : shown.apis) {
    const auto whose = api.stack + "/" + api.logical_id;
    for (const auto& route : api.routes) out[fmt::format("route {} {} {}", whose, route.method, route.path)] = to_canonical_text(to_json(route));
    for (const auto& stage : api.stages) {
      auto value = to_json(stage);
      value["variables"] = short_digest(stage.variables);
      out[fmt::format("stage {} {}", whose, stage.name)] = to_canonical_text(value);
    }
    out["api " + whose] = fmt::format("{} {} {}", api.id, api.kind == ApiKind::Rest ? "REST" : "HTTP", join(api.binary_media_types, ","));
    if (api.cors) out["cors " + whose] = to_canonical_text(to_json(*api.cors));
  }
}

}  // namespace

Result<Fingerprint> fingerprint_of(const Scene& shown, const World& names, Tables& tables) {
  Fingerprint out;
  add_functions(shown, names, out);
  add_apis(shown, out);
  for (const auto& site : shown.sites) out[fmt::format("site {}/{}", site.stack, site.logical_id)] = to_canonical_text(to_json(site));
  for (const auto& [bucket, folder] : shown.buckets) out["bucket " + name_of(names, "AWS::S3::Bucket", bucket)] = content(folder);
  for (const auto& [stack, record] : names.of_type("AWS::DynamoDB::Table")) {
    const auto shape = TRY(tables.find(record->physical_id), "looking at table {}", record->physical_id);
    out[fmt::format("table {}/{}", stack, record->logical_id)] = shape ? to_canonical_text(to_json(*shape)) : "missing";
  }
  return out;
}

}  // namespace tandem::deploy::local
