#include "record/workflow.hpp"

#include "record/words.hpp"

namespace tandem {
namespace {

constexpr Words<Severity, 4> severities{{{{Severity::Error, "error"},
                                          {Severity::Capability, "capability"},
                                          {Severity::Warning, "warning"},
                                          {Severity::Note, "note"}}}};
constexpr Words<RunMode, 3> modes{
    {{{RunMode::Queued, "QUEUED"}, {RunMode::Superseded, "SUPERSEDED"}, {RunMode::Parallel, "PARALLEL"}}}};
constexpr Words<TriggerType, 3> triggers{{{{TriggerType::Push, "PUSH"},
                                           {TriggerType::PullRequest, "PULLREQUEST"},
                                           {TriggerType::Schedule, "SCHEDULE"}}}};

json::value place_json(const Place& place) {
  return json::object{{"file", place.file}, {"line", place.line}, {"column", place.column}};
}

Place place_from(const json::value* value) {
  if (value == nullptr) return {};
  Fields fields(*value, "a place");
  return {fields.string_or("file", ""), static_cast<int>(fields.integer_or("line", 0)),
          static_cast<int>(fields.integer_or("column", 0))};
}

json::value to_json(const TextEdit& edit) {
  return json::object{{"line", edit.place.line}, {"column", edit.place.column}, {"before", edit.before}, {"after", edit.after}};
}

json::value maybe_number(const std::optional<double>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

std::optional<double> number_from(Fields& fields, std::string_view name) {
  if (fields.find(name) == nullptr) return std::nullopt;
  return fields.number_or(name, 0);
}

json::value to_json(const Trigger& trigger) {
  return json::object{{"type", triggers.word(trigger.type)},
                      {"branches", json_of(trigger.branches)},
                      {"events", json_of(trigger.events)},
                      {"files_changed", json_of(trigger.files_changed)},
                      {"expression", trigger.expression},
                      {"place", place_json(trigger.place)},
                      {"branches_place", place_json(trigger.branches_place)},
                      {"events_place", place_json(trigger.events_place)},
                      {"files_place", place_json(trigger.files_place)}};
}

Trigger trigger_from(const json::value& value, Fields& parent) {
  Fields fields(value, "a trigger");
  Trigger trigger;
  const auto type = triggers.find(fields.string("type"));
  if (!type) parent.refuse("has a trigger of unknown type");
  trigger.type = type.value_or(TriggerType::Push);
  trigger.branches = fields.strings("branches");
  trigger.events = fields.strings("events");
  trigger.files_changed = fields.strings("files_changed");
  trigger.expression = fields.string_or("expression", "");
  trigger.place = place_from(fields.find("place"));
  trigger.branches_place = place_from(fields.find("branches_place"));
  trigger.events_place = place_from(fields.find("events_place"));
  trigger.files_place = place_from(fields.find("files_place"));
  return trigger;
}

json::value to_json(const ReportOutput& report) {
  json::array limits;
  for (const auto& limit : report.finding_limits)
    limits.push_back({{"criterion", limit.criterion}, {"severity", limit.severity}, {"number", limit.number}});
  return json::object{{"name", report.name},
                      {"format", report.format},
                      {"include_paths", json_of(report.include_paths)},
                      {"exclude_paths", json_of(report.exclude_paths)},
                      {"pass_rate", maybe_number(report.pass_rate)},
                      {"line_coverage", maybe_number(report.line_coverage)},
                      {"branch_coverage", maybe_number(report.branch_coverage)},
                      {"finding_limits", limits},
                      {"place", place_json(report.place)}};
}

ReportOutput report_from(const json::value& value) {
  Fields fields(value, "a report");
  ReportOutput report{fields.string_or("name", ""), fields.string_or("format", ""),
                      fields.strings("include_paths"), fields.strings("exclude_paths")};
  report.pass_rate = number_from(fields, "pass_rate");
  report.line_coverage = number_from(fields, "line_coverage");
  report.branch_coverage = number_from(fields, "branch_coverage");
  for (const auto& member : fields.list("finding_limits")) {
    Fields limit(member, "a finding limit");
    report.finding_limits.push_back({limit.string_or("criterion", ""), limit.string_or("severity", ""),
                                     static_cast<int>(limit.integer_or("number", 0))});
  }
  report.place = place_from(fields.find("place"));
  return report;
}

json::value to_json(const Action& action) {
  json::array variables;
  for (const auto& [name, value] : action.variables) variables.push_back({{"name", name}, {"value", value}});
  json::array artifacts;
  for (const auto& artifact : action.output_artifacts)
    artifacts.push_back({{"name", artifact.name}, {"files", json_of(artifact.files)}});
  json::array reports;
  for (const auto& report : action.reports) reports.push_back(to_json(report));
  json::array caches;
  for (const auto& cache : action.caches)
    caches.push_back({{"key", cache.key}, {"path", cache.path}, {"restore_keys", json_of(cache.restore_keys)}});
  return json::object{
      {"name", action.name},
      {"group", action.group},
      {"identifier", action.identifier},
      {"depends_on", json_of(action.depends_on)},
      {"takes_source", action.takes_source},
      {"input_artifacts", json_of(action.input_artifacts)},
      {"variables", variables},
      {"output_variables", json_of(action.output_variables)},
      {"output_artifacts", artifacts},
      {"reports", reports},
      {"caches", caches},
      {"steps", json_of(action.steps)},
      {"configuration", action.configuration},
      {"environment", action.environment},
      {"role", action.role},
      {"timeout_minutes", action.timeout_minutes ? json::value(*action.timeout_minutes) : json::value(nullptr)},
      {"shared_instance", action.shared_instance},
      {"place", place_json(action.place)}};
}

Action action_from(const json::value& value) {
  Fields fields(value, "an action");
  Action action;
  action.name = fields.string_or("name", "");
  action.group = fields.string_or("group", "");
  action.identifier = fields.string_or("identifier", "");
  action.depends_on = fields.strings("depends_on");
  action.takes_source = fields.boolean_or("takes_source", false);
  action.input_artifacts = fields.strings("input_artifacts");
  for (const auto& member : fields.list("variables")) {
    Fields variable(member, "a variable");
    action.variables.emplace_back(variable.string_or("name", ""), variable.string_or("value", ""));
  }
  action.output_variables = fields.strings("output_variables");
  for (const auto& member : fields.list("output_artifacts")) {
    Fields artifact(member, "an artifact");
    action.output_artifacts.push_back({artifact.string_or("name", ""), artifact.strings("files")});
  }
  for (const auto& member : fields.list("reports")) action.reports.push_back(report_from(member));
  for (const auto& member : fields.list("caches")) {
    Fields cache(member, "a cache");
    action.caches.push_back({cache.string_or("key", ""), cache.string_or("path", ""), cache.strings("restore_keys")});
  }
  action.steps = fields.strings("steps");
  action.configuration = fields.object("configuration");
  action.environment = fields.string_or("environment", "");
  action.role = fields.string_or("role", "");
  if (fields.find("timeout_minutes") != nullptr)
    action.timeout_minutes = static_cast<int>(fields.integer_or("timeout_minutes", 0));
  action.shared_instance = fields.boolean_or("shared_instance", false);
  action.place = place_from(fields.find("place"));
  return action;
}

}  // namespace

std::string_view word(Severity severity) { return severities.word(severity); }

json::value to_json(const Diagnostic& diagnostic) {
  return json::object{{"code", diagnostic.code},
                      {"severity", word(diagnostic.severity)},
                      {"path", diagnostic.path},
                      {"file", diagnostic.place.file},
                      {"line", diagnostic.place.line},
                      {"column", diagnostic.place.column},
                      {"message", diagnostic.what},
                      {"suggestion", diagnostic.suggestion.empty() ? json::value(nullptr)
                                                                   : json::value(diagnostic.suggestion)},
                      {"fix", diagnostic.fix ? to_json(*diagnostic.fix) : json::value(nullptr)}};
}

std::string sentences(const Diagnostic& diagnostic) {
  if (diagnostic.suggestion.empty()) return diagnostic.what;
  const bool is_closed = diagnostic.what.ends_with('?') || diagnostic.what.ends_with('.') || diagnostic.what.ends_with(':');
  return diagnostic.what + (is_closed ? " " : ". ") + diagnostic.suggestion;
}

std::string text(const Diagnostic& diagnostic) {
  auto out = fmt::format("{}: {} ", text(diagnostic.place), diagnostic.code);
  if (!diagnostic.path.empty()) out += diagnostic.path + ": ";
  return out + sentences(diagnostic);
}

json::value to_json(const Workflow& workflow) {
  json::array trigger_list;
  for (const auto& trigger : workflow.triggers) trigger_list.push_back(to_json(trigger));
  json::array actions;
  for (const auto& action : workflow.actions) actions.push_back(to_json(action));
  return json::object{{"name", workflow.name},
                      {"file", workflow.file},
                      {"mode", modes.word(workflow.mode)},
                      {"triggers", trigger_list},
                      {"actions", actions}};
}

Result<Workflow> workflow_from_json(const json::value& value) {
  Fields fields(value, "a workflow");
  Workflow workflow;
  workflow.name = fields.string("name");
  workflow.file = fields.string("file");
  const auto mode = modes.find(fields.string("mode"));
  if (!mode) fields.refuse("has an unknown mode");
  workflow.mode = mode.value_or(RunMode::Queued);
  for (const auto& member : fields.list("triggers")) workflow.triggers.push_back(trigger_from(member, fields));
  for (const auto& member : fields.list("actions")) workflow.actions.push_back(action_from(member));
  TRY(fields.finish());
  return workflow;
}

}  // namespace tandem
