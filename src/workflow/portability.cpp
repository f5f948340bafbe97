#include "workflow/portability.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"
#include "workflow/substitute.hpp"

namespace tandem::workflow {
namespace {

constexpr size_t secrets_max = 50;
constexpr size_t names_max = 100;   // more than are shown of one file
constexpr size_t secrets_of_the_service = 5;
constexpr int deploy_minutes_of_the_service = 60;

/// The undocumented variables that the runner sets because many definitions use them.
constexpr std::array<std::string_view, 8> set_here{"CODECATALYST_SOURCE_BRANCH_NAME", "CODECATALYST_BRANCH_NAME", "CODECATALYST_SOURCE_BRANCH_REF",
                                                   "CODECATALYST_COMMIT_ID", "CODECATALYST_TRIGGER_TYPE", "CODECATALYST_TARGET_BRANCH_NAME",
                                                   "CODECATALYST_WORKFLOW_NAME", "CODECATALYST_COMMIT_AUTHOR"};

/// What the runner sets by a beginning of their names, or under the names that the service documents.
bool is_of_the_runner(const std::string& name) {
  constexpr std::array<std::string_view, 5> names{"CATALYST_DEFAULT_DIR", "CATALYST_WORKFLOW_SPACE_NAME", "CATALYST_WORKFLOW_SPACE_ID",
                                                  "CATALYST_WORKFLOW_PROJECT_NAME", "CATALYST_WORKFLOW_PROJECT_ID"};
  return name.starts_with("CATALYST_SOURCE_DIR_") || name.starts_with("CATALYST_SECRETS_") || std::ranges::find(names, name) != names.end();
}

void note_own_actions(const Draft& draft, Findings& findings) {
  std::set<std::string> names;
  const ActionDraft* first = nullptr;
  for (const auto& action : draft.actions) {
    if (!action.action.identifier.starts_with("tandem/")) continue;
    if (first == nullptr) first = &action;
    names.insert(action.action.identifier);
  }
  if (first == nullptr) return;
  findings.note("N207", first->spot, fmt::format("CodeCatalyst cannot run this workflow: it uses {}", join({names.begin(), names.end()}, ", ")));
}

void judge_secrets(const ActionDraft& action, Findings& findings) {
  const auto secrets = secrets_of(action.action);
  if (secrets.size() > secrets_max)
    findings.error("E113", action.spot, fmt::format("{} names {} secrets; the limit is {}", action.action.name, secrets.size(), secrets_max), "Split the action");
  else if (secrets.size() > secrets_of_the_service)
    findings.note("N207", action.spot, fmt::format("{} names {} secrets; CodeCatalyst allows {}", action.action.name, secrets.size(), secrets_of_the_service));
}

void judge_timeout(const ActionDraft& action, Findings& findings) {
  const auto minutes = action.action.timeout_minutes;
  const bool is_build = action.kind != nullptr && action.kind->nature == Nature::Build;
  if (minutes && *minutes > deploy_minutes_of_the_service && !is_build && !action.action.identifier.starts_with("tandem/"))
    findings.note("N207", action.spot, fmt::format("{} may take {} minutes; CodeCatalyst allows {} for this action", action.action.name, *minutes, deploy_minutes_of_the_service));
}

/// Names like $CODECATALYST_BRANCH_NAME and $CATALYST_DEFAULT_DIR in the steps, each said once for the file.
class ServiceVariables {
 public:
  explicit ServiceVariables(const Reading& reading) : reading_(reading) {}

  void look(const ActionDraft& action) {
    static const RE2 name(R"(\$\{?((?:CODE)?CATALYST_[A-Za-z0-9_]+))");
    for (const auto& step : action.action.steps) {
      if (step.find("CATALYST_") == std::string::npos) continue;
      re2::StringPiece rest(step);
      std::string found;
      while (said_.size() < names_max && RE2::FindAndConsume(&rest, name, &found))
        if (!is_of_the_runner(found) && said_.insert(found).second && !is_set_by(action, found)) say(action, found);
    }
  }

 private:
  static bool is_set_by(const ActionDraft& action, const std::string& name) {
    return std::ranges::any_of(action.action.variables, [&](const auto& variable) { return variable.first == name; }) ||
           std::ranges::any_of(action.action.steps, [&](const auto& step) { return step.find(name + "=") != std::string::npos; });
  }

  void say(const ActionDraft& action, const std::string& name) {
    const auto& text = reading_.lines.all();
    const auto at = text.find(name, reading_.lines.offset(action.spot.line, action.spot.column));
    Spot where{action.spot.line, action.spot.column, joined(action.spot.path, "Configuration")};
    if (at != std::string_view::npos) {
      where.line = reading_.lines.line_at(at);
      where.column = reading_.lines.column_at(at);
    }
    if (std::ranges::find(set_here, name) != set_here.end()) {
      reading_.findings.note("N204", where, fmt::format("${} is not documented by the service; it is set here", name));
      return;
    }
    const auto near = nearest(name, {set_here.begin(), set_here.end()});
    reading_.findings.warn("W318", where, fmt::format("${} is set by nobody: it is empty{}", name, near ? fmt::format("; did you mean ${}?", *near) : ""),
                           name.ends_with("_ENV_FILE") ? "A variable of one step is there in the next one by itself"
                                                       : "Use ${WorkflowSource.CommitId} or ${WorkflowSource.BranchName}");
  }

  const Reading& reading_;
  std::set<std::string> said_;
};

}  // namespace

void note_portability(const Draft& draft, const Reading& reading) {
  note_own_actions(draft, reading.findings);
  ServiceVariables variables(reading);
  for (const auto& action : draft.actions) {
    judge_secrets(action, reading.findings);
    judge_timeout(action, reading.findings);
    variables.look(action);
  }
}

}  // namespace tandem::workflow
