#pragma once
// Worlds, the live pointer, events, effects and version counters in SQLite: what survives a crash.

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.hpp"
#include "deploy/local/world.hpp"
#include "record/release.hpp"

namespace tandem::deploy::local {

/// Where a world stands. Preparing and Cleaning are operations under way: after a crash they are undone or finished.
enum class WorldState { Preparing, Candidate, Live, Superseded, Undoing };

/// A world with what is remembered about it.
struct StoredWorld {
  World world;
  WorldState state{};
  DeploymentId base;                              ///< the live world it was made from; empty = there was none
  Deployment deployment;
  bool cleaned = false;                           ///< nothing is left to delete after its promotion
};

/// Something done outside of the records, e.g. a table made. Written as intended before it is done.
enum class EffectKind { CreateTable, AddIndex };
struct OutsideEffect {
  std::int64_t number = 0;
  EffectKind kind{};
  std::string table;
  std::string index{};
};

/// Calls are serialised; each is short. Errors: Unavailable, Broken.
class WorldStore {
 public:
  static Result<std::unique_ptr<WorldStore>> open(const std::filesystem::path& path);

  /// Begins a deployment: its row, as Preparing, and the events buffered so far, in one transaction.
  Done begin(const DeploymentId& id, const DeploymentId& base, const Deployment& deployment);
  Done save(const StoredWorld& world);
  Done set_state(const DeploymentId& id, WorldState state);
  /// Moves the pointer and calls `act` before it becomes durable; an error of `act` leaves everything as it was.
  Done move_live(const StoredWorld& to, const std::function<Done()>& act);
  /// The world and its effects; its events stay.
  Done forget(const DeploymentId& id);
  /// The effects of a deployment have become permanent: it is live.
  Done keep_effects(const DeploymentId& id);

  Result<std::optional<StoredWorld>> find(const DeploymentId& id);
  Result<std::optional<StoredWorld>> live();
  Result<std::optional<DeploymentId>> live_id();
  /// Ids in that state, oldest first.
  Result<std::vector<DeploymentId>> in_state(WorldState state);
  /// Once live and no longer, the newest first.
  Result<std::vector<DeploymentId>> superseded();

  /// Buffered until the next durable write or `flush`.
  void add_event(const DeploymentId& deployment, StackEvent event);
  Done flush();
  Result<std::vector<StackEvent>> events(const std::string& stack, size_t count);
  /// Those of a deployment, oldest first.
  Result<std::vector<StackEvent>> events_of(const DeploymentId& deployment);
  /// The newest status of each stack's own line.
  Result<std::map<std::string, std::string>> stack_statuses();

  /// Durable when it returns.
  Result<std::int64_t> intend(const DeploymentId& deployment, const OutsideEffect& effect);
  Done settled(std::int64_t number);
  /// Effects of a deployment that were intended or done and not undone, newest first.
  Result<std::vector<OutsideEffect>> effects(const DeploymentId& deployment);

  /// The next number of a function; numbers are never reused, also not after a rollback.
  Result<std::int64_t> next_version(const std::string& function);

 private:
  explicit WorldStore(Database database) : database_(std::move(database)) {}
  Done write_events();
  Result<std::vector<DeploymentId>> ids(std::string_view sql, const std::vector<SqlValue>& values);

  std::mutex mutex_;                              ///< guards all below; SQLite connections serve one thread at a time
  Database database_;
  std::vector<std::pair<DeploymentId, StackEvent>> buffered_;
};

}  // namespace tandem::deploy::local
