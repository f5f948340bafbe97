#include "deploy/local/graph.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "deploy/local/intrinsics.hpp"

namespace tandem::deploy::local {
namespace {

Result<bool> exists(const Resource& resource, const std::map<std::string, bool>& conditions) {
  if (resource.condition.empty()) return true;
  const auto found = conditions.find(resource.condition);
  if (found == conditions.end())
    return failure(Fault::Invalid, "resource {} names a condition that is not there: {}",
                   resource.logical_id, resource.condition);
  return found->second;
}

Result<std::set<std::string>> needs_of(const Resource& resource, const Template& parsed,
                                       const std::set<std::string>& present) {
  auto names = references(json::value(resource.properties));
  for (const auto& name : resource.depends_on) {
    if (parsed.find(name) == nullptr)
      return failure(Fault::Invalid, "resource {} depends on {}, which is not in the template",
                     resource.logical_id, name);
    names.insert(name);
  }
  std::set<std::string> needs;
  for (const auto& name : names)
    if (present.contains(name)) needs.insert(name);
  return needs;
}

/// A circle among `left`: each of them needs another one of them, so walking on must come back.
std::vector<std::string> circle_in(const Graph& graph, const std::set<std::string>& left) {
  std::vector<std::string> path{*left.begin()};
  while (true) {
    const auto& needs = graph.needs.at(path.back());
    const auto next =
        *std::ranges::find_if(needs, [&](const auto& name) { return left.contains(name); });
    const auto before = std::ranges::find(path, next);
    const bool closed = before != path.end();
    if (closed) path.erase(path.begin(), before);
    path.push_back(next);
    if (closed) return path;
  }
}

Done cut_into_waves(const Template& parsed, Graph& graph) {
  std::set<std::string> left;
  for (const auto& [name, needs] : graph.needs) left.insert(name);
  while (!left.empty()) {
    std::vector<std::string> wave;
    for (const auto& resource : parsed.resources) {
      if (!left.contains(resource.logical_id)) continue;
      const auto& needs = graph.needs.at(resource.logical_id);
      if (std::ranges::none_of(needs, [&](const auto& name) { return left.contains(name); }))
        wave.push_back(resource.logical_id);
    }
    if (wave.empty())
      return failure(Fault::Invalid, "circular dependency between resources: {}",
                     join(circle_in(graph, left), " -> "));
    for (const auto& name : wave) left.erase(name);
    graph.waves.push_back(std::move(wave));
  }
  return done();
}

}  // namespace

Result<Graph> dependency_graph(const Template& parsed,
                               const std::map<std::string, bool>& conditions) {
  Graph graph;
  std::set<std::string> present;
  for (const auto& resource : parsed.resources) {
    const auto there = TRY(exists(resource, conditions));
    if (there)
      present.insert(resource.logical_id);
    else
      graph.dropped.push_back(resource.logical_id);
  }
  for (const auto& resource : parsed.resources) {
    if (!present.contains(resource.logical_id)) continue;
    graph.needs[resource.logical_id] = TRY(needs_of(resource, parsed, present));
  }
  TRY(cut_into_waves(parsed, graph));
  return graph;
}

}  // namespace tandem::deploy::local
