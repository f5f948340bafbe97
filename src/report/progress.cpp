#include "report/progress.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/run_tree.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

constexpr std::chrono::milliseconds between_frames{100};

// Lines that are longer than the terminal (it may have become narrower) are cut by it, not wrapped: else the way back up is wrong.
constexpr std::string_view begin = "\x1b[?25l\x1b[?7l";
constexpr std::string_view end = "\x1b[?7h\x1b[?25h";

/// "12:00:01" of an RFC 3339 time; what is no time gives nothing.
std::string clock_of(const Look& time) {
  const auto instant = time.instant();
  return instant ? rfc3339(*instant).substr(11, 8) : "--:--:--";
}

bool is_end(std::string_view status) {
  return status != "PENDING" && status != "QUEUED" && status != "IN_PROGRESS" && status != "WAITING_APPROVAL" && status != "STOPPING";
}

/// " in 12.3 s" or ": why"
std::string remark(const Look& state, std::string_view status) {
  const auto duration = took(state["started"], state["ended"], std::nullopt);
  auto out = status == "SUCCEEDED" && !duration.empty() ? " in " + duration : "";
  const auto why = state["outcome"]["error"].is_there() ? state["outcome"]["error"]["what"].text() : state["reason"].text();
  return why.empty() ? out : out + ": " + why;
}

std::string line_of(const Look& run, const std::string& who, const Look& state, std::string_view status) {
  const auto& time = is_end(status) && state["ended"].is_there() ? state["ended"] : state["started"].is_there() ? state["started"] : run["created"];
  const auto word = status == "IN_PROGRESS" ? "started" : words_of(status);
  return fmt::format("{} {}{} {}{}\n", clock_of(time), run["id"].text(), who.empty() ? "" : " " + who, word, is_end(status) ? remark(state, status) : "");
}

}  // namespace

std::string ProgressView::frame(const std::vector<json::value>& runs, Instant now) const {
  if (runs.empty()) return "";
  std::vector<Look> others;
  for (size_t i = 1; i < runs.size(); ++i) others.emplace_back(runs[i], style_);
  std::string out;
  for (const auto& line : RunTree(others, Telling::Live, now).lines(Look(runs.front(), style_))) out += line + "\n";
  return out;
}

std::string ProgressView::news(const std::vector<json::value>& runs) {
  std::string out;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) out += news_of(*run);   // what was started ends before what started it
  return out;
}

std::string ProgressView::news_of(const json::value& value) {
  const Look run(value, style_);
  const auto id = run["id"].raw();
  std::string out;
  auto& of_run = told_[id];
  const auto status = run["status"].raw();
  if (of_run.empty()) {
    out += fmt::format("{} {} {} of {} at {}\n", clock_of(run["created"]), run["id"].text(), run["workflow"]["name"].text(),
                       run["repository"].text(), short_commit(run["commit"]));
    of_run = "QUEUED";
  }
  for (const auto& action : run["actions"].list()) {
    const auto state = action["status"].raw();
    auto& of_action = told_[id + "/" + action["name"].raw()];
    if (state == of_action || state == "PENDING" || state == "QUEUED") continue;
    const bool was_never_seen_running = of_action.empty() && is_end(state) && action["started"].is_there();
    if (was_never_seen_running) out += line_of(run, action["name"].text(), action, "IN_PROGRESS");
    out += line_of(run, action["name"].text(), action, state);
    of_action = state;
  }
  if (is_end(status) && of_run != status) {
    out += line_of(run, "", run, status);
    of_run = status;
  }
  return out;
}

void Screen::show(const std::string& frame, Steady now) {
  if (is_active_ && now - last_ < between_frames) return;
  last_ = now;
  auto lines = lines_of(frame);
  const auto room = static_cast<size_t>(std::max(2, rows_ - 1));
  if (lines.size() > room) lines.erase(lines.begin() + 1, lines.end() - static_cast<std::ptrdiff_t>(room - 1));   // the newest are at the end
  std::string out(begin);
  if (drawn_ > 0) out += fmt::format("\x1b[{}A\r", drawn_);
  for (const auto& line : lines) out += "\x1b[2K" + line + "\r\n";
  out += "\x1b[J";
  write(out);
  drawn_ = static_cast<int>(lines.size());
  is_active_ = true;
}

void Screen::clear() {
  if (drawn_ > 0) write(fmt::format("\x1b[{}A\r\x1b[J", drawn_));
  drawn_ = 0;
  leave();
}

void Screen::leave() {
  if (is_active_) write(std::string(end));
  is_active_ = false;
}

void Screen::write(const std::string& text) const {
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;   // the terminal is gone: nobody is left to draw for
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace tandem::report
