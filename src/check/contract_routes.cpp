// The routes the code serves against those that lead to its function.

#include <algorithm>
#include <functional>
#include <set>

#include "base/text.hpp"
#include "check/contract.hpp"

namespace tandem::check {
namespace {

/// One part of a path: a word, a parameter, or the rest of the path.
struct Segment {
  enum class Kind { Word, Parameter, Rest } kind = Kind::Word;
  std::string word{};
  bool operator==(const Segment&) const = default;
};
using Path = std::vector<Segment>;

/// "{id}", "<int:id>" and ":id" are parameters; "{proxy+}", "{rest:path}" and "<path:rest>" take the rest.
Segment segment_from(std::string_view part) {
  using enum Segment::Kind;
  const bool is_braced = part.starts_with('{') && part.ends_with('}');
  const bool is_angled = part.starts_with('<') && part.ends_with('>');
  if (is_braced) return {part.ends_with("+}") || part.ends_with(":path}") ? Rest : Parameter};
  if (is_angled) return {part.starts_with("<path:") ? Rest : Parameter};
  if (part.contains('{') && part.contains('}')) return {Parameter};
  return {Word, std::string(part)};
}

Path path_from(std::string_view text) {
  Path out;
  for (const auto& part : split(text, '/'))
    if (!part.empty()) out.push_back(segment_from(part));
  return out;
}

bool takes(const std::string& offered, const std::string& method) { return offered == "ANY" || offered == method; }

/// Whether a request for `wanted` fits a route, part by part. A word fits a parameter; a parameter fits no single word.
bool fits(const Path& route, const Path& wanted) {
  for (size_t at = 0; at < route.size(); ++at) {
    if (route[at].kind == Segment::Kind::Rest) return at < wanted.size();
    if (at >= wanted.size() || wanted[at].kind == Segment::Kind::Rest) return false;
    if (route[at].kind == Segment::Kind::Word && route[at] != wanted[at]) return false;
  }
  return route.size() == wanted.size();
}

/// The more exact of two routes that fit: words before parameters before the rest, from the left.
bool is_more_exact(const Path& a, const Path& b) {
  for (size_t at = 0; at < std::min(a.size(), b.size()); ++at)
    if (a[at].kind != b[at].kind) return a[at].kind < b[at].kind;
  return a.size() > b.size();
}

struct Arrival {
  const RouteGift* route = nullptr;        ///< the route that takes the request, whoever it leads to
  const Resource* resource = nullptr;      ///< REST: the resource chosen, which lacks the method
  std::string path{};                      ///< of that resource
};

/// REST: one resource is chosen by path alone; when it lacks the method, the request is refused, whatever else would take it.
Arrival arrive_rest(const ApiGift& api, const Path& wanted, const std::string& method) {
  std::map<std::string, const Resource*> paths;
  for (const auto& [path, resource] : api.paths) paths[path] = &resource;
  for (const auto& route : api.routes) paths.insert({route.path, &route.resource});
  const std::string* chosen = nullptr;
  for (const auto& [path, resource] : paths)
    if (fits(path_from(path), wanted) && (chosen == nullptr || is_more_exact(path_from(path), path_from(*chosen)))) chosen = &path;
  if (chosen == nullptr) return {};
  const RouteGift* any = nullptr;
  for (const auto& route : api.routes) {
    if (route.path != *chosen) continue;
    if (route.method == method) return {&route};
    if (route.method == "ANY") any = &route;
  }
  return any != nullptr ? Arrival{any} : Arrival{nullptr, paths[*chosen], *chosen};
}

/// HTTP: the most exact route that takes path and method, else $default.
Arrival arrive_http(const ApiGift& api, const Path& wanted, const std::string& method) {
  const RouteGift* chosen = nullptr;
  for (const auto& route : api.routes) {
    if (route.path == "$default" || !takes(route.method, method) || !fits(path_from(route.path), wanted)) continue;
    if (chosen == nullptr || is_more_exact(path_from(route.path), path_from(chosen->path)) ||
        (path_from(route.path) == path_from(chosen->path) && chosen->method == "ANY"))
      chosen = &route;
  }
  if (chosen != nullptr) return {chosen};
  for (const auto& route : api.routes)
    if (route.path == "$default") return {&route};
  return {};
}

Arrival arrive(const ApiGift& api, const Path& wanted, const std::string& method) {
  return api.kind == ApiKind::Rest ? arrive_rest(api, wanted, method) : arrive_http(api, wanted, method);
}

class Routes {
 public:
  Routes(const Needs& needs, const Gifts& gifts, const FunctionGift& function, std::vector<Breach>& breaches)
      : needs_(needs), function_(function), symbol_(symbol_of(function.resource)), breaches_(breaches) {
    for (const auto& api : gifts.apis)
      if (!api.is_known || std::ranges::any_of(api.routes, [&](const RouteGift& route) { return route.function == symbol_; })) apis_.push_back(&api);
  }

  void compare() {
    if (apis_.empty()) return without_api();
    if (needs_.routes.empty()) {
      if (needs_.has_routes_elsewhere)
        breaches_.push_back({"contract.unknown", Weight::Unknown, "which routes the code serves: no FastAPI, Flask or Powertools route and no openapi.yaml was found",
                             "declare them in tandem-contract.yaml", std::nullopt, apis_.front()->resource});
      return;
    }
    for (const auto& need : needs_.routes)
      for (const auto& method : need.methods) compare(need, method);
    if (apis_.size() == 1 && std::ranges::none_of(needs_.routes, [&](const RouteNeed& need) { return set_variable(need).has_value(); })) look_for_unserved(*apis_.front());
  }

 private:
  void without_api() {
    if (needs_.routes.empty()) return;
    const auto& first = needs_.routes.front();
    breaches_.push_back({"contract.route", Weight::Error, fmt::format("the code serves {} routes, no API of the template leads to {}", needs_.routes.size(), function_.resource.logical_id),
                         "put an API in front of the function", first.place, function_.resource, std::nullopt, first.source});
  }

  /// A variable whose default is part of the path, and which the template sets to something.
  std::optional<std::string> set_variable(const RouteNeed& need) const {
    for (const auto& name : need.assumes)
      for (const auto& [known, value] : function_.variables)
        if (same_ignoring_case(name, known)) return known;
    return std::nullopt;
  }

  void compare(const RouteNeed& need, const std::string& method) {
    if (method == "OPTIONS" || method == "HEAD") return;   // the gateway answers preflights; HEAD is seldom meant
    if (const auto variable = set_variable(need))
      return add(need, Weight::Unknown, fmt::format("whether {} {} is offered: its path is made with {}, which the template sets", method, need.path, *variable), "", function_.resource);
    Arrival nearest_miss;
    const ApiGift* nearest_api = apis_.front();
    for (const auto* api : apis_) {
      if (!api->is_known) {
        add(need, Weight::Unknown, fmt::format("whether {} {} is offered: the API's definition lies outside of the template", method, need.path), "", api->resource);
        return;
      }
      const auto arrival = arrive(*api, path_from(need.path), method);
      if (arrival.route != nullptr && arrival.route->function == symbol_) return;
      if (arrival.route != nullptr || arrival.resource != nullptr) {
        nearest_miss = arrival;
        nearest_api = api;
      }
    }
    const auto& api = nearest_api->resource;
    if (nearest_miss.route != nullptr)
      return add(need, Weight::Error, fmt::format("{} {} is served by the code, {} takes it and leads elsewhere", method, need.path, nearest_miss.route->resource.logical_id),
                 "let the route lead to the function", nearest_miss.route->resource);
    if (nearest_miss.resource != nullptr)
      return add(need, Weight::Error, fmt::format("{} {} is served by the code, {} ({}) has no such method", method, need.path, nearest_miss.resource->logical_id, nearest_miss.path),
                 fmt::format("add the method {} to {}", method, nearest_miss.path), *nearest_miss.resource);
    add(need, Weight::Error, fmt::format("{} {} is served by the code, no route of {} leads there", method, need.path, api.logical_id),
        fmt::format("add the route {} {}", method, need.path), api);
  }

  void add(const RouteNeed& need, Weight weight, std::string what, std::string next, const Resource& resource) {
    breaches_.push_back({"contract.route", weight, std::move(what), std::move(next), need.place, resource, std::nullopt, need.source});
  }

  /// Whether the code answers a request for a path the template names with its method.
  bool is_served(const RouteGift& route) const {
    const auto offered = path_from(route.path);
    return std::ranges::any_of(needs_.routes, [&](const RouteNeed& need) {
      const auto served = path_from(need.path);
      const bool is_same = served.size() == offered.size() && std::ranges::equal(served, offered, [](const Segment& a, const Segment& b) { return a == b || (a.kind == b.kind && a.kind != Segment::Kind::Word); });
      const bool is_caught = std::ranges::any_of(served, [](const Segment& segment) { return segment.kind == Segment::Kind::Rest; }) && fits(served, offered);
      return (is_same || is_caught) && std::ranges::find(need.methods, route.method) != need.methods.end();
    });
  }

  void look_for_unserved(const ApiGift& api) {
    for (const auto& route : api.routes) {
      const bool is_greedy = std::ranges::any_of(path_from(route.path), [](const Segment& segment) { return segment.kind == Segment::Kind::Rest; });
      if (route.method == "ANY" || route.method == "OPTIONS" || route.method == "HEAD" || route.path == "$default" || is_greedy) continue;
      if (route.function != symbol_ || is_served(route)) continue;
      const auto near = std::ranges::find_if(needs_.routes, [&](const RouteNeed& need) { return path_from(need.path) == path_from(route.path); });
      Breach breach{"contract.route-unserved", Weight::Warning, fmt::format("the template offers {} {}, which the code does not serve", route.method, route.path),
                    "serve it, or take it out of the template", std::nullopt, route.resource};
      if (near != needs_.routes.end()) breach.code = near->place;
      breaches_.push_back(std::move(breach));
    }
  }

  const Needs& needs_;
  const FunctionGift& function_;
  std::string symbol_;
  std::vector<Breach>& breaches_;
  std::vector<const ApiGift*> apis_;
};

}  // namespace

void compare_routes(const Needs& needs, const Gifts& gifts, const FunctionGift& function, std::vector<Breach>& breaches) {
  Routes(needs, gifts, function, breaches).compare();
}

}  // namespace tandem::check
