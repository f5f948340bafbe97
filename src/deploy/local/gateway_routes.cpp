#include "deploy/local/gateway_routes.hpp"

#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

/// "/people/1" -> {"people", "1"}; "/" -> {}. A trailing slash means something to HTTP APIs only.
std::vector<std::string> segments_of(const std::string& path, ApiKind kind) {
  auto segments = split(std::string_view(path).substr(path.starts_with('/') ? 1 : 0), '/');
  if (segments.size() == 1 && segments[0].empty()) return {};
  if (kind == ApiKind::Rest && segments.back().empty()) segments.pop_back();
  return segments;
}

}  // namespace

struct RouteTable::Node {
  std::map<std::string, std::unique_ptr<Node>> literals;
  std::unique_ptr<Node> variable;
  std::unique_ptr<Node> greedy;
  std::map<std::string, const Route*> methods;

  Node& child(const std::string& segment) {
    auto& slot = !segment.starts_with('{') ? literals[segment] : segment.ends_with("+}") ? greedy : variable;
    if (!slot) slot = std::make_unique<Node>();
    return *slot;
  }

  const Route* with(const std::string& method) const {
    if (const auto exact = methods.find(method); exact != methods.end()) return exact->second;
    const auto any = methods.find("ANY");
    return any == methods.end() ? nullptr : any->second;
  }
};

namespace {

enum class Search { PathThenMethod, PathWithMethod };

}  // namespace

RouteTable::RouteTable(const Api& api) : api_(api), root_(std::make_unique<Node>()) {
  for (const auto& route : api.routes) {
    if (route.path == "$default") {
      fallback_ = &route;
      continue;
    }
    auto* node = root_.get();
    for (const auto& segment : segments_of(route.path, api.kind)) node = &node->child(segment);
    node->methods[route.method] = &route;
  }
}
RouteTable::~RouteTable() = default;

namespace {

/// The node that a path leads to, most specific first. `Node` is RouteTable's; `fits` says which nodes may be the end.
template <typename Node, typename Fits>
const Node* descend(const Node& node, const std::vector<std::string>& segments, size_t at, const Fits& fits) {
  if (at == segments.size()) return fits(node) ? &node : nullptr;
  if (const auto literal = node.literals.find(percent_decoded(segments[at])); literal != node.literals.end())
    if (const auto* found = descend(*literal->second, segments, at + 1, fits)) return found;
  if (node.variable && !segments[at].empty())
    if (const auto* found = descend(*node.variable, segments, at + 1, fits)) return found;
  return node.greedy && fits(*node.greedy) ? node.greedy.get() : nullptr;
}

std::map<std::string, std::string> parameters_of(const Route& route, const std::vector<std::string>& segments, ApiKind kind) {
  std::map<std::string, std::string> parameters;
  const auto names = segments_of(route.path, kind);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& name = names[i];
    if (!name.starts_with('{')) continue;
    if (!name.ends_with("+}")) {
      parameters[name.substr(1, name.size() - 2)] = segments[i];
      continue;
    }
    const std::vector<std::string> rest(segments.begin() + static_cast<std::ptrdiff_t>(i), segments.end());
    parameters[name.substr(1, name.size() - 3)] = join(rest, "/");
  }
  return parameters;
}

}  // namespace

std::optional<RouteMatch> RouteTable::match(const std::string& method, const std::string& path) const {
  const auto segments = segments_of(path, api_.kind);
  const auto search = api_.kind == ApiKind::Rest ? Search::PathThenMethod : Search::PathWithMethod;
  const auto* node = descend(*root_, segments, 0, [&](const Node& end) {
    return search == Search::PathThenMethod ? !end.methods.empty() : end.with(method) != nullptr;
  });
  const auto* route = node == nullptr ? nullptr : node->with(method);
  if (route != nullptr) return RouteMatch{route, parameters_of(*route, segments, api_.kind)};
  if (fallback_ != nullptr) return RouteMatch{fallback_, {}};
  return std::nullopt;
}

}  // namespace tandem::deploy::local
