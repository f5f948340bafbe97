#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/text.hpp"
#include "check/report_formats.hpp"

namespace tandem::check {
namespace {

/// What a tool says about one of its rules.
struct Rule {
  std::string id;
  std::string level;           ///< default level; may be empty
  std::string kind = "Other";
  double security_severity = 0;
};

std::string severity_of(std::string_view level) {
  if (level == "error") return "HIGH";
  if (level == "note") return "LOW";
  if (level == "none") return "INFORMATIONAL";
  return "MEDIUM";
}

std::string kind_of(const std::vector<std::string>& tags) {
  const auto is = [&tags](std::initializer_list<const char*> words) {
    return std::ranges::any_of(tags, [&words](const std::string& tag) {
      const auto low = lower(tag);
      return std::ranges::any_of(words, [&low](const char* word) { return low == word; });
    });
  };
  if (is({"security", "vulnerability"})) return "Security";
  if (is({"bug", "correctness", "reliability", "error-prone"})) return "Bug";
  if (is({"code-smell", "codesmell", "code_smell"})) return "CodeSmell";
  if (is({"quality", "maintainability", "style", "readability", "performance"})) return "Quality";
  return "Other";
}

Rule rule_of(const json::value& value) {
  Fields fields(value, "a rule");
  const json::value configuration = fields.object("defaultConfiguration");
  const json::value properties = fields.object("properties");
  Fields more(properties, "properties of a rule");
  auto tags = more.strings("tags");
  tags.push_back(more.string_or("category", ""));
  Rule rule{fields.string_or("id", ""), Fields(configuration, "configuration").string_or("level", ""), kind_of(tags)};
  rule.security_severity = std::strtod(more.string_or("security-severity", "0").c_str(), nullptr);
  return rule;
}

/// The rules of a run: of the driver and its extensions, in the driver's order first.
std::vector<Rule> rules_of(Fields& run) {
  std::vector<Rule> rules;
  const json::value tool = run.object("tool");
  Fields tools(tool, "tool");
  const json::value driver = tools.object("driver");
  for (const auto& rule : Fields(driver, "driver").list("rules")) rules.push_back(rule_of(rule));
  for (const auto& extension : tools.list("extensions"))
    for (const auto& rule : Fields(extension, "extension").list("rules")) rules.push_back(rule_of(rule));
  return rules;
}

std::string tool_name(Fields& run) {
  const json::value tool = run.object("tool");
  const json::value driver = Fields(tool, "tool").object("driver");
  return Fields(driver, "driver").string_or("name", "tool");
}

Place place_of(Fields& result) {
  const auto locations = result.list("locations");
  if (locations.empty()) return {};
  const json::value physical = Fields(locations[0], "location").object("physicalLocation");
  Fields at(physical, "physical location");
  const json::value artifact = at.object("artifactLocation");
  const json::value region = at.object("region");
  Fields lines(region, "region");
  auto file = percent_decoded(Fields(artifact, "artifact").string_or("uri", ""));
  if (file.starts_with("file://")) file = file.substr(7);
  return {file, static_cast<int>(lines.integer_or("startLine", 0)), static_cast<int>(lines.integer_or("startColumn", 0))};
}

/// Suppressed, unless the suppression is still waiting for a decision or was turned down.
bool is_suppressed(Fields& result) {
  const auto suppressions = result.list("suppressions");
  return std::ranges::any_of(suppressions, [](const json::value& each) {
    const auto status = Fields(each, "suppression").string_or("status", "accepted");
    return status == "accepted";
  });
}

const Rule* find_rule(const std::vector<Rule>& rules, const std::string& id, std::int64_t index) {
  if (index >= 0 && static_cast<size_t>(index) < rules.size() && (id.empty() || rules[static_cast<size_t>(index)].id == id))
    return &rules[static_cast<size_t>(index)];
  const auto found = std::ranges::find(rules, id, &Rule::id);
  return found == rules.end() ? nullptr : &*found;
}

void take_result(Report& report, const json::value& value, const std::vector<Rule>& rules, const std::string& tool) {
  Fields result(value, "a result");
  if (result.string_or("kind", "fail") != "fail" || is_suppressed(result)) return;
  const json::value message = result.object("message");
  const json::value reference = result.object("rule");
  const auto id = result.string_or("ruleId", Fields(reference, "rule").string_or("id", ""));
  const auto* rule = find_rule(rules, id, result.integer_or("ruleIndex", -1));
  // The standard lets a result leave its level to its rule.
  auto severity = severity_of(result.string_or("level", rule != nullptr ? rule->level : ""));
  if (rule != nullptr && rule->security_severity >= 9.0) severity = "CRITICAL";
  const auto what = Fields(message, "message").string_or("text", id);
  report.findings.push_back({fmt::format("{}.{}", lower(tool), id.empty() && rule != nullptr ? rule->id : id), severity,
                             place_of(result), what.substr(0, std::min<size_t>(what.find('\n'), 300))});
  report.kinds.push_back(rule != nullptr ? rule->kind : "Other");
}

/// A tool that says it did not get to its end has not found nothing.
std::optional<std::string> broken_invocation(Fields& run) {
  for (const auto& value : run.list("invocations")) {
    Fields invocation(value, "an invocation");
    if (!invocation.boolean_or("executionSuccessful", true)) return invocation.string_or("exitCodeDescription", "executionSuccessful is false");
  }
  return std::nullopt;
}

}  // namespace

Result<Report> parse_sarif(std::string_view text, std::string_view name) {
  const auto document = TRY(parse_json(text, name));
  Fields fields(document, "a SARIF log");
  if (!fields.string_or("version", "").starts_with("2.1") || fields.find("runs") == nullptr)
    return failure(Fault::Invalid, "not SARIF 2.1: no version 2.1 or no runs").at({std::string(name)});
  Report report;
  for (const auto& value : fields.list("runs")) {
    Fields run(value, "a run");
    const auto tool = tool_name(run);
    if (const auto why = broken_invocation(run))
      return failure(Fault::Invalid, "{} did not finish its analysis: {}", tool, *why).at({std::string(name)});
    const auto rules = rules_of(run);
    for (const auto& result : run.list("results")) take_result(report, result, rules, tool);
  }
  TRY(fields.finish());
  return report;
}

}  // namespace tandem::check
