#pragma once
// What runs here and would not run, or not in the same way, where the definition comes from.

#include "workflow/draft.hpp"

namespace tandem::workflow {

/// N207: actions, sizes and times that CodeCatalyst itself refuses. N204, W318: environment variables that nobody documents
/// or nobody sets. E113: more secrets in one action than it may name.
void note_portability(const Draft& draft, const Reading& reading);

}  // namespace tandem::workflow
