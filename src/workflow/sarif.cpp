#include <algorithm>
#include <array>
#include <set>

#include "base/yaml_lines.hpp"
#include "workflow/validation.hpp"

namespace tandem::workflow {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 75> titles{{
    {"E100", "not a workflow"}, {"E101", "text leaves a block"}, {"E102", "not valid YAML"},
    {"E103", "file of another CI system"}, {"E104", "duplicate key"}, {"E105", "definition too large"},
    {"E110", "unknown property"}, {"E111", "Commands instead of Steps"}, {"E112", "missing property"},
    {"E113", "wrong type"}, {"E114", "bad name"}, {"E115", "unknown SchemaVersion"}, {"E116", "number of actions"},
    {"E120", "unknown trigger type"}, {"E121", "pull request trigger without Events"}, {"E122", "unknown event"},
    {"E123", "property of another trigger type"}, {"E124", "bad schedule"}, {"E125", "bad pattern"},
    {"E126", "second schedule"}, {"E127", "unknown run mode"}, {"E130", "neither action nor group"},
    {"E131", "action not available here"}, {"E132", "unknown version of an action"}, {"E133", "nested group"},
    {"E140", "unknown dependency"}, {"E141", "circular dependency"}, {"E142", "gate beside other actions"},
    {"E150", "two inputs"}, {"E151", "artifact without producer"}, {"E152", "artifact with two producers"},
    {"E153", "unknown source"}, {"E154", "path outside the workspace"}, {"E160", "reference to an unknown action"}, {"E161", "reference to an unknown variable"},
    {"E162", "bad or repeated variable name"}, {"E163", "unknown secret"}, {"E164", "unknown repository"},
    {"E170", "bad report"}, {"E180", "no environment"}, {"E181", "unknown environment"}, {"E182", "no such machine here"},
    {"E183", "no container engine here"}, {"E184", "timeout out of range"}, {"E190", "shared instance without a chain"},
    {"E191", "input artifact with a shared instance"}, {"W301", "second document"}, {"W302", "pattern like a glob"},
    {"W303", "unknown key in a step"}, {"W304", "dependency across levels"}, {"W305", "variable without value"},
    {"W306", "hyphen in an artifact name"}, {"W307", "no input"}, {"W308", "absolute path"},
    {"W310", "reference where none is read"}, {"W312", "secret in single quotes"}, {"W313", "Compute given twice"},
    {"W314", "not with Lambda compute"}, {"W315", "very short timeout"}, {"W316", "long step without set -e"},
    {"W317", "action without a version"}, {"W318", "variable that nobody sets"}, {"W320", "swallowed failure"}, {"W321", "fixed sleep"},
    {"W322", "source rewritten with sed"}, {"W323", "schedule that never fires"}, {"N200", "more than are shown"}, {"N201", "letter case"}, {"N202", "MANUAL is no trigger"},
    {"N203", "order not written down"}, {"N204", "undocumented reference"}, {"N205", "ignored here"}, {"N206", "old or loose form"}, {"N207", "not possible in CodeCatalyst"}, {"N208", "no network"},
}};

std::string_view level(Severity severity) {
  if (severity == Severity::Warning) return "warning";
  return severity == Severity::Note ? "note" : "error";
}

json::object region(const Place& place) {
  json::object out;
  if (place.line > 0) out["startLine"] = place.line;
  if (place.column > 0) out["startColumn"] = place.column;
  return out;
}

json::array fixes(const TextEdit& fix) {
  const yaml::Lines removed(fix.before);
  auto deleted = region(fix.place);
  const int last = removed.count();
  const int length = removed.column_at(fix.before.size()) - 1;
  deleted["endLine"] = fix.place.line + last - 1;
  deleted["endColumn"] = (last == 1 ? fix.place.column : 1) + length;
  const json::object replacement{{"deletedRegion", deleted}, {"insertedContent", {{"text", fix.after}}}};
  const json::object change{{"artifactLocation", {{"uri", fix.place.file}}}, {"replacements", json::array{replacement}}};
  return {json::object{{"artifactChanges", json::array{change}}}};
}

json::object result_of(const Diagnostic& diagnostic) {
  const auto message = sentences(diagnostic);
  json::object physical{{"artifactLocation", {{"uri", diagnostic.place.file}}}};
  if (auto where = region(diagnostic.place); !where.empty()) physical["region"] = std::move(where);
  json::object location{{"physicalLocation", std::move(physical)}};
  if (!diagnostic.path.empty()) location["logicalLocations"] = json::array{json::object{{"fullyQualifiedName", diagnostic.path}}};
  json::object out{{"ruleId", diagnostic.code}, {"level", level(diagnostic.severity)}, {"message", {{"text", message}}},
                   {"locations", json::array{std::move(location)}}};
  if (diagnostic.fix) out["fixes"] = fixes(*diagnostic.fix);
  return out;
}

}  // namespace

std::string_view title(std::string_view code) {
  const auto found = std::ranges::find(titles, code, [](const auto& entry) { return entry.first; });
  if (found != titles.end()) return found->second;
  return {};
}

std::vector<std::string_view> codes() {
  std::vector<std::string_view> out;
  for (const auto& entry : titles) out.push_back(entry.first);
  return out;
}

json::value to_sarif(const std::vector<Diagnostic>& diagnostics, std::string_view tool_version) {
  std::set<std::string> codes;
  json::array results;
  for (const auto& diagnostic : diagnostics) {
    codes.insert(diagnostic.code);
    results.push_back(result_of(diagnostic));
  }
  json::array rules;
  for (const auto& code : codes) rules.push_back(json::object{{"id", code}, {"shortDescription", {{"text", title(code)}}}});
  json::object driver{{"name", "tandem"}, {"rules", std::move(rules)}};
  if (!tool_version.empty()) driver["version"] = tool_version;
  const json::object run{{"tool", {{"driver", std::move(driver)}}}, {"columnKind", "unicodeCodePoints"}, {"results", std::move(results)}};
  return json::object{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", json::array{run}}};
}

}  // namespace tandem::workflow
