#pragma once
// tandem.yaml as values: the repositories, the environments, the policies.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fetch_limits.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem {

enum class Role { Application, Infrastructure };
std::string_view word(Role role);                   ///< "application", "infrastructure"

struct RepositoryConfiguration {
  std::string name;
  Role role{};
  std::string url;                                  ///< path or URL that git understands; relative paths are made absolute
  std::string branch = "main";
  std::vector<std::string> webhook_secrets{};       ///< names of secrets, any of which may sign a webhook; none = no webhooks
  git::FetchLimits fetch_limits{};                  ///< what one fetch from it may bring
  bool is_here() const { return url.starts_with('/'); }   ///< it lies on this machine and is read in place
  bool operator==(const RepositoryConfiguration&) const = default;
};

/// What sync carries: `from` in the application repository to `to` in the infrastructure repository.
struct ComponentConfiguration {
  std::string from;
  std::string to;
  std::vector<std::string> exclude{};               ///< files and folders below `from` that stay behind
  bool operator==(const ComponentConfiguration&) const = default;
};

enum class ConflictSide { Refuse, Application, Infrastructure };
/// What becomes of edits that somebody made by hand in the copy: the sync stops, the source wins, or what the source
/// holds is delivered on a branch of its own for a person to merge.
enum class DriftPolicy { Refuse, Overwrite, Branch };
std::string_view word(DriftPolicy policy);          ///< "refuse", "take-source", "branch"
/// How the commits of the source arrive: as one, or one for each that changes what is carried.
enum class CommitPolicy { Squash, Each };
std::string_view word(CommitPolicy policy);         ///< "squash", "each"

struct SyncConfiguration {
  std::vector<ComponentConfiguration> components{{"src", "lambda/src"}, {"main.py", "lambda/main.py"}};
  std::string requirements_from = "requirements.txt";
  std::string requirements_to = "lambda/requirements.txt";
  ConflictSide on_conflict = ConflictSide::Refuse;  ///< between the two requirements files
  std::string metadata{};                           ///< path of sync-metadata.json; empty = beside what is carried
  DriftPolicy on_drift = DriftPolicy::Refuse;
  CommitPolicy commits = CommitPolicy::Squash;
  int keep_branches = 20;                           ///< branches tandem/sync/*: older ones go, unless something live names them
  bool operator==(const SyncConfiguration&) const = default;
};

struct ComposeConfiguration {
  std::string folder = "lambda";                    ///< of the infrastructure repository
  std::vector<std::string> handlers{"integrated_api_handler", "enhanced_api_handler", "api_handler"};
  std::string runtime = "python3.11";
  bool operator==(const ComposeConfiguration&) const = default;
};

enum class TargetKind { Local, Aws };
enum class RollbackPolicy { Automatic, Recommend };

struct EnvironmentConfiguration {
  std::string name = "local";
  TargetKind target = TargetKind::Local;
  std::string region = "us-east-1";
  std::string endpoint{};                           ///< another DynamoDB engine; empty = the embedded one
  RollbackPolicy rollback = RollbackPolicy::Automatic;
  std::map<std::string, std::string> parameters{};  ///< template parameters; ${Secrets.x} is resolved
  std::vector<std::string> suites{};                ///< verification suites; empty = all
  std::string admin_email{};                        ///< for the suites that need to log in
  std::string admin_password_secret{};              ///< name of the secret
  std::string cdk_folder = ".";
  int approvals = 0;                                ///< people that every gate before it asks for, at least
  bool other_person = false;                        ///< whoever started a run may not approve it
  bool operator==(const EnvironmentConfiguration&) const = default;
};

/// What the steps of one action may take together.
struct StepLimits {
  std::uint64_t memory_mib = 8192;
  std::uint64_t processes = 4096;                   ///< threads count
  std::uint64_t file_mib = 16384;                   ///< of one file
  bool operator==(const StepLimits&) const = default;
};

/// One action whose steps may reach the network. Nobody else's may.
struct NetworkGrant {
  std::string repository;
  std::string workflow;
  std::string action;
  auto operator<=>(const NetworkGrant&) const = default;
};
std::string text(const NetworkGrant& grant);        ///< "repository/workflow/action", as tandem.yaml writes it
/// Nothing unless it is three names with a slash between them.
std::optional<NetworkGrant> network_grant_from(std::string_view text);

struct Configuration {
  std::string state_folder;                         ///< absolute
  std::vector<RepositoryConfiguration> repositories{};
  SyncConfiguration sync{};
  std::map<std::string, SyncConfiguration> sources{};  ///< by repository: applications that carry something else than `sync`
  ComposeConfiguration compose{};
  std::vector<EnvironmentConfiguration> environments{};
  std::uint16_t port = 0;                           ///< of the daemon's HTTP side; 0 = any
  int parallel_runs = 0;                            ///< PARALLEL runs at once; 0 = twice the processors
  int poll_seconds = 0;                             ///< between looks at the repositories; 0 = 2 on this machine, 60 elsewhere
  int keep_days = 90;                               ///< ended runs younger than this are kept
  int keep_runs = 1000;                             ///< and so are the newest ones
  bool prunes_by_itself = true;                     ///< the daemon takes the others out now and then
  bool unsandboxed = false;                         ///< run steps without a sandbox where none can be had
  std::vector<NetworkGrant> network_grants{};       ///< whose steps may reach the network; empty = nobody's
  bool errexit_in_steps = false;                    ///< a failing command in the middle of a step fails the step
  StepLimits step_limits{};
  bool operator==(const Configuration&) const = default;

  const RepositoryConfiguration* find_repository(std::string_view name) const;
  const RepositoryConfiguration* find_repository(Role role) const;    ///< the first one of that role
  /// What the application `name` carries: its own entry of `sources`, else `sync`.
  const SyncConfiguration& sync_from(const std::string& name) const;
  const EnvironmentConfiguration* find_environment(std::string_view name) const;
  bool grants_network(const NetworkGrant& asked) const;
};

}  // namespace tandem
