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
#include "sync/attestation.hpp"
#include "sync/difference.hpp"
#include "sync/pair_store.hpp"
#include "sync/requirements.hpp"

namespace tandem::sync {

/// Which way the source may move against what is in place.
enum class Way {
  Forward,        ///< only to a commit that continues the one in place
  Back,           ///< also to an older one: the way back of a rollback
  Rewritten,      ///< also to one that does not descend from it, after a force-push that somebody answers for
};
using Drift = DriftPolicy;
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
  std::optional<Drift> on_drift{};         ///< default: the configuration's
  Mode mode = Mode::Apply;
  std::vector<TrustedKey> trusted_keys{};  ///< beside the signing one: older keys, and those of other coordinators
  std::vector<CommitId> live{};            ///< commits of either side that a live Release names: their branches stay
  std::stop_token stop{};
};

/// What a sync did, or would do.
struct Synchronisation {
  SyncRecord record;
  bool is_in_place = false;                ///< nothing to carry: record.landed is the commit that is there, the rest is the sync that put it there
  std::vector<git::Change> changes{};      ///< of the infrastructure repository
  std::vector<FileDifference> differences{};  ///< the same with their texts; only of a dry run
  std::vector<SyncRecord> earlier{};       ///< with one commit per source commit: those before `record`, oldest first
  MergedRequirements requirements{};
  std::vector<std::string> notes{};        ///< what a policy decided, for people: never silent
};

/// Fetches both, carries, signs, pushes atomically (branch tandem/sync/<commit>, target branch, refs/tandem/log) and
/// reads back. Asked again it finds its own work in place. When the target moves meanwhile it starts anew, for two minutes.
/// Edits by hand that are to be merged by a person (Drift::Branch) leave the target branch alone: what the source holds is
/// delivered as branch tandem/conflict/<commit> and the result is TD0305, naming it.
/// Errors: Invalid (TD0301 to TD0303, TD0313, TD0320), Conflict (TD0305 to TD0308, TD0321), Denied (TD0304, TD0312, TD0314, TD0330,
/// TD0331, TD0336, and TD0309 with the remote's own words), Unavailable and TimedOut (TD0311), Cancelled.
Result<Synchronisation> synchronise(const SyncRequest& request, PairStore& store, const SigningKey& key);

/// Both sides of every edit by hand that a sync has met (TD0305), from what that sync has fetched.
Result<std::vector<HandEdit>> hand_edits(const SyncRequest& request, PairStore& store, const SigningKey& key);

/// Errors: Invalid (TD0301) for destinations that leave the repository, overlap or meet the generated files.
Done check_map(const SyncConfiguration& configuration);
/// The same for every source, and that no two of them meet. Errors: Invalid (TD0301).
Done check_maps(const Configuration& configuration);

}  // namespace tandem::sync
