#include "report/run_tree.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

constexpr int depth_max = 5;       ///< of runs that start runs; deeper ones are left to `tandem runs`

size_t room_of(const Style& style) { return static_cast<size_t>(std::max(1, style.width)); }

std::string started_run(const Look& action) { return action["outcome"]["detail"]["started_run"].raw(); }

/// What is worth saying behind an action's duration in one line.
std::string remark(const Look& action, Telling telling) {
  if (telling == Telling::Live && action["status"].raw() == "IN_PROGRESS") return action["last_line"].text();
  if (action["outcome"]["error"].is_there()) return telling == Telling::Live ? action["outcome"]["error"]["what"].text() : "";
  return action["reason"].text();
}

}  // namespace

std::string run_line(const Look& run, const std::optional<Instant>& now) {
  const auto& style = run.style();
  const auto status = run["status"].raw();
  auto line = fmt::format("{} {} {}  {}", style.symbol(status), style.bold(run["id"].text()), run["workflow"]["name"].text(),
                          style.in_colour_of(status, words_of(status)));
  if (const auto duration = took(run["created"], run["ended"], now); !duration.empty()) line += "  " + duration;
  if (run["degraded"].is_true()) line += "  " + style.yellow("degraded");
  return line;
}

std::vector<std::string> RunTree::lines(const Look& run) const {
  const auto& style = run.style();
  std::vector<std::string> out{run_line(run, now_)};
  const auto& event = run["event"];
  auto origin = fmt::format("{} {} {}, {} by {}", run["repository"].text(), event["branch"].text(), short_commit(run["commit"]),
                            words_of(event["kind"].text()), event["actor"].text());
  if (event["cause"].is_there()) origin += fmt::format(", cause {}", event["cause"].text());
  out.push_back("  " + style.dim(fitted(origin, room_of(style) - 2, style)));
  for (auto& line : branches(run, "", 1)) out.push_back(std::move(line));
  if (telling_ == Telling::Live) return out;   // the reason of a run says what its actions say; it matters when it has ended
  if (run["reason"].is_there() && !run["reason"].text().empty())
    for (auto& line : lines_of(paragraph("", run["reason"].text(), style))) out.push_back(std::move(line));
  for (auto& line : lines_of(notes(run["notes"], ""))) out.push_back(std::move(line));
  return out;
}

std::vector<std::string> RunTree::branches(const Look& run, const std::string& prefix, int depth) const {
  const auto& style = run.style();
  const auto actions = run["actions"].list();
  size_t name_width = 0;
  for (const auto& action : actions) name_width = std::max(name_width, std::min<size_t>(columns(action["name"].text()), 28));
  std::vector<std::string> out;
  for (size_t i = 0; i < actions.size(); ++i) {
    const bool is_last = i + 1 == actions.size();
    out.push_back(action_line(actions[i], name_width, prefix + (is_last ? style.pick("\u2514 ", "`- ") : style.pick("\u251c ", "|- "))));
    const auto inner = prefix + (is_last ? style.pick("  ", "   ") : style.pick("\u2502 ", "|  "));
    if (telling_ == Telling::Final)
      for (auto& line : reasons(actions[i], inner + "    ")) out.push_back(std::move(line));
    const auto* child = depth < depth_max ? child_of(run, actions[i]) : nullptr;
    if (child == nullptr) continue;
    out.push_back(inner + "  " + run_line(*child, now_));
    for (auto& line : branches(*child, inner + "  ", depth + 1)) out.push_back(std::move(line));
  }
  return out;
}

std::string RunTree::action_line(const Look& action, size_t name_width, const std::string& prefix) const {
  const auto& style = action.style();
  const auto status = action["status"].raw();
  const auto word = words_of(status);
  const auto duration = took(action["started"], action["ended"], status == "IN_PROGRESS" ? now_ : std::nullopt);
  auto line = fmt::format("{}{} {}  {}  {}", prefix, style.symbol(status), padded(fitted(action["name"].text(), 28, style), name_width),
                          style.in_colour_of(status, padded(word, 11)), padded(duration, 10));
  if (action["attempt"].number() > 1) line += fmt::format("  attempt {}", action["attempt"].text());
  if (const auto child = started_run(action); telling_ == Telling::Final && !child.empty()) line += "  started " + style.shown(child);
  const auto used = columns(line) + 2;
  const auto said = remark(action, telling_);
  if (!said.empty() && used + 8 < room_of(style)) line += "  " + style.dim(fitted(said, room_of(style) - used, style));
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::vector<std::string> RunTree::reasons(const Look& action, const std::string& prefix) const {
  std::vector<std::string> out;
  if (action["outcome"]["error"].is_there()) out = lines_of(error_lines(action["outcome"]["error"], prefix));
  for (auto& line : lines_of(notes(action["outcome"]["notes"], prefix))) out.push_back(std::move(line));
  return out;
}

const Look* RunTree::child_of(const Look& run, const Look& action) const {
  const auto named = started_run(action);
  const auto found = std::ranges::find_if(others_, [&](const Look& other) { return !named.empty() && other["id"].raw() == named; });
  if (found != others_.end()) return &*found;
  if (!named.empty() || action["status"].raw() != "IN_PROGRESS" || !action["identifier"].raw().starts_with("tandem/start-workflow")) return nullptr;
  std::set<std::string> claimed;
  for (const auto& each : run["actions"].list()) claimed.insert(started_run(each));
  const auto child = std::ranges::find_if(others_, [&](const Look& other) {
    return other["event"]["cause"].raw() == run["id"].raw() && !claimed.contains(other["id"].raw());
  });
  return child == others_.end() ? nullptr : &*child;
}

}  // namespace tandem::report
