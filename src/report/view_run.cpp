// runs, run, logs, why, artifacts

#include <algorithm>

#include "base/text.hpp"
#include "report/run_tree.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {

std::string view_runs(const View& view) {
  Table table(view.style, {"", "run", "workflow", "branch", "commit", "status", "took", "started"});
  for (const auto& run : view.document["runs"].list()) {
    const auto status = run["status"].raw();
    auto remark = run["reason"].text();
    if (run["degraded"].is_true()) remark = "degraded" + std::string(remark.empty() ? "" : ": ") + remark;
    table.add({{view.style.symbol(status)}, {run["id"].text(), &Style::bold}, {run["workflow"].text()}, {run["branch"].text()},
               {short_commit(run["commit"])}, {words_of(status)}, {took(run["created"], run["ended"], view.now)},
               {when(run["created"], view)}}, {remark, &Style::dim});
  }
  return table.is_empty() ? "no runs yet: push to a repository, or tandem run WORKFLOW\n" : table.text();
}

std::string view_run(const View& view) {
  std::string out;
  const auto& run = view.document["run"];
  for (const auto& line : RunTree({}, Telling::Final, view.now).lines(run)) out += line + "\n";
  Look deployment = run["nothing"];
  for (const auto& action : run["actions"].list())
    if (const auto found = action["outcome"]["detail"]["deployment"]; found.is_there()) deployment = found;
  if (run["status"].raw() != "SUCCEEDED" || deployment["phase"].raw() != "live") return out;
  return out + paragraph("", fmt::format("release {} is live on {} at {}", deployment["release"].text(), deployment["environment"].text(),
                                         deployment["url"].text()), view.style);
}

std::string view_logs(const View& view) {
  size_t width = 0;
  const auto lines = view.document["lines"].list();
  for (const auto& line : lines) width = std::max(width, columns(line["action"].text()));
  std::string out;
  for (const auto& line : lines)
    out += fmt::format("{} {}\n", view.style.dim(padded(line["action"].text(), width) + " |"), view.style.shown(line["text"].raw()));
  return out;
}

std::string view_why(const View& view) {
  const auto& document = view.document;
  const auto& run = document["run"];
  const auto status = run["status"].raw();
  auto out = paragraph(fmt::format("{} {} {}: ", view.style.symbol(status), view.style.bold(run["id"].text()), view.style.in_colour_of(status, words_of(status))),
                       fmt::format("{} of {} at {}", run["workflow"].text(), run["repository"].text(), short_commit(run["commit"])), view.style);
  out += paragraph("", document["sentence"].text(), view.style);
  const auto reasons = document["reasons"].list();
  const bool is_among_them = std::ranges::any_of(reasons, [&](const Look& reason) {
    return reason["reason"].raw().find(document["error"]["what"].raw()) != std::string::npos;
  });
  if (document["error"].is_there() && !is_among_them) out += error_lines(document["error"], "");
  for (const auto& reason : reasons) {
    const auto word = reason["status"].raw();
    const auto head = fmt::format("  {} {} {}: ", view.style.symbol(word), reason["action"].text(), words_of(word));
    const auto lines = reason["reason"].lines();
    for (size_t i = 0; i < lines.size(); ++i) out += paragraph(i == 0 ? head : "      ", trimmed(lines[i]), view.style);
    const auto release = reason["release"].text();
    if (!release.empty() && reason["reason"].raw().find(release) == std::string::npos) out += paragraph("      goes on when: ", release, view.style, "        ");
  }
  out += notes(document["notes"], "  ");
  if (document["release"].is_there() && reasons.empty()) out += paragraph("  next: ", document["release"].text(), view.style, "    ");
  return out + view.style.dim(fmt::format("tandem logs {} --failed", run["id"].text())) + "\n";
}

std::string view_artifacts(const View& view) {
  Table table(view.style, {"artifact", "action", "kind", "bytes", "digest"});
  for (const auto& artifact : view.document["artifacts"].list())
    table.add({{artifact["name"].text(), &Style::bold}, {artifact["action"].text()}, {artifact["kind"].text()}, {artifact["size_bytes"].text()},
               {artifact["digest"].text(), &Style::dim}});
  const auto run = view.document["run"].text();
  if (table.is_empty()) return fmt::format("{} kept no artifacts\n", run);
  return table.text() + view.style.dim(fmt::format("tandem artifacts {} NAME > FILE writes one", run)) + "\n";
}

/// For a terminal. The program writes the bytes themselves to anything else.
std::string view_artifact(const View& view) {
  if (!view.document["text"].is_there())
    return fmt::format("{} is not text: tandem artifacts RUN NAME > FILE\n", view.document["artifact"]["name"].text());
  std::string out;
  for (const auto& line : view.document["text"].lines()) out += line + "\n";
  return out;
}

}  // namespace tandem::report
