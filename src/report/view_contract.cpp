// contract

#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

std::string place_of(const Look& place) {
  if (!place.is_there()) return "";
  return text(Place{place["file"].text(), static_cast<int>(place["line"].number()), static_cast<int>(place["column"].number())});
}

std::string painted(const Style& style, const std::string& severity, const std::string& text) {
  if (severity == "error") return style.red(text);
  if (severity == "note") return style.dim(text);
  return style.yellow(text);
}

/// Both places, each on a line of its own: the code's, and the template's with the construct that made it.
std::string sides(const Look& finding, const Style& style) {
  std::string out;
  if (const auto code = place_of(finding["code"]); !code.empty())
    out += fmt::format("    code      {}{}\n", code, finding["found_by"].raw() == "tree" ? "" : fmt::format(" (found by {})", finding["found_by"].text()));
  const auto& given = finding["template"];
  const auto& resource = given["resource"];
  if (!resource.is_there()) return out;
  const auto construct = resource["construct"].text();
  out += paragraph("    template  ", fmt::format("{} {}{}", place_of(given["place"]), resource["logical_id"].text(), construct.empty() ? "" : fmt::format(" ({})", construct)),
                   style, "              ");
  return out;
}

}  // namespace

std::string view_contract(const View& view) {
  const auto& document = view.document;
  const auto& style = view.style;
  std::string out;
  for (const auto& finding : document["findings"].list()) {
    const auto severity = finding["severity"].raw();
    out += paragraph(fmt::format("{} ", painted(style, severity, fmt::format("{} {}", severity, finding["rule"].text()))), finding["what"].text(), style);
    out += sides(finding, style);
    if (finding["next"].is_there()) out += paragraph(fmt::format("    {} ", style.bold("try:")), finding["next"].text(), style, "         ");
  }
  out += notes(document["notes"], "");
  const auto& compared = document["compared"];
  return out + paragraph(style.symbol(document["kept"].is_true() ? "SUCCEEDED" : "FAILED") + " ",
                         fmt::format("{} environment variables, {} AWS calls and {} routes against {}: {}, {}, {}, {} unknown", compared["variables"].text(), compared["calls"].text(),
                                     compared["routes"].text(), document["function"]["logical_id"].text(), count_of(document["errors"].number(), "error"),
                                     count_of(document["warnings"].number(), "warning"), count_of(document["notes_count"].number(), "note"), document["unknown"].text()), style);
}

}  // namespace tandem::report
