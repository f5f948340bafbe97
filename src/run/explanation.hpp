#pragma once
// `tandem why`: which rule keeps a run from going on or made it end so, who stands in the way, what would let it go on.

#include "run/commands.hpp"

namespace tandem::run {

/// The document of tandem.why/1, but for the run itself.
json::object explanation_of(Office& office, const Run& run);

}  // namespace tandem::run
