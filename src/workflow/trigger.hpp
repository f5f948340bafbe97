#pragma once
// Whether an Event starts a Workflow, and the line of the definition that decides.

#include <string>

#include "record/event.hpp"
#include "record/workflow.hpp"

namespace tandem::workflow {

struct TriggerAnswer {
  bool runs = false;
  std::string reason;     ///< "pushed to main, which Branches: main matches"
  Place place;            ///< the line that decides; the file alone when no line does
  bool operator==(const TriggerAnswer&) const = default;
};

/// The definition must be the one that stands on the event's branch at `after`. A schedule event starts the workflow
/// when its expression fires in the minute of `event.at`.
TriggerAnswer answer(const Workflow& workflow, const Event& event);

/// Whether any automatic trigger of a definition that stands on `branch` can ever fire from that branch: active or
/// inactive. Pull requests are matched against their destination, so they always can.
TriggerAnswer standing(const Workflow& workflow, const std::string& branch);

/// `tandem explain-trigger` as one line: "runs, because ..." or "does not run, because ...".
std::string text(const TriggerAnswer& answer);

}  // namespace tandem::workflow
