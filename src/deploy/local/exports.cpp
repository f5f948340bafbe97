#include "deploy/local/exports.hpp"

namespace tandem::deploy::local {
namespace {

const OutputRecord* find_export(const StackRecord& stack, const std::string& name) {
  for (const auto& output : stack.outputs)
    if (!name.empty() && output.export_name == name) return &output;
  return nullptr;
}

}  // namespace

Result<json::value> exported(const World& world, const std::string& name) {
  for (const auto& stack : world.stacks)
    if (const auto* found = find_export(stack, name)) return found->value;
  return failure(Fault::Invalid, "No export named {} found", name);
}

Result<json::value> output_of(const World& world, const std::string& stack,
                              const std::string& output) {
  const auto* found = world.find(stack);
  if (found == nullptr)
    return failure(Fault::Invalid,
                   "no stack {} whose output {} could be read; is it deployed before?", stack,
                   output);
  for (const auto& each : found->outputs)
    if (each.name == output) return each.value;
  return failure(Fault::Invalid, "stack {} has no output {}", stack, output);
}

Done check_unique(const World& world, const StackRecord& stack) {
  for (const auto& output : stack.outputs)
    for (const auto& other : world.stacks)
      if (other.name != stack.name && find_export(other, output.export_name) != nullptr)
        return failure(Fault::Invalid, "Export with name {} is already exported by stack {}",
                       output.export_name, other.name);
  return done();
}

Done check_in_use(const World& live, const World& next) {
  for (const auto& importer : live.stacks)
    for (const auto& name : importer.imports)
      for (const auto& producer : live.stacks) {
        const auto* before = find_export(producer, name);
        const auto* stack = next.find(producer.name);
        if (before == nullptr || stack == nullptr) continue;
        const auto* after = find_export(*stack, name);
        if (after == nullptr)
          return failure(Fault::Invalid,
                         "Export {} of stack {} cannot be deleted as it is in use by {}", name,
                         producer.name, importer.name)
              .with_next("Deploy a version first in which " + importer.name +
                         " no longer imports it.");
        if (after->value != before->value)
          return failure(Fault::Invalid,
                         "Export {} of stack {} cannot be updated as it is in use by {}", name,
                         producer.name, importer.name)
              .with_next("Deploy a version first in which " + importer.name +
                         " no longer imports it.");
      }
  return done();
}

}  // namespace tandem::deploy::local
