#pragma once
// What the workshop knows that a sync or its proof has to be told.

#include "run/workshop.hpp"
#include "sync/detect.hpp"
#include "sync/synchronise.hpp"

namespace tandem::run {

/// A request to carry `source` into the infrastructure: its configuration, the trusted keys, what live Releases name.
/// Errors: Invalid (TD0301) when the sources of tandem.yaml meet.
Result<sync::SyncRequest> sync_request(Workshop& shop, const RepositoryConfiguration& source, const RepositoryConfiguration& target);

/// A question about a commit of the infrastructure; empty = the tip of its branch.
sync::DetectRequest detect_request(Workshop& shop, const RepositoryConfiguration& source, const RepositoryConfiguration& target, const CommitId& commit);

/// Commits of either side that Releases name which are live or on their way to be.
Result<std::vector<CommitId>> live_commits(Workshop& shop);

}  // namespace tandem::run
