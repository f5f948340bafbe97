// maintain: upkeep of the state folder

#include "run/commands.hpp"
#include "run/pruning.hpp"

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
  return Answer{json::object{{"schema", "tandem.pruned/1"}, {"runs", names}, {"records", pruned.records}, {"artifacts", pruned.artifacts},
                             {"before", rfc3339(pruned.before)}, {"keep_runs", request.keep_runs}, {"dry_run", request.mode == PruneMode::Look}}};
}

Result<Answer> maintain_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem maintain");
  const auto what = fields.string("what");
  TRY(fields.finish());
  if (what == "kill-points") return list_kill_points();
  if (what == "prune") return prune_old_runs(office, fields);
  if (what == "compact") {
    TRY(office.shop().ledger->journal([](store::Journal& journal) { return journal.compact(); }));
    return Answer{json::object{{"schema", "tandem.compacted/1"}}};
  }
  return failure(Fault::Invalid, "tandem maintain has no {}", what).with_code("TD0101").with_next("use prune, compact or kill-points");
}

}  // namespace

CommandBody find_maintain_command(std::string_view name) { return name == "maintain" ? maintain_command : nullptr; }

}  // namespace tandem::run
