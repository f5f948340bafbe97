#pragma once
// A text block that ends before its author meant it to: most often by the unindented body of a here-document.

#include <optional>

#include "base/yaml.hpp"
#include "base/yaml_lines.hpp"

namespace tandem::yaml {

/// E101, when a text block was ended at or before `line` by a line that cannot be YAML structure. It names the block, and
/// corrects the body of a here-document whose end is clear.
std::optional<Issue> block_cut_before(const Lines& lines, int line);

}  // namespace tandem::yaml
