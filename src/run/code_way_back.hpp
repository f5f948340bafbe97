#pragma once
// The repository's half of the way back: the infrastructure's branch holds again the application code that serves.

#include <string>
#include <vector>

#include "run/workshop.hpp"

namespace tandem::run {

/// Deployment strategy of a sync that takes code back. Its push starts no run: what it holds is live already.
inline constexpr std::string_view strategy_of_the_way_back = "way-back";

struct CodeWayBack {
  RunId run;                 ///< whose release is taken back
  std::string repository;    ///< the application
  CommitId from;             ///< what was carried and must not stay
  CommitId to;               ///< what serves
  std::string actor;
  std::stop_token stop{};
};

/// Carries `to` into the infrastructure's branch if that holds `from`; when it holds anything else, somebody was quicker and
/// nothing is done. A new commit on top, never a rewritten one. Asked again it finds its own work in place.
/// Returns one sentence on what was done, empty when there was nothing to do. Errors: those of synchronise() and detect().
Result<std::string> carry_back(Workshop& shop, const CodeWayBack& wanted);

}  // namespace tandem::run
