#pragma once
// The order of a definition's actions: names resolved, groups expanded, artifact and variable edges made plain.

#include "workflow/draft.hpp"

namespace tandem::workflow {

/// Fills `depends_on` of all actions and complains about what cannot be ordered (E140 to E152, E190, W304, N203).
void order(Draft& draft, const Reading& reading);

}  // namespace tandem::workflow
