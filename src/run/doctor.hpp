#pragma once
// `tandem doctor`: one check per line, what it means, and how to mend it.

#include "run/commands.hpp"

namespace tandem::run {

/// Changes nothing but a scratch file in the state folder. The answer's exit is 1 when a check failed.
Result<Answer> examine(Workshop& shop);

}  // namespace tandem::run
