#pragma once
// A parsed workflow definition: what the CodeCatalyst reference allows, in the shape the conductor runs.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/result.hpp"

namespace tandem {

/// Where the service has an action's sources, and every action of ours finds its root: paths that files write down lead there.
inline constexpr std::string_view sources_root = "/codecatalyst/output/src";

enum class Severity { Error, Capability, Warning, Note };
std::string_view word(Severity severity);    ///< "error", "capability", "warning", "note"

/// The one possible correction: at a place, this text becomes that. Applied only where `before` really stands.
struct TextEdit {
  Place place;
  std::string before;
  std::string after;
  bool operator==(const TextEdit&) const = default;
};

/// One line of `tandem validate`: code (E110, W302, N201), place, what is wrong, what to write instead.
struct Diagnostic {
  Severity severity{};
  std::string code;
  Place place;
  std::string path;          ///< where in the definition: "Actions.Build.Configuration"
  std::string what;
  std::string suggestion{};  ///< empty when there is none
  std::optional<TextEdit> fix{};
  bool operator==(const Diagnostic&) const = default;
};
json::value to_json(const Diagnostic& diagnostic);
std::string sentences(const Diagnostic& diagnostic);   ///< what is wrong, and what to write instead
std::string text(const Diagnostic& diagnostic);   ///< file:line:column: CODE path: what. Suggestion.

enum class RunMode { Queued, Superseded, Parallel };

enum class TriggerType { Push, PullRequest, Schedule };
struct Trigger {
  TriggerType type{};
  std::vector<std::string> branches{};        ///< RE2 patterns over the whole name; empty = all
  std::vector<std::string> events{};          ///< OPEN, CLOSED, REVISION (upper case)
  std::vector<std::string> files_changed{};   ///< RE2 patterns over the whole path; empty = any
  std::string expression{};                   ///< SCHEDULE
  Place place{};
  Place branches_place{};                     ///< of Branches, Events, FilesChanged: the line that decides
  Place events_place{};
  Place files_place{};
  bool operator==(const Trigger&) const = default;
};

struct ArtifactOutput {
  std::string name;
  std::vector<std::string> files;
  bool operator==(const ArtifactOutput&) const = default;
};

/// "at most `number` findings of `severity` or worse"
struct FindingLimit {
  std::string criterion;    ///< Vulnerabilities, StaticAnalysisBug, ...
  std::string severity;     ///< CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL
  int number = 0;
  bool operator==(const FindingLimit&) const = default;
};
struct ReportOutput {
  std::string name;
  std::string format;       ///< JUNITXML, COBERTURAXML, ... ; empty = discover
  std::vector<std::string> include_paths;
  std::vector<std::string> exclude_paths;
  std::optional<double> pass_rate{};
  std::optional<double> line_coverage{};
  std::optional<double> branch_coverage{};
  std::vector<FindingLimit> finding_limits{};
  Place place{};
  bool operator==(const ReportOutput&) const = default;
};
struct FileCache {
  std::string key;
  std::string path;
  std::vector<std::string> restore_keys;
  bool operator==(const FileCache&) const = default;
};

/// A node of the graph. Groups are flattened: `name` is "Group.Action" inside a group.
struct Action {
  std::string name;
  std::string group{};                         ///< empty on the top level
  std::string identifier;                      ///< "aws/build@v1", "tandem/sync@v1", version as resolved
  std::vector<std::string> depends_on{};       ///< whole names, groups already expanded, artifact and variable edges included
  bool takes_source = false;                   ///< Inputs.Sources names WorkflowSource
  std::vector<std::string> input_artifacts{};
  std::vector<std::pair<std::string, std::string>> variables{};   ///< Inputs.Variables, before substitution
  std::vector<std::string> output_variables{};
  std::vector<ArtifactOutput> output_artifacts{};
  std::vector<ReportOutput> reports{};
  std::vector<FileCache> caches{};
  std::vector<std::string> steps{};            ///< aws/build, aws/managed-test: the scripts of Configuration.Steps
  json::object configuration{};                ///< the rest of Configuration; scalars as text, maps and lists kept
  std::string environment{};                   ///< Environment.Name; empty = none
  std::string role{};                          ///< Environment.Connections[0].Role
  std::optional<int> timeout_minutes{};
  bool shared_instance = false;
  Place place{};
  bool operator==(const Action&) const = default;
};

struct Workflow {
  std::string name;
  std::string file;                            ///< path in the repository
  RunMode mode = RunMode::Queued;
  std::vector<Trigger> triggers{};             ///< empty = by hand only
  std::vector<Action> actions{};               ///< in file order
  bool operator==(const Workflow&) const = default;
};

json::value to_json(const Workflow& workflow);
Result<Workflow> workflow_from_json(const json::value& value);

}  // namespace tandem
