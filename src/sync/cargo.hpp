#pragma once
// What one sync carries, as a value. The metadata file, the commit's message and the attestation are made from it, and
// so is the commit itself when somebody recomputes it to prove it.

#include <cstdint>
#include <string>
#include <vector>

#include "base/git.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "record/configuration.hpp"
#include "record/sync_record.hpp"

namespace tandem::sync {

/// One path placed as it is: the destination holds the very object of the source, or, when something is excluded, the
/// source's tree without it.
struct CargoPart {
  std::string from;
  std::string to;
  std::string object;           ///< git id
  bool is_tree = false;
  std::vector<std::string> exclude{};   ///< below `from`, sorted
  bool operator==(const CargoPart&) const = default;
};

/// The merged requirements and the two blobs they were made from.
struct CargoRequirements {
  std::string from;             ///< in the application repository; empty when requirements are not carried
  std::string to;
  ConflictSide on_conflict = ConflictSide::Refuse;
  std::string application;      ///< git id of the application's file
  std::string infrastructure;   ///< git id of the infrastructure's file at the base; empty when there was none
  std::string merged;           ///< git id of the result
  bool operator==(const CargoRequirements&) const = default;
};

struct Cargo {
  SyncId id;
  RunId run;
  std::string actor;
  std::string strategy;
  std::string source_repository;
  std::string source_branch;
  CommitId source;
  TreeId source_tree;
  std::string target_repository;
  std::string target_branch;
  CommitId base;                        ///< the infrastructure commit it is put onto
  std::vector<CargoPart> parts{};       ///< sorted by `to`
  CargoRequirements requirements{};
  std::string metadata{};               ///< path of sync-metadata.json where configured; empty = derived
  std::vector<std::string> retired{};   ///< what an earlier sync of this source placed and this one no longer carries: removed
  std::string subject{};                ///< of the source commit, when each has a commit of its own
  std::string author{};                 ///< of the source commit, likewise
  std::int64_t sequence = 1;            ///< rises by one with every sync into the target
  Instant at{};
  bool operator==(const Cargo&) const = default;
};

/// The rules by which a commit is made from a cargo. A new number whenever equal cargo would give another commit.
inline constexpr int algorithm = 1;

/// From what is carried, where from and where to; not from when and by whom.
SyncId sync_id(const Cargo& cargo);

/// Parts and requirements as a SyncRecord tells them, sorted by `to`.
std::vector<Component> components_of(const Cargo& cargo);

/// sync-metadata.json as it lies in the infrastructure repository.
std::string metadata_text(const Cargo& cargo);
/// "lambda/sync-metadata.json": beside what is carried, unless configured.
std::string metadata_path(const SyncConfiguration& configuration);
std::string metadata_path(const Cargo& cargo);
/// Everything in the infrastructure repository that this cargo's source answers for, sorted.
std::vector<std::string> destinations_of(const Cargo& cargo);
std::vector<std::string> destinations_of(const SyncConfiguration& configuration);
/// True when one is the other or lies in it.
bool overlap(std::string_view a, std::string_view b);
/// The folder that the destinations share with the generated files: the parent of the merged requirements, or of all parts.
std::string root_of(const SyncConfiguration& configuration);
std::string root_of(const Cargo& cargo);

/// Subject, body and the Tandem-* trailers.
std::string commit_message(const Cargo& cargo);
/// The value of a trailer, or nothing.
std::optional<std::string> trailer(std::string_view message, std::string_view name);

/// Author and committer of every commit that sync makes; the time is the request's, in whole seconds.
git::Person coordinator(Instant at);

std::string_view word(ConflictSide side);
std::optional<ConflictSide> conflict_side_from(std::string_view word);

/// The first 12 digits, for people.
std::string short_id(const CommitId& id);

}  // namespace tandem::sync
