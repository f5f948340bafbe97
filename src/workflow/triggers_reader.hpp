#pragma once
// Triggers: of a definition -> Triggers.

#include "workflow/draft.hpp"

namespace tandem::workflow {

std::vector<Trigger> read_triggers(const yaml::Node& list, const Reading& reading);

}  // namespace tandem::workflow
