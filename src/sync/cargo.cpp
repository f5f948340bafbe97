#include "sync/cargo.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem::sync {
namespace {

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

/// The folder that holds all of `paths`.
std::string common_parent(const std::vector<std::string>& paths) {
  auto common = paths.empty() ? "" : parent_of(paths.front());
  for (const auto& path : paths)
    while (!common.empty() && !path.starts_with(common + "/")) common = parent_of(common);
  return common;
}

json::array components_json(const Cargo& cargo) {
  json::array out;
  for (const auto& component : components_of(cargo)) {
    json::object one{{"from", component.from}, {"to", component.to}, {"id", component.object}, {"kind", kind(component)}};
    if (!component.excluded.empty()) one["excluded"] = json_of(component.excluded);
    out.push_back(std::move(one));
  }
  return out;
}

/// What the generated files' places are derived from: a cargo as the configuration that would make it.
SyncConfiguration configuration_of(const Cargo& cargo) {
  SyncConfiguration out{.requirements_from = cargo.requirements.from, .requirements_to = cargo.requirements.to, .metadata = cargo.metadata};
  out.components.clear();
  for (const auto& part : cargo.parts) out.components.push_back({part.from, part.to});
  return out;
}

}  // namespace

SyncId sync_id(const Cargo& cargo) {
  std::vector<std::string> parts{cargo.source_repository, cargo.source.value,  cargo.target_repository,
                                 cargo.target_branch,     cargo.base.value,    std::to_string(cargo.sequence)};
  for (const auto& part : cargo.parts) parts.push_back(part.to + "=" + part.object);
  parts.push_back(cargo.requirements.merged);
  return {"sync-" + sha256_hex(join(parts, "\n")).substr(0, 16)};
}

std::vector<Component> components_of(const Cargo& cargo) {
  std::vector<Component> out;
  for (const auto& part : cargo.parts) out.push_back({part.from, part.to, part.object, part.exclude.empty(), part.exclude});
  const auto& requirements = cargo.requirements;
  if (!requirements.from.empty()) out.push_back({requirements.from, requirements.to, requirements.merged, false});
  std::ranges::sort(out, {}, &Component::to);
  return out;
}

std::string metadata_text(const Cargo& cargo) {
  return to_pretty_text(json::object{{"sync_timestamp", rfc3339(cargo.at)},
                                     {"source_repository", cargo.source_repository},
                                     {"source_branch", cargo.source_branch},
                                     {"source_commit", cargo.source.value},
                                     {"source_tree", cargo.source_tree.value},
                                     {"deployment_strategy", cargo.strategy},
                                     {"coordinated_deployment", true},
                                     {"components", components_json(cargo)},
                                     {"actor", cargo.actor},
                                     {"run", cargo.run.value},
                                     {"sync", cargo.id.value},
                                     {"sequence", cargo.sequence},
                                     {"algorithm", algorithm}});
}

std::string metadata_path(const SyncConfiguration& configuration) {
  if (!configuration.metadata.empty()) return configuration.metadata;
  const auto root = root_of(configuration);
  return root.empty() ? "sync-metadata.json" : root + "/sync-metadata.json";
}

std::string metadata_path(const Cargo& cargo) { return metadata_path(configuration_of(cargo)); }

std::vector<std::string> destinations_of(const SyncConfiguration& configuration) {
  std::vector<std::string> out{metadata_path(configuration)};
  for (const auto& component : configuration.components) out.push_back(component.to);
  if (!configuration.requirements_from.empty()) out.push_back(configuration.requirements_to);
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> destinations_of(const Cargo& cargo) { return destinations_of(configuration_of(cargo)); }

bool overlap(std::string_view a, std::string_view b) {
  const auto lies_in = [](std::string_view inner, std::string_view outer) {
    return inner.size() > outer.size() && inner.starts_with(outer) && inner[outer.size()] == '/';
  };
  return a == b || lies_in(a, b) || lies_in(b, a);
}

std::string root_of(const SyncConfiguration& configuration) {
  if (!configuration.requirements_from.empty()) return parent_of(configuration.requirements_to);
  std::vector<std::string> paths;
  for (const auto& component : configuration.components) paths.push_back(component.to);
  return common_parent(paths);
}

std::string root_of(const Cargo& cargo) { return root_of(configuration_of(cargo)); }

std::string commit_message(const Cargo& cargo) {
  std::vector<std::string> map, excluded;
  for (const auto& part : cargo.parts) {
    map.push_back(part.from + "=" + part.to);
    for (const auto& path : part.exclude) excluded.push_back(part.from + "/" + path);
  }
  auto out = fmt::format("Synchronise {} {}{}\n\n", cargo.source_repository, short_id(cargo.source),
                         cargo.subject.empty() ? "" : ": " + cargo.subject);
  out += fmt::format("Carries {} from {} by {}.\n\n", join(map, ", "), cargo.source_branch, cargo.actor);
  const auto line = [&out](std::string_view name, std::string_view value) { out += fmt::format("Tandem-{}: {}\n", name, value); };
  line("Sync", cargo.id.value);
  line("Source", cargo.source_repository + "@" + cargo.source.value);
  line("Source-Tree", cargo.source_tree.value);
  if (!cargo.author.empty()) line("Source-Author", cargo.author);
  line("Map", join(map, " "));
  if (!excluded.empty()) line("Exclude", join(excluded, " "));
  if (!cargo.retired.empty()) line("Retired", join(cargo.retired, " "));
  line("Base", cargo.base.value);
  if (!cargo.requirements.from.empty())
    line("Requirements", fmt::format("app={} infra={}", cargo.requirements.application,
                                     cargo.requirements.infrastructure.empty() ? "none" : cargo.requirements.infrastructure));
  line("Strategy", cargo.strategy);
  line("Run", cargo.run.value);
  line("Sequence", std::to_string(cargo.sequence));
  line("Algorithm", std::to_string(algorithm));
  return out;
}

std::optional<std::string> trailer(std::string_view message, std::string_view name) {
  const auto start = fmt::format("Tandem-{}: ", name);
  for (const auto& line : lines_of(message))
    if (line.starts_with(start)) return line.substr(start.size());
  return std::nullopt;
}

git::Person coordinator(Instant at) {
  return {"Tandem", "tandem@tandem.invalid", Instant{std::chrono::floor<std::chrono::seconds>(at)}};
}

std::string_view word(ConflictSide side) {
  switch (side) {
    case ConflictSide::Refuse: return "refuse";
    case ConflictSide::Application: return "application";
    case ConflictSide::Infrastructure: return "infrastructure";
  }
  return "";
}

std::optional<ConflictSide> conflict_side_from(std::string_view text) {
  for (const auto side : {ConflictSide::Refuse, ConflictSide::Application, ConflictSide::Infrastructure})
    if (word(side) == text) return side;
  return std::nullopt;
}

std::string short_id(const CommitId& id) { return id.value.substr(0, 12); }

}  // namespace tandem::sync
