#pragma once
// Packages of a requirements file: resolved once into a lock, installed once per lock, shared by all bundles and runs.

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "compose/edges.hpp"
#include "compose/lock.hpp"
#include "compose/python.hpp"

namespace tandem::compose {

struct InstallRequest {
  std::string requirements;                            ///< text of the merged file; comments do not matter, save `# tandem: constraint: `
  std::string runtime = "python3.11";
  std::filesystem::path cache;                         ///< folder of this machine, shared between runs
  std::map<std::string, std::string> environment{};    ///< the machine's pip configuration: installer_environment()
  std::stop_token stop{};
};

/// Read-only, owned by the cache.
struct Installed {
  std::filesystem::path folder;                        ///< holds the packages; may not exist when there are none
  std::string lock;                                    ///< text(packages)
  std::vector<LockedPackage> packages{};
  Digest digest;                                       ///< of the lock
  Edges edges{};
  bool was_cached = false;
  bool was_repaired = false;                           ///< the cached packages had been changed, and were installed anew
};

/// First `pip install --dry-run` gives versions and hashes, then `pip install --require-hashes` installs exactly those.
/// Binary packages only, nothing is built or run. Equal requirements are resolved once, equal locks installed once;
/// several runs wait for one another, and what a killed one left half done is done anew. What the cache holds is
/// compared with its digest before it is used.
/// Errors: Invalid (TD0403 with pip's own last words, TD0408 another Python is wanted, TD0409 a hash that is not allowed),
/// with the line of requirements.txt where one is to blame; Missing python, Unavailable, TimedOut, Cancelled.
Result<Installed> install(const InstallRequest& request);

/// The processor of this machine, as Lambda calls it: "x86_64", "arm64"; else the kernel's word.
std::string architecture_here();

/// Whether the index has a wheel of each package for the runtime on another processor ("arm64"), and for the C library that Lambda
/// has there. Nothing is downloaded. What was found is kept. Errors: Invalid (TD0415) naming the package; else as install().
Done check_wheels(const InstallRequest& request, const std::vector<LockedPackage>& packages, const std::string& architecture);

/// An environment of this Python that has pip, made once in `cache`: a fresh machine's Python comes without.
/// Errors: Missing (TD0402) when none can be made.
Result<Interpreter> with_pip(const Interpreter& python, const std::filesystem::path& cache, std::stop_token stop = {});

}  // namespace tandem::compose
