#include "deploy/local/world.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

std::string_view word(Policy policy) { return policy == Policy::Retain ? "Retain" : "Delete"; }
Policy policy_from(std::string_view word) {
  return word == "Retain" ? Policy::Retain : Policy::Delete;
}

json::object to_json(const ResourceRecord& resource) {
  return {{"logicalId", resource.logical_id},
          {"type", resource.type},
          {"physicalId", resource.physical_id},
          {"ref", resource.ref},
          {"properties", resource.properties},
          {"attributes", resource.attributes},
          {"details", resource.details},
          {"needs", json_of(resource.needs)},
          {"deletionPolicy", word(resource.deletion)},
          {"updateReplacePolicy", word(resource.replacement)}};
}

Result<ResourceRecord> resource_from(const json::value& value) {
  Fields fields(value, "resource record");
  ResourceRecord resource;
  resource.logical_id = fields.string("logicalId");
  resource.type = fields.string("type");
  resource.physical_id = fields.string("physicalId");
  resource.ref = fields.string("ref");
  resource.properties = fields.object("properties");
  resource.attributes = fields.object("attributes");
  resource.details = fields.object("details");
  resource.needs = fields.strings("needs");
  resource.deletion = policy_from(fields.string("deletionPolicy"));
  resource.replacement = policy_from(fields.string("updateReplacePolicy"));
  TRY(fields.finish());
  return resource;
}

json::object to_json(const OutputRecord& output) {
  return {{"name", output.name}, {"value", output.value}, {"export", output.export_name}};
}

Result<OutputRecord> output_from(const json::value& value) {
  Fields fields(value, "output record");
  OutputRecord output;
  output.name = fields.string("name");
  if (const auto* found = fields.find("value")) output.value = *found;
  output.export_name = fields.string_or("export", "");
  TRY(fields.finish());
  return output;
}

json::object to_json(const Departed& departed) {
  return {{"stack", departed.stack},
          {"resource", to_json(departed.resource)},
          {"policy", word(departed.policy)}};
}

Result<Departed> departed_from(const json::value& value) {
  Fields fields(value, "departed resource");
  Departed departed;
  departed.stack = fields.string("stack");
  departed.policy = policy_from(fields.string("policy"));
  departed.resource = TRY(resource_from(json::value(fields.object("resource"))));
  TRY(fields.finish());
  return departed;
}

json::object to_json(const std::map<std::string, std::string>& texts) {
  json::object out;
  for (const auto& [key, value] : texts) out[key] = value;
  return out;
}

std::map<std::string, std::string> texts_from(const json::object& object) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : object)
    if (const auto* text = value.if_string()) texts[key] = std::string(*text);
  return texts;
}

json::object to_json(const StackRecord& stack);

template <typename T>
json::array list_of(const std::vector<T>& members) {
  json::array out;
  for (const auto& member : members) out.emplace_back(to_json(member));
  return out;
}

template <typename T>
Result<std::vector<T>> list_from(const json::array& array, Result<T> (*from)(const json::value&)) {
  std::vector<T> out;
  for (const auto& member : array) {
    auto value = TRY(from(member));
    out.push_back(std::move(value));
  }
  return out;
}

json::object to_json(const StackRecord& stack) {
  return {
      {"name", stack.name},
      {"id", stack.id},
      {"resources", list_of(stack.resources)},
      {"outputs", list_of(stack.outputs)},
      {"imports", json_of(std::vector<std::string>(stack.imports.begin(), stack.imports.end()))},
      {"secrets", json_of(stack.secrets)},
      {"tags", to_json(stack.tags)},
      {"terminationProtection", stack.termination_protection}};
}

Result<StackRecord> stack_from(const json::value& value) {
  Fields fields(value, "stack record");
  StackRecord stack;
  stack.name = fields.string("name");
  stack.id = fields.string("id");
  stack.resources = TRY(list_from(fields.list("resources"), resource_from));
  stack.outputs = TRY(list_from(fields.list("outputs"), output_from));
  const auto imports = fields.strings("imports");
  stack.imports = {imports.begin(), imports.end()};
  stack.secrets = fields.strings("secrets");
  stack.tags = texts_from(fields.object("tags"));
  stack.termination_protection = fields.boolean_or("terminationProtection", false);
  TRY(fields.finish());
  return stack;
}

void add_folder(const ResourceRecord& resource, std::set<std::string>& folders) {
  for (const auto& [key, value] : resource.details) {
    if (std::string_view(key).ends_with("folder") && value.is_string())
      folders.emplace(value.as_string());
    if (!std::string_view(key).ends_with("folders") || !value.is_array()) continue;
    for (const auto& member : value.as_array())
      if (member.is_string()) folders.emplace(member.as_string());
  }
}

}  // namespace

const ResourceRecord* StackRecord::find(std::string_view logical_id) const {
  const auto found = std::ranges::find(resources, logical_id, &ResourceRecord::logical_id);
  return found == resources.end() ? nullptr : &*found;
}

const StackRecord* World::find(std::string_view stack) const {
  const auto found = std::ranges::find(stacks, stack, &StackRecord::name);
  return found == stacks.end() ? nullptr : &*found;
}

const ResourceRecord* World::find(std::string_view type, std::string_view physical_id) const {
  for (const auto& [stack, resource] : of_type(type))
    if (resource->physical_id == physical_id) return resource;
  return nullptr;
}

std::vector<std::pair<std::string, const ResourceRecord*>> World::of_type(
    std::string_view type) const {
  std::vector<std::pair<std::string, const ResourceRecord*>> found;
  for (const auto& stack : stacks)
    for (const auto& resource : stack.resources)
      if (resource.type == type) found.emplace_back(stack.name, &resource);
  for (const auto& departed : retained)
    if (departed.resource.type == type) found.emplace_back(departed.stack, &departed.resource);
  return found;
}

std::set<std::string> World::folders() const {
  std::set<std::string> kept;
  for (const auto& stack : stacks)
    for (const auto& resource : stack.resources) add_folder(resource, kept);
  for (const auto& departed : retained) add_folder(departed.resource, kept);
  for (const auto& [bucket, folder] : buckets) kept.insert(folder);
  return kept;
}

json::value to_json(const World& world) {
  return json::object{{"id", world.id.value},
                      {"stacks", list_of(world.stacks)},
                      {"retained", list_of(world.retained)},
                      {"leaving", list_of(world.leaving)},
                      {"buckets", to_json(world.buckets)},
                      {"created", json_of(world.created)},
                      {"updated", json_of(world.updated)},
                      {"notes", json_of(world.notes)}};
}

Result<World> world_from_json(const json::value& value) {
  Fields fields(value, "world");
  World world;
  world.id.value = fields.string("id");
  world.stacks = TRY(list_from(fields.list("stacks"), stack_from));
  world.retained = TRY(list_from(fields.list("retained"), departed_from));
  world.leaving = TRY(list_from(fields.list("leaving"), departed_from));
  world.buckets = texts_from(fields.object("buckets"));
  world.created = fields.strings("created");
  world.updated = fields.strings("updated");
  world.notes = fields.strings("notes");
  TRY(fields.finish());
  return world;
}

std::string masked(const std::string& text, const std::vector<std::string>& secrets) {
  auto out = text;
  for (const auto& secret : secrets) {
    if (secret.size() >= 4)
      out = replaced(out, secret, "****");
    else if (!secret.empty() && out == secret)
      out = "****";
  }
  return out;
}

}  // namespace tandem::deploy::local
