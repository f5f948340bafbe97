// status, releases, environments, rollback, proof, plan, bundle

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "report/view_parts.hpp"

namespace tandem::report {
namespace {

/// "API 4f2c0a1b2c3d, infrastructure 91ab..., handler integrated_api_handler": the pair, which no single commit says.
std::string pair_of(const Look& release) {
  const auto handler = release["handler"].text();
  return fmt::format("API {}, infrastructure {}, handler {}", short_commit(release["application"]), short_commit(release["infrastructure"]),
                     handler.empty() ? "none" : handler);
}

std::string environment_lines(const Look& environment, const View& view) {
  const auto& style = view.style;
  const auto name = style.bold(environment["name"].text());
  if (environment["error"].is_there()) return fmt::format("{} {}: cannot be seen\n", style.symbol("FAILED"), name) + error_lines(environment["error"], "  ");
  const auto live = environment["live"];
  if (!live.is_there()) return fmt::format("{} {}: nothing is live yet\n", style.symbol("PENDING"), name);
  const auto& release = live["release"];
  const auto since = live["since"].instant();
  const auto for_how_long = since ? fmt::format(", live since {}{}", moment(*since), view.now ? fmt::format(" ({})", when(live["since"], view)) : "") : "";
  auto out = paragraph(fmt::format("{} {}: ", style.symbol("live"), name),
                       release.is_there() ? fmt::format("release {} ({}){}", release["id"].text(), pair_of(release), for_how_long)
                                          : fmt::format("deployment {}, whose release is not known here{}", live["deployment"].text(), for_how_long),
                       style);
  out += fmt::format("  API   {}\n", live["url"].text());
  if (!live["site"].text().empty()) out += fmt::format("  site  {}\n", live["site"].text());
  return out;
}

std::map<std::string, int> counts_of(const Look& proof) {
  std::map<std::string, int> counts{{"passed", 0}, {"failed", 0}};
  for (const auto& item : proof["cases"].list()) ++counts[item["passed"].is_true() ? "passed" : "failed"];
  return counts;
}

}  // namespace

std::string view_status(const View& view) {
  const auto& style = view.style;
  std::string out;
  for (const auto& item : view.document["attention"].list()) out += paragraph(style.symbol("HELD") + " ", item["what"].text(), style);
  for (const auto& environment : view.document["environments"].list()) out += environment_lines(environment, view);
  for (const auto& run : view.document["moving"].list()) {
    const auto status = run["status"].raw();
    out += fmt::format("{} {} {} of {}: {}\n", style.symbol(status), style.bold(run["run"].text()), run["workflow"].text(),
                       run["repository"].text(), words_of(status));
  }
  if (view.document["moving"].list().empty()) out += style.dim("nothing moves") + "\n";
  return out;
}

std::string view_releases(const View& view) {
  const auto& style = view.style;
  Table table(style, {"", "release", "API", "infrastructure", "made", "handler"});
  for (const auto& release : view.document["releases"].list()) {
    std::map<std::string, std::string> newest;   // per environment, the newest deployment says where the release stands
    std::vector<std::string> stands;
    for (const auto& deployment : release["deployments"].list()) {
      const auto environment = deployment["environment"].text();
      if (!newest.emplace(environment, deployment["phase"].raw()).second) continue;
      stands.push_back(fmt::format("{} {}", environment, words_of(deployment["phase"].text())));
    }
    std::string status = newest.empty() ? "PENDING" : newest.begin()->second;
    for (const auto& [environment, phase] : newest)
      if (phase == "live") status = phase;
    table.add({{style.symbol(status)}, {release["id"].text(), &Style::bold}, {short_commit(release["application"])},
               {short_commit(release["infrastructure"])}, {when(release["at"], view)}, {release["handler"].text()}}, {join(stands, ", ")});
  }
  return table.is_empty() ? "no releases yet: push to the application repository\n" : table.text();
}

std::string view_environments(const View& view) {
  Table table(view.style, {"environment", "target", "region", "after a failed deployment", "now"});
  for (const auto& environment : view.document["environments"].list())
    table.add({{environment["name"].text(), &Style::bold}, {environment["target"].text()}, {environment["region"].text()},
               {environment["rollback"].raw() == "automatic" ? "rolls back by itself" : "recommends the way back"},
               {environment["frozen"].is_there() ? fmt::format("frozen by {}", environment["frozen"]["actor"].text())
                : environment["held_by"].is_there() ? fmt::format("held by {}", environment["held_by"].text()) : "free"}},
              {environment["frozen"]["reason"].text(), &Style::dim});
  return table.is_empty() ? "tandem.yaml names no environments\n" : table.text();
}

std::string view_rollback(const View& view) {
  const auto& document = view.document;
  const auto& style = view.style;
  auto out = paragraph(fmt::format("{} {}: ", style.symbol("live"), style.bold(document["to"]["environment"].text())),
                       fmt::format("from release {} to release {}", document["from"]["release"].text(), document["to"]["release"].text()), style);
  const bool is_proven = document["proven"].is_true();
  out += is_proven ? paragraph("  proven: ", "what the outside sees is what it was when this release was live", style) : "  " + style.red("not proven") + "\n";
  return out + fmt::format("  API   {}\n", document["to"]["url"].text());
}

std::string view_proof(const View& view) {
  const auto& proof = view.document["proof"];
  const auto& style = view.style;
  auto counts = counts_of(proof);
  const bool passed = proof["passed"].is_true();
  auto out = fmt::format("{} {}: {} passed, {} failed\n", style.symbol(passed ? "SUCCEEDED" : "FAILED"), proof["url"].text(), counts["passed"], counts["failed"]);
  Table table(style, {"", "suite", "took", "case"});
  for (const auto& item : proof["cases"].list()) {
    const bool fine = item["passed"].is_true();
    table.add({{style.symbol(fine ? "SUCCEEDED" : "FAILED")}, {item["suite"].text()}, {for_people(Duration{item["took_ms"].number()})},
               {item["name"].text(), fine ? nullptr : &Style::red}},
              {item["what"].text() + (item["blame"].is_there() ? fmt::format(" (blame: {})", item["blame"].text()) : "")});
  }
  return out + table.text("  ") + notes(proof["notes"], "");
}

std::string view_plan(const View& view) {
  const auto& style = view.style;
  const auto& plan = view.document["plan"].is_there() ? view.document["plan"] : view.document;
  Table table(style, {"", "resource", "type", "what differs"});
  int kept = 0;
  for (const auto& change : plan["changes"].list()) {
    const auto effect = change["effect"].raw();
    if (effect == "keep" && ++kept > 0) continue;
    const auto paint = effect == "create" ? &Style::green : effect == "update" ? &Style::yellow : &Style::red;
    auto differs = change["properties"].text();
    if (change["loses_data"].is_true()) differs = "LOSES DATA" + std::string(differs.empty() ? "" : ": ") + differs;
    table.add({{effect, paint}, {fmt::format("{}/{}", change["stack"].text(), change["logical_id"].text()), &Style::bold},
               {change["type"].text()}, {differs}});
  }
  std::string out;
  if (view.document["environment"].is_there())
    out = fmt::format("{} at infrastructure {}\n", style.bold(view.document["environment"].text()), short_commit(view.document["infrastructure"]));
  out += table.is_empty() ? "nothing would change\n" : table.text();
  if (kept > 0) out += style.dim(fmt::format("{} as before", count_of(kept, "resource"))) + "\n";
  return out + notes(plan["noted"], "");
}

namespace {

/// "integrated_api_handler: chosen: proven sync-...": what became of a handler of the chain, and why.
std::string choice_lines(const Look& choice, const Style& style) {
  const auto state = choice["state"].text();
  const auto symbol = choice["chosen"].is_true() ? "SUCCEEDED" : state == "rejected" ? "FAILED" : "SKIPPED";
  auto reason = choice["reason"].text();
  if (choice["file"].is_there()) reason += fmt::format(" ({}{})", choice["file"].text(), choice["line"].is_there() ? ":" + choice["line"].text() : "");
  return paragraph(fmt::format("  {} {}: ", style.symbol(symbol), choice["handler"].text()), state.empty() ? reason : state + ": " + reason, style);
}

}  // namespace

std::string view_bundle(const View& view) {
  const auto& style = view.style;
  const auto& bundle = view.document["bundle"];
  const auto commit = short_commit(view.document["infrastructure"]);
  auto out = bundle.is_there() ? fmt::format("{} {} of infrastructure {}\n", style.symbol("SUCCEEDED"), style.bold(bundle["handler"].text()), commit)
                               : fmt::format("{} no bundle of infrastructure {}\n", style.symbol("FAILED"), commit);
  const auto& told = bundle.is_there() ? bundle["choices"] : view.document["choices"];
  for (const auto& choice : told.list()) out += choice_lines(choice, style);
  if (view.document["error"].is_there()) out += error_lines(view.document["error"], "");
  if (!bundle.is_there()) return out;
  out += fmt::format("  bundle {}\n", bundle["digest"].text());
  for (const auto& note : bundle["notes"].list()) out += paragraph("  note: ", note.text(), style);
  return bundle["packages"].list().empty() ? out : out + paragraph("  packages ", bundle["packages"].text(), style);
}

}  // namespace tandem::report
