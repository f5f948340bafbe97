#pragma once
// Habits that make a failing workflow look well.

#include "base/yaml_lines.hpp"
#include "workflow/findings.hpp"
#include "workflow/validation.hpp"

namespace tandem::workflow {

/// W320 a swallowed failure, W321 a fixed sleep, W322 sources rewritten with sed; strict adds W316, a long step without set -e.
void find_smells(const yaml::Node& root, const yaml::Lines& lines, Findings& findings, Strictness strictness);

}  // namespace tandem::workflow
