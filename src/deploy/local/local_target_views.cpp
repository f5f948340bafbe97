// What people and the conductor ask: live, fingerprint, events, stacks, invoke.
#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/fingerprint.hpp"
#include "deploy/local/scene_of.hpp"
#include "deploy/local/target_on_this_machine.hpp"

namespace tandem::deploy::local {
namespace {

/// CDK ends logical ids with eight hexadecimal digits; people write the part before.
std::string plain_id(const std::string& logical_id) {
  if (logical_id.size() <= 8) return logical_id;
  const auto tail = std::string_view(logical_id).substr(logical_id.size() - 8);
  return tail.find_first_not_of("0123456789ABCDEF") == std::string_view::npos
             ? logical_id.substr(0, logical_id.size() - 8)
             : logical_id;
}

json::array resources_of(const StackRecord& stack) {
  json::array out;
  for (const auto& resource : stack.resources) {
    const auto* type = find_type(resource.type);
    const bool run = type != nullptr && type->standing == Standing::Run &&
                     !resource.details.contains("provider");
    out.push_back(json::object{{"logical_id", resource.logical_id},
                               {"type", resource.type},
                               {"physical_id", masked(resource.physical_id, stack.secrets)},
                               {"standing", run ? "run" : "noted"}});
  }
  return out;
}

}  // namespace

Result<std::optional<Deployment>> LocalTarget::live() {
  const auto stored = TRY(store_->live());
  if (!stored) return std::optional<Deployment>{};
  return std::optional(stored->deployment);
}

Result<Fingerprint> LocalTarget::fingerprint() {
  const auto stored = TRY(store_->live());
  if (!stored) return Fingerprint{};
  const auto shown = TRY(serving_.showing("live"), "asking what serves");
  return fingerprint_of(shown, stored->world, tables_);
}

Result<std::vector<StackEvent>> LocalTarget::events(const std::string& stack, size_t count) {
  return store_->events(stack, count);
}

Result<json::value> LocalTarget::stacks() {
  const auto stored = TRY(store_->live());
  const auto statuses = TRY(store_->stack_statuses());
  const auto candidates = TRY(store_->in_state(WorldState::Candidate));
  const auto world = world_or_empty(stored);
  json::array list;
  for (const auto& stack : world.stacks) {
    json::object outputs;
    for (const auto& output : stack.outputs) {
      const auto found = stored->deployment.outputs.find(stack.name + "." + output.name);
      outputs[output.name] = found == stored->deployment.outputs.end() ? json::value(nullptr)
                                                                       : json::value(found->second);
    }
    const auto status = statuses.find(stack.name);
    list.push_back(
        json::object{{"name", stack.name},
                     {"id", stack.id},
                     {"status", status == statuses.end() ? "CREATE_COMPLETE" : status->second},
                     {"deployment", world.id.value},
                     {"termination_protection", stack.termination_protection},
                     {"outputs", std::move(outputs)},
                     {"resources", resources_of(stack)}});
  }
  return json::value(
      json::object{{"stacks", std::move(list)},
                   {"live", world.id.empty() ? json::value(nullptr) : json::value(world.id.value)},
                   {"candidate", candidates.empty() ? json::value(nullptr)
                                                    : json::value(candidates.front().value)}});
}

Result<std::string> LocalTarget::physical_function(const std::string& name,
                                                   const World& world) const {
  std::vector<std::string> found;
  std::vector<std::string> known;
  for (const auto& [stack, record] : world.of_type("AWS::Lambda::Function")) {
    if (record->details.contains("provider")) continue;
    if (record->physical_id == name) return name;
    known.push_back(stack + "/" + plain_id(record->logical_id));
    for (const auto& id : {record->logical_id, plain_id(record->logical_id)})
      if (name == id || name == stack + "/" + id) {
        found.push_back(record->physical_id);
        break;
      }
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    return failure(Fault::Invalid, "several functions are called {}", name)
        .with_next("Write Stack/LogicalId: " + join(known, ", ") + ".");
  return failure(Fault::Missing, "no function {}", name)
      .with_next(known.empty() ? "Nothing is deployed." : "There is " + join(known, ", ") + ".");
}

Result<Invocation> LocalTarget::invoke(const std::string& function, const std::string& qualifier,
                                       const std::string& payload) {
  const auto stored = TRY(store_->live());
  const auto world = world_or_empty(stored);
  const auto name = TRY(physical_function(function, world));
  auto which = qualifier;
  for (const auto& [stack, alias] : world.of_type("AWS::Lambda::Alias"))
    if (which.empty() && text_at(alias->details, "function") == name &&
        text_at(alias->details, "name") == "live")
      which = "live";
  return serving_.invoke("live", name, which, payload);
}

}  // namespace tandem::deploy::local
