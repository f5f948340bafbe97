#include "deploy/local/stack_input.hpp"

#include "base/text.hpp"
#include "deploy/local/resource_type.hpp"

namespace tandem::deploy::local {
namespace {

/// All of them at once, so that people need not come back for the next.
Done check_types(const Template& parsed, const Graph& graph) {
  std::vector<std::string> unknown;
  for (const auto& resource : parsed.resources)
    if (graph.needs.contains(resource.logical_id) && find_type(resource.type) == nullptr)
      unknown.push_back(fmt::format("{} ({})", resource.type, resource.logical_id));
  if (unknown.empty()) return done();
  return failure(Fault::Invalid, "resource types that are not run here: {}", join(unknown, ", "))
      .with_next("Take them out for this environment or deploy it to AWS. Types run here: " +
                 join(run_types(), ", ") + ".");
}

/// The functions named as ServiceToken of custom resources, and the layers that only such functions
/// use.
std::set<std::string> providers_of(const Template& parsed) {
  std::set<std::string> found;
  for (const auto& resource : parsed.resources) {
    const auto* token = resource.properties.if_contains("ServiceToken");
    if (!resource.type.starts_with("Custom::") || token == nullptr) continue;
    found.merge(references(*token));
  }
  std::set<std::string> layers;
  std::set<std::string> used;
  for (const auto& resource : parsed.resources) {
    const auto* named = resource.properties.if_contains("Layers");
    if (resource.type != "AWS::Lambda::Function" || named == nullptr) continue;
    (found.contains(resource.logical_id) ? layers : used).merge(references(*named));
  }
  for (const auto& layer : layers)
    if (!used.contains(layer)) found.insert(layer);
  return found;
}

}  // namespace

Names StackInput::names() const {
  Names out;
  out.values = parameters.values;
  out.values["AWS::AccountId"] = place.account;
  out.values["AWS::Region"] = place.region;
  out.values["AWS::Partition"] = "aws";
  out.values["AWS::URLSuffix"] = "amazonaws.com";
  out.values["AWS::StackName"] = name;
  out.values["AWS::StackId"] = id;
  out.values["AWS::NotificationARNs"] = json::array{};
  out.mappings = &parsed.mappings;
  out.conditions = conditions;
  return out;
}

Result<StackInput> stack_input(const AssemblyStack& stack,
                               const std::map<std::string, std::string>& parameters,
                               const Surroundings& otherwise) {
  StackInput input;
  input.name = stack.name;
  input.place.account = stack.account.empty() ? otherwise.account : stack.account;
  input.place.region = stack.region.empty() ? otherwise.region : stack.region;
  input.id = fmt::format("arn:aws:cloudformation:{}:{}:stack/{}/local", input.place.region,
                         input.place.account, stack.name);
  input.tags = stack.tags;
  input.termination_protection = stack.termination_protection;
  input.parsed = TRY(parse_template(stack.body), "reading stack {}", stack.name);
  auto given = stack.parameters;
  for (const auto& [name, value] : parameters) given[name] = value;
  input.parameters =
      TRY(parameter_values(input.parsed.parameters, given), "reading stack {}", stack.name);
  input.conditions = TRY(evaluate_conditions(input.parsed.conditions, input.names()),
                         "reading stack {}", stack.name);
  TRY(check_rules(input.parsed.rules, input.names()), "checking stack {}", stack.name);
  input.graph =
      TRY(dependency_graph(input.parsed, input.conditions), "reading stack {}", stack.name);
  TRY(check_types(input.parsed, input.graph), "checking stack {}", stack.name);
  input.providers = providers_of(input.parsed);
  return input;
}

}  // namespace tandem::deploy::local
