#include "sync/checks.hpp"

#include "base/text.hpp"
#include "sync/codes.hpp"
#include "sync/included_requirements.hpp"
#include "sync/sides.hpp"

namespace tandem::sync {
namespace {

constexpr size_t history_max = 1000;

Error disproved(std::string_view what, std::string_view path, const char* code) {
  return failure(Fault::Denied, "proof failed: {}", what)
      .at({std::string(path)})
      .with_code(code)
      .with_next("find out who changed it and revert that, or run `tandem sync --on-conflict take-source`");
}

/// True when some entry of the log is about `landed`.
Result<bool> log_knows(const git::Repository& repository, std::optional<CommitId> at, const CommitId& landed,
                       const std::vector<TrustedKey>& keys) {
  while (at) {
    const auto entry = TRY(read_entry(repository, *at, keys));
    if (entry.statement.landed == landed) return true;
    const auto commit = TRY(repository.commit(*at));
    at = commit.parents.empty() ? std::nullopt : std::optional{commit.parents.front()};
  }
  return false;
}

}  // namespace

/// Commits since the last sync must not claim to be one: the log knows every sync.
Done check_claims(const git::Repository& repository, const CommitId& commit, const std::optional<LogEntry>& last,
                  const std::optional<CommitId>& log, const std::vector<TrustedKey>& keys) {
  const auto history = TRY(repository.history(commit, history_max));
  for (const auto& passed : history) {
    if (last && passed.id == last->statement.landed) return done();
    if (!trailer(passed.message, "Sync") || !trailer(passed.message, "Source")) continue;
    const bool is_known = TRY(log_knows(repository, log, passed.id, keys));
    if (!is_known)
      return disproved(fmt::format("commit {} says it is a sync, but the log of syncs does not know it", short_id(passed.id)), "", code::unknown_sync);
  }
  return done();
}

/// The objects placed are the source's own, at the sync and still at `commit`.
Done check_parts(git::Repository& repository, const Statement& statement, const CommitId& commit) {
  for (const auto& part : statement.cargo.parts) {
    const auto whole = TRY(entry_at(repository, statement.cargo.source, part.from));
    const auto source = TRY(reduced(repository, whole, part.exclude));
    const auto placed = TRY(repository.find(statement.landed_tree, part.to));
    if (placed && placed->id == source.id && placed->mode == source.mode && source.id == part.object) continue;
    const auto changes = TRY(changes_between(repository, part.to, source, placed));
    return disproved(fmt::format("{} is not {} of {}: {}", part.to, part.from, short_id(statement.cargo.source), summary(changes)),
                     changes.empty() ? part.to : changes.front().path, code::different_copy);
  }
  const auto edits = TRY(edits_since(repository, statement, commit));
  if (edits.empty()) return done();
  return disproved(fmt::format("{} was changed after sync {}", summary(edits), statement.cargo.sequence), edits.front().path, code::different_copy);
}

/// The merged requirements are what merging those two files gives, byte for byte.
Done check_requirements(git::Repository& repository, const Cargo& cargo) {
  const auto& carried = cargo.requirements;
  if (carried.from.empty()) return done();
  const auto app = TRY(text_at(repository, cargo.source, carried.from));
  const auto infra = TRY(text_at(repository, cargo.base, carried.to));
  const bool inputs_match = app && app->id == carried.application && (infra ? infra->id : "") == carried.infrastructure;
  if (!inputs_match) return disproved("the requirements were merged from other files", carried.to, code::different_requirements);
  RequirementsFile application{cargo.source_repository + ":" + carried.from, app->text};
  if (const auto read = read_includes(repository, cargo.source, application); !read)
    return disproved("what the application's requirements include cannot be read: " + read.error().what, carried.to, code::different_requirements);
  const auto merged = merge_requirements(application,
                                         {cargo.target_repository + ":" + carried.to, infra ? infra->text : ""}, carried.on_conflict);
  if (!merged) return disproved("the two requirements files do not merge: " + merged.error().what, carried.to, code::different_requirements);
  const auto blob = TRY(repository.write_blob(merged->text));
  if (blob == carried.merged) return done();
  return disproved("merging the two requirements files gives something else", carried.to, code::different_requirements);
}

/// Landing the cargo again must give the very commit: its tree, its parent, its message, its time.
Done check_commit(git::Repository& repository, const Statement& statement) {
  const auto again = TRY(land(repository, statement.cargo), "recomputing sync {}", statement.cargo.sequence);
  const auto landed_tree = TRY(repository.tree_of(statement.landed));
  if (landed_tree != again.tree) {
    const auto changes = TRY(repository.changes(again.tree, landed_tree));
    return disproved(fmt::format("commit {} holds more than was carried: {}", short_id(statement.landed), summary(changes)),
                     changes.empty() ? "" : changes.front().path, code::different_commit);
  }
  if (again.commit == statement.landed && again.tree == statement.landed_tree && again.metadata == statement.metadata) return done();
  return disproved(fmt::format("commit {} is not the commit that its cargo makes", short_id(statement.landed)), "", code::different_commit);
}

/// Without a sync in the log nothing may look as if there were one.
Done check_no_claim(const git::Repository& repository, const CommitId& commit, const SyncConfiguration& configuration) {
  const auto path = metadata_path(configuration);
  const auto metadata = TRY(text_at(repository, commit, path));
  if (!metadata) return done();
  const auto document = parse_json(metadata->text, path);
  const auto* object = document ? document->if_object() : nullptr;
  if (object == nullptr || !object->contains("algorithm")) return done();  // of an older tool; nothing rests on it
  return disproved("sync-metadata.json tells of a sync that the log does not know", path, code::unknown_sync);
}

/// The metadata file is derived, nothing rests on it, but nobody may be misled by it either.
Done check_metadata(const git::Repository& repository, const Statement& statement, const CommitId& commit) {
  const auto path = metadata_path(statement.cargo);
  const auto there = TRY(text_at(repository, commit, path));
  if (there && there->id == statement.metadata) return done();
  return disproved(fmt::format("{} was changed after sync {}", path, statement.cargo.sequence), path, code::different_copy);
}

}  // namespace tandem::sync
