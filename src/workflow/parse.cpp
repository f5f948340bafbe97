#include "workflow/parse.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "workflow/action_reader.hpp"
#include "workflow/definition.hpp"
#include "workflow/draft.hpp"
#include "workflow/graph.hpp"
#include "workflow/inputs_reader.hpp"
#include "workflow/portability.hpp"
#include "workflow/references.hpp"
#include "workflow/triggers_reader.hpp"

namespace tandem::workflow {
namespace {
constexpr size_t actions_max = 50;
constexpr size_t actions_judged_max = 200;   // what more of them depend on is not worth the time: they are too many anyway

/// One definition, top to bottom.
class DefinitionReader {
 public:
  DefinitionReader(const yaml::Node& root, const Reading& reading)
      : root_(root), properties_(root, "", "a workflow", reading.findings), reading_(reading), findings_(reading.findings) {
    properties_.stands_at({1, 1, ""});
  }

  Workflow read() {
    workflow_.file = findings_.file();
    read_name();
    read_schema_version();
    read_run_mode();
    read_triggers_of_all();
    if (const auto* compute = properties_.map("Compute")) draft_.compute = read_compute(*compute, "Compute", reading_);
    read_actions();
    properties_.finish();
    if (draft_.actions.size() <= actions_judged_max) judge_together();
    for (auto& action : draft_.actions) workflow_.actions.push_back(std::move(action.action));
    return std::move(workflow_);
  }

  Outline outline() const { return outline_; }

 private:
  void read_triggers_of_all() {
    const auto errors = findings_.errors();
    if (const auto* triggers = find_list("Triggers")) workflow_.triggers = read_triggers(*triggers, reading_);
    if (findings_.errors() == errors) outline_.triggers = workflow_.triggers;
  }

  /// What takes more than one action to see.
  void judge_together() {
    settle_compute();
    judge_fleets();
    warn_of_empty_folders();
    check_names();
    check_references(draft_, reading_);
    order(draft_, reading_);
    warn_of_unread_references(root_, reading_);
    note_portability(draft_, reading_);
  }

  const yaml::Node* find_list(std::string_view key) {
    const auto* entry = properties_.find(key);
    if (entry == nullptr) return nullptr;
    if (entry->value.is_list()) return &entry->value;
    findings_.error("E113", properties_.at(key), fmt::format("{} must be a list, not {}", key, described(entry->value)));
    return nullptr;
  }

  void read_name() {
    properties_.require("Name", "a workflow");
    workflow_.name = properties_.text("Name").value_or("");
    if (!workflow_.name.empty()) check_name(workflow_.name, properties_.at("Name"));
    if (is_name(workflow_.name)) outline_.name = workflow_.name;
  }

  void check_action_name(const std::string& name, const Spot& at) {
    if (name == "Secrets" || name == "WorkflowSource" || name == "Inputs")
      findings_.error("E114", at, fmt::format("{} names something else in references", name), "Choose another name");
    check_name(name, at);
  }

  void check_name(const std::string& name, const Spot& at) {
    if (is_name(name)) return;
    const bool too_long = name.size() > 100;
    findings_.error("E114", at, too_long ? fmt::format("\"{}…\" is longer than 100 characters", name.substr(0, 30))
                                         : fmt::format("\"{}\" may use only letters, digits, - and _", name));
  }

  void read_schema_version() {
    properties_.require("SchemaVersion", "a workflow");
    const auto version = properties_.text("SchemaVersion");
    if (!version || *version == "1.0") return;
    const auto at = properties_.at("SchemaVersion");
    const bool quoted = root_.find("SchemaVersion")->was_quoted();
    auto& said = *version == "1" ? findings_.note("N206", at, "1 is taken for 1.0", "Write \"1.0\"")
                                 : findings_.error("E115", at, fmt::format("SchemaVersion must be \"1.0\", not {}", *version));
    correct(said, *version, quoted ? "1.0" : "\"1.0\"");
  }

  void read_run_mode() {
    const auto written = properties_.text("RunMode");
    if (!written) return;
    const std::array<std::pair<std::string, RunMode>, 3> modes{
        {{"QUEUED", RunMode::Queued}, {"SUPERSEDED", RunMode::Superseded}, {"PARALLEL", RunMode::Parallel}}};
    const auto at = properties_.at("RunMode");
    for (const auto& [word, mode] : modes) {
      if (!same_ignoring_case(word, *written)) continue;
      workflow_.mode = mode;
      if (word != *written) correct(findings_.note("N201", at, fmt::format("{} is written {}", *written, word)), *written, word);
      return;
    }
    const auto near = nearest(*written, {"QUEUED", "SUPERSEDED", "PARALLEL"});
    auto& said = findings_.error("E127", at, fmt::format("{} is not a run mode{}", *written, near ? fmt::format("; did you mean {}?", *near) : ""),
                                 "Use QUEUED, SUPERSEDED or PARALLEL");
    if (near) correct(said, *written, *near);
  }

  void read_actions() {
    const auto* entry = properties_.find("Actions");
    if (entry != nullptr && !entry->value.is_map()) {
      findings_.error("E113", properties_.at("Actions"), fmt::format("Actions must be a map of names, not {}", described(entry->value)),
                      entry->value.is_list() ? "Give each action a name: Build: in place of the -" : "");
      return;
    }
    if (entry == nullptr || entry->value.entries.empty()) {
      const auto* written = root_.entry("Actions");
      findings_.error("E116", written == nullptr ? Spot{1, 1, "Actions"} : spot(*written, "Actions"),
                      "a workflow needs at least one action", "Add Actions: with a name and an Identifier");
      return;
    }
    for (const auto& action : entry->value.entries) read_block(action);
    if (draft_.actions.size() > actions_max)
      findings_.error("E116", spot(*entry, "Actions"), fmt::format("{} actions; the limit is {}", draft_.actions.size(), actions_max),
                      "Split the workflow");
  }

  /// What an entry lacks: the level of a group's actions, or what says which action it is.
  static std::string what_makes_it_one(const yaml::Entry& entry) {
    std::vector<std::string> actions;
    for (const auto& member : entry.value.entries)
      if (member.value.find("Identifier") != nullptr) actions.push_back(member.key);
    return actions.empty() ? "Add Identifier:, for example aws/build@v1" : fmt::format("Put {} below Actions:", join(actions, ", "));
  }

  void read_block(const yaml::Entry& entry) {
    const auto path = joined("Actions", entry.key);
    check_action_name(entry.key, spot(entry, path));
    const bool has_identifier = entry.value.find("Identifier") != nullptr;
    const bool has_actions = entry.value.find("Actions") != nullptr;
    if (!entry.value.is_map() || (!has_identifier && !has_actions)) {
      findings_.error("E130", spot(entry, path), fmt::format("{} has neither Identifier (an action) nor Actions (a group)", entry.key), what_makes_it_one(entry));
      return;
    }
    if (has_actions && !has_identifier) return read_group(entry, path);
    draft_.blocks.push_back({entry.key, spot(entry, path), false, {}, {draft_.actions.size()}});
    draft_.actions.push_back(read_action(entry, path, "", reading_));
  }

  void read_group(const yaml::Entry& entry, const std::string& path) {
    Properties group(entry.value, path, "a group", findings_);
    Block block{entry.key, spot(entry, path), true, read_names(group, "DependsOn"), {}};
    if (const auto* written = entry.value.find("Actions"); written->is_list()) {
      group.expect({"Actions"});
      findings_.error("E113", spot(*written, group.path("Actions")), "Actions must be a map of names, not a list", "Give each action a name: Build: in place of the -");
    } else if (const auto* members = group.map("Actions")) {
      for (const auto& member : members->entries) {
        const auto below = joined(group.path("Actions"), member.key);
        check_action_name(member.key, spot(member, below));
        if (member.value.find("Actions") != nullptr) {
          findings_.error("E133", spot(member, below), "groups cannot contain groups", "Put its actions beside this group");
        } else if (member.value.find("Identifier") == nullptr) {
          findings_.error("E130", spot(member, below), fmt::format("{} has neither Identifier (an action) nor Actions (a group)", member.key),
                          "Add Identifier:, for example aws/build@v1");
        } else {
          block.members.push_back(draft_.actions.size());
          draft_.actions.push_back(read_action(member, below, entry.key, reading_));
        }
      }
      if (members->entries.empty()) findings_.error("E116", group.at_key("Actions"), "a group needs at least one action");
    }
    group.finish();
    draft_.blocks.push_back(std::move(block));
  }

  void settle_compute() {
    for (auto& action : draft_.actions) {
      const bool own = action.compute.given;
      if (own && draft_.compute.given) {
        const auto* node = find_action_node(action)->entry("Compute");
        findings_.warn("W313", spot(*node, joined(action.spot.path, "Compute")), "Compute is given here and on top; the one here counts", "Keep one of them");
      }
      const auto& compute = own ? action.compute : draft_.compute;
      action.action.shared_instance = compute.shared_instance || draft_.compute.shared_instance;
      if (compute.lambda) warn_of_lambda(action);
    }
  }

  /// A machine that is not here is missed only where steps would run on it.
  void judge_fleets() {
    judge_fleet(draft_.compute, [&](const ActionDraft& action) { return !action.compute.given && runs_steps(action); });
    for (const auto& action : draft_.actions)
      judge_fleet(action.compute, [&](const ActionDraft& each) { return &each == &action && runs_steps(each); });
  }

  void judge_fleet(const Compute& compute, const std::function<bool(const ActionDraft&)>& runs_on_it) {
    if (!compute.foreign_fleet) return;
    const auto& [fleet, at] = *compute.foreign_fleet;
    if (std::ranges::any_of(draft_.actions, runs_on_it))
      findings_.capability("E182", at, fmt::format("{}: there is no such machine here", fleet), "Leave Fleet out");
    else
      findings_.note("N205", at, fmt::format("the fleet {} is ignored: no steps run on it", fleet));
  }

  static bool runs_steps(const ActionDraft& action) { return action.kind == nullptr || action.kind->nature == Nature::Build; }

  /// In a shared instance one action that takes the source serves all of them.
  void warn_of_empty_folders() {
    const bool any_source = std::ranges::any_of(draft_.actions, [](const ActionDraft& each) { return each.action.takes_source; });
    bool said_of_shared = any_source;
    for (const auto& each : draft_.actions) {
      const bool builds = each.kind != nullptr && each.kind->nature == Nature::Build;
      if (!builds || each.action.takes_source || !each.action.input_artifacts.empty()) continue;
      if (each.action.shared_instance && std::exchange(said_of_shared, true)) continue;
      findings_.warn("W307", each.spot, fmt::format("{} has no input: it starts in an empty folder", each.action.name),
                     "Add Inputs: with Sources: [WorkflowSource] or Artifacts:");
    }
  }

  const yaml::Node* find_action_node(const ActionDraft& action) const {
    const auto* actions = root_.find("Actions");
    if (!action.action.group.empty()) actions = actions->find(action.action.group)->find("Actions");
    return actions->find(action.short_name);
  }

  void warn_of_lambda(const ActionDraft& action) {
    const auto* node = find_action_node(action);
    const auto* configuration = node->find("Configuration");
    const auto* container = configuration == nullptr ? nullptr : configuration->entry("Container");
    const auto* caching = node->entry("Caching");
    if (caching != nullptr) findings_.warn("W314", spot(*caching, joined(action.spot.path, "Caching")), "Lambda compute has no caching", "Use EC2");
    if (draft_.compute.shared_instance || action.compute.shared_instance)
      findings_.warn("W314", action.spot, "Lambda compute has no SharedInstance; the actions share one workspace here all the same", "Use EC2");
    if (container != nullptr)
      findings_.warn("W314", spot(*container, joined(action.spot.path, "Configuration.Container")), "Lambda compute takes no Container", "Use EC2");
  }

  /// Names of actions are unique in the whole file, also across groups.
  void check_names() {
    std::map<std::string, const ActionDraft*> seen;
    for (const auto& action : draft_.actions) {
      const auto [known, fresh] = seen.emplace(action.short_name, &action);
      if (!fresh)
        findings_.error("E114", action.spot, fmt::format("{} names two actions (first at line {})", action.short_name, known->second->spot.line),
                        "Rename one of them");
    }
  }

  const yaml::Node& root_;
  Properties properties_;
  const Reading reading_;        // a copy: who makes a reader gives it a temporary
  Findings& findings_;
  Workflow workflow_;
  Outline outline_;
  Draft draft_;
};

void report(const std::vector<yaml::Issue>& issues, Findings& findings) {
  for (const auto& issue : issues) {
    auto& said = findings.error(issue.code, {issue.line, issue.column}, issue.what, issue.suggestion);
    if (!issue.before.empty()) correct(said, issue.before, issue.after);
  }
}

/// The other system a file was written for, by the key that gives it away.
std::optional<std::pair<const yaml::Entry*, const char*>> other_system(const yaml::Node& root) {
  if (root.entry("Actions") != nullptr) return std::nullopt;
  if (const auto* jobs = root.entry("jobs")) return std::pair{jobs, root.entry("on") == nullptr && root.entry("version") != nullptr ? "CircleCI" : "GitHub Actions"};
  constexpr std::array<std::pair<const char*, const char*>, 8> keys{{{"on", "GitHub Actions"}, {"stages", "GitLab CI"},
      {"pipeline", "Jenkins or Woodpecker"}, {"pipelines", "Bitbucket Pipelines"}, {"phases", "CodeBuild"},
      {"pool", "Azure Pipelines"}, {"script", "Travis CI or GitLab CI"}, {"Resources", "CloudFormation"}}};
  for (const auto& [key, system] : keys)
    if (const auto* entry = root.entry(key)) return std::pair{entry, system};
  return std::nullopt;
}

bool is_workflow(const yaml::Node& root, Findings& findings) {
  if (!root.is_map() || root.entries.empty()) {
    findings.error("E100", {1, 1}, fmt::format("the file holds {}; a workflow is a map that starts with Name, SchemaVersion, Actions",
                                               root.is_scalar() ? "a text" : described(root)));
    return false;
  }
  const auto other = other_system(root);
  if (!other) return true;
  findings.error("E103", spot(*other->first, other->first->key),
                 fmt::format("this looks like a {} file: it has {}: and no Actions:", other->second, other->first->key),
                 "A workflow starts with Name, SchemaVersion, Actions");
  return false;
}

}  // namespace

bool Parsed::runnable() const {
  return workflow && std::ranges::none_of(diagnostics, [](const Diagnostic& d) {
    return d.severity == Severity::Error || d.severity == Severity::Capability;
  });
}

Parsed parse_workflow(std::string_view text, const std::string& file, const Known& known) {
  return read_definition(text, file, known);
}

Parsed too_large(const std::string& file, std::optional<std::uint64_t> bytes) {
  const yaml::Lines nothing("");
  Findings findings(file, nothing);
  findings.error("E105", {1, 1}, bytes ? fmt::format("the definition is {} KB; the limit is {} KB", (*bytes + 1023) / 1024, definition_bytes_max / 1024)
                                    : fmt::format("the definition is larger than the limit of {} KB", definition_bytes_max / 1024),
                 "Move long scripts into files of the repository");
  return {.diagnostics = findings.finish()};
}

Parsed read_definition(std::string_view text, const std::string& file, const Known& known, const Onlooker& onlooker,
                       std::set<std::string>* asked) {
  if (text.size() > definition_bytes_max) return too_large(file, text.size());
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const yaml::Lines lines(text);
  Findings findings(file, lines, asked);
  const auto document = yaml::read(text);
  report(document.issues, findings);
  Parsed parsed;
  if (document.readable && is_workflow(document.root, findings)) {
    if (document.second_document_line > 0)
      findings.warn("W301", {document.second_document_line, 1}, "everything from here on is ignored: a file holds one workflow",
                    "Move it into a file of its own");
    DefinitionReader reader(document.root, {known, lines, findings});
    auto workflow = reader.read();
    parsed.outline = reader.outline();
    if (!findings.has(Severity::Error)) parsed.workflow = std::move(workflow);
    if (onlooker) onlooker(document.root, lines, findings);
  }
  parsed.diagnostics = findings.finish();
  return parsed;
}

bool is_workflow_file(std::string_view path) {
  return path.starts_with(".codecatalyst/workflows/") && (path.ends_with(".yml") || path.ends_with(".yaml"));
}

}  // namespace tandem::workflow
