#include "workflow/github_steps.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/characters.hpp"
#include "base/text.hpp"
#include "workflow/references.hpp"

namespace tandem::workflow {
namespace {

constexpr size_t steps_max = 256;
constexpr std::array<std::string_view, 6> honoured{"name", "run", "env", "working-directory", "shell", "continue-on-error"};

/// A value as a word of bash in which only the references of a workflow stand for something.
std::string quoted(const std::string& text) {
  const auto references = references_in(text);
  auto next = references.begin();
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const bool refers = next != references.end() && next->offset == i;
    if (refers) ++next;
    if ((text[i] == '$' && !refers) || text[i] == '"' || text[i] == '\\' || text[i] == '`') out += '\\';
    out += text[i];
  }
  return out + "\"";
}

std::string text_at(const yaml::Node& step, std::string_view key) {
  const auto* found = step.find(key);
  return found == nullptr || !found->is_scalar() ? std::string() : found->text;
}

/// What of a value only GitHub's runner knows; empty when there is nothing.
std::string of_github_alone(const yaml::Node& value) {
  static const RE2 variable(R"(\$\{?((?:GITHUB|RUNNER)_[A-Z_]+))");
  std::string name;
  if (value.is_scalar() && value.text.find("${{") != std::string::npos) return "has an expression ${{ }}";
  if (value.is_scalar() && RE2::PartialMatch(value.text, variable, &name)) return fmt::format("reads ${}", name);
  for (const auto& entry : value.entries)
    if (auto why = of_github_alone(entry.value); !why.empty()) return why;
  return {};
}

/// Why a step cannot be run here, and the line that says so.
struct Obstacle {
  std::string what;
  int line = 0;
};

std::optional<Obstacle> obstacle_in(const yaml::Node& step) {
  if (const auto* uses = step.entry("uses")) return Obstacle{fmt::format("uses: {}", uses->value.text), uses->line};
  for (const auto& entry : step.entries)
    if (std::ranges::find(honoured, entry.key) == honoured.end()) return Obstacle{fmt::format("has {}:", entry.key), entry.line};
  const auto shell = text_at(step, "shell");
  if (!shell.empty() && shell != "bash" && shell != "sh") return Obstacle{fmt::format("wants the shell {}", shell), step.find("shell")->line};
  for (const auto& entry : step.entries)
    if (auto why = of_github_alone(entry.value); !why.empty() && entry.key != "name") return Obstacle{std::move(why), entry.line};
  return std::nullopt;
}

/// What the log calls the step: its name, or its first command.
std::string label_of(const yaml::Node& step) {
  auto label = text_at(step, "name");
  if (label.empty()) label = text_at(step, "run");
  label = printable(label.substr(0, label.find('\n')));
  return label.empty() || label.find("${") != std::string::npos ? "commands" : label;   // what a reference stands for is no comment
}

class StepReader {
 public:
  StepReader(const yaml::Node& step, std::string path, Findings& findings) : step_(step), path_(std::move(path)), findings_(findings) {}

  /// The script; what is wrong with the step has been said.
  std::string read() {
    const auto* run = step_.find("run");
    if (run == nullptr || run->is_null()) findings_.error("E112", spot(step_, path_), "run is required for a step", "Add run: with a command");
    else if (!run->is_scalar()) wrong("run", "a text");
    for (const auto* key : {"name", "working-directory", "shell"})
      if (const auto* value = step_.find(key); value != nullptr && !value->is_scalar()) wrong(key, "a text");
    const bool goes_on = may_fail();
    std::string script = fmt::format("#: {}\n", label_of(step_));
    if (goes_on) script += "set +e\n";
    script += "( set -e\n";
    if (text_at(step_, "shell") == "bash") script += "set -o pipefail\n";
    if (text_at(step_, "shell") == "sh") script += "set -o posix\n";
    script += variables();
    if (const auto folder = text_at(step_, "working-directory"); !folder.empty()) script += fmt::format("cd -- {}\n", quoted(folder));
    script += text_at(step_, "run");
    script += "\n)\n";
    if (goes_on) script += "case $? in 0) ;; *) echo \"continue-on-error: the step failed with exit $?, and the action goes on\" ;; esac\n";
    return script;
  }

 private:
  void wrong(std::string_view key, std::string_view wanted) {
    const auto& value = *step_.find(key);
    findings_.error("E113", spot(value, joined(path_, key)), fmt::format("{} must be {}, not {}", key, wanted, described(value)));
  }

  bool may_fail() {
    const auto* value = step_.find("continue-on-error");
    if (value == nullptr || value->is_null()) return false;
    const auto flag = value->is_scalar() ? flag_from(value->text) : std::nullopt;
    if (!flag) wrong("continue-on-error", "true or false");
    return flag.value_or(false);
  }

  std::string variables() {
    const auto* env = step_.find("env");
    if (env == nullptr || env->is_null()) return {};
    if (!env->is_map()) {
      wrong("env", "a map of names and values");
      return {};
    }
    static const RE2 name("[A-Za-z_][A-Za-z0-9_]*");
    std::string out;
    for (const auto& [key, line, column, value] : env->entries) {
      const auto here = joined(joined(path_, "env"), key);
      if (!RE2::FullMatch(key, name)) findings_.error("E162", {line, column, here}, fmt::format("\"{}\" is no variable name", key), "Use letters, digits and _");
      else if (!value.is_scalar() && !value.is_null()) findings_.error("E113", spot(value, here), fmt::format("{} must be a text, not {}", key, described(value)));
      else out += fmt::format("export {}={}\n", key, quoted(value.text));
    }
    return out;
  }

  const yaml::Node& step_;
  std::string path_;
  Findings& findings_;
};

void cannot(const Spot& action, const std::string& identifier, const std::string& why, Findings& findings) {
  findings.capability("E131", action, fmt::format("{} is not available on this runner{}", identifier, why),
                      fmt::format("Do its work with commands in aws/build@v1. Built in: {} and the tandem/ actions", known_identifiers()));
}

}  // namespace

void read_github_steps(const yaml::Node& steps, const std::string& path, const Spot& action, ActionDraft& draft, const Reading& reading) {
  auto& findings = reading.findings;
  if (!steps.is_list()) {
    findings.error("E113", spot(steps, path), fmt::format("Steps must be a list of steps, each with run:, not {}", described(steps)));
    return;
  }
  if (steps.items.size() > steps_max) findings.error("E113", spot(steps, path), fmt::format("{} steps; the limit is {}", steps.items.size(), steps_max));
  for (const auto key : honoured) findings.asked("a step of GitHub", key);
  bool said = false;
  for (size_t i = 0; i < steps.items.size() && i < steps_max; ++i) {
    const auto& step = steps.items[i];
    const auto here = fmt::format("{}[{}]", path, i);
    if (!step.is_map()) {
      findings.error("E113", spot(step, here), fmt::format("a step must be a map with run:, not {}", described(step)), "Write - run: before it");
      continue;
    }
    const auto obstacle = obstacle_in(step);
    const auto name = text_at(step, "name");
    if (obstacle && !std::exchange(said, true))
      cannot(action, draft.action.identifier, fmt::format(", and its step {}{} (line {}) {}, which needs GitHub's runner", i + 1,
                                                          name.empty() ? "" : fmt::format(" \"{}\"", name), obstacle->line, obstacle->what), findings);
    if (obstacle) continue;
    draft.action.steps.push_back(StepReader(step, here, findings).read());
    if (const auto* run = step.find("run"); run != nullptr && run->is_scalar()) warn_of_quoted_secrets(*run, here + ".run", reading);
  }
  if (said) draft.action.configuration["Steps"] = to_json(steps);   // the plan shows as they are written what nobody runs
}

void refuse_github_outputs(const ActionDraft& draft, const Spot& action, Findings& findings) {
  if (!draft.action.output_variables.empty())
    cannot(action, draft.action.identifier, fmt::format(", and its output variable {} comes from a file of GitHub's runner", draft.action.output_variables.front()), findings);
}

}  // namespace tandem::workflow
