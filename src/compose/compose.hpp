#pragma once
// compose: an infrastructure tree and a proven sync become the deployable function package.

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/result.hpp"
#include "compose/trial.hpp"
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
  std::optional<TreeId> tree{};             ///< of that commit, where the repository holds it: says which Python it wants
};

struct ComposeRequest {
  TreeId tree;                              ///< of the infrastructure commit
  std::string repository = "infra";         ///< its name, for messages
  std::optional<ProvenApplication> application{};
  ComposeConfiguration configuration{};
  std::map<std::string, std::string> function_environment{};    ///< what the function will have
  std::vector<std::string> hidden_values{};                     ///< of it: never shown
  std::string architecture{};                                   ///< "arm64": the function's, where the template says it
  std::filesystem::path runtime_packages{};                     ///< what the function's runtime brings; empty = nothing
  std::map<std::string, std::string> installer_environment{};   ///< compose::installer_environment(ours)
  std::filesystem::path cache;              ///< installed packages, shared
  std::filesystem::path bundles;            ///< finished bundles, one folder per digest
  Isolation isolation = Isolation::Required;
  std::stop_token stop{};
};

/// Hears of every handler of the chain, in order, whether or not a bundle comes of it.
using OnChoice = std::function<void(const HandlerChoice&)>;

/// The bundle's own files beside those of the repositories and packages.
inline constexpr auto lock_file = "tandem-requirements.lock";   ///< when there are packages
inline constexpr auto sbom_file = "tandem-sbom.cdx.json";
inline constexpr auto chain_file = "tandem-handlers";           ///< native: what bootstrap loads, in order

/// Chooses the handler, installs the requirements, tries every handler that is there, stores the result under
/// bundles/<digest>, files read-only. Same inputs, same digest. Tests and caches stay behind. Nothing is stored when
/// anything fails. What was composed before from the same inputs and is still whole is taken as it is.
/// Errors: Invalid (TD0401 no handler, TD0403 requirements, TD0404 import, TD0405 health, TD0407 a name that a package also
/// brings or that tandem writes, TD0408 another Python, TD0409 a hash, TD0415 no wheel for the function's architecture, TD0400 a bootstrap that is none) with the place in the
/// repository it came from; Missing (TD0402 python, or no such folder); Unavailable (TD0406).
Result<Bundle> compose(const git::Repository& repository, const ComposeRequest& request, const OnChoice& on_choice = {});

/// Tries the handler of a stored bundle once more, in another environment than it was composed with. Errors: as above.
Result<TrialAnswer> try_again(const Bundle& bundle, const ComposeRequest& request);

/// Where a file of the bundle comes from: "api:src/x.py", "infra:lambda/api_handler.py". Pure.
std::string origin_of(const ComposeRequest& request, const std::string& path_in_bundle);

/// False for tests, caches and compiled files, which do not ship. Pure.
bool does_ship(const std::string& path_in_bundle);

}  // namespace tandem::compose
