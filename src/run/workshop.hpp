#pragma once
// Everything the stations work with, opened once: configuration, ledger, keys, stores, targets.

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "deploy/target.hpp"
#include "record/artifact.hpp"
#include "record/configuration.hpp"
#include "run/folders.hpp"
#include "run/ledger.hpp"
#include "run/run_log.hpp"
#include "store/artifacts.hpp"
#include "store/secrets.hpp"
#include "sync/keyring.hpp"
#include "sync/pair_store.hpp"

namespace tandem::run {

/// An environment's target with what it stands on (listeners, tables, functions); closed when its owner goes.
class TargetHome {
 public:
  virtual ~TargetHome() = default;
  virtual deploy::Target& target() = 0;
};
/// Opens the target of an environment. The program gives the real one; tests a fake.
using OpenTarget = std::function<Result<std::unique_ptr<TargetHome>>(const EnvironmentConfiguration&, const Folders&)>;

/// One per process and state folder: it holds the folder's lock.
class Workshop {
 public:
  /// Errors: Conflict (TD0120) when another process works on the state folder.
  static Result<std::unique_ptr<Workshop>> open(Configuration configuration, std::filesystem::path file, const Clock& clock,
                                                OpenTarget open_target);
  ~Workshop();

  /// Opened at first use, recovered, then kept. Errors: Missing for an environment that is not configured.
  Result<deploy::Target*> target(const std::string& environment);
  /// The value of a configured text with ${Secrets.x} replaced. Errors: Missing names the secret.
  Result<std::string> revealed(const std::string& text) const;
  /// Keeps bytes as an artifact of a run.
  Result<Artifact> keep(const RunId& run, const std::string& action, const std::string& name, ArtifactKind kind, std::string_view bytes);
  /// The repository, or Missing naming those there are.
  Result<RepositoryConfiguration> repository(const std::string& name) const;
  Result<RepositoryConfiguration> repository(Role role) const;
  Result<EnvironmentConfiguration> environment(const std::string& name) const;   ///< empty name: the first one
  /// The objects of the pair, opened for the caller alone: actions work side by side, and what git opens is for one thread.
  Result<git::Repository> objects() const { return git::Repository::open(folders.pair_store()); }
  /// The tip of a branch as of the last fetch. Errors: Missing.
  Result<CommitId> tip(const RepositoryConfiguration& repository) const;

  const Configuration configuration;
  const std::filesystem::path file;        ///< tandem.yaml
  const Folders folders;
  const Clock& clock;
  std::unique_ptr<Ledger> ledger;
  store::Secrets secrets;
  store::Artifacts artifacts;
  sync::Keyring keys;
  sync::PairStore pair;
  RunLog logs;
  std::mutex going_back;                   ///< one rollback at a time
  std::shared_mutex keeping;               ///< shared while an artifact is kept or taken over, alone while what nobody needs goes

 private:
  struct Parts;
  explicit Workshop(Parts parts);
  OpenTarget open_target_;
  int lock_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<TargetHome>> targets_;
};

}  // namespace tandem::run
