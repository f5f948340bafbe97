#include "run/pruning.hpp"

#include <limits>
#include <set>

#include "base/files.hpp"
#include "compose/stored_bundles.hpp"

namespace tandem::run {
namespace {

/// What a release or a run that has not ended needs.
Result<std::set<Digest>> needed_bundles(Workshop& shop) {
  std::set<Digest> out;
  for (const auto& release : TRY(shop.ledger->history([](store::History& history) { return history.releases(std::numeric_limits<int>::max()); })))
    out.insert(release.bundle);
  for (const auto& run : TRY(shop.ledger->history([](store::History& history) { return history.unfinished_runs(); })))
    for (const auto& [name, state] : run.actions)
      if (const auto* found = state.outcome ? state.outcome->detail.if_contains("bundle") : nullptr) {
        const auto bundle = TRY(bundle_from_json(*found), "reading what {} of {} composed", name, run.id.value);
        out.insert(bundle.digest);
      }
  return out;
}

/// Bundles that have not been used for as long as runs are kept, and that no release names. What a run has composed a moment
/// ago is not yet on record as its own: an hour is always waited.
Result<std::vector<Digest>> prune_bundles(Workshop& shop, Instant kept_from, PruneMode mode) {
  const auto before = std::min(kept_from, shop.clock.now() - std::chrono::hours{1});
  const auto needed = TRY(needed_bundles(shop));
  return mode == PruneMode::Look ? compose::old_bundles(shop.folders.bundles(), before, needed) : compose::prune_bundles(shop.folders.bundles(), before, needed);
}

}  // namespace

PruneRequest prune_policy(const Workshop& shop) {
  return {.keep_days = shop.configuration.keep_days, .keep_runs = shop.configuration.keep_runs, .actor = "policy"};
}

Result<Pruned> prune(Workshop& shop, const PruneRequest& request) {
  if (request.keep_days < 0 || request.keep_runs < 0)
    return failure(Fault::Invalid, "a number of days or runs to keep is not negative").with_code("TD0101");
  Pruned out{.before = shop.clock.now() - std::chrono::days{request.keep_days}};
  out.runs = TRY(shop.ledger->history([&](store::History& history) { return history.runs_ended_before(out.before, static_cast<size_t>(request.keep_runs)); }));
  out.bundles = TRY(prune_bundles(shop, out.before, request.mode));
  if (out.runs.empty() || request.mode == PruneMode::Look) return out;
  const std::unique_lock lock(shop.keeping);
  const auto gone = TRY(shop.ledger->prune(out.runs, {{"actor", request.actor}, {"before", rfc3339(out.before)}, {"keep_runs", request.keep_runs}}));
  for (const auto& digest : gone.artifacts) TRY(shop.artifacts.remove(digest));
  for (const auto& run : out.runs) TRY(tandem::remove_all(shop.folders.logs() / run.value));
  out.records = gone.records;
  out.artifacts = static_cast<std::int64_t>(gone.artifacts.size());
  return out;
}

}  // namespace tandem::run
