#include "workflow/action_reader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "workflow/configuration_reader.hpp"
#include "workflow/github_steps.hpp"
#include "workflow/inputs_reader.hpp"

namespace tandem::workflow {
namespace {

const std::vector<std::string> gate_omits{"Inputs", "Outputs", "Environment", "Compute", "Timeout", "Caching", "Packages"};

void unavailable(const std::string& text, const std::string& name, const Spot& at, Findings& findings) {
  std::vector<std::string> names;
  for (const auto& kind : catalogue()) names.emplace_back(kind.name);
  auto what = fmt::format("{} is not available on this runner", text);
  if (text == ".") what = "an action of this repository (.) is not available on this runner";
  const auto near = nearest(name, names);
  findings.capability("E131", at, what,
                      near ? fmt::format("Did you mean {}@v{}?", *near, find_action_kind(*near)->newest)
                           : fmt::format("Do its work with commands in aws/build@v1. Built in: {} and the tandem/ actions", known_identifiers()));
}

/// The kind of action, and the identifier as resolved.
void read_identifier(Properties& properties, ActionDraft& draft, Findings& findings) {
  const auto text = properties.text("Identifier");
  if (!text) return;
  const auto at = properties.at("Identifier");
  const auto identifier = identifier_from(*text);
  draft.action.identifier = *text;
  draft.kind = find_action_kind(identifier.name);
  if (draft.kind == nullptr) return unavailable(*text, identifier.name, at, findings);
  const int newest = draft.kind->newest;
  draft.gate = draft.kind->nature == Nature::Gate;
  draft.action.identifier = fmt::format("{}@v{}", identifier.name, identifier.major.value_or(newest));
  if (!identifier.major) {
    auto& said = findings.warn("W317", at, fmt::format("{} has no version; v{} is taken", *text, newest),
                               fmt::format("Write {}@v{}", *text, newest));
    correct(said, *text, fmt::format("{}@v{}", *text, newest));
  } else if (*identifier.major < 1 || *identifier.major > newest) {
    std::vector<std::string> versions;
    for (int i = 1; i <= newest; ++i) versions.push_back(fmt::format("v{}", i));
    auto& said = findings.error("E132", at, fmt::format("{}: known versions are {}", *text, join(versions, ", ")));
    if (newest == 1) correct(said, *text, identifier.name + "@v1");
  }
}

bool consists_of(std::string_view text, size_t least, size_t most, std::string_view besides) {
  return text.size() >= least && text.size() <= most && std::ranges::all_of(text, [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || besides.find(c) != std::string_view::npos;
  });
}

void read_connection(Properties& connection, ActionDraft& draft, const Reading& reading) {
  auto& findings = reading.findings;
  if (const auto name = connection.text("Name")) {
    const bool is_account = name->size() == 12 && std::ranges::all_of(*name, [](char c) { return c >= '0' && c <= '9'; });
    if (!is_account && !consists_of(*name, 3, 63, "_-"))
      findings.error("E180", connection.at("Name"), fmt::format("\"{}\" is no name of a connection", *name), "Use 3 to 63 letters, digits, - and _, or an account's 12 digits");
    else
      findings.note("N205", connection.at("Name"), fmt::format("the connection {} is ignored: the environment says where it deploys", *name));
  } else {
    connection.require("Name", "a connection");
  }
  const auto role = connection.text("Role");
  connection.finish();
  if (!role) return;
  if (!consists_of(*role, 1, 64, "_+=,.@-"))
    findings.error("E180", connection.at("Role"), fmt::format("\"{}\" is no name of a role", *role), "Use up to 64 letters, digits and _+=,.@-");
  const auto& local = reading.known.local_environments;
  if (std::ranges::find(local, draft.action.environment) != local.end())
    findings.note("N205", connection.at("Role"), fmt::format("the role {} is ignored: {} is on this machine", *role, draft.action.environment));
  if (draft.action.role.empty()) draft.action.role = *role;
}

void read_connections(Properties& environment, ActionDraft& draft, const Reading& reading) {
  auto& findings = reading.findings;
  const auto* entry = environment.find("Connections");
  if (entry == nullptr) return;
  const auto path = environment.path("Connections");
  if (!entry->value.is_list()) {
    findings.error("E113", spot(entry->value, path), fmt::format("Connections must be a list, not {}", described(entry->value)));
    return;
  }
  if (entry->value.items.size() > 1)
    findings.error("E113", spot(entry->value.items[1], path), "an environment takes one connection", "Keep one of them");
  for (size_t i = 0; i < entry->value.items.size(); ++i) {
    const auto& item = entry->value.items[i];
    const auto here = fmt::format("{}[{}]", path, i);
    if (!item.is_map()) {
      findings.error("E113", spot(item, here), fmt::format("a connection must be a map of Name and Role, not {}", described(item)));
      continue;
    }
    Properties connection(item, here, "a connection", findings);
    read_connection(connection, draft, reading);
  }
}

void read_environment(Properties& properties, ActionDraft& draft, const Reading& reading) {
  auto& findings = reading.findings;
  const auto* node = properties.map("Environment");
  if (node == nullptr) {
    if (draft.kind != nullptr && draft.kind->needs_environment && properties.find("Environment") == nullptr)
      findings.error("E180", draft.spot, fmt::format("{} needs an Environment", draft.kind->name), "Add Environment: with Name:");
    return;
  }
  Properties environment(*node, properties.path("Environment"), "Environment", findings);
  const auto name = environment.text("Name");
  if (!name && environment.find("Name") == nullptr)
    findings.error("E180", properties.at_key("Environment"), "Environment has no Name", "Add Name: with the name of an environment");
  draft.action.environment = name.value_or("");
  const auto& known = reading.known.environments;
  if (name && reading.known.check_known && std::ranges::find(known, *name) == known.end()) {
    const auto near = nearest(*name, known);
    auto& said = findings.error("E181", environment.at("Name"), fmt::format("the environment {} is not in tandem.yaml{}", *name, near ? fmt::format("; did you mean {}?", *near) : ""),
                                fmt::format("{}; write a new one below environments: in tandem.yaml{}", known.empty() ? "It has none" : fmt::format("Known: {}", join(known, ", ")),
                                            draft.kind != nullptr && draft.kind->nature == Nature::Build ? ", or leave Environment out where the steps touch none" : ""));
    if (near) correct(said, *name, *near);
  }
  read_connections(environment, draft, reading);
  environment.finish();
}

void read_timeout(Properties& properties, ActionDraft& draft, Findings& findings) {
  const auto minutes = properties.whole("Timeout", "minutes");
  if (!minutes) return;
  if (*minutes < 1 || *minutes > 480) {
    findings.error("E184", properties.at("Timeout"), fmt::format("Timeout is {} minutes; it must be 1 to 480", *minutes));
    return;
  }
  draft.action.timeout_minutes = static_cast<int>(*minutes);
  if (*minutes < 5)
    findings.warn("W315", properties.at("Timeout"), fmt::format("Timeout is only {} minutes", *minutes), "The service wants at least 5");
}

void read_rest(Properties& properties, ActionDraft& draft, const Reading& reading) {
  read_timeout(properties, draft, reading.findings);
  read_environment(properties, draft, reading);
  if (const auto* inputs = properties.map("Inputs")) read_inputs(*inputs, properties.path("Inputs"), draft, reading);
  if (const auto* outputs = properties.map("Outputs")) read_outputs(*outputs, properties.path("Outputs"), draft, reading);
  if (const auto* caching = properties.map("Caching")) read_caching(*caching, properties.path("Caching"), draft, reading);
  if (const auto* compute = properties.map("Compute")) draft.compute = read_compute(*compute, properties.path("Compute"), reading);
  if (properties.find("Packages") != nullptr)
    reading.findings.note("N205", properties.at_key("Packages"), "Packages is ignored: the package registries of the service are not here");
}

void refuse_at_gate(Properties& properties, Findings& findings) {
  properties.expect(gate_omits);
  for (const auto& key : gate_omits)
    if (properties.node().entry(key) != nullptr)
      findings.error("E110", properties.at_key(key), fmt::format("{} does not apply to a gate", key), fmt::format("Leave {} out", key));
}

/// Keys of Configuration that stand one level too high.
void refuse_misplaced(Properties& properties, const ActionDraft& draft, Findings& findings) {
  if (draft.kind == nullptr) return;
  for (const auto& key : draft.kind->keys) {
    if (properties.node().entry(key.name) == nullptr || properties.knows(key.name)) continue;
    properties.expect({std::string(key.name)});
    findings.error("E110", properties.at_key(key.name), fmt::format("{} is not a property of an action", key.name),
                   "Put it below Configuration:");
  }
}

/// What other systems decide whether an action is run by.
void refuse_conditions(Properties& properties, Findings& findings) {
  for (const auto* key : {"Condition", "Conditions", "If", "if", "When"}) {
    if (properties.node().entry(key) == nullptr) continue;
    properties.expect({key});
    findings.error("E110", properties.at_key(key), fmt::format("{} is not a property of an action: there are no conditions", key),
                   "Ask in a step, or write a workflow with triggers of its own");
  }
}

bool is_foreign_machine(const std::string& fleet) {
#if defined(__aarch64__)
  const bool other = same_ignoring_case(fleet.substr(0, 12), "linux.x86-64");
#else
  const bool other = same_ignoring_case(fleet.substr(0, 11), "linux.arm64");
#endif
  return other || same_ignoring_case(fleet.substr(0, 7), "windows");
}

}  // namespace

std::vector<Named> read_names(Properties& properties, std::string_view key) {
  std::vector<Named> out;
  for (const auto* name : properties.list(key)) out.push_back({name->text, spot(*name, properties.path(key))});
  return out;
}

Compute read_compute(const yaml::Node& node, const std::string& path, const Reading& reading) {
  auto& findings = reading.findings;
  Properties properties(node, path, "Compute", findings);
  Compute compute{true};
  if (const auto type = properties.text("Type")) {
    compute.lambda = same_ignoring_case(*type, "Lambda");
    if (!compute.lambda && !same_ignoring_case(*type, "EC2"))
      findings.error("E113", properties.at("Type"), fmt::format("Type must be EC2 or Lambda, not {}", described(*node.find("Type"))));
    else
      findings.note("N205", properties.at("Type"), fmt::format("the compute type {} is ignored: actions run on this machine", *type));
  }
  if (const auto fleet = properties.text("Fleet")) {
    if (is_foreign_machine(*fleet))
      compute.foreign_fleet = Named{*fleet, properties.at("Fleet")};
    else
      findings.note("N205", properties.at("Fleet"), fmt::format("the fleet {} is ignored: actions run on this machine", *fleet));
  }
  compute.shared_instance = properties.flag("SharedInstance").value_or(false);
  properties.finish();
  return compute;
}

ActionDraft read_action(const yaml::Entry& entry, const std::string& path, const std::string& group, const Reading& reading) {
  ActionDraft draft;
  draft.short_name = entry.key;
  draft.spot = spot(entry, path);
  draft.action.name = group.empty() ? entry.key : group + "." + entry.key;
  draft.action.group = group;
  draft.action.place = reading.findings.place(draft.spot);
  Properties properties(entry.value, path, "an action", reading.findings);
  properties.stands_at(draft.spot);
  read_identifier(properties, draft, reading.findings);
  draft.depends_on = read_names(properties, "DependsOn");
  if (draft.depends_on.size() > 50)
    reading.findings.error("E113", properties.at_key("DependsOn"), fmt::format("{} names in DependsOn; the limit is 50", draft.depends_on.size()));
  if (draft.depends_on.size() > 50) draft.depends_on.resize(50);   // the rest would only cost time
  read_configuration(properties.find("Configuration"), entry.value, path, draft, reading);
  if (draft.gate) refuse_at_gate(properties, reading.findings);
  else read_rest(properties, draft, reading);
  refuse_misplaced(properties, draft, reading.findings);
  refuse_conditions(properties, reading.findings);
  properties.finish();
  if (draft.kind != nullptr && draft.kind->name == "aws/github-actions-runner") refuse_github_outputs(draft, properties.at("Identifier"), reading.findings);
  return draft;
}

}  // namespace tandem::workflow
