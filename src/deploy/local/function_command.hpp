#pragma once
// How the process of a function is started: its environment, its program, its walls.

#include <filesystem>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"
#include "deploy/local/scene.hpp"

namespace tandem::deploy::local {

/// What this machine offers to wall a function in. Empty paths: not usable here.
struct Sandbox {
  std::string bwrap;      ///< private /tmp, read-only code, own process numbers, dies with the coordinator
  std::string setpriv;    ///< without bwrap: dies with the coordinator, nothing else

  /// Tries the programs for real: a bwrap that the kernel does not let work counts as absent.
  static Sandbox found_here();
  /// What a user must know of the walls that are missing.
  std::vector<std::string> notes() const;
};

/// What all functions of this machine share.
struct FunctionHouse {
  std::filesystem::path python_runtime;   ///< virtual environment with awslambdaric
  std::string region;
  std::string account;
  std::string dynamodb_endpoint;
  Sandbox sandbox;
};

/// What one process has for itself.
struct FunctionPlace {
  std::string runtime_api;                ///< host:port
  std::filesystem::path scratch;          ///< its /tmp
  std::string log_stream;
};

/// Exactly what the process gets; nothing of our own environment.
std::map<std::string, std::string> function_environment(const Function& function, const FunctionHouse& house,
                                                        const FunctionPlace& place);

/// Errors: Invalid with code Runtime.InvalidEntrypoint (no executable bootstrap), Runtime.Unsupported (a runtime we do not have).
Result<Command> function_command(const Function& function, const FunctionHouse& house, const FunctionPlace& place);

}  // namespace tandem::deploy::local
