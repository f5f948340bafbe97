#include "deploy/local/table/path.hpp"

#include "base/text.hpp"

namespace tandem::deploy::local::table {
namespace {

const Value* member(const Value& value, const Step& step) {
  if (const auto* name = std::get_if<std::string>(&step)) {
    const auto* item = value.as<Item>();
    if (item == nullptr) return nullptr;
    const auto found = item->find(*name);
    return found == item->end() ? nullptr : &found->second;
  }
  const auto* list = value.as<List>();
  const auto index = std::get<size_t>(step);
  return list == nullptr || index >= list->size() ? nullptr : &(*list)[index];
}

/// The steps that are wanted below a value; without any, the whole value is.
struct Wanted {
  std::map<Step, Wanted> below;
};

Value picked(const Value& value, const Wanted& wanted) {
  if (wanted.below.empty()) return value;
  if (const auto* item = value.as<Item>()) {
    Item out;
    for (const auto& [step, deeper] : wanted.below)
      out.emplace(std::get<std::string>(step), picked(item->at(std::get<std::string>(step)), deeper));
    return Value{std::move(out)};
  }
  List out;
  for (const auto& [step, deeper] : wanted.below)
    out.push_back(picked((*value.as<List>())[std::get<size_t>(step)], deeper));
  return Value{std::move(out)};
}

}  // namespace

std::string text(const Path& path) {
  std::vector<std::string> steps;
  for (const auto& step : path) {
    if (const auto* name = std::get_if<std::string>(&step)) steps.push_back(*name);
    else steps.push_back(fmt::format("[{}]", std::get<size_t>(step)));
  }
  return "[" + join(steps, ", ") + "]";
}

const std::string& root(const Path& path) { return std::get<std::string>(path.front()); }

const Value* find(const Item& item, const Path& path) {
  const auto first = item.find(root(path));
  if (first == item.end()) return nullptr;
  const Value* value = &first->second;
  for (size_t i = 1; i < path.size() && value != nullptr; ++i) value = member(*value, path[i]);
  return value;
}

Meeting meeting(const Path& a, const Path& b) {
  for (size_t i = 0;; ++i) {
    if (i == a.size() || i == b.size()) return Meeting::Overlap;
    if (a[i].index() != b[i].index()) return Meeting::Conflict;
    if (a[i] != b[i]) return Meeting::Apart;
  }
}

Item project(const Item& item, const std::vector<Path>& paths) {
  Wanted wanted;
  for (const auto& path : paths) {
    if (find(item, path) == nullptr) continue;
    auto* level = &wanted;
    for (const auto& step : path) level = &level->below[step];
  }
  if (wanted.below.empty()) return {};
  auto whole = picked(Value{item}, wanted);
  return std::move(*whole.as<Item>());
}

}  // namespace tandem::deploy::local::table
