#pragma once
// The one moment in which a sync becomes visible: three refs moved together at the infrastructure's remote.

#include <stop_token>

#include "base/result.hpp"
#include "sync/attestation.hpp"
#include "sync/pair_store.hpp"

namespace tandem::sync {

enum class Published { Landed, Moved };

/// Where a sync is put: onto the target branch, or beside it for a person to merge.
enum class Delivery { Target, ConflictBranch };

/// A sync that stands in the store and is to stand at the remote.
struct Publication {
  Statement statement;                ///< of the newest of its commits
  CommitId base;                      ///< where the target branch is
  std::optional<CommitId> log;        ///< where the remote's log is
  CommitId entry;                     ///< what continues it
  Delivery delivery = Delivery::Target;
  std::stop_token stop{};
};

/// Pushes branch tandem/sync/<source>, the target branch and refs/tandem/log (or tandem/conflict/<source> and the log), all
/// or none, each compared with where it was seen, and believes only what the remote then says it holds. When the
/// connection is lost in the middle, the remote is asked what became of it. Moved: one of them was elsewhere; nothing
/// has happened.
/// Errors: Denied (TD0309) with the remote's words; Unavailable and TimedOut (TD0311): nothing has landed as far as the
/// remote can be asked, and asking again is safe; Broken (TD0310) when the remote took it and holds something else.
Result<Published> publish(const RepositoryConfiguration& target, PairStore& store, const Publication& publication);

}  // namespace tandem::sync
