#pragma once
// The projections of the journal that lists and look-ups read: runs, syncs, releases, deployments, posted statuses.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.hpp"
#include "record/artifact.hpp"
#include "record/pull_request.hpp"
#include "record/release.hpp"
#include "record/run.hpp"
#include "record/sync_record.hpp"
#include "store/journal.hpp"

namespace tandem::store {

/// A page of runs, newest first.
struct RunQuery {
  std::string repository{};
  std::string workflow{};
  std::string status{};
  std::int64_t before = 0;        ///< only runs with a smaller sequence number; 0 = from the newest
  size_t count = 20;
};

/// Where a branch was when it was last looked at.
struct Tip {
  std::string repository;
  std::string branch;
  CommitId commit;                ///< empty: the branch was deleted
};

/// Nobody may change this environment until it is thawed.
struct Freeze {
  std::string environment;
  std::string actor;
  std::string reason;
  Instant at{};
};

/// A way back from one deployment to another that was begun, by a key of its own: gone to its end, or to be gone on with.
struct Rollback {
  std::string key;                ///< of who wanted it: a run has one way back, whatever attempt asks
  std::string environment;
  DeploymentId from;
  DeploymentId to;
  std::string actor;
  std::string reason;
  bool done = false;
};

/// Can be deleted at any time: `catch_up` makes it anew from the journal.
class History {
 public:
  static Result<History> open(const std::filesystem::path& file);

  /// The number of the last journal record that is in.
  Result<std::int64_t> position();
  /// All changes in one transaction with the new position.
  struct Change {
    std::vector<Run> runs{};
    std::vector<SyncRecord> syncs{};
    std::vector<Release> releases{};
    std::vector<Deployment> deployments{};
    std::vector<EventId> events{};
    std::vector<Tip> tips{};
    std::vector<Artifact> artifacts{};
    std::vector<Freeze> frozen{};
    std::vector<std::string> thawed{};
    std::vector<PullRequest> pull_requests{};
    std::vector<std::pair<std::string, Instant>> schedules{};   ///< looked at until then, by repository and branch
    std::vector<Rollback> rollbacks{};                          ///< begun
    std::vector<std::string> rollbacks_done{};                  ///< their keys
  };
  Done put(const Change& change, std::int64_t position);

  Result<std::optional<Run>> find_run(const RunId& id);
  Result<std::vector<Run>> runs(const RunQuery& query);
  Result<std::vector<Run>> unfinished_runs();                     ///< oldest first
  Result<std::int64_t> last_run_number();
  /// Runs that ended before `instant` and are not among the newest `keep`, oldest first; never one that a deployment
  /// which is live, was live or may become so names.
  Result<std::vector<RunId>> runs_ended_before(Instant instant, size_t keep);
  /// Takes runs and what they kept out. Returns the digests that nothing else keeps.
  Result<std::vector<Digest>> forget(const std::vector<RunId>& runs);
  Result<std::map<std::string, std::int64_t>> count_by_status();
  Result<bool> has_event(const EventId& id);
  Result<std::vector<Freeze>> freezes();
  Result<std::vector<PullRequest>> pull_requests(const std::string& repository);   ///< by number
  Result<std::vector<std::pair<std::string, Instant>>> schedules();
  Result<std::optional<CommitId>> tip(const std::string& repository, const std::string& branch);
  Result<std::vector<Tip>> tips(const std::string& repository);
  /// The runs of a workflow file for a commit that `cause` led to, newest first.
  Result<std::vector<Run>> caused_runs(const std::string& repository, const std::string& file, const CommitId& commit, const RunId& cause);
  Result<std::optional<SyncRecord>> find_sync_landed_as(const CommitId& infrastructure_commit);
  Result<std::optional<SyncRecord>> find_sync(const SyncId& id);
  Result<std::vector<SyncRecord>> syncs(size_t count);
  Result<std::vector<Release>> releases(size_t count);
  Result<std::optional<Release>> find_release(const ReleaseId& id);
  Result<std::vector<Deployment>> deployments(const std::string& environment, size_t count);   ///< newest first
  Result<std::optional<Deployment>> find_deployment(const DeploymentId& id);
  Result<std::optional<Rollback>> find_rollback(const std::string& key);
  Result<std::vector<Rollback>> unfinished_rollbacks();           ///< oldest first
  Result<std::vector<Artifact>> artifacts(const RunId& run);      ///< in the order they were kept

 private:
  explicit History(Database database) : database_(std::move(database)) {}
  Database database_;
};

/// "run-17" -> 17; 0 when it is no run id.
std::int64_t run_number(const RunId& id);

}  // namespace tandem::store
