// sync, explanation, validation, init

#include "base/text.hpp"
#include "record/workflow.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {

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
    out += fmt::format("  {} {}\n", mark, change["path"].text());
  }
  for (const auto& component : record["components"].list())
    out += style.dim(fmt::format("  {} -> {} {}", component["from"].text(), component["to"].text(), component["kind"].text())) + "\n";
  return out + notes(document["notes"], "  ");
}

std::string view_explanation(const View& view) {
  const auto& document = view.document;
  const auto event = words_of(document["event"].text());
  auto out = document["destination"].is_there()
                 ? fmt::format("{} of a {} from {} into {} of {}\n", document["step"].text(), event, document["branch"].text(), document["destination"].text(), document["repository"].text())
                 : fmt::format("{} on {} of {}\n", event, document["branch"].text(), document["repository"].text());
  for (const auto& workflow : document["workflows"].list()) {
    const bool runs = workflow["runs"].is_true();
    const auto name = workflow["workflow"].is_there() ? workflow["workflow"].text() : workflow["file"].text();
    const auto place = Place{workflow["file"].text(), static_cast<int>(workflow["line"].number()), static_cast<int>(workflow["column"].number())};
    const auto standing = workflow["standing"].text();
    const auto verdict = runs ? "runs" : standing == "inactive" ? "is inactive, does not run" : standing == "invalid" ? "is invalid, does not run" : "does not run";
    out += paragraph(fmt::format("{} {} {}: ", view.style.symbol(runs ? "SUCCEEDED" : standing == "invalid" ? "FAILED" : "SKIPPED"), view.style.bold(name), verdict),
                     fmt::format("{} ({})", workflow["reason"].text(), text(place)), view.style);
  }
  return out + notes(document["notes"], "  ");
}

std::string view_validation(const View& view) {
  const auto& style = view.style;
  std::string out;
  for (const auto& file : view.document["files"].list())
    for (const auto& finding : file["diagnostics"].list()) {
      const auto severity = finding["severity"].raw();
      const auto paint = severity == "error" ? &Style::red : severity == "note" ? &Style::dim : &Style::yellow;
      const Place place{file["file"].text(), static_cast<int>(finding["line"].number()), static_cast<int>(finding["column"].number())};
      const auto path = finding["path"].text();
      out += fmt::format("{}: {} {}{}{}\n", text(place), (style.*paint)(finding["code"].text()), path, path.empty() ? "" : ": ",
                         sentences({.what = finding["message"].text(), .suggestion = finding["suggestion"].text()}));
      for (const auto& line : finding["excerpt"].lines()) out += "    " + line + "\n";
    }
  const auto& document = view.document;
  if (document["fixed"].number() > 0) out += fmt::format("{} written\n", count_of(document["fixed"].number(), "correction"));
  return out + fmt::format("{} {}: {}, {} not available here, {}, {}\n",
                           style.symbol(document["errors"].number() > 0 ? "FAILED" : document["capabilities"].number() > 0 ? "HELD" : "SUCCEEDED"),
                           count_of(document["checked"].number(), "file"), count_of(document["errors"].number(), "error"),
                           document["capabilities"].text(), count_of(document["warnings"].number(), "warning"),
                           count_of(document["notes"].number(), "note"));
}

std::string view_initialised(const View& view) {
  const auto& document = view.document;
  const auto& style = view.style;
  auto out = fmt::format("{} {}\n", style.symbol("SUCCEEDED"), document["file"].text());
  Table table(style, {"", "", ""});
  for (const auto& repository : document["repositories"].list())
    table.add({{repository["role"].text()}, {repository["branch"].text()}, {repository["url"].text()}});
  out += table.text("  ");
  const auto& admin = document["admin"];
  out += paragraph("  administrator of the deployed registry: ", fmt::format("{}, password {} (kept as the secret {})", admin["email"].text(),
                                                                           admin["password"].text(), admin["secret"].text()), style);
  out += notes(document["notes"], "  ");
  if (!document["next"].list().empty()) out += "what to do next:\n";
  for (const auto& step : document["next"].list()) out += paragraph("  ", step.text(), style);
  return out;
}

}  // namespace tandem::report
