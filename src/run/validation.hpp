#pragma once
// `tandem validate`: workflow files on disk, every mistake with its place, and the corrections that have one possibility.

#include <filesystem>
#include <string>
#include <vector>

#include "run/commands.hpp"
#include "workflow/parse.hpp"

namespace tandem::run {

struct ValidationRequest {
  std::vector<std::filesystem::path> paths;     ///< files; a folder means its .codecatalyst/workflows, or the YAML files in it
  workflow::Known known;
  enum class Smells { Tolerate, Refuse } smells = Smells::Tolerate;          ///< Refuse: warnings count as errors
  enum class Corrections { Show, Write } corrections = Corrections::Show;
};

/// Answers "tandem.validation/1"; exit 0 clean or notes, 2 errors, 4 valid but not runnable here.
/// Errors: Missing (TD0103) for a path that is not there, or a folder without workflows.
Result<Answer> validate(const ValidationRequest& request);

/// The same findings as SARIF 2.1.0.
json::value sarif_of(const json::value& validation, std::string_view version);

/// The text with the corrections in it that still fit, and how many those are.
struct Corrected {
  std::string text;
  int count = 0;
};
Corrected corrected(std::string text, const std::vector<Diagnostic>& diagnostics);

}  // namespace tandem::run
