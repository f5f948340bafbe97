#pragma once
// A workflow file -> Workflow, and everything there is to say about the file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/workflow.hpp"

namespace tandem::workflow {

/// What exists outside the file. Without `check_known` its names are taken on trust.
struct Known {
  std::vector<std::string> environments;
  std::vector<std::string> secrets;
  std::vector<std::string> repositories;
  bool check_known = true;
  std::vector<std::string> local_environments{};   ///< those of `environments` whose target is this machine
  std::optional<Instant> now{};                    ///< to say of a schedule that its years are over
};

/// What a definition says of itself even when it has errors: how it is called, and what was meant to start it.
struct Outline {
  std::string name{};                                 ///< empty when it is no name
  std::optional<std::vector<Trigger>> triggers{};     ///< nothing when they cannot be read
};

/// The Workflow is there when nothing is an error; it can run here when nothing is a missing capability either.
struct Parsed {
  std::optional<Workflow> workflow;
  std::vector<Diagnostic> diagnostics;   ///< sorted by line; at most 50, then a count
  Outline outline{};
  bool runnable() const;
};

/// Reads one definition. `file` is its path in the repository. Every property is honoured, noted as ignored or an
/// error. No text makes it fail otherwise.
Parsed parse_workflow(std::string_view text, const std::string& file, const Known& known);

constexpr std::uint64_t definition_bytes_max = 256 * 1024;
/// The answer (E105) for a definition of so many bytes, or of nobody knows how many, which need not be read for it.
Parsed too_large(const std::string& file, std::optional<std::uint64_t> bytes);

/// Whether a path is that of a workflow: below .codecatalyst/workflows/, ending in .yml or .yaml.
bool is_workflow_file(std::string_view path);

}  // namespace tandem::workflow
