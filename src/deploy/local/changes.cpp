#include "deploy/local/changes.hpp"

#include <algorithm>
#include <set>

namespace tandem::deploy::local {

std::vector<std::string> differing_properties(const json::object& before,
                                              const json::object& after) {
  std::set<std::string> names;
  for (const auto& member : before)
    if (!after.contains(member.key())) names.emplace(member.key());
  for (const auto& [key, value] : after) {
    const auto* old = before.if_contains(key);
    if (old == nullptr || to_canonical_text(*old) != to_canonical_text(value)) names.emplace(key);
  }
  return {names.begin(), names.end()};
}

Effect effect_of(const ResourceType& type, const std::vector<std::string>& differing) {
  if (differing.empty()) return Effect::Keep;
  const auto replaces = [&](const std::string& name) {
    return std::ranges::any_of(type.replacing,
                               [&](auto each) { return each == "*" || each == name; });
  };
  return std::ranges::any_of(differing, replaces) ? Effect::Replace : Effect::Update;
}

Done check_replaceable(const ResourceType& type, Effect effect, const ResourceRecord& old,
                       const json::object& properties) {
  if (effect != Effect::Replace || type.name_property.empty()) return done();
  const auto fixed = text_at(properties, type.name_property);
  if (fixed.empty() || fixed != old.physical_id) return done();
  return failure(Fault::Invalid,
                 "CloudFormation cannot update a stack when a custom-named resource requires "
                 "replacing. Rename {} and update the stack again.",
                 fixed);
}

}  // namespace tandem::deploy::local
