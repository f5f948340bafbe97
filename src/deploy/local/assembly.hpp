#pragma once
// A cloud assembly (cdk.out) as read from disk: stacks in deploy order and where the assets lie.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::deploy::local {

/// A file asset: a folder (to be zipped for AWS) or a file as it is (a template, a ready-made zip).
enum class Packaging { Folder, File };
struct Asset {
  std::filesystem::path path;
  Packaging packaging{};
  bool operator==(const Asset&) const = default;
};

struct AssemblyStack {
  std::string id;       ///< of the artifact
  std::string name;     ///< of the stack; the id unless the artifact says otherwise
  std::string account;  ///< empty when the app is environment-agnostic
  std::string region;
  json::value body;  ///< the template, not yet looked at
  std::map<std::string, std::string> parameters{};
  std::map<std::string, std::string> tags{};
  bool termination_protection = false;
};

struct CloudAssembly {
  std::vector<AssemblyStack> stacks{};    ///< in topological order of the artifacts' dependencies
  std::map<std::string, Asset> assets{};  ///< object key ("<hash>.zip") -> source
};

/// Reads manifest.json, the templates and the asset manifests; nested assemblies (CDK stages) too.
/// `only` names the stacks wanted, empty = all. Errors: Missing or Invalid, naming the file and the
/// key.
Result<CloudAssembly> read_assembly(const std::filesystem::path& folder,
                                    const std::vector<std::string>& only = {});

}  // namespace tandem::deploy::local
