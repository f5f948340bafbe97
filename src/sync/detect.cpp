#include "sync/detect.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sync/checks.hpp"
#include "sync/sync_log.hpp"

namespace tandem::sync {

ProvenSync proven(const Statement& statement) {
  const auto& cargo = statement.cargo;
  ProvenSync out{cargo.id, cargo.source, cargo.source_tree, cargo.source_repository, statement.landed, cargo.sequence};
  out.components = components_of(cargo);
  out.at = cargo.at;
  return out;
}

namespace {

/// What tandem.yaml would carry now and the sync did not, and the other way round.
std::vector<std::string> notes_on_map(const Cargo& cargo, const SyncConfiguration& configuration) {
  std::vector<std::string> carried, configured;
  const auto line = [](const auto& part) {
    auto exclude = part.exclude;
    std::ranges::sort(exclude);
    return fmt::format("{} to {}{}", part.from, part.to, exclude.empty() ? "" : " without " + join(exclude, ", "));
  };
  for (const auto& part : cargo.parts) carried.push_back(line(part));
  for (const auto& component : configuration.components) configured.push_back(line(component));
  std::ranges::sort(carried);
  std::ranges::sort(configured);
  if (carried == configured) return {};
  return {fmt::format("sync {} carried {}; tandem.yaml now says {}", cargo.sequence, join(carried, ", "), join(configured, ", "))};
}

Done fetch_what_is_needed(PairStore& store, const DetectRequest& request, std::optional<LogEntry>& last) {
  if (!last || store.repository().tree_of(last->statement.cargo.source)) return done();
  return store.fetch(request.source, request.stop);
}

}  // namespace

Result<Detection> detect(PairStore& store, const DetectRequest& request) {
  const auto lock = TRY(store.lock(std::chrono::minutes{5}, request.stop));
  TRY(store.fetch(request.target, request.stop));
  auto& repository = store.repository();
  Detection out;
  if (request.commit.empty()) out.commit = TRY(store.tip(request.target));
  else out.commit = TRY(commit_named(repository, request.commit.value, request.target.name));
  out.tree = TRY(repository.tree_of(out.commit));

  const auto log = TRY(store.log());
  auto last = TRY(newest_sync(repository, log, out.commit, request.source.name, request.public_keys));
  TRY(check_claims(repository, out.commit, last, log, request.public_keys));
  if (!last) TRY(check_no_claim(repository, out.commit, request.configuration));
  out.strategy = request.is_coordinated ? "coordinated" : "infrastructure-only";
  if (!last) return out;

  TRY(fetch_what_is_needed(store, request, last));
  const auto& statement = last->statement;
  TRY(check_parts(repository, statement, out.commit), "proving commit {} of {}", short_id(out.commit), request.target.name);
  TRY(check_requirements(repository, statement.cargo), "proving commit {} of {}", short_id(out.commit), request.target.name);
  TRY(check_commit(repository, statement), "proving commit {} of {}", short_id(out.commit), request.target.name);
  TRY(check_metadata(repository, statement, out.commit), "proving commit {} of {}", short_id(out.commit), request.target.name);
  if (log) TRY(store.accept_log(*log));
  repository.forget();   // what was made again is there already
  out.sync = proven(statement);
  out.notes = notes_on_map(statement.cargo, request.configuration);
  if (!request.is_coordinated && out.commit == statement.landed) out.strategy = "api-triggered";
  return out;
}

}  // namespace tandem::sync
