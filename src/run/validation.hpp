#pragma once
// `tandem validate`: workflow files on disk, every mistake with its place, and the corrections that have one possibility.

#include <filesystem>
#include <string>
#include <vector>

#include "record/configuration.hpp"
#include "run/commands.hpp"
#include "workflow/validation.hpp"

namespace tandem::run {

struct ValidationRequest {
  /// Files, or "-" for `standard_input`. A folder means the .codecatalyst/workflows folders in it, or else its YAML files.
  std::vector<std::filesystem::path> paths;
  std::string standard_input{};   ///< definition_bytes_max + 1 bytes of it are enough
  workflow::Known known;
  std::optional<std::vector<NetworkGrant>> network_grants{};                 ///< of tandem.yaml; none = nothing is said about networks
  workflow::Strictness strictness = workflow::Strictness::Usual;             ///< Strict: all smells; warnings count as errors
  enum class Corrections { Show, Write } corrections = Corrections::Show;
  enum class Plans { Leave, Show } plans = Plans::Leave;                     ///< Show: the definition as it would be run
};

/// One file and what was found in it. After corrections `text` and `parsed` are those of the corrected file.
struct ValidatedFile {
  std::string file;
  std::string text;
  workflow::Parsed parsed;
  int corrections = 0;
};

/// Errors: Missing (TD0103) for a path that is not there, or a folder without workflows.
Result<std::vector<ValidatedFile>> examine(const ValidationRequest& request);
/// "tandem.validation/1"; exit 0 clean or notes, 2 errors, 4 valid but not runnable here.
Answer answer_of(const std::vector<ValidatedFile>& files, const ValidationRequest& request);
/// The same findings as SARIF 2.1.0.
json::value sarif_of(const std::vector<ValidatedFile>& files, std::string_view version);

/// The environments and repositories that definitions may name.
workflow::Known known_names(const Configuration& configuration);

}  // namespace tandem::run
