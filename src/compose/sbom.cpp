#include "compose/sbom.hpp"

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

/// A UUID of version 8 (made from a hash).
std::string uuid_of(std::string_view content) {
  auto hex = sha256_hex(content).substr(0, 32);
  hex[12] = '8';
  hex[16] = "89ab"[static_cast<size_t>(hex[16]) % 4];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20));
}

}  // namespace

std::string bill_of_materials(const Materials& materials) {
  json::array components, parts;
  const auto add = [&](json::object component) {
    parts.emplace_back(component.at("bom-ref"));
    components.push_back(std::move(component));
  };
  if (!materials.application.empty())
    add({{"type", "application"}, {"bom-ref", "application"}, {"name", materials.application}, {"version", materials.application_commit.value}});
  add({{"type", "file"}, {"bom-ref", "handler"}, {"name", materials.handler}, {"hashes", sha256(materials.handler_sha256)}});
  for (const auto& package : materials.packages) add(library(package));

  json::object bom{{"bomFormat", "CycloneDX"}, {"specVersion", "1.6"}, {"version", 1}};
  json::object bundle{{"type", "application"}, {"bom-ref", "bundle"}, {"name", materials.name},
                      {"properties", json::array{json::object{{"name", "tandem:runtime"}, {"value", materials.runtime}}}}};
  bom["metadata"] = json::object{{"tools", json::object{{"components", json::array{json::object{{"type", "application"}, {"name", "tandem"}}}}}},
                                 {"component", std::move(bundle)}};
  bom["components"] = std::move(components);
  bom["dependencies"] = json::array{json::object{{"ref", "bundle"}, {"dependsOn", std::move(parts)}}};
  bom["serialNumber"] = "urn:uuid:" + uuid_of(to_canonical_text(bom));
  return to_pretty_text(bom);
}

}  // namespace tandem::compose
