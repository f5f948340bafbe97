#include "run/code_way_back.hpp"

#include "run/syncing.hpp"

namespace tandem::run {
namespace {

std::string short_form(const CommitId& commit) { return commit.value.substr(0, 12); }

/// The application commit that the tip of the infrastructure's branch holds; empty when no sync has reached it.
Result<CommitId> held(Workshop& shop, const RepositoryConfiguration& source, const RepositoryConfiguration& target, std::stop_token stop) {
  auto question = detect_request(shop, source, target, {});
  question.stop = stop;
  const auto detection = TRY(sync::detect(shop.pair, question));
  return detection.sync ? detection.sync->application : CommitId{};
}

}  // namespace

Result<std::string> carry_back(Workshop& shop, const CodeWayBack& wanted) {
  if (wanted.from.empty() || wanted.to.empty() || wanted.from == wanted.to) return std::string{};
  const auto source = TRY(shop.repository(wanted.repository));
  const auto target = TRY(shop.repository(Role::Infrastructure));
  const auto there = TRY(held(shop, source, target, wanted.stop));
  if (there != wanted.from) return std::string{};
  auto request = TRY(sync_request(shop, source, target));
  request.run = wanted.run;
  request.commit = wanted.to;
  request.strategy = strategy_of_the_way_back;
  request.actor = wanted.actor;
  request.way = sync::Way::Back;
  request.stop = wanted.stop;
  TRY(shop.ledger->record("sync.intended", wanted.run.value,
                          json::object{{"source", wanted.to.value}, {"target", target.name}, {"branch", target.branch}}));
  const auto carried = TRY(sync::synchronise(request, shop.pair, shop.keys.signing()));
  TRY(shop.ledger->record("sync.done", carried.record.id.value, to_json(carried.record)));
  return fmt::format("{} of {} holds application {} again, the code that serves, in place of {} (commit {})", target.branch, target.name,
                     short_form(wanted.to), short_form(wanted.from), short_form(carried.record.landed));
}

}  // namespace tandem::run
