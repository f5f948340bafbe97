#pragma once
// Upkeep of the pair store: each sync adds a pack, so packs are joined, and what nothing names any more goes on demand.

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "sync/pair_store.hpp"

namespace tandem::sync {

struct Pack {
  std::string name;             ///< "pack-<40 digits>"
  std::uint64_t bytes = 0;
  bool operator==(const Pack&) const = default;
};

/// What lies in the store. Packs that were joined into another and wait to be removed are not counted.
struct StoreSize {
  std::vector<Pack> packs{};                ///< smallest first
  std::vector<std::string> loose{};         ///< ids
  std::uint64_t bytes = 0;                  ///< of all of them
};
Result<StoreSize> size_of(const PairStore& store);

/// When a store is tidied after a sync.
struct TidyPolicy {
  size_t packs_max = 50;
  size_t loose_max = 1000;
};

/// Which of `packs` (smallest first) are joined into one, so that each that stays is at least twice as large as all smaller ones
/// together: the work of a sync stays proportional to what it brings, however many there were. Pure.
std::vector<Pack> to_join(const std::vector<Pack>& packs);

/// Joins packs, and loose objects, once there are more than `policy` says. Nothing is lost: every object of theirs, named or
/// not, is in the new pack and durable before anything goes, and the old packs stay for ten minutes, for readers that have
/// opened them. The caller holds the store's lock. Errors: Unavailable (no room, no git); nothing is lost then either.
Done tidy(PairStore& store, Instant now, const TidyPolicy& policy = {});

struct Collection {
  StoreSize before;
  StoreSize after;
  size_t kept = 0;              ///< commits that a Release or a SyncRecord names and that were there to be kept
};

/// Everything into one pack, without what no ref reaches for fourteen days. `named` commits get a ref first
/// (refs/tandem/keep/<id>), those that are no longer named lose it. To be called when nobody reads: old packs go at once.
/// Errors: TimedOut when a sync goes on for five minutes; Unavailable.
Result<Collection> collect(PairStore& store, const std::vector<CommitId>& named, std::stop_token stop = {});

}  // namespace tandem::sync
