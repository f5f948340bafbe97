#pragma once
// Packages of a requirements file, installed once per distinct file and shared by all bundles that want them.

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace tandem::compose {

struct InstallRequest {
  std::string requirements;                            ///< text of the merged file; comments do not matter
  std::string runtime = "python3.11";
  std::filesystem::path cache;                         ///< folder of this machine, shared between runs
  std::map<std::string, std::string> environment{};    ///< the machine's pip configuration: installer_environment()
  std::stop_token stop{};
};

/// Read-only, owned by the cache.
struct Installed {
  std::filesystem::path folder;                        ///< holds the packages; may not exist when there are none
  std::string lock;                                    ///< name==version --hash=..., sorted, one a line
  std::vector<std::string> packages{};                 ///< name==version, sorted
  Digest digest;                                       ///< of the lock
  bool was_cached = false;
};

/// Binary packages only, nothing is built or run. Equal requirements and runtime are installed once; several runs wait
/// for one another. Errors: Invalid (TD0403) with pip's own last words, Missing python, Unavailable, TimedOut, Cancelled.
Result<Installed> install(const InstallRequest& request);

}  // namespace tandem::compose
