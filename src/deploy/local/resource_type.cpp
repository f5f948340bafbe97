#include "deploy/local/resource_type.hpp"

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

std::string digits(const Workbench& bench, const Wanted& wanted, std::string_view alphabet,
                   size_t count) {
  const auto seed = bench.deployment + '\n' + wanted.stack + '\n' + wanted.resource.logical_id;
  const auto bytes = Sha256().add(seed).raw();
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += alphabet[static_cast<unsigned char>(bytes[i % bytes.size()]) % alphabet.size()];
  return out;
}

const std::vector<const ResourceType*>& all_types() {
  static const auto types = [] {
    std::vector<const ResourceType*> found;
    for (const auto* family : {&data_types(), &function_types(), &rest_types(), &http_types(),
                               &site_types(), &noted_types()})
      for (const auto& type : *family) found.push_back(&type);
    return found;
  }();
  return types;
}

/// Of no effect anywhere: kept in the record, not worth a note.
bool is_description(std::string_view path) {
  return path == "Tags" || path == "Description" || path == "ServiceToken";
}

void collect(const ResourceType& type, const std::string& path, const json::value& value,
             std::set<std::string>& found) {
  if (std::ranges::find(type.honoured, path) != type.honoured.end()) return;
  const bool inside =
      std::ranges::any_of(type.honoured, [&](auto known) { return known.starts_with(path + "."); });
  if (!inside) {
    if (!is_description(path)) found.insert(path);
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object)
      collect(type, path + "." + std::string(key), member, found);
  } else if (const auto* array = value.if_array()) {
    for (const auto& member : *array) {
      if (!member.is_object()) continue;
      for (const auto& [key, inner] : member.as_object())
        collect(type, path + "." + std::string(key), inner, found);
    }
  }
}

}  // namespace

std::string Workbench::letters(const Wanted& wanted, size_t count) const {
  return digits(*this, wanted, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", count);
}

std::string Workbench::small_letters(const Wanted& wanted, size_t count) const {
  return digits(*this, wanted, "abcdefghijklmnopqrstuvwxyz0123456789", count);
}

std::string Workbench::name(const Wanted& wanted, std::string_view property, size_t limit) const {
  if (const auto* fixed = wanted.properties.if_contains(property);
      fixed != nullptr && fixed->is_string())
    return std::string(fixed->as_string());
  if (wanted.old != nullptr) return wanted.old->physical_id;
  const auto tail = "-" + letters(wanted, 13);
  auto head = wanted.stack + "-" + wanted.resource.logical_id;
  if (head.size() + tail.size() > limit) head.resize(limit - tail.size());
  return head + tail;
}

std::string Workbench::arn(std::string_view service, std::string_view rest) const {
  return fmt::format("arn:aws:{}:{}:{}:{}", service, region, account, rest);
}

const ResourceType* find_type(std::string_view name) {
  for (const auto* type : all_types())
    if (type->name == name) return type;
  return nullptr;
}

std::vector<std::string> run_types() {
  std::vector<std::string> names;
  for (const auto* type : all_types())
    if (type->standing == Standing::Run) names.emplace_back(type->name);
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> not_honoured(const ResourceType& type, const json::object& properties) {
  if (std::ranges::find(type.honoured, "*") != type.honoured.end()) return {};
  std::set<std::string> found;
  for (const auto& [key, value] : properties) collect(type, std::string(key), value, found);
  return {found.begin(), found.end()};
}

}  // namespace tandem::deploy::local
