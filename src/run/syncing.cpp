#include "run/syncing.hpp"

namespace tandem::run {

Result<std::vector<CommitId>> live_commits(Workshop& shop) {
  constexpr size_t looked_at = 50;
  std::vector<CommitId> out;
  for (const auto& environment : shop.configuration.environments) {
    const auto deployments = TRY(shop.ledger->history([&](store::History& history) { return history.deployments(environment.name, looked_at); }));
    for (const auto& deployment : deployments) {
      if (deployment.phase != Phase::Live && deployment.phase != Phase::Candidate && deployment.phase != Phase::Prepared) continue;
      const auto release = TRY(shop.ledger->history([&](store::History& history) { return history.find_release(deployment.release); }));
      if (!release) continue;
      out.push_back(release->application);
      out.push_back(release->infrastructure);
    }
  }
  return out;
}

Result<sync::SyncRequest> sync_request(Workshop& shop, const RepositoryConfiguration& source, const RepositoryConfiguration& target) {
  TRY(sync::check_maps(shop.configuration));
  sync::SyncRequest out{.run = {"command"}, .source = source, .target = target, .commit = {}, .configuration = shop.configuration.sync_from(source.name)};
  out.at = shop.clock.now();
  out.trusted_keys = shop.keys.trusted();
  out.live = TRY(live_commits(shop), "looking for what is live");
  return out;
}

sync::DetectRequest detect_request(Workshop& shop, const RepositoryConfiguration& source, const RepositoryConfiguration& target, const CommitId& commit) {
  return {.source = source, .target = target, .commit = commit, .configuration = shop.configuration.sync_from(source.name), .public_keys = shop.keys.trusted()};
}

}  // namespace tandem::run
