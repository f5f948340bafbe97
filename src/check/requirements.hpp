#pragma once
// Rules for the files that name what a program depends on.

#include <string_view>
#include <vector>

#include "record/verdict.hpp"

namespace tandem::check {

/// requirements.txt, requirements-dev.txt, requirements/base.txt, constraints.txt; package.json.
bool is_requirement_file(std::string_view path);

/// What the rules say about one such file. HIGH: code from elsewhere than the index (URLs, git, local paths, editable
/// installs), options that change the index, and bytes that hide a line from readers. MEDIUM: a URL whose hash is pinned. LOW: a version that is not pinned.
/// In package.json: URLs and git as HIGH, packages that only bear the name of a tool as MEDIUM, "*" and "latest" as LOW.
std::vector<Finding> find_requirement_faults(std::string_view path, std::string_view text);

}  // namespace tandem::check
