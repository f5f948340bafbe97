#include "deploy/local/assembly.hpp"

#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

namespace fs = std::filesystem;

/// One artifact of the manifest, as far as deploying needs it.
struct Artifact {
  std::string id;
  std::string type;
  json::object properties;
  std::string environment;
  std::vector<std::string> dependencies;
};

Result<json::value> read_json(const fs::path& path) {
  const auto text = TRY(read_file(path), "reading {}", path.string());
  auto value = TRY(parse_json(text, path.filename().string()), "reading {}", path.string());
  return value;
}

/// Assemblies come from outside: what they name must lie inside them.
Result<fs::path> inside(const fs::path& folder, const std::string& name, std::string_view key) {
  const auto relative = fs::path(name).lexically_normal();
  if (name.empty() || relative.is_absolute() || *relative.begin() == "..")
    return failure(Fault::Invalid, "{} names a file outside the assembly: {}", key, name);
  return folder / relative;
}

Result<Artifact> artifact_from(std::string_view id, const json::value& value) {
  Fields fields(value, fmt::format("manifest.json: artifact {}", id));
  Artifact artifact;
  artifact.id = id;
  artifact.type = fields.string("type");
  artifact.properties = fields.object("properties");
  artifact.environment = fields.string_or("environment", "");
  artifact.dependencies = fields.strings("dependencies");
  TRY(fields.finish());
  return artifact;
}

std::map<std::string, std::string> texts_of(const json::object& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object)
    texts[key] = value.is_string() ? std::string(value.as_string()) : to_text(value);
  return texts;
}

/// "aws://ACCOUNT/REGION" -> account and region; unknown ones stay empty.
void place(const std::string& environment, AssemblyStack& stack) {
  constexpr std::string_view scheme = "aws://";
  if (!environment.starts_with(scheme)) return;
  const auto parts = split(std::string_view(environment).substr(scheme.size()), '/');
  if (parts.size() != 2) return;
  if (parts[0] != "unknown-account") stack.account = parts[0];
  if (parts[1] != "unknown-region") stack.region = parts[1];
}

Result<AssemblyStack> stack_from(const fs::path& folder, const Artifact& artifact) {
  const json::value properties(artifact.properties);
  Fields fields(properties, fmt::format("manifest.json: stack {}", artifact.id));
  AssemblyStack stack;
  stack.id = artifact.id;
  stack.name = fields.string_or("stackName", artifact.id);
  stack.parameters = texts_of(fields.object("parameters"));
  stack.tags = texts_of(fields.object("tags"));
  stack.termination_protection = fields.boolean_or("terminationProtection", false);
  const auto file = fields.string("templateFile");
  TRY(fields.finish());
  const auto path = TRY(inside(folder, file, "templateFile"), "reading stack {}", artifact.id);
  stack.body = TRY(read_json(path), "reading the template of stack {}", artifact.id);
  place(artifact.environment, stack);
  return stack;
}

Done read_asset_manifest(const fs::path& folder, const Artifact& artifact, CloudAssembly& assembly) {
  const auto* file = artifact.properties.if_contains("file");
  if (file == nullptr || !file->is_string())
    return failure(Fault::Invalid, "manifest.json: artifact {} lacks properties.file", artifact.id);
  const std::string name(file->as_string());
  const auto path = TRY(inside(folder, name, "file"), "reading artifact {}", artifact.id);
  const auto manifest = TRY(read_json(path));
  Fields root(manifest, name);
  const auto images = root.object("dockerImages");
  if (!images.empty())
    return failure(Fault::Invalid, "{}: docker image {} is not run here", name, std::string_view(images.begin()->key()));
  for (const auto& [hash, value] : root.object("files")) {
    Fields asset(value, fmt::format("{}: asset {}", name, std::string_view(hash)));
    const auto source_value = json::value(asset.object("source"));
    Fields source(source_value, fmt::format("{}: source of asset {}", name, std::string_view(hash)));
    const auto packaging = source.string("packaging");
    const auto relative = source.string("path");
    if (packaging != "zip" && packaging != "file") source.refuse(fmt::format("has unknown packaging {}", packaging));
    TRY(source.finish());
    const auto where = TRY(inside(folder, relative, "path"), "reading asset {} of {}", std::string_view(hash), name);
    for (const auto& [id, destination] : asset.object("destinations")) {
      Fields target(destination, fmt::format("{}: destination {}", name, std::string_view(id)));
      const auto key = target.string("objectKey");
      TRY(target.finish());
      assembly.assets[key] = {where, packaging == "zip" ? Packaging::Folder : Packaging::File};
    }
    TRY(asset.finish());
  }
  return root.finish();
}

/// Artifacts so that each comes after those it depends on; ties keep the manifest's order.
Result<std::vector<Artifact>> in_order(std::vector<Artifact> artifacts) {
  std::set<std::string> known;
  for (const auto& artifact : artifacts) known.insert(artifact.id);
  std::set<std::string> placed;
  std::vector<Artifact> ordered;
  while (ordered.size() < artifacts.size()) {
    const auto before = ordered.size();
    for (const auto& artifact : artifacts) {
      const bool ready = std::ranges::all_of(artifact.dependencies, [&](const auto& id) {
        return placed.contains(id) || !known.contains(id);
      });
      if (!ready || !placed.insert(artifact.id).second) continue;
      ordered.push_back(artifact);
    }
    if (ordered.size() > before) continue;
    std::vector<std::string> stuck;
    for (const auto& artifact : artifacts)
      if (!placed.contains(artifact.id)) stuck.push_back(artifact.id);
    return failure(Fault::Invalid, "manifest.json: artifacts depend on each other in a circle: {}", join(stuck, ", "));
  }
  return ordered;
}

Done read_into(const fs::path& folder, CloudAssembly& assembly) {
  const auto manifest = TRY(read_json(folder / "manifest.json"), "reading the assembly {}", folder.string());
  Fields root(manifest, "manifest.json");
  root.string("version");
  std::vector<Artifact> artifacts;
  for (const auto& [id, value] : root.object("artifacts")) {
    auto artifact = TRY(artifact_from(id, value));
    artifacts.push_back(std::move(artifact));
  }
  TRY(root.finish());
  const auto ordered = TRY(in_order(std::move(artifacts)));
  for (const auto& artifact : ordered) {
    if (artifact.type == "cdk:asset-manifest") {
      TRY(read_asset_manifest(folder, artifact, assembly));
    } else if (artifact.type == "aws:cloudformation:stack") {
      auto stack = TRY(stack_from(folder, artifact));
      assembly.stacks.push_back(std::move(stack));
    } else if (artifact.type == "cdk:cloud-assembly") {
      const auto* directory = artifact.properties.if_contains("directoryName");
      const std::string name(directory != nullptr && directory->is_string() ? directory->as_string() : "");
      const auto nested = TRY(inside(folder, name, "directoryName"), "reading artifact {}", artifact.id);
      TRY(read_into(nested, assembly));
    }
  }
  return done();
}

}  // namespace

Result<CloudAssembly> read_assembly(const fs::path& folder, const std::vector<std::string>& only) {
  CloudAssembly assembly;
  TRY(read_into(folder, assembly));
  for (const auto& name : only) {
    const bool known = std::ranges::any_of(assembly.stacks, [&](const auto& s) { return s.id == name || s.name == name; });
    if (!known) return failure(Fault::Invalid, "the assembly {} has no stack {}", folder.string(), name);
  }
  if (!only.empty())
    std::erase_if(assembly.stacks, [&](const auto& stack) {
      return std::ranges::find(only, stack.id) == only.end() && std::ranges::find(only, stack.name) == only.end();
    });
  if (assembly.stacks.empty()) return failure(Fault::Invalid, "the assembly {} holds no stack", folder.string());
  return assembly;
}

}  // namespace tandem::deploy::local
