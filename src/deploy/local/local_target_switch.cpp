// The switch and what follows it: promote, clean up, restore, recover, prune.
#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/local/fingerprint.hpp"
#include "deploy/local/scene_of.hpp"
#include "deploy/local/target_on_this_machine.hpp"
#include "deploy/local/way_back.hpp"
#include "deploy/local/workshop.hpp"

namespace tandem::deploy::local {
namespace {

constexpr auto live_view = "live";
constexpr auto stack_type = "AWS::CloudFormation::Stack";

StackEvent stack_event(const World& world, const std::string& name, std::string status, std::string reason = {}) {
  const auto* stack = world.find(name);
  return {name, name, stack == nullptr ? "" : stack->id, stack_type, std::move(status), std::move(reason), {}};
}

StackEvent resource_event(const std::string& stack, const ResourceRecord& resource, std::string status, std::string reason = {}) {
  return {stack, resource.logical_id, resource.physical_id, resource.type, std::move(status), std::move(reason), {}};
}

bool is_table(const ResourceRecord& resource) { return resource.type == "AWS::DynamoDB::Table"; }

/// Why the world cannot be shown again, if so: a folder it needs is gone or was changed.
std::optional<std::string> damage(const World& world) {
  for (const auto& folder : world.folders()) {
    if (folder.empty()) continue;
    const auto digest = digest_of_folder(folder);
    if (!digest) return fmt::format("the folder {} is gone", folder);
    if (!folder.ends_with(digest->value.substr(digest->value.find(':') + 1))) return fmt::format("the folder {} was changed", folder);
  }
  return std::nullopt;
}

}  // namespace

Result<Deployment> LocalTarget::promote(const DeploymentId& id, const OnStackEvent& on_event) {
  const auto held = TRY(claim(fmt::format("promoting deployment {}", id.value)));
  auto promoted = TRY(promote_claimed(id, on_event), "promoting deployment {}", id.value);
  return promoted;
}

Result<Deployment> LocalTarget::promote_claimed(const DeploymentId& id, const OnStackEvent& on_event) {
  auto stored = TRY(store_->find(id));
  if (!stored) return failure(Fault::Missing, "no deployment {} is prepared", id.value);
  if (stored->state == WorldState::Live) return stored->deployment;
  if (stored->state != WorldState::Candidate) return failure(Fault::Conflict, "deployment {} is no candidate", id.value);
  const auto live = TRY(store_->live());
  if (world_or_empty(live).id != stored->base)
    return failure(Fault::Conflict, "what is live has changed since the candidate was made").with_next("Abandon it and prepare it again.");
  const auto scene = TRY(scene_of(stored->world));
  Addresses addresses;
  bool became = false;
  stored->state = WorldState::Live;
  auto moved = store_->move_live(*stored, [&]() -> Done {
    addresses = TRY(serving_.become(id.value, live_view, scene), "switching");
    became = true;
    return done();
  });
  if (!moved) {
    if (became) {  // the pointer did not move, so what serves must not have moved either
      const auto before = scene_of(world_or_empty(live));
      if (live && before) (void)serving_.show(live_view, *before);
      else serving_.hide(live_view);
      (void)serving_.show(id.value, scene);
    }
    return std::move(moved).error();
  }
  TRY(store_->keep_effects(id));
  TRY(clean_up(*stored, on_event));
  TRY(save_live(*stored, addresses, scene));
  TRY(prune());
  return stored->deployment;
}

/// Deletes what the release no longer needs. A deletion that fails is an event; the stack is complete all the same.
Done LocalTarget::clean_up(StoredWorld& stored, const OnStackEvent& on_event) {
  const auto& world = stored.world;
  const auto base = TRY(store_->find(stored.base));
  const auto before = world_or_empty(base);
  const auto tell = teller(world.id, secrets_of(world), on_event);
  for (const auto& note : settle_tables(world, tables_)) stored.deployment.notes.push_back(note);
  for (const auto& stack : world.created) tell(stack_event(world, stack, "CREATE_COMPLETE"));
  for (const auto& stack : world.updated) {
    tell(stack_event(world, stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
    let_go(world, stack, before, tell);
    tell(stack_event(world, stack, "UPDATE_COMPLETE"));
  }
  stored.cleaned = true;
  return store_->save(stored);
}

/// In reverse of the order in which things were made.
void LocalTarget::let_go(const World& world, const std::string& stack, const World& before, const std::function<void(StackEvent)>& tell) {
  for (auto departed = world.leaving.rbegin(); departed != world.leaving.rend(); ++departed) {
    if (departed->stack != stack) continue;
    if (departed->policy == Policy::Retain) {
      tell(resource_event(stack, departed->resource, "DELETE_SKIPPED"));
      continue;
    }
    tell(resource_event(stack, departed->resource, "DELETE_IN_PROGRESS"));
    const auto trouble = delete_departed(*departed, before);
    tell(resource_event(stack, departed->resource, trouble.empty() ? "DELETE_COMPLETE" : "DELETE_FAILED", trouble));
  }
}

/// The reason why it could not be deleted, or nothing. Most things are gone by not being in the live world.
std::string LocalTarget::delete_departed(const Departed& departed, const World& before) {
  const auto& resource = departed.resource;
  if (is_table(resource)) {
    const auto found = tables_.find(resource.physical_id);
    if (!found) return found.error().what;
    if (!*found) return {};
    const auto removed = tables_.remove(resource.physical_id);
    return removed ? std::string{} : removed.error().what;
  }
  if (resource.type != "AWS::S3::Bucket") return {};
  for (const auto& [stack, emptier] : before.of_type("Custom::S3AutoDeleteObjects"))
    if (text_at(emptier->details, "bucket") == resource.physical_id) return {};
  const auto content = before.buckets.find(resource.physical_id);
  const auto files = content == before.buckets.end() ? std::vector<std::string>{} : files_below(content->second).value_or({});
  return files.empty() ? std::string{} : "The bucket you tried to delete is not empty";
}

Done LocalTarget::save_live(StoredWorld& stored, const Addresses& addresses, const Scene& scene) {
  put_addresses(stored.deployment, stored.world, scene, addresses, Phase::Live);
  stored.deployment.at = clock_.now();
  const auto shown = TRY(serving_.showing(live_view), "asking what serves");
  stored.deployment.fingerprint = TRY(fingerprint_of(shown, stored.world, tables_));
  return store_->save(stored);
}

/// Restoring must find everything that the world shows.
Done LocalTarget::check_restorable(const World& world) {
  if (const auto trouble = damage(world)) return failure(Fault::Missing, "{}", *trouble);
  const auto shapes = TRY(tables_of(world));
  for (const auto& shape : shapes) {
    const auto found = TRY(tables_.find(shape.name));
    if (!found) return failure(Fault::Missing, "table {} is gone", shape.name);
    if (found->keys != shape.keys) return failure(Fault::Missing, "table {} has other keys by now", shape.name);
  }
  return done();
}

Result<Deployment> LocalTarget::restore(const DeploymentId& id, const OnStackEvent& on_event) {
  const auto held = TRY(claim(fmt::format("restoring deployment {}", id.value)));
  auto restored = TRY(restore_claimed(id, on_event), "restoring deployment {}", id.value);
  return restored;
}

Result<Deployment> LocalTarget::restore_claimed(const DeploymentId& id, const OnStackEvent& on_event) {
  auto stored = TRY(store_->find(id));
  if (!stored) return failure(Fault::Missing, "deployment {} is not kept any more", id.value);
  if (stored->state == WorldState::Live) return stored->deployment;
  if (stored->state != WorldState::Superseded) return failure(Fault::Invalid, "deployment {} was never live", id.value);
  TRY(check_restorable(stored->world));
  const auto scene = TRY(scene_of(stored->world));
  const auto live = TRY(store_->live());
  TRY(add_what_tables_lack(stored->world, tables_));
  stored->state = WorldState::Live;
  stored->cleaned = true;
  TRY(switch_back(*stored, scene, world_or_empty(live), on_event));
  for (const auto& note : settle_tables(stored->world, tables_)) stored->deployment.notes.push_back(note);
  const auto addresses = TRY(serving_.addresses(live_view));
  TRY(save_live(*stored, addresses, scene));
  return stored->deployment;
}

/// One switch; the events tell which resources differ.
Done LocalTarget::switch_back(const StoredWorld& to, const Scene& scene, const World& from, const OnStackEvent& on_event) {
  const auto tell = teller(to.world.id, secrets_of(to.world), on_event);
  std::vector<std::string> changed;
  for (const auto& stack : to.world.stacks) {
    const auto* current = from.find(stack.name);
    if (current != nullptr && *current == stack) continue;
    changed.push_back(stack.name);
    tell(stack_event(to.world, stack.name, "UPDATE_ROLLBACK_IN_PROGRESS", fmt::format("going back to deployment {}", to.world.id.value)));
  }
  auto moved = store_->move_live(to, [&]() -> Done {
    TRY(serving_.show(live_view, scene), "showing what was live before");
    return done();
  });
  if (!moved)
    if (const auto before = scene_of(from)) (void)serving_.show(live_view, *before);
  for (const auto& name : changed) {
    const auto* current = from.find(name);
    for (const auto& resource : to.world.find(name)->resources) {
      const auto* other = current == nullptr ? nullptr : current->find(resource.logical_id);
      if (moved && (other == nullptr || *other != resource)) tell(resource_event(name, resource, "UPDATE_COMPLETE"));
    }
    tell(stack_event(to.world, name, moved ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_ROLLBACK_FAILED", moved ? "" : moved.error().what));
  }
  TRY(store_->flush());
  return moved;
}

Result<std::vector<std::string>> LocalTarget::recover() {
  const auto held = TRY(claim("recovering"));
  std::vector<std::string> lines;
  TRY(take_back_leftovers(&lines), "recovering");
  auto live = TRY(store_->live());
  if (live) {
    if (!live->cleaned) {
      TRY(store_->keep_effects(live->world.id));
      TRY(clean_up(*live, {}));
      lines.push_back(fmt::format("deployment {}: the cleanup after its promotion was finished", live->world.id.value));
    }
    const auto scene = TRY(scene_of(live->world));
    const auto addresses = TRY(serving_.show(live_view, scene), "showing deployment {}", live->world.id.value);
    if (const auto trouble = damage(live->world)) lines.push_back(fmt::format("deployment {} is live, but {}", live->world.id.value, *trouble));
    TRY(save_live(*live, addresses, scene));
  }
  const auto candidates = TRY(store_->in_state(WorldState::Candidate));
  for (const auto& id : candidates) {
    auto stored = TRY(store_->find(id));
    TRY(show_candidate(id, stored->world, stored->deployment, stored->base), "showing candidate {}", id.value);
    lines.push_back(fmt::format("deployment {} is a candidate again", id.value));
  }
  const auto statuses = TRY(store_->stack_statuses());
  const auto live_world = world_or_empty(live);
  for (const auto& [stack, status] : statuses) {
    if (!is_under_way(status) || !candidates.empty()) continue;
    teller(live_world.id, {}, {})(stack_event(live_world, stack, live_world.find(stack) == nullptr ? "ROLLBACK_COMPLETE" : "UPDATE_ROLLBACK_COMPLETE",
                                              "interrupted; finished at the next start"));
    lines.push_back(fmt::format("stack {} was {}; it is as deployment {} has it", stack, status, live_world.id.value));
  }
  TRY(store_->flush());
  TRY(collect_folders());
  return lines;
}

/// Keeps the newest once-live worlds; what only older ones know goes, unless its policy keeps it.
Done LocalTarget::prune() {
  const auto earlier = TRY(store_->superseded());
  std::vector<StoredWorld> kept;
  std::vector<StoredWorld> old;
  for (size_t i = 0; i < earlier.size(); ++i) {
    auto stored = TRY(store_->find(earlier[i]));
    if (stored) (i + 1 < options_.worlds_max ? kept : old).push_back(std::move(*stored));
  }
  auto live = TRY(store_->live());
  if (live) kept.push_back(std::move(*live));
  for (const auto& stored : old) {
    for (const auto& stack : stored.world.stacks)
      for (const auto& resource : stack.resources) {
        const bool known = std::ranges::any_of(kept, [&](const auto& other) { return other.world.find(resource.type, resource.physical_id) != nullptr; });
        if (is_table(resource) && !known && resource.deletion == Policy::Delete) (void)delete_departed({stack.name, resource, Policy::Delete}, stored.world);
      }
    TRY(store_->forget(stored.world.id));
  }
  return collect_folders();
}

Done LocalTarget::collect_folders() {
  std::set<std::string> kept;
  for (const auto state : {WorldState::Preparing, WorldState::Candidate, WorldState::Live, WorldState::Superseded}) {
    const auto ids = TRY(store_->in_state(state));
    for (const auto& id : ids) {
      const auto stored = TRY(store_->find(id));
      if (stored) kept.merge(stored->world.folders());
    }
  }
  TRY(content_.collect(kept));
  return done();
}

}  // namespace tandem::deploy::local
