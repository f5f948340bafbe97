#pragma once
// The walls around a step on this machine, each found out by running against it.

#include <filesystem>
#include <string>
#include <vector>

#include "shell/steps.hpp"

namespace tandem::shell {

/// One thing a step must not be able to do.
struct Wall {
  std::string name;           ///< "file system", "network", "memory", ...
  bool stands = false;
  std::string what;           ///< what was tried and what came of it
  std::string next{};         ///< how to make it stand
};

/// Runs a few actions in `scratch`, a folder that the daemon's user can write, which try to break out. Takes about a
/// second. Where there is no sandbox at all the list holds that one wall, fallen.
std::vector<Wall> try_walls(const std::filesystem::path& scratch, const std::string& sandbox_program = "bwrap");

}  // namespace tandem::shell
