#pragma once
// Secrets taken out of what a run remembers of an action: errors, notes, outputs, records.

#include "base/json.hpp"
#include "record/run.hpp"
#include "shell/masker.hpp"

namespace tandem::run {

/// Every text in it but names of outputs and of members, and the records that later stations act on. An output that had to be changed is noted.
ActionOutcome masked(ActionOutcome outcome, const shell::Masker& masker);
json::value masked(const json::value& value, const shell::Masker& masker);

}  // namespace tandem::run
