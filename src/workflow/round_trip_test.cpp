// Nothing that a definition says is dropped: a property changes the plan, or something is said about it, or it was required.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "workflow/catalogue.hpp"
#include "workflow/definition.hpp"
#include "workflow/validation.hpp"

namespace tandem::workflow {
namespace {
namespace fs = std::filesystem;

const Known known{{"staging", "production", "dev", "local"}, {"TOKEN", "PUBLISH_TOKEN"}, {"application", "infrastructure"}, true, {"local"}};

/// Every property of everything but configurations, each with a value that is not its default.
constexpr std::string_view everything = R"(
Name: everything
SchemaVersion: "1.0"
RunMode: SUPERSEDED
Triggers:
  - {Type: PUSH, Branches: [main], FilesChanged: ["src/.*"]}
  - {Type: PULLREQUEST, Branches: [main], Events: [OPEN, CLOSED], FilesChanged: ["src/.*"]}
  - {Type: SCHEDULE, Branches: [main], Expression: "0 3 * * ? *"}
Compute: {Type: EC2, Fleet: Linux.x86-64.Large}
Actions:
  Build:
    Identifier: aws/build@v1
    DependsOn: [Prepare]
    Timeout: 30
    Compute: {Type: EC2, Fleet: Linux.x86-64.XLarge, SharedInstance: true}
    Packages: {NpmConfiguration: {PackageRegistries: []}}
    Environment: {Name: local, Connections: [{Name: "123456789012", Role: deployer}]}
    Inputs:
      Sources: [WorkflowSource]
      Variables: [{Name: STAGE, Value: test}]
    Outputs:
      Variables: [TAG]
      Artifacts: [{Name: bundle, Files: ["dist/**/*"]}]
      AutoDiscoverReports:
        ReportNamePrefix: found
        IncludePaths: [reports/**]
        ExcludePaths: [reports/old]
        SuccessCriteria: {PassRate: 90, LineCoverage: 80, BranchCoverage: 70}
      Reports:
        Unit:
          Format: JUNITXML
          IncludePaths: [reports/*.xml]
          ExcludePaths: [reports/old.xml]
          SuccessCriteria: {PassRate: 95.5, LineCoverage: 1}
        Scan:
          Format: SARIFSA
          IncludePaths: [reports/*.sarif]
          SuccessCriteria:
            StaticAnalysisBug: {Severity: LOW, Number: 1}
            StaticAnalysisSecurity: {Severity: MEDIUM, Number: 2}
            StaticAnalysisQuality: {Severity: HIGH, Number: 3}
            StaticAnalysisCodeSmell: {Severity: CRITICAL, Number: 4}
            StaticAnalysisOther: {Severity: INFORMATIONAL, Number: 5}
            StaticAnalysisFinding: {Severity: LOW, Number: 6}
        Parts:
          Format: SARIFSCA
          IncludePaths: [reports/*.sca]
          SuccessCriteria: {Vulnerabilities: {Severity: HIGH, Number: 7}}
    Caching: {FileCaching: {pip: {Path: .pip, RestoreKeys: [pip-old]}}}
    Configuration:
      Container: {Registry: CODECATALYST, Image: "CodeCatalystLinux_x86_64:2024_03"}
      Steps: [{Run: TAG=1, Name: tag}]
  Prepare:
    DependsOn: [Gate]
    Actions:
      Fetch:
        Identifier: aws/managed-test@v1
        Inputs: {Sources: [WorkflowSource], Variables: {STAGE: fetch}}
        Outputs: {Artifacts: {fetched: {Files: [a]}}}
        Configuration: {Steps: [{Run: fetch}]}
  Gate:
    Identifier: aws/approval@v1
    Configuration: {ApprovalsRequired: 2}
  Ship:
    Identifier: aws/build@v1
    DependsOn: [Build]
    Inputs: {Artifacts: [fetched]}
    Outputs: {AutoDiscoverReports: {Enabled: false}}
    Configuration: {Steps: [{Run: ship}]}
)";

json::value sample_value(const ConfigurationKey& key) {
  switch (key.kind) {
    case ValueKind::Whole: return json::value(std::to_string(key.high));
    case ValueKind::Flag: return "true";
    case ValueKind::Json: return R"({"a": "b"})";
    case ValueKind::JsonList: return R"(["a"])";
    case ValueKind::List: return json::array{"a"};
    case ValueKind::Word: return json::value(key.words.back());
    case ValueKind::GithubSteps: return json::array{json::object{{"run", "make"}}};
    case ValueKind::Steps: return json::array{json::object{{"Run", "make"}}};
    case ValueKind::Container: return json::object{{"Registry", "CODECATALYST"}, {"Image", "CodeCatalystLinux_x86_64:2024_03"}};
    case ValueKind::Text: break;
  }
  return key.name == "Repository" ? "infrastructure" : "text";
}

/// A workflow with one action of the kind, all its keys given.
json::value sample_of(const ActionKind& kind, std::string_view without = {}) {
  json::object configuration;
  for (const auto& key : kind.keys)
    if (key.name != without) configuration[key.name] = sample_value(key);
  json::object action{{"Identifier", fmt::format("{}@v{}", kind.name, kind.newest)}, {"Configuration", configuration}};
  json::object actions{{"A", action}};
  if (kind.nature == Nature::Gate) {
    actions["A"].as_object()["DependsOn"] = json::array{"B"};
    actions["B"] = json::object{{"Identifier", "aws/build@v1"}, {"Configuration", json::object{{"Steps", json::array{}}}}};
  } else {
    actions["A"].as_object()["Environment"] = json::object{{"Name", "staging"}};
    actions["A"].as_object()["Inputs"] = json::object{{"Sources", json::array{"WorkflowSource"}}};
  }
  return json::object{{"Name", "sample"}, {"SchemaVersion", "1.0"}, {"Actions", actions}};
}

void drop_places(json::value& value) {
  if (auto* object = value.if_object()) {
    for (const auto* key : {"place", "branches_place", "events_place", "files_place"}) object->erase(key);
    for (auto& pair : *object) drop_places(pair.value());
  } else if (auto* list = value.if_array()) {
    for (auto& member : *list) drop_places(member);
  }
}

/// What a definition comes to: its plan without places, or nothing when it has errors; and what is said, by path.
struct Outcome {
  std::optional<json::value> plan;
  std::vector<Diagnostic> said;
};

Outcome outcome_of(const json::value& definition) {
  const auto parsed = parse_workflow(to_text(definition), "w.yml", known);   // JSON is YAML
  Outcome out{std::nullopt, parsed.diagnostics};
  if (!parsed.workflow) return out;
  out.plan = to_json(*parsed.workflow);
  drop_places(*out.plan);
  return out;
}

/// A property's way from the root: names, and numbers of list members.
using Way = std::vector<std::string>;

void collect(const json::value& value, const Way& way, std::vector<Way>& out) {
  const auto below = [&](std::string name, const json::value& member, bool is_property) {
    auto deeper = way;
    deeper.push_back(std::move(name));
    if (is_property) out.push_back(deeper);
    collect(member, deeper, out);
  };
  if (const auto* object = value.if_object())
    for (const auto& pair : *object) below(std::string(pair.key()), pair.value(), true);
  if (const auto* list = value.if_array())
    for (size_t i = 0; i < list->size(); ++i) below(std::to_string(i), list->at(i), true);
}

json::value without(json::value definition, const Way& way) {
  auto* at = &definition;
  for (size_t i = 0; i + 1 < way.size(); ++i)
    at = at->is_array() ? &at->as_array().at(std::stoul(way[i])) : &at->as_object().at(way[i]);
  if (at->is_array()) at->as_array().erase(at->as_array().begin() + std::stol(way.back()));
  else at->as_object().stable_erase(way.back());   // file order is part of the plan
  return definition;
}

/// "Actions.Build.Inputs.Variables[0].Name"
std::string path_of(const Way& way) {
  std::string out;
  for (const auto& part : way) {
    if (!part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; })) continue;   // lists have no numbers in every path
    out += (out.empty() ? "" : ".") + part;
  }
  return out;
}

std::string without_numbers(std::string path) {
  for (auto at = path.find('['); at != std::string::npos; at = path.find('[')) path.erase(at, path.find(']', at) - at + 1);
  return path;
}

std::vector<std::string> words_of(const Outcome& outcome) {
  std::vector<std::string> out;
  for (const auto& said : outcome.said) out.push_back(said.code + " " + said.what);
  return out;
}

std::string first_error(const Outcome& outcome) {
  for (const auto& said : outcome.said)
    if (said.severity == Severity::Error) return text(said);
  return "";
}

bool is_talked_about(const Way& way, const Outcome& outcome) {
  const auto path = path_of(way);
  return std::ranges::any_of(outcome.said, [&](const Diagnostic& said) {
    const auto spoken = without_numbers(said.path);
    return spoken == path || spoken.starts_with(path + ".") || path.starts_with(spoken + ".");
  });
}

/// Written out though it would be so anyway.
bool is_default(const Way& way, const json::value& definition) {
  const auto* at = &definition;
  std::string name;
  for (const auto& part : way) {
    if (at->is_array()) {
      at = &at->as_array().at(std::stoul(part));
    } else {
      at = &at->as_object().at(part);
      name = part;
    }
  }
  const auto value = at->is_array() && at->as_array().size() == 1 ? at->as_array().front() : *at;
  return (name == "RunMode" && value == "QUEUED") || (name == "Enabled" && value == "true") || (name == "Number" && value == "0") ||
         (name == "IncludePaths" && value == "**/*");
}

void nothing_is_dropped(const json::value& definition, std::string_view name) {
  const auto whole = outcome_of(definition);
  ASSERT_TRUE(whole.plan) << name << ": " << first_error(whole);
  std::vector<Way> ways;
  collect(definition, {}, ways);
  for (const auto& way : ways) {
    const auto less = outcome_of(without(definition, way));
    const bool is_honoured = less.plan != whole.plan || words_of(less) != words_of(whole);
    EXPECT_TRUE(is_honoured || is_default(way, definition) || is_talked_about(way, whole)) << name << ": " << join(way, ".") << " makes no difference and nobody says so";
  }
}

TEST(RoundTrip, EveryPropertyChangesThePlanOrIsTalkedAbout) {
  const auto document = yaml::read(everything);
  ASSERT_TRUE(document.readable);
  nothing_is_dropped(to_json(document.root), "everything");
}

TEST(RoundTrip, EveryConfigurationKeyOfEveryActionIsInThePlan) {
  for (const auto& kind : catalogue()) {
    if (kind.name == "aws/lambda-invoke") {
      nothing_is_dropped(sample_of(kind, "RequestPayload"), kind.name);
      nothing_is_dropped(sample_of(kind, "RequestPayloadFile"), kind.name);
    } else {
      nothing_is_dropped(sample_of(kind), kind.name);
    }
  }
}

TEST(RoundTrip, GoldenDefinitionsLoseNothing) {
  const auto folder = fs::path(TANDEM_SOURCE_DIR) / "tests" / "golden" / "workflow";
  const auto files = files_below(folder);
  int checked = 0;
  for (const auto& file : *files) {
    if (!file.ends_with(".yml")) continue;
    const auto document = yaml::read(*read_file(folder / file));
    const auto definition = document.readable ? to_json(document.root) : json::value(nullptr);
    if (!document.readable || !outcome_of(definition).plan) continue;
    nothing_is_dropped(definition, file);
    ++checked;
  }
  EXPECT_GE(checked, 4);
}

/// The properties that the readers look for while they read `everything` and a sample of each action.
std::set<std::string> properties_asked() {
  std::set<std::string> out;
  const auto read = [&](std::string_view text) { read_definition(text, "w.yml", known, {}, &out); };
  read(everything);
  for (const auto& kind : catalogue()) read(to_text(sample_of(kind)));
  std::erase_if(out, [](const std::string& name) { return name.starts_with("Configuration: "); });   // said by action, too
  return out;
}

/// The rows of the tables of properties in the guide: "a trigger: Branches" and what the row says happens.
std::map<std::string, std::string> properties_documented() {
  std::map<std::string, std::string> out;
  const auto guide = *read_file(fs::path(TANDEM_SOURCE_DIR) / "docs" / "workflows.md");
  std::string owner;
  for (const auto& line : lines_of(guide)) {
    if (line.starts_with("### of ")) owner = line.substr(7);
    else if (line.starts_with("## ") || line.starts_with("# ")) owner.clear();
    if (owner.empty() || !line.starts_with("| `")) continue;
    const auto cells = split(line, '|');
    for (const auto& key : split(replaced(cells.at(1), "`", ""), ',')) out[fmt::format("{}: {}", owner, trimmed(key))] = trimmed(cells.at(2));
  }
  return out;
}

TEST(Guide, ListsThePropertiesThatAreReadAndNoOthers) {
  const auto asked = properties_asked();
  const auto documented = properties_documented();
  for (const auto& name : asked) EXPECT_TRUE(documented.contains(name)) << "docs/workflows.md does not know " << name;
  for (const auto& [name, treatment] : documented) EXPECT_TRUE(asked.contains(name)) << "docs/workflows.md tells of " << name << ", which nobody reads";
}

TEST(Guide, CallsIgnoredWhatIsIgnored) {
  const auto documented = properties_documented();
  for (const auto& kind : catalogue())
    for (const auto& key : kind.keys) {
      const auto row = documented.find(fmt::format("{} Configuration: {}", kind.name, key.name));
      if (row == documented.end()) continue;
      EXPECT_EQ(row->second.starts_with("ignored"), !key.ignored.empty() || key.kind == ValueKind::Container) << row->first;
    }
}

TEST(Guide, ListsEveryCode) {
  const auto guide = *read_file(fs::path(TANDEM_SOURCE_DIR) / "docs" / "workflows.md");
  for (const auto code : codes()) EXPECT_NE(guide.find(fmt::format("| {} | ", code)), std::string::npos) << code;
}

}  // namespace
}  // namespace tandem::workflow
