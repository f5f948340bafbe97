#include "deploy/synth/assembly_folder.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem::deploy::synth {
namespace fs = std::filesystem;
namespace {

/// A stack of the manifest and what it waits for.
struct Stack {
  std::string id;
  fs::path template_file;   ///< relative to the whole assembly
  std::vector<std::string> dependencies;
};

/// What the manifest names, sorted into stacks and asset manifests.
struct Manifest {
  std::vector<Stack> stacks;
  std::vector<fs::path> asset_manifests;      ///< relative to the whole assembly
};

Result<fs::path> inside(const fs::path& folder, const fs::path& name, const fs::path& whose) {
  const auto refuse = [&](std::string_view why) {
    return failure(Fault::Invalid, "{} names {}, which {}", whose.string(), name.string(), why).with_code("E-SYN-21");
  };
  const auto path = name.lexically_normal();
  if (!name.has_filename() || path.is_absolute() || *path.begin() == "..")
    return refuse("is not a path inside the assembly").with_next("leave asset staging on (aws:cdk:disable-asset-staging off)");
  std::error_code trouble;
  if (!fs::exists(folder / path, trouble)) return refuse("is not there");
  return folder / path;
}

Done refuse_lookups(const json::object& manifest) {
  const auto* missing = manifest.if_contains("missing");
  if (missing == nullptr || !missing->is_array() || missing->as_array().empty()) return done();
  const auto provider = Fields(missing->as_array()[0], "a missing value").string_or("provider", "an unknown provider");
  return failure(Fault::Invalid, "the app asks for values of an AWS account: {}", provider)
      .with_code("E-SYN-22")
      .with_next("run cdk synth once with credentials and commit cdk.context.json, or name the values in the app");
}

/// Adds what the manifest in `root / below` names to `manifest`; the assemblies of CDK stages lie in folders within.
Done read_manifest(const fs::path& root, const fs::path& below, Manifest& manifest) {
  const auto text = read_file(root / below / "manifest.json");
  if (!text)
    return failure(Fault::Invalid, "the app wrote no manifest.json").with_code("E-SYN-20").with_next("call app.synth() at the end of the app");
  auto value = parse_json(*text, "manifest.json");
  if (!value) return std::move(value).error().with_code("E-SYN-20");
  if (value->is_object()) TRY(refuse_lookups(value->as_object()));
  Fields fields(*value, "manifest.json");
  for (const auto& [id, member] : fields.object("artifacts")) {
    Fields artifact(member, id);
    const auto type = artifact.string_or("type", "");
    const json::value described = artifact.object("properties");
    Fields properties(described, id);
    if (type == "aws:cloudformation:stack")
      manifest.stacks.push_back({id, below / properties.string_or("templateFile", ""), artifact.strings("dependencies")});
    else if (type == "cdk:asset-manifest")
      manifest.asset_manifests.push_back(below / properties.string_or("file", ""));
    else if (type == "cdk:cloud-assembly")
      TRY(read_manifest(root, below / fs::path(properties.string_or("directoryName", "")).filename(), manifest), "reading stage {}", std::string_view(id));
    TRY(artifact.finish());
  }
  return fields.finish();
}

/// Stacks after those they depend on; else in the order of the manifest.
Result<std::vector<std::string>> deploy_order(const std::vector<Stack>& stacks) {
  std::set<std::string> known;
  for (const auto& stack : stacks) known.insert(stack.id);
  std::vector<std::string> order;
  std::set<std::string> placed;
  while (order.size() < stacks.size()) {
    const auto ready = std::ranges::find_if(stacks, [&](const Stack& stack) {
      return !placed.contains(stack.id) && std::ranges::all_of(stack.dependencies, [&](const std::string& id) {
        return !known.contains(id) || placed.contains(id);
      });
    });
    if (ready == stacks.end()) return failure(Fault::Invalid, "stacks wait for each other").with_code("E-SYN-24");
    order.push_back(ready->id);
    placed.insert(ready->id);
  }
  return order;
}

/// Adds an asset manifest and the contents of its assets to the digest.
Done add_assets(Sha256& hash, const fs::path& folder, const fs::path& file) {
  const auto path = TRY(inside(folder, file, "manifest.json"));
  const auto text = TRY(read_file(path));
  hash.add(fmt::format("assets {} {}\n", file.string(), sha256_hex(text)));
  const auto value = TRY(parse_json(text, file.string()));
  Fields fields(value, file.string());
  std::map<std::string, Digest> contents;
  for (const auto& [id, member] : fields.object("files")) {
    const json::value source = Fields(member, id).object("source");
    const auto name = Fields(source, "source").string_or("path", "");
    // The assets of a stage lie beside its folder.
    const auto asset = TRY(inside(folder, fs::path(name).is_absolute() ? fs::path(name) : file.parent_path() / name, file));
    std::error_code trouble;
    contents[name] = TRY(fs::is_directory(asset, trouble) ? digest_of_folder(asset) : digest_of_file(asset), "reading asset {}", name);
  }
  TRY(fields.finish());
  for (const auto& [name, digest] : contents) hash.add(fmt::format("asset {} {}\n", name, digest.value));
  return done();
}

}  // namespace

Result<Assembly> read_assembly(const fs::path& folder) {
  Manifest manifest;
  TRY(read_manifest(folder, {}, manifest));
  if (manifest.stacks.empty())
    return failure(Fault::Invalid, "the app has no stacks").with_code("E-SYN-23").with_next("add a Stack to the App");
  Assembly assembly;
  assembly.folder = folder.string();
  assembly.stacks = TRY(deploy_order(manifest.stacks));
  std::ranges::sort(manifest.stacks, {}, &Stack::id);
  std::ranges::sort(manifest.asset_manifests);
  Sha256 hash;
  for (const auto& stack : manifest.stacks) {
    const auto path = TRY(inside(folder, stack.template_file, stack.id));
    const auto text = TRY(read_file(path));
    TRY(parse_json(text, stack.template_file.string()));
    hash.add(fmt::format("stack {} {}\n", stack.id, sha256_hex(text)));
  }
  for (const auto& file : manifest.asset_manifests) TRY(add_assets(hash, folder, file), "reading {}", file.string());
  assembly.digest = hash.digest();
  return assembly;
}

}  // namespace tandem::deploy::synth
