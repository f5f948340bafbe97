#pragma once
// The node packages of a tree: installed once for each package-lock.json, then linked into place.

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/result.hpp"

namespace tandem::deploy::synth {

/// How programs of the tree are run: their environment, their time, who hears their output.
struct Programs {
  std::filesystem::path folder;                          ///< of the tree
  std::map<std::string, std::string> environment;
  Duration time_limit{};
  std::function<void(std::string_view)> on_line{};       ///< may be empty
  std::stop_token stop{};
};

/// Runs a program in the tree's folder, each line going to `on_line`. A non-zero exit is an Error that says what the
/// output meant, with `code`. Errors besides: Missing program, TimedOut, Cancelled.
Done run_program(const Programs& programs, const std::vector<std::string>& argv, std::string_view code);

bool is_there(const std::filesystem::path& path);
/// What was installed into `scratch` appears as `home`, whole. Errors: Unavailable; nothing is there then.
Done keep_as(TemporaryFolder scratch, const std::filesystem::path& home);

/// "v20.20.2". Errors: Missing with E-SYN-10 (no node), Invalid with E-SYN-11 (older than `major_min`).
Result<std::string> node_version(const Programs& programs, int major_min);

enum class Install { InCache, InTree };
/// Puts node_modules into the tree: a link to the folder in `cache` that belongs to its lock file, which is installed
/// there first if it is not there yet. Any number of runs may do so at once; one installs, the others wait. With
/// Install::InTree the packages are installed into the tree itself. A node_modules that the tree brings along stays.
/// Errors: Missing (no npm), Invalid with E-SYN-12 (npm refused), Unavailable with E-SYN-13 (no registry).
Done install_packages(const Programs& programs, const std::filesystem::path& cache, Install where);

}  // namespace tandem::deploy::synth
