#pragma once
// `tandem validate`: parsing, the smells of --strict, exit codes, corrections, SARIF.

#include <string>
#include <string_view>
#include <vector>

#include "workflow/parse.hpp"

namespace tandem::workflow {

enum class Strictness { Usual, Strict };

/// All there is to say about a file. Strict adds W316 and W320 to W322.
std::vector<Diagnostic> validate(std::string_view text, const std::string& file, const Known& known,
                                 Strictness strictness = Strictness::Usual);

/// 0 clean or notes, 2 errors, 4 valid but not runnable here; strict counts warnings as errors.
int exit_code(const std::vector<Diagnostic>& diagnostics, Strictness strictness = Strictness::Usual);

/// Habits that make a failing workflow look well: W316 a long step without set -e, W320 a swallowed failure, W321 a
/// fixed sleep, W322 sources rewritten with sed.
std::vector<Diagnostic> smells(std::string_view text, const std::string& file);

/// The text with every correction made that is possible exactly once; where a correction no longer fits, nothing is done.
std::string apply_fixes(std::string_view text, const std::vector<Diagnostic>& diagnostics);

/// One SARIF 2.1.0 log with a rule per code.
json::value to_sarif(const std::vector<Diagnostic>& diagnostics, std::string_view tool_version = "");

/// What a code is about, in a few words: "unknown property". Empty for a code nobody knows.
std::string_view title(std::string_view code);

}  // namespace tandem::workflow
