#pragma once
// A local environment put together: table engine, functions' Python, serving side and stack engine.

#include "run/workshop.hpp"

namespace tandem::run {

/// The opener the program uses. Targets other than `local` are refused by name in this version.
OpenTarget open_environments(const Clock& clock);

}  // namespace tandem::run
