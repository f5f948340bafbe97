#pragma once
// Secrets that should not be in a source tree: keys, tokens, passwords written out in a file.

#include <string_view>
#include <vector>

#include "record/verdict.hpp"

namespace tandem::check {

/// What looks like a secret in `text`, in order of place. A finding names the kind, the first four characters of
/// a token that says its kind by its prefix, and the length: never the secret.
///
/// The comment `tandem:allow-secret <reason>` on the line, or alone on the line above, turns a finding into an
/// INFORMATIONAL one that carries the reason; without a reason it has no effect. Takes time linear in the text.
std::vector<Finding> find_secrets(std::string_view path, std::string_view text);

}  // namespace tandem::check
