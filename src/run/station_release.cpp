// Stations of a release: the switch, the way back on demand, a function called, the reports.

#include "run/station.hpp"
#include "run/way_back.hpp"

namespace tandem::run {
namespace {

/// Whoever was live until now makes room; the release that replaced it is named.
Done supersede(Workshop& shop, const std::string& environment, const Deployment& by) {
  const auto all = TRY(shop.ledger->history([&](store::History& history) { return history.deployments(environment, 200); }));
  for (auto deployment : all) {
    if (deployment.phase != Phase::Live || deployment.id == by.id) continue;
    deployment.phase = Phase::Superseded;
    deployment.reason = fmt::format("release {} took over", by.release.value);
    TRY(note_deployment(shop, deployment));
  }
  return done();
}

Done only_all_at_once(const Work& work) {
  const auto strategy = TRY(work.configured("Strategy", "all-at-once"));
  if (strategy == "all-at-once") return done();
  return failure(Fault::Invalid, "the strategy {} is not available in this version of tandem", strategy)
      .with_code("TD0413").at(work.action.place).with_next("use all-at-once, or leave Strategy out");
}

}  // namespace

Result<Deployment> note_live(Workshop& shop, Deployment deployment, const Deployment& live) {
  auto* const target = TRY(shop.target(deployment.environment));
  deployment.phase = Phase::Live;
  deployment.url = live.url;
  deployment.site = live.site;
  deployment.outputs = live.outputs;
  deployment.fingerprint = TRY(target->fingerprint(), "taking the fingerprint");
  TRY(supersede(shop, deployment.environment, deployment));
  return note_deployment(shop, std::move(deployment));
}

Result<ActionOutcome> promote(const Work& work) {
  TRY(only_all_at_once(work));
  auto deployment = TRY(deployment_of(work.run));
  const auto* const proof = find_detail(work.run, "proof");
  if (proof != nullptr) {
    const auto found = TRY(proof_from_json(*proof));
    if (!found.passed)
      return failure(Fault::Denied, "release {} did not pass its verification", deployment.release.value).with_code("TD0414");
  }
  auto* const target = TRY(work.shop.target(deployment.environment));
  TRY(work.shop.ledger->record("promotion.intended", deployment.id.value, json::object{{"run", work.run.id.value}}));
  auto live = TRY(target->promote(deployment.id, [&](const StackEvent& event) {
    work.say(fmt::format("{} {} {} {}", event.stack, event.logical_id, event.status, event.reason));
  }), "promoting release {}", deployment.release.value);
  deployment = TRY(note_live(work.shop, std::move(deployment), live));
  work.say(fmt::format("release {} is live at {}", deployment.release.value, deployment.url));
  auto outcome = succeeded({{"LiveUrl", deployment.url}, {"SiteUrl", deployment.site}});
  outcome.detail["deployment"] = to_json(deployment);
  if (proof == nullptr) outcome.notes.push_back("promoted without verification: the workflow has no tandem/verify@v1 between deploy and promote");
  return outcome;
}

Result<ActionOutcome> roll_back(const Work& work) {
  const auto to = TRY(work.configured("To", "last-good"));
  const auto back = TRY(roll_back_to(work.shop, {.environment = work.action.environment, .to = to, .actor = work.run.event.actor,
                                                 .reason = "asked for by " + work.run.id.value, .key = work.run.id.value + "/" + work.action.name}));
  work.say(fmt::format("release {} is live again, proven by fingerprint; {} was taken back", back.to.release.value, back.from.release.value));
  for (const auto& note : back.notes) work.say(note);
  auto outcome = succeeded({{"Release", back.to.release.value}});
  outcome.notes = back.notes;
  outcome.detail["deployment"] = to_json(back.to);
  return outcome;
}

Result<ActionOutcome> report(const Work& work) {
  // The status of a run is known when it has ended; what is told here is what is certain now, and told again at the end.
  auto outcome = succeeded();
  outcome.notes = tell_both_sides(work.shop, work.run, work.stop);
  for (const auto& note : outcome.notes) work.say(note);
  if (outcome.notes.empty()) work.say("both repositories were told");
  return outcome;
}

}  // namespace tandem::run
