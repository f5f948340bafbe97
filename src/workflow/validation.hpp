#pragma once
// `tandem validate`: parsing with an eye for bad habits, exit codes, corrections, SARIF.

#include <string>
#include <string_view>
#include <vector>

#include "workflow/parse.hpp"

namespace tandem::workflow {

enum class Strictness { Usual, Strict };

/// A file read with all there is to say about it: the mistakes, and the habits that make a failing workflow look well
/// (W320 a swallowed failure, W321 a fixed sleep, W322 sources rewritten with sed; strict adds W316, a long step without set -e).
Parsed examine(std::string_view text, const std::string& file, const Known& known, Strictness strictness = Strictness::Usual);
/// What examine() says.
std::vector<Diagnostic> validate(std::string_view text, const std::string& file, const Known& known,
                                 Strictness strictness = Strictness::Usual);

/// 0 clean or notes, 2 errors, 4 valid but not runnable here; strict counts warnings as errors.
int exit_code(const std::vector<Diagnostic>& diagnostics, Strictness strictness = Strictness::Usual);

/// The text with every correction made that is possible exactly once; where a correction no longer fits, nothing is done.
/// Nothing but the corrected places changes. `count` grows by the corrections made.
std::string apply_fixes(std::string_view text, const std::vector<Diagnostic>& diagnostics, int* count = nullptr);

/// Corrects until nothing is left to correct: what one correction brings to light is corrected too.
struct Corrected {
  std::string text;
  int count = 0;
};
Corrected corrected(std::string_view text, const std::string& file, const Known& known, Strictness strictness = Strictness::Usual);

/// One SARIF 2.1.0 log with a rule per code.
json::value to_sarif(const std::vector<Diagnostic>& diagnostics, std::string_view tool_version = "");

/// What a code is about, in a few words: "unknown property". Empty for a code nobody knows.
std::string_view title(std::string_view code);
std::vector<std::string_view> codes();

}  // namespace tandem::workflow
