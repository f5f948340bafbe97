#pragma once
// After the last action: what failed is undone, what went back is proven, and both repositories are told.

#include <string>

#include "run/station.hpp"

namespace tandem::run {

/// Ends a run: a candidate that failed is taken away; a live deployment of a failed run gives way to the last good one
/// if the environment's policy says so; the infrastructure's branch gets the code back that serves; the live fingerprint is held against the last good one; the reports go out.
/// The outcome fails with TD0601 (exit 6) when the way back could not be gone or not be proven.
ActionOutcome go_back_and_report(Workshop& shop, const Run& run, std::stop_token stop);

/// What a rollback did.
struct RolledBack {
  Deployment from;
  Deployment to;
  std::vector<std::string> notes{};   ///< what became of the infrastructure's branch, for people
};
struct RollbackRequest {
  std::string environment;            ///< empty: the first one
  std::string to;                     ///< a release id, or "last-good" for the one that was live before
  std::string actor;
  std::string reason;
  std::string key;                    ///< of who wants it: asked again with the same key it is gone on with, never done twice
  RunId failed{};                     ///< whose deployments are no good ones; empty: nobody's
};
/// Puts a once-live deployment back and proves it by fingerprint, then carries its application code back into the
/// infrastructure's branch. Errors: Missing (TD0602) when there is none; Broken (TD0601) when the proof fails; Conflict
/// (TD0603) when something else has become live since it was begun.
Result<RolledBack> roll_back_to(Workshop& shop, const RollbackRequest& request);

/// Goes to the end of every rollback that a death has interrupted. What could not be is logged, and `tandem status` tells of it.
Done finish_rollbacks(Workshop& shop);

/// Where the two fingerprints differ, a line each; empty when they are equal.
std::vector<std::string> differences(const Fingerprint& wanted, const Fingerprint& found);

/// Both repositories are told how this run ended, and the artifacts people read are kept.
/// Returns what could not be told (never silent, never a reason to fail the run).
std::vector<std::string> tell_both_sides(Workshop& shop, const Run& run, std::stop_token stop);

}  // namespace tandem::run
