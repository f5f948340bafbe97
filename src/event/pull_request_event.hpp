#pragma once
// What happens to a pull request -> Event.

#include "record/event.hpp"
#include "record/pull_request.hpp"

namespace tandem::event {

/// The definition and the sources come from the head of the source branch; Branches are compared with the destination.
/// The id is derived from what happened, so that telling it again starts nothing.
Event event_of(const PullRequest& request, PullRequestStep step, const std::string& actor, Instant at);

}  // namespace tandem::event
