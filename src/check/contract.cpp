#include "check/contract.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.hpp"

namespace tandem::check {
namespace {

/// Functions that a library of the CDK brings along; no code of the application runs in them.
bool is_of_the_library(const FunctionGift& function) {
  static constexpr std::array<std::string_view, 5> marks{"Custom::", "CustomResourceProvider", "LogRetention", "Provider/framework", "AWS679f53fac002430cb0da5b7982bd2287"};
  return function.resource.logical_id.starts_with("Custom") ||
         std::ranges::any_of(marks, [&](auto mark) { return function.resource.construct.contains(mark) || function.resource.logical_id.contains(mark); });
}

bool is_named(const FunctionGift& function, std::string_view name) {
  const auto& resource = function.resource;
  return resource.logical_id == name || resource.construct == name || resource.construct == fmt::format("{}/Resource", name);
}

std::string listed(const std::vector<const FunctionGift*>& functions) {
  std::vector<std::string> names;
  for (const auto* function : functions) names.push_back(function->resource.logical_id);
  return join(names, ", ");
}

/// Where the code runs: the function asked for, else the one an API leads to, else the only one there is.
Result<const FunctionGift*> function_of_the_code(const Gifts& gifts, const std::string& wanted) {
  std::vector<const FunctionGift*> all, own, reached;
  std::set<std::string> targets;
  for (const auto& api : gifts.apis)
    for (const auto& route : api.routes)
      if (route.function) targets.insert(*route.function);
  for (const auto& function : gifts.functions) {
    all.push_back(&function);
    if (!wanted.empty() && is_named(function, wanted)) return &function;
    if (is_of_the_library(function)) continue;
    own.push_back(&function);
    if (targets.contains(symbol_of(function.resource))) reached.push_back(&function);
  }
  if (!wanted.empty())
    return failure(Fault::Missing, "the template has no function {}", wanted).with_code("TD0233").with_next(fmt::format("it has {}", all.empty() ? "none" : listed(all)));
  if (reached.size() == 1) return reached.front();
  if (reached.empty() && own.size() == 1) return own.front();
  if (own.empty())
    return failure(Fault::Missing, "the template has no function for the application's code").with_code("TD0233")
        .with_next("give the template with the AWS::Lambda::Function, or the whole assembly folder");
  return failure(Fault::Invalid, "the template has several functions: {}", listed(reached.empty() ? own : reached)).with_code("TD0234")
      .with_next("name the one this code runs in: --function LOGICAL_ID");
}

int order_of(Weight weight) { return static_cast<int>(weight); }

json::value to_json(const std::optional<Place>& place) {
  if (!place || place->file.empty()) return nullptr;
  return json::object{{"file", place->file}, {"line", place->line}, {"column", place->column}};
}

json::value to_json(const std::optional<Resource>& resource) {
  if (!resource || resource->logical_id.empty()) return nullptr;
  return json::object{{"stack", resource->stack}, {"logical_id", resource->logical_id}, {"type", resource->type},
                      {"construct", resource->construct.empty() ? json::value(nullptr) : json::value(resource->construct)}};
}

void add_unknowns(const Needs& needs, std::vector<Breach>& breaches) {
  for (const auto& unknown : needs.unknowns)
    breaches.push_back({"contract.unknown", Weight::Unknown, fmt::format("cannot be read off the source: {}", unknown.what),
                        "write it as a constant, or declare it in tandem-contract.yaml", unknown.place});
}

}  // namespace

std::string_view word(Weight weight) {
  switch (weight) {
    case Weight::Error: return "error";
    case Weight::Warning: return "warning";
    case Weight::Note: return "note";
    case Weight::Unknown: return "unknown";
  }
  return "unknown";
}

std::string_view word(Source source) {
  switch (source) {
    case Source::Tree: return "tree";
    case Source::Manifest: return "manifest";
    case Source::Scan: return "scan";
  }
  return "tree";
}

bool Contract::is_kept() const {
  return std::ranges::none_of(breaches, [](const Breach& breach) { return breach.weight == Weight::Error; });
}

Result<Contract> compare(const Needs& needs, const Gifts& gifts, const ContractOptions& options) {
  const auto* const function = TRY(function_of_the_code(gifts, options.function));
  Contract out{.function = function->resource, .notes = needs.notes};
  std::set<std::string> names;
  for (const auto& variable : needs.variables) names.insert(variable.name);
  out.variables = names.size();
  out.calls = needs.calls.size();
  for (const auto& route : needs.routes) out.routes += route.methods.size();

  compare_variables(needs, *function, out.breaches);
  compare_calls(needs, gifts, *function, out.breaches);
  compare_routes(needs, gifts, *function, out.breaches);
  compare_runtime(needs, *function, out.breaches);
  add_unknowns(needs, out.breaches);

  const auto key = [](const Breach& breach) {
    const auto place = breach.code.value_or(Place{});
    return std::tuple(order_of(breach.weight), place.file, place.line, place.column, breach.rule, breach.what);
  };
  std::ranges::sort(out.breaches, {}, key);
  const auto twice = std::ranges::unique(out.breaches, {}, key);
  out.breaches.erase(twice.begin(), twice.end());
  if (!needs.files_unread.empty())
    out.notes.push_back("not looked at, because no entry module imports it: " + join(needs.files_unread, ", "));
  return out;
}

json::value to_json(const Contract& contract) {
  json::array breaches;
  std::map<Weight, int> counts;
  for (const auto& breach : contract.breaches) {
    ++counts[breach.weight];
    json::object gift{{"place", to_json(breach.gift ? breach.gift : breach.resource ? std::optional(breach.resource->place) : std::nullopt)},
                      {"resource", to_json(breach.resource)}};
    breaches.push_back({{"rule", breach.rule}, {"severity", word(breach.weight)}, {"what", breach.what},
                        {"next", breach.next.empty() ? json::value(nullptr) : json::value(breach.next)},
                        {"code", to_json(breach.code)}, {"template", std::move(gift)}, {"found_by", word(breach.source)}});
  }
  return json::object{{"schema", "tandem.contract/1"},
                      {"kept", contract.is_kept()},
                      {"function", to_json(std::optional(contract.function))},
                      {"compared", json::object{{"variables", contract.variables}, {"calls", contract.calls}, {"routes", contract.routes}}},
                      {"errors", counts[Weight::Error]},
                      {"warnings", counts[Weight::Warning]},
                      {"notes_count", counts[Weight::Note]},
                      {"unknown", counts[Weight::Unknown]},
                      {"findings", std::move(breaches)},
                      {"notes", json_of(contract.notes)}};
}

}  // namespace tandem::check
