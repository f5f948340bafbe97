#include "run/function_environment.hpp"

#include "base/text.hpp"
#include "deploy/local/assembly.hpp"
#include "deploy/local/intrinsics.hpp"
#include "deploy/local/parameters.hpp"
#include "deploy/local/template.hpp"

namespace tandem::run {
namespace {
namespace local = deploy::local;

constexpr auto account = "000000000000";

/// A stack that is read, not deployed: what it would make stands for itself.
struct ReadStack {
  std::string name;
  local::Template body;
  local::Names names;
  std::vector<std::string> hidden_values;
};

std::string stand_in_of(const std::string& id, const std::string& attribute, const std::string& region) {
  if (attribute.ends_with("Arn")) return fmt::format("arn:aws:tandem:{}:{}:{}", region, account, id);
  return attribute.empty() ? id : id + "." + attribute;
}

Result<ReadStack> read(const local::AssemblyStack& stack, const std::map<std::string, std::string>& parameters, const std::string& region) {
  auto body = TRY(local::parse_template(stack.body), "reading the template of {}", stack.name);
  ReadStack out{stack.name, std::move(body), {}, {}};
  auto given = stack.parameters;
  for (const auto& [name, value] : parameters) given[name] = value;
  auto values = TRY(local::parameter_values(out.body.parameters, given), "reading the template of {}", stack.name);
  out.hidden_values = std::move(values.secrets);
  auto& names = out.names;
  names.values = std::move(values.values);
  const std::map<std::string, std::string> pseudo{{"AWS::Region", region}, {"AWS::AccountId", account}, {"AWS::Partition", "aws"},
                                                  {"AWS::URLSuffix", "amazonaws.com"}, {"AWS::StackName", stack.name},
                                                  {"AWS::StackId", stand_in_of("stack/" + stack.name, "Arn", region)}};
  for (const auto& [name, value] : pseudo) names.values[name] = value;
  names.values["AWS::NotificationARNs"] = json::array{};
  names.ref = [region](const std::string& id) -> Result<json::value> { return json::value(stand_in_of(id, "", region)); };
  names.attribute = [region](const std::string& id, const std::string& attribute) -> Result<json::value> { return json::value(stand_in_of(id, attribute, region)); };
  names.import = [](const std::string& name) -> Result<json::value> { return json::value(replaced(name, ":", "-")); };
  names.stack_output = [](const std::string& of, const std::string& output) -> Result<json::value> { return json::value(of + "." + output); };
  return out;
}

Done add_conditions(ReadStack& stack) {
  stack.names.mappings = &stack.body.mappings;
  stack.names.conditions = TRY(local::evaluate_conditions(stack.body.conditions, stack.names), "reading the conditions of {}", stack.name);
  return done();
}

bool is_made(const ReadStack& stack, const local::Resource& resource) {
  const auto found = stack.names.conditions.find(resource.condition);
  return resource.condition.empty() || found == stack.names.conditions.end() || found->second;
}

/// Whether an expression names a resource rather than parameters only.
bool names_a_resource(const ReadStack& stack, const json::value& expression) {
  for (const auto& name : local::references(expression))
    if (!stack.names.values.contains(name)) return true;
  return to_text(expression).find("Fn::ImportValue") != std::string::npos;
}

Result<FunctionEnvironment> environment_of(const ReadStack& stack, const local::Resource& resource, const json::object& properties) {
  FunctionEnvironment out{.hidden_values = stack.hidden_values, .runtime = local::text_at(properties, "Runtime"), .function = stack.name + "/" + resource.logical_id};
  Fields fields(properties, "the function");
  Fields environment(fields.object("Environment"), "its environment");
  for (const auto& [name, value] : environment.object("Variables"))
    out.variables[std::string(name)] = local::scalar_text(value).value_or(to_text(value));
  const auto* written = resource.properties.if_contains("Environment");
  const auto* variables = written != nullptr && written->is_object() ? written->as_object().if_contains("Variables") : nullptr;
  if (variables != nullptr && variables->is_object())
    for (const auto& [name, value] : variables->as_object())
      if (names_a_resource(stack, value)) out.stand_ins.emplace_back(name);
  if (const auto architectures = fields.strings("Architectures"); !architectures.empty()) out.architecture = architectures.front();
  TRY(fields.finish());
  return out;
}

}  // namespace

Result<std::optional<FunctionEnvironment>> function_environment(const Assembly& assembly, const std::string& entry_point,
                                                                const std::map<std::string, std::string>& parameters, const std::string& region) {
  const auto cloud = TRY(local::read_assembly(assembly.folder), "reading the synthesised templates");
  std::vector<FunctionEnvironment> others;
  for (const auto& each : cloud.stacks) {
    auto stack = TRY(read(each, parameters, region));
    TRY(add_conditions(stack));
    for (const auto& resource : stack.body.resources) {
      if (resource.type != "AWS::Lambda::Function" || !is_made(stack, resource)) continue;
      const auto properties = TRY(local::resolve_object(resource.properties, stack.names), "reading {} of {}", resource.logical_id, stack.name);
      auto found = TRY(environment_of(stack, resource, properties));
      if (local::text_at(properties, "Handler") == entry_point) return std::optional(std::move(found));
      others.push_back(std::move(found));
    }
  }
  if (others.size() == 1) return std::optional(std::move(others.front()));
  return std::optional<FunctionEnvironment>{};
}

}  // namespace tandem::run
