#pragma once
// Old runs go by policy: their records' bodies (the chain stays whole and says so), what they kept, what they printed; and bundles
// that no release names.

#include <string>
#include <vector>

#include "run/workshop.hpp"

namespace tandem::run {

enum class PruneMode { Look, Prune };
struct PruneRequest {
  std::int64_t keep_days = 0;         ///< runs that ended later stay
  std::int64_t keep_runs = 0;         ///< so do the newest
  std::string actor;                  ///< who the journal says did it
  PruneMode mode = PruneMode::Prune;
};
struct Pruned {
  std::vector<RunId> runs;            ///< that went, or would go
  Instant before{};                   ///< runs that ended earlier are old
  std::int64_t records = 0;           ///< that lost their body
  std::int64_t artifacts = 0;         ///< that no other run keeps
  std::vector<Digest> bundles;        ///< that no release names and nobody has used since
};

/// What `history:` of tandem.yaml says.
PruneRequest prune_policy(const Workshop& shop);

/// Runs that a deployment names, other than a failed one, stay. A death in the middle may leave files of logs and artifacts that
/// no run names.
/// Errors: Invalid (TD0101) for a negative number; Unavailable when the disk refuses.
Result<Pruned> prune(Workshop& shop, const PruneRequest& request);

}  // namespace tandem::run
