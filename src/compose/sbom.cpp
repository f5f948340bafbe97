#include "compose/sbom.hpp"

#include <map>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem::compose {
namespace {

json::array sha256(const std::string& content) { return {json::object{{"alg", "SHA-256"}, {"content", content}}}; }

/// pkg:pypi/name@version, as the purl specification writes it.
std::string purl(const LockedPackage& package) {
  return fmt::format("pkg:pypi/{}@{}", package.name, replaced(package.version, "+", "%2B"));
}

json::object library(const LockedPackage& package) {
  const auto id = purl(package);
  return {{"type", "library"}, {"bom-ref", id}, {"name", package.name}, {"version", package.version}, {"purl", id},
          {"hashes", sha256(package.sha256)}};
}

/// An entry for every part. The bundle depends on the application, the handler and what the requirements name; a package on
/// what it needs itself.
json::array dependencies(const Materials& materials) {
  std::map<std::string, std::string> ids;
  for (const auto& package : materials.packages) ids[package.name] = purl(package);
  const auto entry = [&ids](const std::string& ref, std::vector<std::string> parts, const std::vector<std::string>& names) {
    for (const auto& name : names)
      if (const auto found = ids.find(name); found != ids.end()) parts.push_back(found->second);
    json::object out{{"ref", ref}};
    if (!parts.empty()) out["dependsOn"] = json_of(parts);
    return out;
  };
  std::vector<std::string> parts{"handler"};
  if (!materials.application.empty()) parts.insert(parts.begin(), "application");
  json::array out{entry("bundle", parts, materials.edges.asked)};
  for (const auto& part : parts) out.push_back(entry(part, {}, {}));
  for (const auto& [name, id] : ids) {
    const auto needed = materials.edges.needs.find(name);
    out.push_back(entry(id, {}, needed == materials.edges.needs.end() ? std::vector<std::string>{} : needed->second));
  }
  return out;
}

/// A UUID of version 8 (made from a hash).
std::string uuid_of(std::string_view content) {
  auto hex = sha256_hex(content).substr(0, 32);
  hex[12] = '8';
  hex[16] = "89ab"[static_cast<size_t>(hex[16]) % 4];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20));
}

}  // namespace

std::string bill_of_materials(const Materials& materials) {
  json::array components;
  if (!materials.application.empty())
    components.push_back(json::object{{"type", "application"}, {"bom-ref", "application"}, {"name", materials.application}, {"version", materials.application_commit.value}});
  components.push_back(json::object{{"type", "file"}, {"bom-ref", "handler"}, {"name", materials.handler}, {"hashes", sha256(materials.handler_sha256)}});
  for (const auto& package : materials.packages) components.push_back(library(package));

  json::object bom{{"bomFormat", "CycloneDX"}, {"specVersion", "1.6"}, {"version", 1}};
  json::object bundle{{"type", "application"}, {"bom-ref", "bundle"}, {"name", materials.name},
                      {"properties", json::array{json::object{{"name", "tandem:runtime"}, {"value", materials.runtime}}}}};
  bom["metadata"] = json::object{{"tools", json::object{{"components", json::array{json::object{{"type", "application"}, {"name", "tandem"}}}}}},
                                 {"component", std::move(bundle)}};
  bom["components"] = std::move(components);
  bom["dependencies"] = dependencies(materials);
  bom["serialNumber"] = "urn:uuid:" + uuid_of(to_canonical_text(bom));
  return to_pretty_text(bom);
}

}  // namespace tandem::compose
