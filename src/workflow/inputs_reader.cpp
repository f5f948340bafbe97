#include "workflow/inputs_reader.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "workflow/references.hpp"
#include "workflow/reports_reader.hpp"

namespace tandem::workflow {
namespace {
constexpr size_t artifacts_max = 10;
constexpr size_t variables_max = 256;
constexpr size_t value_max = 1000;
constexpr size_t caches_max = 5;

void refuse_surplus(size_t count, size_t most, std::string_view what, const Spot& at, Findings& findings) {
  if (count > most) findings.error("E113", at, fmt::format("{} {}; the limit is {}", count, what, most), "Split the action");
}

void read_sources(Properties& inputs, ActionDraft& draft, const Reading& reading) {
  const auto labels = inputs.list("Sources");
  const bool is_named = std::ranges::any_of(labels, [](const auto* label) { return label->text == "WorkflowSource"; });
  for (const auto* label : labels) {
    if (label->text == "WorkflowSource") {
      draft.action.takes_source = true;
      continue;
    }
    auto& said = reading.findings.error("E153", spot(*label, inputs.path("Sources")),
                                        fmt::format("{} is not a source; the only label is WorkflowSource", label->text),
                                        is_named ? "Leave it out" : "Write WorkflowSource");
    if (!is_named && labels.size() == 1) correct(said, label->text, "WorkflowSource");
  }
  if (std::ranges::count_if(labels, [](const auto* label) { return label->text == "WorkflowSource"; }) > 1)
    reading.findings.note("N206", spot(*labels[1], inputs.path("Sources")), "one source is enough");
}

void read_input_artifacts(Properties& inputs, ActionDraft& draft, const Reading& reading) {
  for (const auto* name : inputs.list("Artifacts")) {
    draft.action.input_artifacts.push_back(name->text);
    draft.input_artifacts.push_back({name->text, spot(*name, inputs.path("Artifacts"))});
  }
  refuse_surplus(draft.input_artifacts.size(), artifacts_max, "input artifacts", inputs.at_key("Artifacts"), reading.findings);
}

/// Name and value of one input variable, whichever form it has; `below` is the way to the value.
void add_variable(const Spot& at, const std::string& name, const yaml::Node* value, const std::string& below, ActionDraft& draft, const Reading& reading) {
  auto& findings = reading.findings;
  if (!is_name(name, 60)) {
    findings.error("E162", at, fmt::format("\"{}\" is no variable name", name), "Use up to 60 letters, digits, - and _");
    return;
  }
  if (std::ranges::any_of(draft.action.variables, [&](const auto& known) { return known.first == name; })) {
    findings.error("E162", at, fmt::format("the variable {} is given twice", name), "Keep one of them");
    return;
  }
  std::string text;
  if (value == nullptr || value->is_null()) {
    findings.warn("W305", at, fmt::format("the variable {} has no Value; it is empty", name), "Write Value: \"\" if that is meant");
  } else if (!value->is_scalar()) {
    findings.error("E113", spot(*value, below), fmt::format("Value must be a text, not {}", described(*value)));
  } else {
    text = value->text;
    if (text.size() > value_max)
      findings.error("E113", spot(*value, below), fmt::format("Value has {} characters; the limit is {}", text.size(), value_max));
    for (auto& used : references_below(*value, below, reading.lines)) draft.references.push_back(std::move(used));
  }
  draft.action.variables.emplace_back(name, text);
}

void read_variables(Properties& inputs, ActionDraft& draft, const Reading& reading) {
  const auto* entry = inputs.find("Variables");
  if (entry == nullptr) return;
  const auto path = inputs.path("Variables");
  if (entry->value.is_map()) {
    for (const auto& variable : entry->value.entries) {
      if (draft.action.variables.size() > variables_max) break;   // too many anyway
      const auto below = joined(path, variable.key);
      add_variable(spot(variable, below), variable.key, &variable.value, below, draft, reading);
    }
  } else if (entry->value.is_list()) {
    for (size_t i = 0; i < entry->value.items.size() && draft.action.variables.size() <= variables_max; ++i) {
      const auto& item = entry->value.items[i];
      const auto below = fmt::format("{}[{}]", path, i);
      if (!item.is_map()) {
        reading.findings.error("E113", spot(item, below), fmt::format("a variable must be a map of Name and Value, not {}", described(item)));
        continue;
      }
      Properties variable(item, below, "a variable", reading.findings);
      variable.require("Name", "a variable");
      const auto name = variable.text("Name");
      variable.find("Value");
      if (name) add_variable(variable.at("Name"), *name, item.find("Value"), variable.path("Value"), draft, reading);
      variable.finish();
    }
  } else {
    reading.findings.error("E113", inputs.at("Variables"),
                           fmt::format("Variables must be a list of Name and Value, not {}", described(entry->value)));
  }
  refuse_surplus(draft.action.variables.size(), variables_max, "variables", inputs.at_key("Variables"), reading.findings);
}

void check_artifact_name(const std::string& name, const Spot& at, Findings& findings) {
  if (!is_name(name))
    findings.error("E114", at, fmt::format("\"{}\" may use only letters, digits and _", name), "Rename the artifact");
  else if (name.find('-') != std::string::npos)
    findings.warn("W306", at, fmt::format("the artifact name {} holds a hyphen, which its environment variable cannot", name),
                  fmt::format("Write {}", replaced(name, "-", "_")));
}

/// An absolute path that does not lead into the working directory.
bool leads_elsewhere(const std::string& pattern) {
  return pattern.starts_with('/') && !pattern.starts_with("/sources/WorkflowSource/") && !pattern.starts_with(fmt::format("{}/", sources_root));
}

/// What a step that takes the artifact finds in it.
std::string stored_as(const std::string& pattern) {
  const bool is_one_file = pattern.find_first_of("*?") == pattern.npos;
  return is_one_file ? pattern.substr(pattern.rfind('/') + 1) : pattern.substr(1);
}

void add_artifact(const Named& name, const std::vector<const yaml::Node*>& files, const std::string& below, ActionDraft& draft, Findings& findings) {
  check_artifact_name(name.name, name.spot, findings);
  ArtifactOutput artifact{name.name, {}};
  for (const auto* file : files) {
    refuse_climbing(*file, below, findings);
    if (file->text.find_first_not_of("/.") == std::string::npos && file->text.starts_with('/'))
      findings.error("E154", spot(*file, below), fmt::format("{} is no file of the workspace", file->text), "Write a path below the working directory");
    else if (leads_elsewhere(file->text))
      findings.warn("W308", spot(*file, below),
                    fmt::format("{} is an absolute path; it is stored as {}", file->text, stored_as(file->text)),
                    "Write a path below the working directory");
    artifact.files.push_back(file->text);
  }
  draft.action.output_artifacts.push_back(std::move(artifact));
  draft.output_artifacts.push_back(name);
}

void read_artifact(const yaml::Node& item, const std::string& path, const Named* name, ActionDraft& draft, Findings& findings) {
  if (!item.is_map()) {
    findings.error("E113", spot(item, path), fmt::format("an artifact must be a map of Name and Files, not {}", described(item)));
    return;
  }
  Properties artifact(item, path, "an artifact", findings);
  if (name != nullptr) artifact.stands_at(name->spot);
  if (name == nullptr) artifact.require("Name", "an artifact");
  artifact.require("Files", "an artifact");
  const auto files = artifact.list("Files");
  refuse_surplus(files.size(), variables_max, "patterns", artifact.at_key("Files"), findings);
  if (name != nullptr) {
    add_artifact(*name, files, artifact.path("Files"), draft, findings);
  } else if (const auto written = artifact.text("Name")) {
    add_artifact({*written, artifact.at("Name")}, files, artifact.path("Files"), draft, findings);
  }
  artifact.finish();
}

void read_output_artifacts(Properties& outputs, ActionDraft& draft, Findings& findings) {
  const auto* entry = outputs.find("Artifacts");
  if (entry == nullptr) return;
  const auto path = outputs.path("Artifacts");
  if (entry->value.is_list()) {
    for (size_t i = 0; i < entry->value.items.size(); ++i)
      read_artifact(entry->value.items[i], fmt::format("{}[{}]", path, i), nullptr, draft, findings);
  } else if (entry->value.is_map()) {
    for (const auto& artifact : entry->value.entries) {
      const Named name{artifact.key, spot(artifact, joined(path, artifact.key))};
      read_artifact(artifact.value, name.spot.path, &name, draft, findings);
    }
  } else {
    findings.error("E113", outputs.at("Artifacts"),
                   fmt::format("Artifacts must be a list of Name and Files, not {}", described(entry->value)));
  }
  refuse_surplus(draft.output_artifacts.size(), artifacts_max, "output artifacts", outputs.at_key("Artifacts"), findings);
}

void read_output_variables(Properties& outputs, ActionDraft& draft, Findings& findings) {
  auto& names = draft.action.output_variables;
  for (const auto* name : outputs.list("Variables")) {
    if (names.size() > variables_max) break;
    const auto at = spot(*name, outputs.path("Variables"));
    if (!is_name(name->text, 255))
      findings.error("E162", at, fmt::format("\"{}\" is no variable name", name->text), "Use letters, digits, - and _");
    else if (std::ranges::find(names, name->text) != names.end())
      findings.error("E162", at, fmt::format("the variable {} is listed twice", name->text), "Keep one of them");
    else
      names.push_back(name->text);
  }
  refuse_surplus(names.size(), variables_max, "output variables", outputs.at_key("Variables"), findings);
}

bool is_cache_key(std::string_view key) {
  return !key.empty() && key.size() <= 180 && std::ranges::all_of(key, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

/// Whether an absolute path leads to something of the workspace, or ~ or $HOME to that of the action's HOME.
bool is_of_the_workspace(const std::string& path) {
  for (const auto root : {std::string_view("/root"), std::string_view("/sources/WorkflowSource"), std::string_view("/artifacts"), sources_root})
    if (path == root || path.starts_with(fmt::format("{}/", root))) return true;
  return !path.starts_with('/');
}

/// A miss costs time only, so a cache that lies elsewhere keeps no workflow from running.
void check_cache_path(const yaml::Node& path, const std::string& key, const std::string& below, Findings& findings) {
  const auto parts = split(path.text, '/');
  if (std::ranges::find(parts, "..") != parts.end())
    findings.error("E154", spot(path, below), fmt::format("{} goes up with ..", path.text), "Name a file or folder below the working directory or HOME");
  else if (path.text.starts_with('/') && path.text.find_first_not_of("/.") == std::string::npos)
    findings.error("E154", spot(path, below), fmt::format("{} is no file or folder of the workspace", path.text), "Name one below the working directory or HOME");
  else if (!is_of_the_workspace(path.text))
    findings.warn("W308", spot(path, below), fmt::format("{} is outside the workspace: the cache {} is neither restored nor kept", path.text, key),
                  "Let the tool keep it below the working directory or HOME");
}

void read_cache(const yaml::Entry& entry, const std::string& path, ActionDraft& draft, Findings& findings) {
  if (!is_cache_key(entry.key))
    findings.error("E114", spot(entry, path), fmt::format("\"{}\" may use only letters, digits, -, _ and .", entry.key),
                   "Rename the cache");
  if (!entry.value.is_map()) {
    findings.error("E113", spot(entry.value, path), fmt::format("a cache must be a map of Path and RestoreKeys, not {}", described(entry.value)));
    return;
  }
  Properties cache(entry.value, path, "a cache", findings);
  cache.stands_at(spot(entry, path));
  cache.require("Path", "a cache");
  FileCache out{entry.key, cache.text("Path").value_or(""), {}};
  if (!out.path.empty()) check_cache_path(*entry.value.find("Path"), entry.key, cache.path("Path"), findings);
  for (const auto* key : cache.list("RestoreKeys")) out.restore_keys.push_back(key->text);
  refuse_surplus(out.restore_keys.size(), caches_max, "restore keys", cache.at_key("RestoreKeys"), findings);
  cache.finish();
  draft.action.caches.push_back(std::move(out));
}

}  // namespace

bool is_name(std::string_view text, size_t length) {
  return !text.empty() && text.size() <= length && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

void refuse_climbing(const yaml::Node& pattern, const std::string& path, Findings& findings) {
  const auto parts = split(pattern.text, '/');
  if (pattern.text.starts_with('/') || std::ranges::find(parts, "..") == parts.end()) return;
  findings.error("E154", spot(pattern, path), fmt::format("{} goes up with ..", pattern.text), "Patterns stay below the working directory: copy there what is meant, in a step");
}

void read_inputs(const yaml::Node& node, const std::string& path, ActionDraft& draft, const Reading& reading) {
  Properties inputs(node, path, "Inputs", reading.findings);
  read_sources(inputs, draft, reading);
  read_input_artifacts(inputs, draft, reading);
  read_variables(inputs, draft, reading);
  inputs.finish();
  const size_t count = (draft.action.takes_source ? 1 : 0) + draft.input_artifacts.size();
  if (draft.kind != nullptr && draft.kind->one_input && count > 1)
    reading.findings.error("E150", spot(node, path),
                           fmt::format("{} takes one input: a source or an artifact, not both", draft.kind->name),
                           "Let an action before it put both into one artifact");
}

void read_outputs(const yaml::Node& node, const std::string& path, ActionDraft& draft, const Reading& reading) {
  Properties outputs(node, path, "Outputs", reading.findings);
  read_output_artifacts(outputs, draft, reading.findings);
  read_output_variables(outputs, draft, reading.findings);
  if (const auto* reports = outputs.find("Reports")) read_reports(*reports, outputs.path("Reports"), draft, reading);
  if (const auto* discovery = outputs.find("AutoDiscoverReports"))
    read_report_discovery(*discovery, outputs.path("AutoDiscoverReports"), draft, reading);
  outputs.finish();
}

void read_caching(const yaml::Node& node, const std::string& path, ActionDraft& draft, const Reading& reading) {
  Properties caching(node, path, "Caching", reading.findings);
  if (const auto* files = caching.map("FileCaching")) {
    for (const auto& entry : files->entries) read_cache(entry, joined(caching.path("FileCaching"), entry.key), draft, reading.findings);
    refuse_surplus(files->entries.size(), caches_max, "caches", caching.at_key("FileCaching"), reading.findings);
  }
  caching.finish();
  if (draft.kind != nullptr && draft.kind->nature != Nature::Build)
    reading.findings.note("N205", spot(node, path), fmt::format("Caching is ignored: {} takes none", draft.kind->name));
}

}  // namespace tandem::workflow
