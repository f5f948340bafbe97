#include "deploy/local/local_target.hpp"

#include <algorithm>

#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/local/exports.hpp"
#include "deploy/local/scene_of.hpp"
#include "deploy/local/target_on_this_machine.hpp"
#include "deploy/local/way_back.hpp"
#include "deploy/local/workshop.hpp"

namespace tandem::deploy::local {
namespace {

/// No secret leaves in an error, whatever it was put into.
Error without_secrets(Error error, const std::vector<std::string>& secrets) {
  error.what = masked(error.what, secrets);
  error.next = masked(error.next, secrets);
  return error;
}

/// The base URL of the first API that has a stage, stage path included.
std::string api_url(const Scene& scene, const Addresses& addresses) {
  for (const auto& api : scene.apis) {
    const auto address = addresses.apis.find(api.id);
    if (api.stages.empty() || address == addresses.apis.end()) continue;
    const auto& stage = api.stages.front().name;
    return stage == "$default" ? address->second : address->second + "/" + stage;
  }
  return {};
}

std::string site_url(const Scene& scene, const Addresses& addresses) {
  for (const auto& site : scene.sites)
    if (const auto address = addresses.sites.find(site.id); address != addresses.sites.end())
      return address->second;
  return {};
}

}  // namespace

std::vector<std::string> secrets_of(const World& world) {
  std::vector<std::string> secrets;
  for (const auto& stack : world.stacks)
    secrets.insert(secrets.end(), stack.secrets.begin(), stack.secrets.end());
  return secrets;
}

void put_addresses(Deployment& deployment, const World& world, const Scene& scene,
                   const Addresses& addresses, Phase phase) {
  deployment.phase = phase;
  deployment.outputs.clear();
  const auto secrets = secrets_of(world);
  for (const auto& stack : world.stacks)
    for (const auto& output : stack.outputs) {
      const auto text = scalar_text(output.value).value_or(to_text(output.value));
      deployment.outputs[stack.name + "." + output.name] =
          addresses.localised(masked(text, secrets), scene);
    }
  const bool live = phase == Phase::Live;
  deployment.candidate_url = live ? "" : api_url(scene, addresses);
  deployment.candidate_site = live ? "" : site_url(scene, addresses);
  deployment.url = live ? api_url(scene, addresses) : "";
  deployment.site = live ? site_url(scene, addresses) : "";
}

LocalTarget::LocalTarget(LocalTargetOptions options, Tables& tables, Serving& serving,
                         const Clock& clock, std::unique_ptr<WorldStore> store)
    : options_(std::move(options)),
      tables_(tables),
      serving_(serving),
      clock_(clock),
      content_(options_.folder / "content"),
      store_(std::move(store)) {}

Result<std::unique_ptr<Target>> open_local_target(LocalTargetOptions options, Tables& tables,
                                                  Serving& serving, const Clock& clock) {
  TRY(make_folders(options.folder));
  std::error_code code;
  std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all,
                               code);  // records hold functions' variables
  if (code)
    return failure(Fault::Unavailable, "cannot make {} private: {}", options.folder.string(),
                   code.message());
  auto store = TRY(WorldStore::open(options.folder / "worlds.db"));
  return std::unique_ptr<Target>(
      std::make_unique<LocalTarget>(std::move(options), tables, serving, clock, std::move(store)));
}

Result<LocalTarget::Claim> LocalTarget::claim(std::string doing) {
  const auto holder = doing_.with([&](std::string& current) -> std::string {
    if (!current.empty()) return current;
    current = doing;
    return {};
  });
  if (!holder.empty())
    return failure(Fault::Conflict, "another operation is under way: {}", holder)
        .with_next("Wait for it to end.");
  return Claim(doing_);
}

std::function<void(StackEvent)> LocalTarget::teller(const DeploymentId& deployment,
                                                    std::vector<std::string> secrets,
                                                    const OnStackEvent& on_event) {
  return [this, deployment, secrets = std::move(secrets), &on_event](StackEvent event) {
    event.at = clock_.now();
    event.physical_id = masked(event.physical_id, secrets);
    event.reason = masked(event.reason, secrets);
    store_->add_event(deployment, event);
    if (on_event) on_event(event);
  };
}

Result<std::unique_ptr<LocalTarget::Order>> LocalTarget::order(const PrepareRequest& request) {
  auto assembly =
      TRY(read_assembly(request.assembly.folder, request.assembly.stacks), "reading the assembly");
  auto order = std::make_unique<Order>(std::move(assembly), request);
  for (const auto& stack : order->assembly.stacks) {
    auto input = TRY(stack_input(stack, request.parameters, {options_.account, options_.region}));
    order->secrets.insert(order->secrets.end(), input.parameters.secrets.begin(),
                          input.parameters.secrets.end());
    order->apply.stacks.push_back(std::move(input));
  }
  return order;
}

/// Everything that can be known before anything is done.
Result<Applied> LocalTarget::rehearse(const Order& order, const World& live, TakenNames taken) {
  Rehearsal rehearsal;
  Listeners listeners;
  listeners.taken_names = taken;
  auto applied = Applying(order.apply, live, rehearsal, std::move(listeners)).run();
  if (!applied) return without_secrets(std::move(applied).error(), order.secrets);
  auto checked = check_in_use(live, applied->world);
  if (checked) {
    const auto scene = scene_of(applied->world);
    if (!scene) checked = scene.error();
  }
  if (!checked) return without_secrets(std::move(checked).error(), order.secrets);
  return applied;
}

Result<Plan> LocalTarget::plan(const PrepareRequest& request) {
  const auto live = TRY(store_->live());
  const auto wanted = TRY(order(request));
  auto applied = TRY(rehearse(*wanted, world_or_empty(live), TakenNames::Refused), "planning");
  Plan plan;
  plan.changes = std::move(applied.changes);
  for (const auto& note : applied.world.notes) plan.noted.push_back(masked(note, wanted->secrets));
  return plan;
}

Done LocalTarget::no_other_candidate(const DeploymentId& id) {
  const auto candidates = TRY(store_->in_state(WorldState::Candidate));
  for (const auto& other : candidates)
    if (other != id)
      return failure(Fault::Conflict, "deployment {} is a candidate already", other.value)
          .with_next("Promote or abandon it first.");
  return done();
}

Result<Deployment> LocalTarget::prepare(const PrepareRequest& request, const OnStackEvent& on_event,
                                        std::stop_token stop) {
  const auto held = TRY(claim(fmt::format("preparing deployment {}", request.deployment.value)));
  return prepare_claimed(request, on_event, stop);
}

Result<Deployment> LocalTarget::prepare_claimed(const PrepareRequest& request,
                                                const OnStackEvent& on_event,
                                                std::stop_token stop) {
  TRY(take_back_leftovers(nullptr));
  const auto existing = TRY(store_->find(request.deployment));
  if (existing) return existing->deployment;
  TRY(no_other_candidate(request.deployment));
  const auto live = TRY(store_->live());
  const auto wanted = TRY(order(request));
  const auto before = live.value_or(StoredWorld{});
  TRY(rehearse(*wanted, before.world, TakenNames::LeftToTheMaking), "preparing deployment {}", request.deployment.value);
  Deployment deployment;
  deployment.id = request.deployment;
  deployment.release = request.release;
  deployment.phase = Phase::Prepared;
  deployment.at = clock_.now();
  TRY(store_->begin(request.deployment, before.world.id, deployment));
  auto prepared = apply_and_show(*wanted, request, before, on_event, stop);
  if (prepared) return prepared;
  auto error = without_secrets(std::move(prepared).error(), wanted->secrets);
  const auto undone = take_back(request.deployment, error.what, wanted->secrets, on_event);
  if (!undone)
    error.next = "Not everything could be taken back (" +
                 masked(undone.error().what, wanted->secrets) +
                 "); it is tried again at the next start.";
  return std::move(error).during(fmt::format("preparing deployment {}", request.deployment.value));
}

Result<Deployment> LocalTarget::apply_and_show(const Order& order, const PrepareRequest& request,
                                               const StoredWorld& live,
                                               const OnStackEvent& on_event, std::stop_token stop) {
  Workshop workshop(request.deployment, content_, tables_, *store_);
  const Listeners listeners{teller(request.deployment, order.secrets, on_event),
                            options_.before_each, stop};
  auto applied = TRY(Applying(order.apply, live.world, workshop, listeners).run());
  Deployment deployment;
  deployment.id = request.deployment;
  deployment.release = request.release;
  deployment.at = clock_.now();
  for (const auto& note : applied.world.notes)
    deployment.notes.push_back(masked(note, order.secrets));
  return show_candidate(request.deployment, std::move(applied.world), std::move(deployment),
                        live.world.id);
}

Result<Deployment> LocalTarget::show_candidate(const DeploymentId& id, World world,
                                               Deployment deployment, const DeploymentId& base) {
  const auto scene = TRY(scene_of(world));
  const auto addresses = TRY(serving_.show(id.value, scene), "showing the candidate");
  put_addresses(deployment, world, scene, addresses, Phase::Candidate);
  TRY(store_->save({std::move(world), WorldState::Candidate, base, deployment, false}));
  return deployment;
}

Done LocalTarget::abandon(const DeploymentId& id, const std::string& reason,
                          const OnStackEvent& on_event) {
  const auto held = TRY(claim(fmt::format("abandoning deployment {}", id.value)));
  const auto stored = TRY(store_->find(id));
  if (!stored) return done();
  if (stored->state == WorldState::Live)
    return failure(Fault::Conflict, "deployment {} is live", id.value)
        .with_next("Restore an earlier deployment instead.");
  if (stored->state == WorldState::Superseded)
    return failure(Fault::Conflict, "deployment {} was live and is kept to go back to", id.value);
  return take_back(id, reason, secrets_of(stored->world), on_event);
}

Done LocalTarget::take_back(const DeploymentId& id, const std::string& reason,
                            const std::vector<std::string>& secrets, const OnStackEvent& on_event) {
  TRY(store_->set_state(id, WorldState::Undoing));
  serving_.hide(id.value);
  const auto happened = TRY(store_->events_of(id));
  auto undone = undo_effects(id, tables_, *store_);
  const auto tell = teller(id, secrets, on_event);
  for (auto event : way_back(happened, masked(reason, secrets))) {
    if (!undone && event.status.ends_with("ROLLBACK_COMPLETE")) {
      event.status = replaced(event.status, "_COMPLETE", "_FAILED");
      event.reason = undone.error().what;
    }
    tell(std::move(event));
  }
  TRY(store_->flush());
  if (!undone)
    return std::move(undone).error().during(fmt::format("taking back deployment {}", id.value));
  TRY(store_->forget(id));
  return collect_folders();
}

Done LocalTarget::take_back_leftovers(std::vector<std::string>* lines) {
  for (const auto state : {WorldState::Preparing, WorldState::Undoing}) {
    const auto ids = TRY(store_->in_state(state));
    for (const auto& id : ids) {
      TRY(take_back(id, "interrupted; taken back at the next start", {}, {}));
      if (lines != nullptr)
        lines->push_back(fmt::format(
            "deployment {} was interrupted: everything it made was taken back", id.value));
    }
  }
  return done();
}

}  // namespace tandem::deploy::local
