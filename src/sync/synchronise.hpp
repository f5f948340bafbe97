#pragma once
// sync: a checked commit of the application becomes a commit of the infrastructure that anybody can prove.

#include <stop_token>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/git.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "record/configuration.hpp"
#include "record/sync_record.hpp"
#include "sync/pair_store.hpp"
#include "sync/requirements.hpp"

namespace tandem::sync {

/// Which way the source may move against what is in place.
enum class Way {
  Forward,        ///< only to a commit that continues the one in place
  Back,           ///< also to an older one: the way back of a rollback
  Rewritten,      ///< also to one that does not descend from it, after a force-push that somebody answers for
};
/// What becomes of edits that somebody made by hand in the copy.
enum class Drift { Refuse, Overwrite };
enum class Mode { Apply, DryRun };

struct SyncRequest {
  RunId run;
  RepositoryConfiguration source;          ///< the application
  RepositoryConfiguration target;          ///< the infrastructure
  CommitId commit;                         ///< of the application; empty = the tip of its branch
  SyncConfiguration configuration{};
  std::string strategy = "api-triggered";
  std::string actor;
  Instant at{};                            ///< of the trigger, not of now: the same request makes the same commit
  Way way = Way::Forward;
  Drift on_drift = Drift::Refuse;
  Mode mode = Mode::Apply;
  std::vector<std::string> trusted_keys{}; ///< public keys (32 raw bytes) of other coordinators whose syncs are accepted
  std::stop_token stop{};
};

/// What a sync did, or would do.
struct Synchronisation {
  SyncRecord record;
  bool is_in_place = false;                ///< nothing to carry: record.landed is the commit that is there, the rest is the sync that put it there
  std::vector<git::Change> changes{};      ///< of the infrastructure repository
  MergedRequirements requirements{};
  std::vector<std::string> notes{};        ///< what a policy decided, for people: never silent
};

/// Fetches both, carries, signs, pushes atomically (branch tandem/sync/<commit>, target branch, refs/tandem/log) and
/// reads back. Asked again it finds its own work in place. When the target moves meanwhile it starts anew, five times.
/// Errors: Invalid (TD0301 to TD0303, TD0320), Conflict (TD0305 to TD0308, TD0321), Denied (TD0304, TD0330, TD0331, and
/// TD0309 with the remote's own words), Unavailable, TimedOut, Cancelled.
Result<Synchronisation> synchronise(const SyncRequest& request, PairStore& store, const SigningKey& key);

/// Errors: Invalid (TD0301) for destinations that leave the repository, overlap or meet the generated files.
Done check_map(const SyncConfiguration& configuration);

}  // namespace tandem::sync
