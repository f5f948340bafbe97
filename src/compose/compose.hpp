#pragma once
// compose: an infrastructure tree and a proven sync become the deployable function package.

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"
#include "compose/import_check.hpp"
#include "record/bundle.hpp"
#include "record/configuration.hpp"
#include "record/sync_record.hpp"

namespace tandem::compose {

/// What detection has proven about the application in the tree.
struct ProvenApplication {
  SyncId sync;
  std::string repository;                   ///< "api"
  CommitId commit;
  std::vector<Component> components{};      ///< lead from a path in the bundle back to the application's
};

struct ComposeRequest {
  TreeId tree;                              ///< of the infrastructure commit
  std::string repository = "infra";         ///< its name, for messages
  std::optional<ProvenApplication> application{};
  ComposeConfiguration configuration{};
  std::map<std::string, std::string> function_environment{};    ///< what the function will have
  std::map<std::string, std::string> installer_environment{};   ///< compose::installer_environment(ours)
  std::filesystem::path cache;              ///< installed packages, shared
  std::filesystem::path bundles;            ///< finished bundles, one folder per digest
  Isolation isolation = Isolation::Required;
  std::stop_token stop{};
};

/// Chooses the handler, installs the requirements, tries the handler, stores the result under bundles/<digest>, files
/// read-only. Same inputs, same digest. Tests and caches stay behind. Nothing is stored when anything fails.
/// Errors: Invalid (TD0401 no handler, TD0403 requirements, TD0404 import, TD0405 health, TD0407 a file that a package also
/// brings) with the place in the repository it came from; Missing (TD0402 python, or no such folder); Unavailable (TD0406).
Result<Bundle> compose(const git::Repository& repository, const ComposeRequest& request);

/// Where a file of the bundle comes from: "api:src/x.py", "infra:lambda/api_handler.py". Pure.
std::string origin_of(const ComposeRequest& request, const std::string& path_in_bundle);

/// False for tests, caches and compiled files, which do not ship. Pure.
bool does_ship(const std::string& path_in_bundle);

}  // namespace tandem::compose
