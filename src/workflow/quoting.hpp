#pragma once
// Where in a shell script a variable is expanded.

#include <string_view>

namespace tandem::workflow {

/// Whether the shell expands a ${...} at `offset` of `script`: not in single quotes, comments or quoted here-documents.
bool shell_expands(std::string_view script, size_t offset);

}  // namespace tandem::workflow
