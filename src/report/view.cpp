#include "report/view.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

using Draw = std::string (*)(const View&);

/// "run-7 has started": documents that say one thing.
std::string view_started(const View& view) { return view.document["run"].text() + "\n"; }

std::string view_cancel(const View& view) { return fmt::format("{} is being stopped\n", view.document["run"].text()); }

std::string view_approval(const View& view) {
  const auto& document = view.document;
  return fmt::format("{} of {} was {}\n", document["action"].text(), document["run"].text(), document["approved"].is_true() ? "approved" : "rejected");
}

/// What `git push` shows. A push that starts nothing, or whose runs the daemon found by itself before the hook spoke, says nothing.
std::string view_notified(const View& view) {
  const auto started = view.document["runs"].text();
  return started.empty() ? "" : fmt::format("tandem: {} started\n", started);
}

std::string view_serving(const View& view) {
  return fmt::format("tandem serves at {} and {} (process {})\n", view.document["url"].text(), view.document["socket"].text(),
                     view.document["pid"].text());
}

constexpr std::array<std::pair<std::string_view, Draw>, 41> draws{{{"tandem.status/1", view_status},
                                                                   {"tandem.bundle/1", view_bundle},
                                                                   {"tandem.releases/1", view_releases},
                                                                   {"tandem.environments/1", view_environments},
                                                                   {"tandem.rollback/1", view_rollback},
                                                                   {"tandem.proof/1", view_proof},
                                                                   {"tandem.plan/1", view_plan},
                                                                   {"tandem.runs/1", view_runs},
                                                                   {"tandem.run/1", view_run},
                                                                   {"tandem.logs/1", view_logs},
                                                                   {"tandem.why/1", view_why},
                                                                   {"tandem.artifacts/1", view_artifacts},
                                                                   {"tandem.artifact/1", view_artifact},
                                                                   {"tandem.sync/1", view_sync},
                                                                   {"tandem.sync-verification/1", view_sync_verification},
                                                                   {"tandem.sync-log/1", view_sync_log},
                                                                   {"tandem.keys/1", view_keys},
                                                                   {"tandem.key/1", view_key},
                                                                   {"tandem.explanation/1", view_explanation},
                                                                   {"tandem.validation/1", view_validation},
                                                                   {"tandem.stacks/1", view_stacks},
                                                                   {"tandem.stack-events/1", view_stack_events},
                                                                   {"tandem.invocation/1", view_invocation},
                                                                   {"tandem.doctor/1", view_doctor},
                                                                   {"tandem.audit/1", view_audit},
                                                                   {"tandem.records/1", view_records},
                                                                   {"tandem.secrets/1", view_secrets},
                                                                   {"tandem.metrics/1", view_metrics},
                                                                   {"tandem.initialised/1", view_initialised},
                                                                   {"tandem.contract/1", view_contract},
                                                                   {"tandem.serving/1", view_serving},
                                                                   {"tandem.started/1", view_started},
                                                                   {"tandem.cancel/1", view_cancel},
                                                                   {"tandem.approval/1", view_approval},
                                                                   {"tandem.notified/1", view_notified},
                                                                   {"tandem.pull-request/1", view_pull_request},
                                                                   {"tandem.pull-requests/1", view_pull_requests},
                                                                   {"tandem.pruned/1", view_pruned},
                                                                   {"tandem.collected/1", view_collected},
                                                                   {"tandem.kill-points/1", view_kill_points},
                                                                   {"tandem.error/1", [](const View& view) {
                                                                      return render_error(view.document.value(), view.style) + view_conflicts(view);
                                                                    }}}};

std::string ago(Duration passed) {
  const auto seconds = passed.count() / 1000;
  if (seconds < 5) return "just now";
  if (seconds < 120) return fmt::format("{} s ago", seconds);
  if (seconds < 120 * 60) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86'400);
}

std::string place_of(const Look& error) {
  const auto& place = error["place"].is_there() ? error["place"] : error;   // a run's error has file, line, column beside `what`
  if (!place["file"].is_there()) return "";
  return text(Place{place["file"].text(), static_cast<int>(place["line"].number()), static_cast<int>(place["column"].number())});
}

}  // namespace

std::string render(const json::value& document, const Style& style, std::optional<Instant> now) {
  const Look look(document, style);
  const auto schema = look["schema"].raw();
  const auto* const found = std::ranges::find_if(draws, [&](const auto& draw) { return draw.first == schema; });
  if (found != draws.end()) return found->second({look, style, now});
  std::string out;
  for (const auto& line : lines_of(to_pretty_text(document))) out += style.shown(line) + "\n";
  return out;
}

std::string render_error(const json::value& error, const Style& style) { return error_lines(Look(error, style), ""); }

std::string when(const Look& time, const View& view) {
  const auto instant = time.instant();
  if (!instant) return "";
  return view.now ? ago(*view.now - *instant) : moment(*instant);
}

std::string moment(Instant instant) { return replaced(rfc3339(instant).substr(0, 19), "T", " ") + " UTC"; }

std::string took(const Look& from, const Look& to, const std::optional<Instant>& now) {
  const auto start = from.instant();
  const auto end = to.instant() ? to.instant() : now;
  return start && end && *end >= *start ? for_people(*end - *start) : "";
}

std::string short_commit(const Look& commit) {
  const auto text = commit.text();
  return text.empty() ? "none" : text.substr(0, 12);
}

std::string words_of(std::string_view status) { return replaced(lower(status), "_", " "); }

std::string paragraph(std::string_view head, std::string_view text, const Style& style, std::string_view hang) {
  const auto room = static_cast<size_t>(std::max(20, style.width));
  std::string out;
  std::string line(head);
  bool is_bare = true;   // nothing stands on this line yet but its beginning
  for (const auto& word : split(text, ' ')) {
    if (!is_bare && columns(line) + 1 + columns(word) > room) {
      out += std::exchange(line, std::string(hang)) + "\n";
      is_bare = true;
    }
    line += (is_bare ? "" : " ") + word;
    is_bare = false;
  }
  return out + line + "\n";
}

std::string count_of(std::int64_t number, std::string_view noun) { return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s"); }

std::string error_lines(const Look& error, std::string_view indentation) {
  const auto& style = error.style();
  const auto code = error["code"].text();
  const auto head = code.empty() ? std::string("error: ") : fmt::format("error[{}]: ", code);
  auto lines = error["what"].lines();
  if (lines.empty()) lines.emplace_back("no reason is known");
  const auto place = place_of(error);
  if (!place.empty()) lines.front() += fmt::format(" ({})", place);
  const auto hang = std::string(indentation) + "  ";
  std::string out;
  for (const auto& line : lines)
    out += paragraph(out.empty() ? std::string(indentation) + style.red(head) : hang, line, style, hang);
  if (error["next"].is_there()) out += paragraph(fmt::format("{}{} ", hang, style.bold("try:")), error["next"].text(), style, hang + "     ");
  return out;
}

std::string notes(const Look& list, std::string_view indentation) {
  std::string out;
  const auto hang = std::string(indentation) + "      ";
  for (const auto& note : list.list())
    out += paragraph(fmt::format("{}{} ", indentation, list.style().yellow("note:")), note.text(), list.style(), hang);
  return out;
}

}  // namespace tandem::report
