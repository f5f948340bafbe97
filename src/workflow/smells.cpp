#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "base/yaml_lines.hpp"
#include "workflow/findings.hpp"
#include "workflow/smells.hpp"

namespace tandem::workflow {
namespace {

bool contains(std::string_view line, const RE2& expression) {
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), expression);
}

/// Whether a command's failure goes unnoticed. `x=$(cat f || true)` only gives a value for the case that there is none.
bool swallows_a_failure(std::string_view command) {
  static const RE2 forgives(R"((\|\|\s*(?:true\b|echo\b|exit\s+0\b|printf\b|:(?:\s|$))|^set\s+\+e\b|;\s*true\s*$))");
  re2::StringPiece rest(command.data(), command.size());
  re2::StringPiece found;
  while (RE2::FindAndConsume(&rest, forgives, &found)) {
    const auto before = command.substr(0, static_cast<size_t>(found.data() - command.data()));
    const auto opened = before.rfind("$(");
    if (opened == std::string_view::npos || before.find(')', opened) != std::string_view::npos) return true;
  }
  return false;
}

/// The steps of one definition, line by line.
class SmellFinder {
 public:
  SmellFinder(const yaml::Lines& lines, Findings& findings, Strictness strictness)
      : lines_(lines), findings_(findings), strictness_(strictness) {}

  void look(const yaml::Node& node, const std::string& path) {
    for (size_t i = 0; i < node.items.size(); ++i) look(node.items[i], fmt::format("{}[{}]", path, i));
    for (const auto& entry : node.entries) {
      if (entry.key == "Run" && entry.value.is_scalar()) look_at_step(entry.value, joined(path, entry.key));
      else look(entry.value, joined(path, entry.key));
    }
  }

 private:
  /// One habit in one step: where it shows first, and the other lines.
  struct Smell {
    std::string_view code;
    std::string_view what;
    std::string_view instead;
    std::vector<Spot> places{};
  };

  void look_at_step(const yaml::Node& step, const std::string& path) {
    const auto script = lines_of(step.text);
    std::vector<Smell> smells{{"W320", "this hides a failure", "Let the step fail, or say in a test what may go wrong"},
                              {"W321", "a fixed sleep is too long or too short", "Wait for the thing itself, in a loop with an end"},
                              {"W322", "sources are rewritten with sed: what runs is in no commit", "Make it a setting, or commit the change"}};
    size_t from = lines_.offset(step.line, step.column);
    int commands = 0;
    int loops = 0;
    for (const auto& line : script) {
      const auto command = trimmed(line);
      if (command.empty() || command.starts_with('#')) continue;
      ++commands;
      static const RE2 opens(R"(^(?:while|until|for)\b)");
      if (contains(command, opens)) ++loops;
      look_at_line(command, locate(command, from, step, path), loops > 0, smells);
      static const RE2 closes(R"((?:^|;\s*)done\b)");
      if (contains(command, closes) && loops > 0) --loops;
    }
    for (const auto& smell : smells)
      if (!smell.places.empty()) findings_.warn(smell.code, smell.places.front(), fmt::format("{}{}", smell.what, also(smell.places)), std::string(smell.instead));
    static const RE2 stops(R"((?m)^\s*set\s+(?:-[a-zA-Z]*e|-o\s+errexit))");
    if (strictness_ == Strictness::Strict && commands > 1 && !contains(step.text, stops))
      findings_.warn("W316", spot(step, path), "only the last command of this step can fail it", "Write set -e as its first line");
  }

  /// ", also in lines 12, 13 and 15": the lines but for the first.
  static std::string also(const std::vector<Spot>& places) {
    constexpr size_t shown_max = 5;
    std::vector<std::string> lines;
    for (const auto& place : places)
      if (const auto line = std::to_string(place.line); place.line != places.front().line && (lines.empty() || lines.back() != line)) lines.push_back(line);
    if (lines.empty()) return {};
    if (lines.size() == 1) return ", also in line " + lines.front();
    auto last = lines.back();
    if (lines.size() > shown_max) last = fmt::format("{} more", lines.size() - (shown_max - 1));
    lines.resize(std::min(lines.size() - 1, shown_max - 1));
    return fmt::format(", also in lines {} and {}", join(lines, ", "), last);
  }

  static void look_at_line(std::string_view command, const Spot& at, bool in_loop, std::vector<Smell>& smells) {
    static const RE2 sleeps(R"((?:^|[;&|]\s*)sleep\s+[0-9.]+[smh]?)");
    static const RE2 rewrites(R"((?:^|[;&|]\s*)sed\s+(?:-\w+\s+)*(?:-\w*i|--in-place))");
    if (swallows_a_failure(command)) smells[0].places.push_back(at);
    if (!in_loop && contains(command, sleeps)) smells[1].places.push_back(at);
    if (contains(command, rewrites)) smells[2].places.push_back(at);
  }

  Spot locate(std::string_view command, size_t& from, const yaml::Node& step, const std::string& path) const {
    const auto at = from == std::string_view::npos ? from : lines_.all().find(command, from);
    if (at == std::string_view::npos) {
      from = at;     // written with escapes or folded: what follows in this step is not looked for either
      return spot(step, path);
    }
    from = at + 1;
    return {lines_.line_at(at), lines_.column_at(at), path};
  }

  const yaml::Lines& lines_;
  Findings& findings_;
  Strictness strictness_;
};

}  // namespace

void find_smells(const yaml::Node& root, const yaml::Lines& lines, Findings& findings, Strictness strictness) {
  SmellFinder(lines, findings, strictness).look(root, "");
}

}  // namespace tandem::workflow
