#include "deploy/local/apply.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/changes.hpp"
#include "deploy/local/exports.hpp"

namespace tandem::deploy::local {

Applying::Applying(const ApplyRequest& request, const World& live, Outside& outside,
                   Listeners listeners)
    : request_(request), live_(live), outside_(outside), listeners_(std::move(listeners)) {
  next_.id = request.deployment;
  next_.retained = live.retained;
  for (const auto& stack : live.stacks) {
    const bool asked = std::ranges::any_of(
        request.stacks, [&](const auto& input) { return input.name == stack.name; });
    if (asked) continue;
    next_.stacks.push_back(
        stack);  // as `cdk deploy` leaves stacks alone that the app no longer has
    next_.notes.push_back(
        fmt::format("stack {} is live but not in this assembly: it stays as it is", stack.name));
  }
}

Result<Applied> Applying::run() {
  for (const auto& input : request_.stacks)
    TRY(apply_stack(input), "applying stack {}", input.name);
  std::erase_if(next_.retained, [&](const Departed& departed) {
    const auto function = text_at(departed.resource.details, "name");
    return next_.find("AWS::Lambda::Function", function) ==
           nullptr;  // deleting a function deletes its versions
  });
  TRY(fill_buckets());
  TRY(check_entry_point());
  return Applied{std::move(next_), std::move(changes_)};
}

Done Applying::apply_stack(const StackInput& input) {
  before_ = live_.find(input.name);
  started_ = false;
  StackRecord record;
  record.name = input.name;
  record.id = input.id;
  record.secrets = input.parameters.secrets;
  record.tags = input.tags;
  record.termination_protection = input.termination_protection;
  next_.stacks.push_back(std::move(record));
  for (const auto& wave : input.graph.waves) TRY(apply_wave(input, wave));
  TRY(take_outputs(input));
  let_go(input);
  if (started_) (before_ == nullptr ? next_.created : next_.updated).push_back(input.name);
  return done();
}

/// Resources of a wave need only earlier waves: on AWS they start together, so they are announced
/// together.
Done Applying::apply_wave(const StackInput& input, const std::vector<std::string>& wave) {
  std::vector<Step> steps;
  for (const auto& logical_id : wave) {
    const auto* resource = input.parsed.find(logical_id);
    if (find_type(resource->type)->standing == Standing::Ignored) continue;
    auto step = step_for(input, *resource);
    if (!step) {
      start_stack();
      auto error = std::move(step).error().during(
          fmt::format("resolving {} {}/{}", resource->type, input.name, logical_id));
      tell(logical_id, "", resource->type, before_ == nullptr ? "CREATE_FAILED" : "UPDATE_FAILED",
           error.what);
      return error;
    }
    steps.push_back(std::move(*step));
  }
  for (const auto& step : steps)
    if (step.effect != Effect::Keep)
      tell_resource(step, step.old == nullptr ? "" : step.old->physical_id, "IN_PROGRESS");
  for (size_t i = 0; i < steps.size(); ++i) {
    auto taken = take(input, steps[i]);
    if (taken) continue;
    auto error = std::move(taken).error();
    fail_wave(steps, i, error);
    return std::move(error).during(fmt::format("making {} {}/{}", steps[i].type->name, input.name,
                                               steps[i].resource->logical_id));
  }
  return done();
}

Result<Applying::Step> Applying::step_for(const StackInput& input, const Resource& resource) {
  Step step;
  step.resource = &resource;
  step.type = find_type(resource.type);
  step.old = before_ == nullptr ? nullptr : before_->find(resource.logical_id);
  step.properties = TRY(resolve_object(resource.properties, names_for(input)));
  if (step.old == nullptr) {
    step.effect = Effect::Create;
    return step;
  }
  if (step.old->type != resource.type)
    return failure(Fault::Invalid, "Update of resource type is not permitted: {} would become {}",
                   step.old->type, resource.type);
  step.differing = differing_properties(step.old->properties, step.properties);
  step.effect = effect_of(*step.type, step.differing);
  TRY(check_replaceable(*step.type, step.effect, *step.old, step.properties));
  return step;
}

Done Applying::take(const StackInput& input, Step& step) {
  if (step.effect == Effect::Keep) {
    keep_record(
        step, Made{step.old->physical_id, step.old->ref, step.old->attributes, step.old->details});
    note(input, step);
    changes_.push_back({input.name, step.resource->logical_id, step.resource->type, Effect::Keep});
    return done();
  }
  changes_.push_back({input.name, step.resource->logical_id, step.resource->type, step.effect,
                      step.differing,
                      step.effect == Effect::Replace && step.type->keeps_data &&
                          step.resource->replacement == Policy::Delete});
  if (listeners_.stop.stop_requested())
    return Error{Fault::Cancelled, "Resource creation cancelled"};
  if (listeners_.before_each) TRY(listeners_.before_each(input.name, step.resource->logical_id));
  if (step.effect != Effect::Update) TRY(check_name_is_free(input, step));
  auto made = TRY(make(input, step));
  if (step.effect == Effect::Replace) depart(input.name, *step.old, step.resource->replacement);
  if (step.effect != Effect::Update)
    tell_resource(step, made.physical_id, "IN_PROGRESS", "Resource creation Initiated");
  tell_resource(step, made.physical_id, "COMPLETE");
  keep_record(step, std::move(made));
  note(input, step);
  return done();
}

/// A name that a template fixes belongs to one resource. What leaves the live world keeps its name until
/// the cleanup, as CloudFormation deletes after it has created.
Done Applying::check_name_is_free(const StackInput& input, const Step& step) const {
  const bool asked = listeners_.taken_names == TakenNames::Refused;
  if (!asked || step.type->name_property.empty()) return done();
  const auto name = text_at(step.properties, step.type->name_property);
  if (name.empty()) return done();
  for (const auto* world : {&next_, &live_})
    for (const auto& [stack, record] : world->of_type(step.type->name))
      if (record->physical_id == name &&
          (stack != input.name || record->logical_id != step.resource->logical_id))
        return failure(Fault::Conflict, "{} already exists: it is {}/{}", name, stack,
                       record->logical_id);
  return done();
}

Result<Made> Applying::make(const StackInput& input, const Step& step) {
  Workbench bench{request_.deployment.value,
                  input.place.account,
                  input.place.region,
                  request_.assembly,
                  next_,
                  live_,
                  outside_,
                  next_.notes};
  const Wanted wanted{input.name, *step.resource, step.properties,
                      step.effect == Effect::Update ? step.old : nullptr,
                      input.providers.contains(step.resource->logical_id)};
  return step.type->make(wanted, bench);
}

void Applying::keep_record(const Step& step, Made made) {
  ResourceRecord record;
  record.logical_id = step.resource->logical_id;
  record.type = step.resource->type;
  record.physical_id = std::move(made.physical_id);
  record.ref = std::move(made.ref);
  record.properties = step.properties;
  record.attributes = std::move(made.attributes);
  record.details = std::move(made.details);
  record.deletion = step.resource->deletion;
  record.replacement = step.resource->replacement;
  for (const auto& name : references(json::value(step.resource->properties)))
    record.needs.push_back(name);
  for (const auto& name : step.resource->depends_on) record.needs.push_back(name);
  next_.stacks.back().resources.push_back(std::move(record));
}

/// The one that failed, and the siblings that AWS would have had under way.
void Applying::fail_wave(const std::vector<Step>& steps, size_t at, const Error& error) {
  tell_resource(steps[at], "", "FAILED", error.what);
  for (size_t i = at + 1; i < steps.size(); ++i)
    if (steps[i].effect != Effect::Keep)
      tell_resource(steps[i], "", "FAILED",
                    steps[i].effect == Effect::Create ? "Resource creation cancelled"
                                                      : "Resource update cancelled");
}

Done Applying::take_outputs(const StackInput& input) {
  const auto names = names_for(input);
  std::vector<OutputRecord> outputs;
  for (const auto& definition : input.parsed.outputs) {
    if (!definition.condition.empty()) {
      const auto found = input.conditions.find(definition.condition);
      if (found == input.conditions.end())
        return failure(Fault::Invalid, "output {} names a condition that is not there: {}",
                       definition.name, definition.condition);
      if (!found->second) continue;
    }
    auto value = TRY(resolve(definition.value, names), "resolving output {}", definition.name);
    const auto name = TRY(resolve(definition.export_name, names),
                          "resolving the export of output {}", definition.name);
    if (!value) continue;
    outputs.push_back({definition.name, std::move(*value),
                       name && name->is_string() ? std::string(name->as_string()) : ""});
  }
  auto& stack = next_.stacks.back();
  if (before_ != nullptr && before_->outputs != outputs) start_stack();
  stack.outputs = std::move(outputs);
  return check_unique(next_, stack);
}

/// What the template no longer has is deleted when the deployment is live, not before.
void Applying::let_go(const StackInput& input) {
  if (before_ == nullptr) return;
  for (const auto& old : before_->resources) {
    if (next_.stacks.back().find(old.logical_id) != nullptr) continue;
    start_stack();
    const auto* type = find_type(old.type);
    const bool loses = type != nullptr && type->keeps_data && old.deletion == Policy::Delete;
    changes_.push_back({input.name, old.logical_id, old.type, Effect::Delete, {}, loses});
    depart(input.name, old, old.deletion);
  }
}

void Applying::depart(const std::string& stack, const ResourceRecord& record, Policy policy) {
  next_.leaving.push_back({stack, record, policy});
  if (record.type == "AWS::Lambda::Version" && policy == Policy::Retain)
    next_.retained.push_back({stack, record, policy});
}

/// A bucket's content follows from its deployments alone, so that going back needs no copying:
/// their files laid over each other in the order they were made; on top of what is there if one of
/// them does not prune.
Done Applying::fill_buckets() {
  for (const auto& [stack, bucket] : next_.of_type("AWS::S3::Bucket")) {
    std::vector<std::string> folders;
    bool prune = true;
    for (const auto& [other, deployment] : next_.of_type("Custom::CDKBucketDeployment")) {
      if (text_at(deployment->details, "bucket") != bucket->physical_id) continue;
      folders.push_back(text_at(deployment->details, "folder"));
      prune = prune && text_at(deployment->details, "prune") == "true";
    }
    if (std::ranges::find(folders, "") != folders.end()) continue;  // a rehearsal has no files
    // What was published to a bucket that no deployment fills stays: nobody has said that it goes.
    if (folders.empty()) prune = false;
    const auto before = live_.buckets.find(bucket->physical_id);
    if (!prune && before != live_.buckets.end()) folders.insert(folders.begin(), before->second);
    if (folders.size() == 1) {
      next_.buckets[bucket->physical_id] = folders.front();
      continue;
    }
    const auto content = TRY(outside_.merged(folders), "filling bucket {}", bucket->physical_id);
    next_.buckets[bucket->physical_id] = content.folder;
  }
  return done();
}

/// The function that was composed must be the one that the template starts.
Done Applying::check_entry_point() const {
  if (request_.entry_point.empty()) return done();
  std::vector<std::string> handlers;
  for (const auto& [stack, function] : next_.of_type("AWS::Lambda::Function")) {
    if (function->details.contains("provider")) continue;
    const auto handler = text_at(function->details, "handler");
    if (handler == request_.entry_point) return done();
    handlers.push_back(fmt::format("{} of {}/{}", handler, stack, function->logical_id));
  }
  return failure(Fault::Invalid,
                 "no function has the Handler {} that was composed; the template has {}",
                 request_.entry_point, handlers.empty() ? "no function" : join(handlers, ", "))
      .with_next("let the CDK app take the function's Handler from the environment variable TANDEM_HANDLER (or the context value handler), "
                 "which hold what was composed");
}

}  // namespace tandem::deploy::local
