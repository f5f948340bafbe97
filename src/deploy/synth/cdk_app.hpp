#pragma once
// cdk.json and package.json of an infrastructure tree: what is to be run, and what is wrong before anything runs.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem::deploy::synth {

struct CdkApp {
  std::vector<std::string> app;       ///< the command of `app`
  std::vector<std::string> build;     ///< the command of `build`; empty = none
  json::object context;               ///< of cdk.json, cdk.context.json laid over it
  bool has_packages = false;          ///< there is a package.json with dependencies
  bool links_packages = false;        ///< the lock names packages of the tree itself, so they are installed in place
  int node_major_min = 18;            ///< what the libraries ask for
};

/// Errors, all Invalid: E-SYN-01 no cdk.json, E-SYN-02 no app in it, E-SYN-03 shell syntax in a command, E-SYN-04 no
/// lock file, E-SYN-05 an aws-cdk of 3.x, E-SYN-06 a file that is not valid JSON.
Result<CdkApp> read_cdk_app(const std::filesystem::path& folder);

/// Splits a command into words, quotes understood. Errors: Invalid for what only a shell understands.
Result<std::vector<std::string>> words_of(std::string_view command);

}  // namespace tandem::deploy::synth
