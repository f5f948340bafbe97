#pragma once
// The Python packages of a tree: installed once for each text of its requirements.txt, beside the tree.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "deploy/synth/node_packages.hpp"

namespace tandem::deploy::synth {

/// What a CDK app in Python is run with.
struct PythonApp {
  std::string python;                ///< the program that cdk.json names
  std::string version;               ///< "Python 3.11.2"
  std::string wanted;                ///< requirements.txt and every file it names, as one text; empty = nothing to install
  bool wants_node = false;           ///< the library in Python is the one of node, spoken to
};

/// Nothing when `app` starts with no Python. Errors: E-SYN-18 for requirements that are not installed (a path of the tree,
/// a file that is not there), with their line; E-SYN-19 for a Python that the tree does not hold or that does not start.
Result<std::optional<PythonApp>> read_python_app(const Programs& programs, const std::vector<std::string>& app);

/// The folder with the packages, for PYTHONPATH; in `cache` under a digest of what is wanted and the Python's version.
/// Only wheels: nothing of a package runs before the app does. Any number of runs may ask at once.
/// Errors: Invalid with E-SYN-18 (pip refused), Unavailable with E-SYN-13 (no index), Missing with E-SYN-19 (no venv).
Result<std::filesystem::path> install_python_packages(const Programs& programs, const PythonApp& app, const std::filesystem::path& cache);

}  // namespace tandem::deploy::synth
