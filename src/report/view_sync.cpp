// sync, its verification, its log, the keys

#include "base/text.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

/// A unified diff, coloured, without its heading of names.
std::string diff_lines(const Look& diff, std::string_view indentation) {
  const auto& style = diff.style();
  std::string out;
  bool is_heading = true;
  for (const auto& line : diff.lines()) {
    if (line.starts_with("@@")) is_heading = false;
    const bool is_mode = line.starts_with("mode ");
    if (is_heading && !is_mode) continue;
    const auto painted = line.starts_with("+") ? style.green(line) : line.starts_with("-") ? style.red(line) : line.starts_with("@@") ? style.dim(line) : line;
    out += fmt::format("{}{}\n", indentation, painted);
  }
  return out;
}

std::string claim_line(const Look& claim, const Style& style) {
  const bool holds = claim["holds"].is_true();
  auto out = paragraph(fmt::format("  {} {}: ", style.symbol(holds ? "SUCCEEDED" : "FAILED"), claim["name"].text()), claim["what"].text(), style);
  return out;
}

std::string one_source(const Look& source, const Style& style, bool explains) {
  const auto& sync = source["sync"];
  if (!sync.is_there())
    return paragraph("  ", fmt::format("no sync of {} has reached this commit", source["repository"].text()), style);
  auto out = paragraph("  ", fmt::format("{} at commit {}, carried by sync {} as {} on {}", source["repository"].text(), sync["source"].text(), sync["sequence"].text(),
                                         short_commit(sync["landed"]), sync["at"].text()), style);
  for (const auto& claim : source["claims"].list()) {
    out += claim_line(claim, style);
    if (explains && claim["by_hand"].is_there()) out += style.dim(fmt::format("      {}", claim["by_hand"].text())) + "\n";
  }
  for (const auto& file : source["files"].list()) {
    const auto state = file["state"].raw();
    const auto line = fmt::format("  {:<9} {}{}", state, file["sha256"].is_there() ? file["sha256"].text() + "  " : "", file["path"].text());
    out += (state == "identical" ? line : style.red(line)) + "\n";
  }
  if (source["sha256"].is_there()) out += style.dim(fmt::format("  sha256 of these lines, as sha256sum prints them: {}", source["sha256"].text())) + "\n";
  return out;
}

std::string side(const Look& difference, std::string_view title, const Style& style) {
  auto out = fmt::format("    {}\n", style.bold(title));
  if (difference["before"].text() == difference["after"].text() && difference["mode_before"].text() == difference["mode_after"].text())
    return out + "      nothing\n";
  if (difference["why_no_diff"].is_there()) return out + fmt::format("      {}\n", difference["why_no_diff"].text());
  return out + diff_lines(difference["diff"], "      ");
}

}  // namespace

std::string view_sync(const View& view) {
  const auto& document = view.document;
  const auto& record = document["record"];
  const auto& style = view.style;
  const bool is_dry = document["dry_run"].is_true();
  std::string out;
  if (document["in_place"].is_true())
    out = paragraph(style.symbol("SUCCEEDED") + " ", fmt::format("{} holds application {} already, at {}", record["target_repository"].text(),
                                                                 short_commit(record["source"]), short_commit(record["landed"])), style);
  else
    out = paragraph(style.symbol(is_dry ? "PENDING" : "SUCCEEDED") + " ",
                    fmt::format("{} application {} to {} of {}{}", is_dry ? "would carry" : "carried", short_commit(record["source"]),
                                record["target_branch"].text(), record["target_repository"].text(),
                                is_dry ? "; nothing was changed" : fmt::format(" as {}", short_commit(record["landed"]))), style);
  for (const auto& change : document["changes"].list()) {
    const auto kind = change["kind"].raw();
    const auto mark = kind == "added" ? style.green("+") : kind == "removed" ? style.red("-") : style.yellow("~");
    out += fmt::format("  {} {}{}\n", mark, change["path"].text(), change["why_no_diff"].is_there() ? " (" + change["why_no_diff"].text() + ")" : "");
    out += diff_lines(change["diff"], "    ");
  }
  for (const auto& component : record["components"].list())
    out += style.dim(fmt::format("  {} -> {} {}", component["from"].text(), component["to"].text(), component["kind"].text())) + "\n";
  return out + notes(document["notes"], "  ");
}

std::string view_conflicts(const View& view) {
  std::string out;
  for (const auto& conflict : view.document["conflicts"].list()) {
    out += fmt::format("  {}\n", view.style.yellow(conflict["path"].text()));
    out += side(conflict["by_hand"], "edited by hand since the last sync:", view.style);
    out += side(conflict["by_source"], "changed by the source since the last sync:", view.style);
  }
  return out;
}

std::string view_sync_verification(const View& view) {
  const auto& document = view.document;
  const bool holds = document["holds"].is_true();
  bool explains = false;
  for (const auto& source : document["sources"].list()) explains = explains || source["statement"].is_there();
  auto out = paragraph(view.style.symbol(holds ? "SUCCEEDED" : "FAILED") + " ",
                       fmt::format("commit {} of {} {}", document["commit"].text(), document["repository"].text(),
                                   holds ? "holds what was carried into it, proven" : "is not proven to hold what was carried"), view.style);
  for (const auto& source : document["sources"].list()) out += one_source(source, view.style, explains);
  return out;
}

std::string view_sync_log(const View& view) {
  const auto entries = view.document["entries"].list();
  if (entries.empty()) return "no sync yet\n";
  Table table(view.style, {"SYNC", "WHEN", "SOURCE", "COMMIT", "LANDED", "BY", "RUN", "KEY"});
  for (const auto& entry : entries)
    table.add({{entry["sequence"].text()}, {when(entry["at"], view)}, {entry["source_repository"].text()}, {short_commit(entry["source"])},
               {short_commit(entry["landed"])}, {entry["actor"].text()}, {entry["run"].text()}, {entry["key"].text()}});
  return table.text();
}

std::string view_keys(const View& view) {
  Table table(view.style, {"KEY", "STATE", "SINCE", "COUNTS UP TO SYNC", "REASON"});
  for (const auto& key : view.document["keys"].list())
    table.add({{key["id"].text()}, {key["state"].text()}, {when(key["since"], view)}, {key["last_sequence"].text()}, {key["reason"].text()}});
  return table.text();
}

std::string view_key(const View& view) {
  const auto& key = view.document["key"];
  if (view.document["exported"].is_true()) {   // what openssl reads, and nothing else
    std::string pem;
    for (const auto& line : key["public_key"].lines()) pem += line + "\n";
    return pem;
  }
  return fmt::format("key {} is {}\n", key["id"].text(), key["state"].text());
}

}  // namespace tandem::report
