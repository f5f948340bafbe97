// explanation, validation, init

#include "base/text.hpp"
#include "record/workflow.hpp"
#include "report/view_parts.hpp"

#include <map>
#include <set>

namespace tandem::report {

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

namespace {

/// The notes of one file by what they say, each with the lines in which it says so: the same one is shown once.
class SameNotes {
 public:
  explicit SameNotes(const Look& file) {
    for (const auto& finding : file["diagnostics"].list())
      if (finding["severity"].raw() == "note") lines_[words_of_note(finding)].push_back(std::to_string(finding["line"].number()));
  }
  bool was_shown(const Look& finding) { return finding["severity"].raw() == "note" && !shown_.insert(words_of_note(finding)).second; }
  /// ", also in lines 61 and 79", after the message.
  std::string elsewhere(const Look& finding) const {
    const auto found = lines_.find(words_of_note(finding));
    if (finding["severity"].raw() != "note" || found == lines_.end() || found->second.size() < 2) return {};
    auto others = std::vector(found->second.begin() + 1, found->second.end());
    const auto last = others.back();
    others.pop_back();
    return others.empty() ? ", also in line " + last : fmt::format(", also in lines {} and {}", join(others, ", "), last);
  }

 private:
  static std::string words_of_note(const Look& finding) { return finding["code"].text() + finding["message"].text() + finding["suggestion"].text(); }

  std::map<std::string, std::vector<std::string>> lines_;
  std::set<std::string> shown_;
};

}  // namespace

std::string view_validation(const View& view) {
  const auto& style = view.style;
  std::string out;
  for (const auto& file : view.document["files"].list()) {
    SameNotes notes(file);
    for (const auto& finding : file["diagnostics"].list()) {
      if (notes.was_shown(finding)) continue;
      const auto severity = finding["severity"].raw();
      const auto paint = severity == "error" ? &Style::red : severity == "note" ? &Style::dim : &Style::yellow;
      const Place place{file["file"].text(), static_cast<int>(finding["line"].number()), static_cast<int>(finding["column"].number())};
      const auto path = finding["path"].text();
      out += fmt::format("{}: {} {}{}{}\n", text(place), (style.*paint)(finding["code"].text()), path, path.empty() ? "" : ": ",
                         sentences({.what = finding["message"].text() + notes.elsewhere(finding), .suggestion = finding["suggestion"].text()}));
      for (const auto& line : finding["excerpt"].lines()) out += "    " + line + "\n";
    }
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
