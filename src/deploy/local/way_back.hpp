#pragma once
// CloudFormation's events of a rollback, from the events that led there. Pure, and the same after a
// failure, an abandoned candidate and a crash.

#include <string>
#include <vector>

#include "record/release.hpp"

namespace tandem::deploy::local {

/// Events that take back all stacks with an operation under way; `happened` are those of the
/// deployment, oldest first. `reason` stands on the stack's first line where no resource failed.
std::vector<StackEvent> way_back(const std::vector<StackEvent>& happened,
                                 const std::string& reason);

/// An operation under way: CREATE_IN_PROGRESS, UPDATE_ROLLBACK_IN_PROGRESS,
/// ..._CLEANUP_IN_PROGRESS.
bool is_under_way(const std::string& stack_status);

}  // namespace tandem::deploy::local
