#include "run/pruning.hpp"

#include "base/files.hpp"

namespace tandem::run {

PruneRequest prune_policy(const Workshop& shop) {
  return {.keep_days = shop.configuration.keep_days, .keep_runs = shop.configuration.keep_runs, .actor = "policy"};
}

Result<Pruned> prune(Workshop& shop, const PruneRequest& request) {
  if (request.keep_days < 0 || request.keep_runs < 0)
    return failure(Fault::Invalid, "a number of days or runs to keep is not negative").with_code("TD0101");
  Pruned out{.before = shop.clock.now() - std::chrono::days{request.keep_days}};
  out.runs = TRY(shop.ledger->history([&](store::History& history) { return history.runs_ended_before(out.before, static_cast<size_t>(request.keep_runs)); }));
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
