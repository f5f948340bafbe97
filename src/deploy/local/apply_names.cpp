// What names mean while a stack is applied, and what is told and noted about it.
#include "base/text.hpp"
#include "deploy/local/apply.hpp"
#include "deploy/local/exports.hpp"

namespace tandem::deploy::local {
namespace {

Error not_there(const StackInput& input, const std::string& name) {
  const auto* resource = input.parsed.find(name);
  if (resource != nullptr && !resource->condition.empty())
    return failure(Fault::Invalid, "resource {} is not there: its condition {} is false", name,
                   resource->condition);
  return failure(Fault::Invalid, "the template has no resource or parameter named {}", name);
}

}  // namespace

Names Applying::names_for(const StackInput& input) {
  auto names = input.names();
  auto& stack = next_.stacks.back();
  names.ref = [&stack, &input](const std::string& name) -> Result<json::value> {
    const auto* record = stack.find(name);
    if (record == nullptr) return not_there(input, name);
    return json::value(record->ref);
  };
  names.attribute = [&stack, &input](const std::string& name,
                                     const std::string& attribute) -> Result<json::value> {
    const auto* record = stack.find(name);
    if (record == nullptr) return not_there(input, name);
    const auto* value = record->attributes.if_contains(attribute);
    if (value == nullptr)
      return failure(Fault::Invalid, "{} {} has no attribute {} here", record->type, name,
                     attribute);
    return *value;
  };
  names.import = [this, &stack](const std::string& name) -> Result<json::value> {
    auto value = TRY(exported(next_, name));
    stack.imports.insert(name);
    return value;
  };
  names.stack_output = [this](const std::string& other, const std::string& output) {
    return output_of(next_, other, output);
  };
  return names;
}

void Applying::note(const StackInput& input, const Step& step) {
  const auto where =
      fmt::format("{} {}/{}", step.type->name, input.name, step.resource->logical_id);
  if (input.providers.contains(step.resource->logical_id)) {
    next_.notes.push_back(
        where + ": belongs to a custom resource whose work is done here; recorded, not run");
    return;
  }
  if (step.type->standing == Standing::Noted)
    next_.notes.push_back(where + ": recorded, not run here");
  auto left = not_honoured(*step.type, step.properties);
  left.insert(left.end(), step.resource->not_run.begin(), step.resource->not_run.end());
  if (!left.empty())
    next_.notes.push_back(
        fmt::format("{}: {}: recorded, without effect here", where, join(left, ", ")));
}

void Applying::tell(const std::string& logical_id, const std::string& physical_id,
                    const std::string& type, const std::string& status, const std::string& reason) {
  if (listeners_.tell)
    listeners_.tell({next_.stacks.back().name, logical_id, physical_id, type, status, reason, {}});
}

void Applying::start_stack() {
  if (std::exchange(started_, true)) return;
  const auto& stack = next_.stacks.back();
  tell(stack.name, stack.id, "AWS::CloudFormation::Stack",
       before_ == nullptr ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS", "User Initiated");
}

void Applying::tell_resource(const Step& step, const std::string& physical_id,
                             std::string_view outcome, const std::string& reason) {
  start_stack();
  const auto action = step.effect == Effect::Create ? "CREATE_" : "UPDATE_";
  auto why = reason;
  if (step.effect == Effect::Replace && outcome == "IN_PROGRESS" && reason.empty())
    why = "Requested update requires the creation of a new physical resource; hence creating one.";
  tell(step.resource->logical_id, physical_id, step.resource->type, action + std::string(outcome),
       why);
}

}  // namespace tandem::deploy::local
