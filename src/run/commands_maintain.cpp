// maintain: upkeep of the state folder

#include <limits>
#include <set>

#include "base/files.hpp"
#include "compose/stored_bundles.hpp"
#include "run/commands.hpp"
#include "sync/upkeep.hpp"

namespace tandem::run {
namespace {

Result<Answer> list_kill_points() {
  return Answer{json::object{{"schema", "tandem.kill-points/1"}, {"points", json_of(kill_points())},
                             {"how", "TANDEM_KILL_AT=NAME, NAME@TIMES or #NUMBER in the environment of tandem serve; for tests only"}}};
}

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
Result<std::vector<Digest>> prune_bundles(Workshop& shop, Instant kept_from, bool is_dry) {
  const auto before = std::min(kept_from, shop.clock.now() - std::chrono::hours{1});
  const auto needed = TRY(needed_bundles(shop));
  return is_dry ? compose::old_bundles(shop.folders.bundles(), before, needed) : compose::prune_bundles(shop.folders.bundles(), before, needed);
}

/// Old runs go: their records' bodies (the chain stays whole and says so), what they kept, what they printed.
Result<Answer> prune(Office& office, Fields& fields) {
  auto& shop = office.shop();
  const auto days = fields.integer_or("keep_days", shop.configuration.keep_days);
  const auto keep = fields.integer_or("keep_runs", shop.configuration.keep_runs);
  if (days < 0 || keep < 0) return failure(Fault::Invalid, "a number of days or runs to keep is not negative").with_code("TD0101");
  const auto before = shop.clock.now() - std::chrono::days{days};
  const auto runs = TRY(shop.ledger->history([&](store::History& history) { return history.runs_ended_before(before, static_cast<size_t>(keep)); }));
  json::array names;
  for (const auto& run : runs) names.emplace_back(run.value);
  const bool is_dry = fields.boolean_or("dry_run", false);
  json::array bundles;
  for (const auto& digest : TRY(prune_bundles(shop, before, is_dry))) bundles.emplace_back(digest.value);
  json::object document{{"schema", "tandem.pruned/1"}, {"bundles", bundles}, {"runs", names}, {"records", 0}, {"artifacts", 0}, {"before", rfc3339(before)}, {"keep_runs", keep},
                        {"dry_run", is_dry}};
  if (runs.empty() || is_dry) return Answer{document};
  const auto pruned = TRY(shop.ledger->prune(runs, {{"actor", fields.string_or("actor", "command")}, {"before", rfc3339(before)}, {"keep_runs", keep}}));
  for (const auto& digest : pruned.artifacts) TRY(shop.artifacts.remove(digest));
  for (const auto& run : runs) TRY(tandem::remove_all(shop.folders.logs() / run.value));
  TRY(shop.ledger->journal([](store::Journal& journal) { return journal.compact(); }));
  document["records"] = pruned.records;
  document["artifacts"] = pruned.artifacts.size();
  return Answer{document};
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
  if (what == "prune") return prune(office, fields);
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
