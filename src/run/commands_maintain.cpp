// maintain: upkeep of the state folder

#include "run/commands.hpp"
#include "run/pruning.hpp"
#include "sync/upkeep.hpp"

namespace tandem::run {
namespace {

Result<Answer> list_kill_points() {
  return Answer{json::object{{"schema", "tandem.kill-points/1"}, {"points", json_of(kill_points())},
                             {"how", "TANDEM_KILL_AT=NAME, NAME@TIMES or #NUMBER in the environment of tandem serve; for tests only"}}};
}

Result<Answer> prune_old_runs(Office& office, Fields& fields) {
  auto& shop = office.shop();
  PruneRequest request = prune_policy(shop);
  request.keep_days = fields.integer_or("keep_days", request.keep_days);
  request.keep_runs = fields.integer_or("keep_runs", request.keep_runs);
  request.actor = fields.string_or("actor", "command");
  request.mode = fields.boolean_or("dry_run", false) ? PruneMode::Look : PruneMode::Prune;
  const auto pruned = TRY(prune(shop, request));
  if (pruned.records > 0) TRY(shop.ledger->journal([](store::Journal& journal) { return journal.compact(); }));
  json::array names;
  for (const auto& run : pruned.runs) names.emplace_back(run.value);
  json::array bundles;
  for (const auto& digest : pruned.bundles) bundles.emplace_back(digest.value);
  return Answer{json::object{{"schema", "tandem.pruned/1"}, {"runs", names}, {"records", pruned.records}, {"artifacts", pruned.artifacts}, {"bundles", bundles},
                              {"before", rfc3339(pruned.before)}, {"keep_runs", request.keep_runs}, {"dry_run", request.mode == PruneMode::Look}}};
}

json::object size_json(const sync::StoreSize& size) { return {{"packs", size.packs.size()}, {"loose", size.loose.size()}, {"bytes", size.bytes}}; }

/// What the pair store holds and nothing names goes. Runs read from it, so there must be none.
Result<Answer> collect(Office& office) {
  auto& shop = office.shop();
  const auto going = TRY(shop.ledger->history([](store::History& history) { return history.unfinished_runs(); }));
  if (!going.empty())
    return failure(Fault::Conflict, "{} is not finished, and may read what would be moved", going.front().id.value).with_code("TD0142").with_next("wait for it, or cancel it, and ask again");
  constexpr size_t all = 1'000'000;
  std::vector<CommitId> named;
  const auto releases = TRY(shop.ledger->history([&](store::History& history) { return history.releases(all); }));
  for (const auto& release : releases) named.insert(named.end(), {release.application, release.infrastructure});
  const auto syncs = TRY(shop.ledger->history([&](store::History& history) { return history.syncs(all); }));
  for (const auto& record : syncs) named.insert(named.end(), {record.source, record.base, record.landed});
  const auto collected = TRY(sync::collect(shop.pair, named), "collecting in {}", shop.folders.pair_store().string());
  return Answer{json::object{{"schema", "tandem.collected/1"}, {"before", size_json(collected.before)}, {"after", size_json(collected.after)}, {"kept", collected.kept}}};
}

Result<Answer> maintain_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem maintain");
  const auto what = fields.string("what");
  TRY(fields.finish());
  if (what == "kill-points") return list_kill_points();
  if (what == "prune") return prune_old_runs(office, fields);
  if (what == "collect") return collect(office);
  if (what == "compact") {
    TRY(office.shop().ledger->journal([](store::Journal& journal) { return journal.compact(); }));
    return Answer{json::object{{"schema", "tandem.compacted/1"}}};
  }
  return failure(Fault::Invalid, "tandem maintain has no {}", what).with_code("TD0101").with_next("use prune, collect, compact or kill-points");
}

}  // namespace

CommandBody find_maintain_command(std::string_view name) { return name == "maintain" ? maintain_command : nullptr; }

}  // namespace tandem::run
