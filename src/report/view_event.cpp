// pull requests, and upkeep of the history

#include "report/view_parts.hpp"

namespace tandem::report {

std::string view_pull_request(const View& view) {
  const auto& request = view.document["pull_request"];
  return paragraph(fmt::format("{}#{} {}: ", request["repository"].text(), request["number"].text(), words_of(request["status"].raw())),
                   fmt::format("{} into {} at {}", request["source"].text(), request["destination"].text(), short_commit(request["head"])), view.style);
}

std::string view_pull_requests(const View& view) {
  Table table(view.style, {"pull request", "status", "from", "into", "head", "by"});
  for (const auto& request : view.document["pull_requests"].list())
    table.add({{fmt::format("{}#{}", request["repository"].text(), request["number"].text()), &Style::bold}, {words_of(request["status"].raw())},
               {request["source"].text()}, {request["destination"].text()}, {short_commit(request["head"])}, {request["author"].text()}},
              {request["title"].text(), &Style::dim});
  return table.is_empty() ? "no pull requests: tandem pull-request open --source BRANCH\n" : table.text();
}

std::string view_pruned(const View& view) {
  const auto& document = view.document;
  const auto runs = static_cast<std::int64_t>(document["runs"].list().size());
  const auto bundles = count_of(static_cast<std::int64_t>(document["bundles"].list().size()), "bundle");
  if (document["dry_run"].is_true()) return fmt::format("{} and {} would go\n", count_of(runs, "run"), bundles);
  return fmt::format("{} gone, with the bodies of {} and {}; {} gone\n", count_of(runs, "run"), count_of(document["records"].number(), "record"),
                     count_of(document["artifacts"].number(), "artifact"), bundles);
}

std::string view_collected(const View& view) {
  const auto size = [](const Look& one) {
    return fmt::format("{}, {} loose, {} KiB", count_of(one["packs"].number(), "pack"), one["loose"].number(), one["bytes"].number() / 1024);
  };
  const auto& document = view.document;
  return fmt::format("{} -> {}; {} kept for Releases and syncs\n", size(document["before"]), size(document["after"]), count_of(document["kept"].number(), "commit"));
}

std::string view_kill_points(const View& view) {
  std::string out;
  for (const auto& point : view.document["points"].list()) out += point.text() + "\n";
  return out + view.style.dim(view.document["how"].text()) + "\n";
}

}  // namespace tandem::report
