#pragma once
// detect: an infrastructure commit is asked which application it holds, and has to prove it.

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "record/configuration.hpp"
#include "record/sync_record.hpp"
#include "sync/attestation.hpp"
#include "sync/cargo.hpp"
#include "sync/pair_store.hpp"

namespace tandem::sync {

struct DetectRequest {
  RepositoryConfiguration source;              ///< the application
  RepositoryConfiguration target;              ///< the infrastructure
  CommitId commit;                             ///< of the infrastructure; empty = the tip of its branch
  SyncConfiguration configuration{};
  std::vector<TrustedKey> public_keys{};       ///< of the coordinators whose syncs count
  bool is_coordinated = false;                 ///< a person asked for both sides
  std::stop_token stop{};
};

/// A sync whose every claim was checked.
struct ProvenSync {
  SyncId id;
  CommitId application;                        ///< whose code it is
  TreeId source_tree;
  std::string source_repository;
  CommitId landed;                             ///< the infrastructure commit that brought it
  std::int64_t sequence = 0;
  std::vector<Component> components{};
  Instant at{};
  bool operator==(const ProvenSync&) const = default;
};

ProvenSync proven(const Statement& statement);

struct Detection {
  CommitId commit;                             ///< of the infrastructure
  TreeId tree;
  std::string strategy;                        ///< "api-triggered", "infrastructure-only", "coordinated"
  std::optional<ProvenSync> sync;              ///< nothing: no sync has ever reached this commit
  std::vector<std::string> notes{};            ///< for people
};

/// Finds the newest sync that `commit` contains and proves it: signature, unbroken log, every tree and blob equal to the
/// source's, requirements recomputed, and the whole sync commit recomputed to the same id, so that nothing else changed in it.
/// Errors: Denied with TD0330 to TD0335 and the first differing path when the proof fails (exit 3 upstream); Missing
/// commit; fetch's.
Result<Detection> detect(PairStore& store, const DetectRequest& request);

}  // namespace tandem::sync
