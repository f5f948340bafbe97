#pragma once
// The Pythons of this machine, and the walls in which one of them runs what nobody trusts.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tandem::python {

struct Interpreter {
  std::string executable;      ///< absolute, links resolved
  std::string prefix;          ///< where its standard library lies
  std::string version;         ///< "3.11"
  std::string full_version;    ///< "3.11.7"
};

enum class Needs { Interpreter, Installer };

/// The Python that starts under this name or path, if it works; with Installer it has pip, too.
std::optional<Interpreter> ask(const std::string& name, Needs needs);

/// The Python 3 that is found first: under python3 of PATH, then the system's own.
std::optional<Interpreter> find_any();

/// Command line of bubblewrap, up to what is bound further: no network, no other processes, no capability, an empty /tmp, and of
/// files only the system's libraries, the interpreter and `read_only`. The caller adds its own mounts, "--" and the program.
std::vector<std::string> walls(const Interpreter& python, const std::vector<std::filesystem::path>& read_only = {});

}  // namespace tandem::python
