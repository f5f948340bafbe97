#pragma once
// Every handler of the chain that is there is tried before deployment, the last first, so that the one that serves
// names only stand-ins that work.

#include <functional>

#include "base/result.hpp"
#include "compose/handler.hpp"
#include "compose/trial.hpp"

namespace tandem::compose {

/// Called before each trial with the handlers that the function would load, in order.
using Prepare = std::function<Done(const std::vector<std::string>& chain)>;

/// Tries the handlers of `decision` and writes into its choices what each answered or why it is rejected.
/// Returns the chosen one's answer. Errors: the chosen handler's; a stand-in that does not work is rejected, not an error.
Result<TrialAnswer> try_handlers(HandlerDecision& decision, const TrialRequest& common, const TrialGround& ground, const Prepare& prepare);

}  // namespace tandem::compose
