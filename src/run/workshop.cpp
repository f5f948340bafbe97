#include "run/workshop.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/files.hpp"
#include "base/git_left_locks.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "workflow/substitute.hpp"

namespace tandem::run {

struct Workshop::Parts {
  Configuration configuration;
  std::filesystem::path file;
  const Clock& clock;
  OpenTarget open_target;
  int lock;
  std::unique_ptr<Ledger> ledger;
  store::Secrets secrets;
  store::Artifacts artifacts;
  sync::Keyring keys;
  sync::PairStore pair;
};

namespace {

Result<int> lock_folder(const Folders& folders) {
  TRY(make_folders(folders.state));
  const int descriptor = ::open(folders.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return failure(Fault::Unavailable, "cannot open {}", folders.lock().string());
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  ::close(descriptor);
  return failure(Fault::Conflict, "another tandem works on {}", folders.state.string()).with_code("TD0120")
      .with_next("wait for it, or talk to the daemon: it listens at " + folders.socket().string());
}

std::string names_of(const auto& list) {
  std::vector<std::string> names;
  for (const auto& each : list) names.push_back(each.name);
  return join(names, ", ");
}

}  // namespace

Workshop::Workshop(Parts parts)
    : configuration(std::move(parts.configuration)),
      file(std::move(parts.file)),
      folders{configuration.state_folder},
      clock(parts.clock),
      ledger(std::move(parts.ledger)),
      secrets(std::move(parts.secrets)),
      artifacts(std::move(parts.artifacts)),
      keys(std::move(parts.keys)),
      pair(std::move(parts.pair)),
      logs(folders.logs(), parts.clock),
      open_target_(std::move(parts.open_target)),
      lock_(parts.lock) {}

Workshop::~Workshop() {
  targets_.clear();
  ::close(lock_);
}

Result<std::unique_ptr<Workshop>> Workshop::open(Configuration configuration, std::filesystem::path file, const Clock& clock,
                                                 OpenTarget open_target) {
  const Folders folders{configuration.state_folder};
  const int lock = TRY(lock_folder(folders));
  auto ledger = TRY(Ledger::open(folders.state, clock));
  auto secrets = TRY(store::Secrets::open(folders.secrets()));
  auto artifacts = TRY(store::Artifacts::open(folders.artifacts()));
  auto keys = TRY(sync::Keyring::open(folders.keys(), clock.now()), "opening the keys");
  // Nobody else writes there while the folder is locked: what lies there is of a process that was killed.
  for (const auto& removed : git::remove_left_locks(folders.pair_store())) log(Level::Warning, "git.left_lock", {{"removed", removed}});
  auto pair = TRY(sync::PairStore::open(folders.pair_store()));
  return std::unique_ptr<Workshop>(new Workshop({std::move(configuration), std::move(file), clock, std::move(open_target), lock,
                                                 std::move(ledger), std::move(secrets), std::move(artifacts), std::move(keys),
                                                 std::move(pair)}));
}

Result<deploy::Target*> Workshop::target(const std::string& name) {
  const auto chosen = TRY(environment(name));
  const std::lock_guard lock(mutex_);
  auto& home = targets_[chosen.name];
  if (home == nullptr) {
    auto opened = TRY(open_target_(chosen, folders), "opening the environment {}", chosen.name);
    const auto recovered = TRY(opened->target().recover(), "recovering the environment {}", chosen.name);
    for (const auto& note : recovered) log(Level::Warning, "target.recovered", {{"environment", chosen.name}, {"what", note}});
    home = std::move(opened);
  }
  return &home->target();
}

Result<std::string> Workshop::revealed(const std::string& text) const {
  workflow::Values values;
  for (const auto& reference : workflow::references_in(text)) {
    if (!reference.is_secret()) continue;
    auto value = TRY(secrets.find(reference.name));
    if (!value)
      return failure(Fault::Missing, "no secret named {}", reference.name).with_code("TD0121")
          .with_next(fmt::format("tandem secrets set {} < FILE", reference.name));
    values.secrets[reference.name] = std::move(*value);
  }
  return workflow::substituted(text, values);
}

Result<Artifact> Workshop::keep(const RunId& run, const std::string& action, const std::string& name, ArtifactKind kind,
                                std::string_view bytes) {
  Artifact artifact{run, action, name, kind, {}, static_cast<std::int64_t>(bytes.size())};
  const std::shared_lock lock(keeping);   // the same bytes may be those of an old run that goes
  artifact.digest = TRY(artifacts.put(bytes));
  TRY(ledger->record("artifact.kept", run.value, to_json(artifact)));
  return artifact;
}

Result<RepositoryConfiguration> Workshop::repository(const std::string& name) const {
  if (const auto* found = configuration.find_repository(name)) return *found;
  return failure(Fault::Missing, "no repository named {} in tandem.yaml", name).with_code("TD0122")
      .with_next("use one of: " + names_of(configuration.repositories));
}

Result<RepositoryConfiguration> Workshop::repository(Role role) const {
  if (const auto* found = configuration.find_repository(role)) return *found;
  return failure(Fault::Missing, "tandem.yaml names no repository with the role {}", word(role)).with_code("TD0122")
      .with_next(fmt::format("add one under repositories: with role: {}", word(role)));
}

Result<EnvironmentConfiguration> Workshop::environment(const std::string& name) const {
  if (name.empty() && !configuration.environments.empty()) return configuration.environments.front();
  if (const auto* found = configuration.find_environment(name)) return *found;
  return failure(Fault::Missing, "no environment named {} in tandem.yaml", name).with_code("TD0123")
      .with_next("use one of: " + names_of(configuration.environments));
}

Result<CommitId> Workshop::tip(const RepositoryConfiguration& repository) const {
  const auto store = TRY(objects());
  return sync::tip_in(store, repository);
}

}  // namespace tandem::run
