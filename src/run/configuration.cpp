#include "run/configuration.hpp"

#include <algorithm>
#include <array>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "workflow/findings.hpp"

namespace tandem::run {
namespace {
using workflow::Findings;
using workflow::joined;
using workflow::Properties;
using workflow::Spot;
using workflow::spot;

bool is_remote(const std::string& url) {
  if (url.find("://") != std::string::npos) return true;
  const auto colon = url.find(':');
  return colon != std::string::npos && url.find('/') > colon && url.substr(0, colon).find('@') != std::string::npos;
}

std::string absolute(const std::string& path, const std::filesystem::path& folder) {
  auto out = (folder / path).lexically_normal();
  if (!out.has_filename()) out = out.parent_path();
  return out.string();
}

bool is_inside(std::string_view path) {
  if (path.empty() || path.starts_with('/')) return false;
  return std::ranges::none_of(split(path, '/'), [](const std::string& part) { return part == ".."; });
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text.front() != '.' && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

/// tandem.yaml, key by key.
class ConfigurationReader {
 public:
  ConfigurationReader(const yaml::Node& root, const std::filesystem::path& folder, Findings& findings)
      : root_(root), folder_(folder), findings_(findings) {}

  Configuration read() {
    Properties file(root_, "", "tandem.yaml", findings_);
    configuration_.state_folder = absolute(file.text("state").value_or(".tandem"), folder_);
    file.require("repositories", "tandem.yaml");
    for_each(file, "repositories", [this](const yaml::Entry& entry, const std::string& path) { read_repository(entry, path); });
    if (const auto* sync = file.map("sync")) read_sync(*sync);
    if (const auto* compose = file.map("compose")) read_compose(*compose);
    if (file.find("environments") == nullptr) configuration_.environments.emplace_back();
    for_each(file, "environments", [this](const yaml::Entry& entry, const std::string& path) { read_environment(entry, path); });
    if (const auto* daemon = file.map("daemon")) read_daemon(*daemon);
    if (const auto* steps = file.map("steps")) read_steps(*steps);
    if (const auto* history = file.map("history")) read_history(*history);
    file.finish();
    return std::move(configuration_);
  }

 private:
  template <typename Read>
  void for_each(Properties& file, std::string_view key, const Read& read) {
    const auto* map = file.map(key);
    if (map == nullptr) return;
    for (const auto& entry : map->entries) {
      const auto path = joined(std::string(key), entry.key);
      if (!is_name(entry.key))
        findings_.error("E114", spot(entry, path), fmt::format("\"{}\" may use only letters, digits, -, _ and .", entry.key));
      else if (!entry.value.is_map() && !entry.value.is_null())
        findings_.error("E113", spot(entry.value, path), fmt::format("{} must be a map, not {}", entry.key, workflow::described(entry.value)));
      else
        read(entry, path);
    }
  }

  /// One of several words; E113 with all of them otherwise.
  template <typename Enum, size_t Count>
  Enum choose(Properties& properties, std::string_view key, Enum otherwise, const std::array<std::pair<std::string_view, Enum>, Count>& words) {
    const auto written = properties.text(key);
    if (!written) return otherwise;
    std::vector<std::string> known;
    for (const auto& [word, value] : words) {
      if (word == *written) return value;
      known.emplace_back(word);
    }
    const auto near = nearest(*written, known);
    findings_.error("E113", properties.at(key), fmt::format("{} must be one of {}, not {}", key, join(known, ", "), *written),
                    near ? fmt::format("Did you mean {}?", *near) : "");
    return otherwise;
  }

  std::string path_inside(Properties& properties, std::string_view key, std::string otherwise) {
    const auto written = properties.text(key);
    if (!written) return otherwise;
    if (!is_inside(*written))
      findings_.error("E113", properties.at(key), fmt::format("{} must be a path inside the repository, not {}", key, *written));
    return *written;
  }

  std::vector<std::string> texts(Properties& properties, std::string_view key, std::vector<std::string> otherwise) {
    if (properties.find(key) == nullptr) return otherwise;
    std::vector<std::string> out;
    for (const auto* node : properties.list(key)) out.push_back(node->text);
    return out;
  }

  void read_fetch_limits(Properties& properties, git::FetchLimits& limits) {
    const auto positive = [&](std::string_view key, std::uint64_t otherwise) {
      const auto written = properties.whole(key, "");
      if (!written) return otherwise;
      if (*written >= 1 && *written <= 1'000'000'000) return static_cast<std::uint64_t>(*written);
      findings_.error("E113", properties.at(key), fmt::format("{} must be 1 to 1000000000, not {}", key, *written));
      return otherwise;
    };
    limits.bytes_max = positive("fetch-mib", limits.bytes_max >> 20) << 20;
    limits.objects_max = positive("fetch-objects", limits.objects_max);
  }

  void read_repository(const yaml::Entry& entry, const std::string& path) {
    Properties properties(entry.value, path, "a repository", findings_);
    properties.stands_at(spot(entry, path));
    for (const auto* key : {"role", "url"}) properties.require(key, "a repository");
    RepositoryConfiguration repository;
    repository.name = entry.key;
    repository.role = choose(properties, "role", Role::Application,
                             std::array<std::pair<std::string_view, Role>, 2>{{{"application", Role::Application}, {"infrastructure", Role::Infrastructure}}});
    const auto url = properties.text("url").value_or("");
    repository.url = url.empty() || is_remote(url) ? url : absolute(url, folder_);
    repository.branch = properties.text("branch").value_or(repository.branch);
    repository.webhook_secrets = texts(properties, "webhook-secrets", {});
    read_fetch_limits(properties, repository.fetch_limits);
    properties.finish();
    configuration_.repositories.push_back(std::move(repository));
  }

  void read_component(const yaml::Node& item, const std::string& path, SyncConfiguration& sync) {
    if (!item.is_map()) {
      findings_.error("E113", spot(item, path), fmt::format("a component must be a map of from and to, not {}", workflow::described(item)));
      return;
    }
    Properties component(item, path, "a component", findings_);
    for (const auto* key : {"from", "to"}) component.require(key, "a component");
    auto from = path_inside(component, "from", "");
    auto to = path_inside(component, "to", "");
    auto exclude = texts(component, "exclude", {});
    for (const auto& each : exclude)
      if (!is_inside(each)) findings_.error("E113", component.at("exclude"), fmt::format("\"{}\" must be a path below {}", each, from));
    component.finish();
    sync.components.push_back({std::move(from), std::move(to), std::move(exclude)});
  }

  /// What one application carries: components, requirements, metadata.
  void read_carried(Properties& properties, const std::string& path, SyncConfiguration& sync) {
    if (const auto* components = properties.find("components")) {
      sync.components.clear();
      if (!components->value.is_list())
        findings_.error("E113", spot(components->value, path + ".components"), "components must be a list of from and to");
      for (const auto& item : components->value.items) read_component(item, path + ".components", sync);
    }
    if (const auto* entry = properties.find("requirements"); entry != nullptr && entry->value.text == "none") {
      sync.requirements_from.clear();
      sync.requirements_to.clear();
    } else if (const auto* requirements = properties.map("requirements")) {
      Properties merge(*requirements, path + ".requirements", "requirements", findings_);
      sync.requirements_from = path_inside(merge, "from", sync.requirements_from);
      sync.requirements_to = path_inside(merge, "to", sync.requirements_to);
      sync.on_conflict = choose(merge, "on-conflict", sync.on_conflict,
                                std::array<std::pair<std::string_view, ConflictSide>, 3>{{{"refuse", ConflictSide::Refuse},
                                                                                          {"application", ConflictSide::Application},
                                                                                          {"infrastructure", ConflictSide::Infrastructure}}});
      merge.finish();
    }
    if (properties.find("metadata") != nullptr) sync.metadata = path_inside(properties, "metadata", "");
  }

  void read_source(const yaml::Entry& entry, const std::string& path) {
    if (!entry.value.is_map()) {
      findings_.error("E113", spot(entry.value, path), fmt::format("{} must be a map, not {}", entry.key, workflow::described(entry.value)));
      return;
    }
    SyncConfiguration source = configuration_.sync;
    source.components.clear();
    source.requirements_from.clear();
    source.requirements_to.clear();
    source.metadata.clear();
    Properties properties(entry.value, path, "a source", findings_);
    properties.stands_at(spot(entry, path));
    properties.require("components", "a source");
    read_carried(properties, path, source);
    properties.finish();
    configuration_.sources[entry.key] = std::move(source);
  }

  void read_sync(const yaml::Node& node) {
    auto& sync = configuration_.sync;
    Properties properties(node, "sync", "sync", findings_);
    read_carried(properties, "sync", sync);
    sync.on_drift = choose(properties, "on-conflict", sync.on_drift,
                           std::array<std::pair<std::string_view, DriftPolicy>, 3>{{{word(DriftPolicy::Refuse), DriftPolicy::Refuse},
                                                                                    {word(DriftPolicy::Overwrite), DriftPolicy::Overwrite},
                                                                                    {word(DriftPolicy::Branch), DriftPolicy::Branch}}});
    sync.commits = choose(properties, "commits", sync.commits,
                          std::array<std::pair<std::string_view, CommitPolicy>, 2>{{{word(CommitPolicy::Squash), CommitPolicy::Squash},
                                                                                    {word(CommitPolicy::Each), CommitPolicy::Each}}});
    const auto keep = properties.whole("keep-branches", "").value_or(sync.keep_branches);
    if (keep < 0 || keep > 100'000) findings_.error("E113", properties.at("keep-branches"), fmt::format("keep-branches must be 0 (all) to 100000, not {}", keep));
    sync.keep_branches = static_cast<int>(keep);
    if (const auto* sources = properties.map("sources"))
      for (const auto& entry : sources->entries) read_source(entry, "sync.sources." + entry.key);
    properties.finish();
  }

  void read_compose(const yaml::Node& node) {
    auto& compose = configuration_.compose;
    Properties properties(node, "compose", "compose", findings_);
    compose.folder = path_inside(properties, "folder", compose.folder);
    compose.handlers = texts(properties, "handlers", compose.handlers);
    compose.runtime = properties.text("runtime").value_or(compose.runtime);
    properties.finish();
  }

  void read_parameters(const yaml::Node& node, const std::string& path, EnvironmentConfiguration& environment) {
    for (const auto& entry : node.entries) {
      if (entry.value.is_scalar() || entry.value.is_null()) environment.parameters[entry.key] = entry.value.text;
      else findings_.error("E113", spot(entry.value, path), fmt::format("{} must be a text, not {}", entry.key, workflow::described(entry.value)));
    }
  }

  void read_environment(const yaml::Entry& entry, const std::string& path) {
    Properties properties(entry.value, path, "an environment", findings_);
    EnvironmentConfiguration environment;
    environment.name = entry.key;
    environment.target = choose(properties, "target", environment.target,
                                std::array<std::pair<std::string_view, TargetKind>, 2>{{{"local", TargetKind::Local}, {"aws", TargetKind::Aws}}});
    environment.region = properties.text("region").value_or(environment.region);
    environment.endpoint = properties.text("endpoint").value_or("");
    environment.rollback = choose(properties, "rollback", environment.rollback,
                                  std::array<std::pair<std::string_view, RollbackPolicy>, 2>{{{"automatic", RollbackPolicy::Automatic}, {"recommend", RollbackPolicy::Recommend}}});
    if (const auto* parameters = properties.map("parameters")) read_parameters(*parameters, path + ".parameters", environment);
    environment.suites = texts(properties, "suites", {});
    if (const auto* admin = properties.map("admin")) {
      Properties login(*admin, path + ".admin", "admin", findings_);
      environment.admin_email = login.text("email").value_or("");
      environment.admin_password_secret = login.text("password-secret").value_or("");
      login.finish();
    }
    environment.cdk_folder = path_inside(properties, "cdk-folder", environment.cdk_folder);
    if (const auto* approvals = properties.map("approvals")) {
      Properties policy(*approvals, path + ".approvals", "approvals", findings_);
      environment.approvals = count(policy, "required", 0, 0, 2);
      environment.other_person = policy.flag("other-person").value_or(false);
      policy.finish();
    }
    properties.finish();
    configuration_.environments.push_back(std::move(environment));
  }

  void read_daemon(const yaml::Node& node) {
    Properties properties(node, "daemon", "daemon", findings_);
    const auto port = properties.whole("port", "").value_or(0);
    if (port < 0 || port > 65535) findings_.error("E113", properties.at("port"), fmt::format("port must be 0 to 65535, not {}", port));
    configuration_.port = static_cast<std::uint16_t>(port);
    configuration_.parallel_runs = count(properties, "parallel-runs", 0, 0, 1000);
    configuration_.poll_seconds = count(properties, "poll-seconds", 0, 0, 86400);
    properties.finish();
  }

  /// A whole number within bounds; E113 with them otherwise.
  int count(Properties& properties, std::string_view key, int otherwise, int least, int most) {
    const auto written = properties.whole(key, "");
    if (!written) return otherwise;
    if (*written < least || *written > most)
      findings_.error("E113", properties.at(key), fmt::format("{} must be {} to {}, not {}", key, least, most, *written));
    return static_cast<int>(*written);
  }

  void read_history(const yaml::Node& node) {
    Properties properties(node, "history", "history", findings_);
    configuration_.keep_days = count(properties, "keep-days", configuration_.keep_days, 0, 36500);
    configuration_.keep_runs = count(properties, "keep-runs", configuration_.keep_runs, 0, 10'000'000);
    configuration_.prunes_by_itself = choose(properties, "prune", configuration_.prunes_by_itself,
                                             std::array<std::pair<std::string_view, bool>, 2>{{{"automatic", true}, {"by-hand", false}}});
    properties.finish();
  }

  void read_network_grant(const yaml::Node& node, const Spot& at) {
    auto grant = network_grant_from(node.text);
    if (!grant) {
      findings_.error("E113", at, fmt::format("\"{}\" must be repository/workflow/action", node.text), "For example application/api-deployment/Validate");
      return;
    }
    std::vector<std::string> known;
    for (const auto& repository : configuration_.repositories) known.push_back(repository.name);
    if (std::ranges::find(known, grant->repository) == known.end()) {
      const auto near = nearest(grant->repository, known);
      findings_.error("E164", at, fmt::format("the repository {} is not in tandem.yaml{}", grant->repository, near ? fmt::format("; did you mean {}?", *near) : ""));
    } else if (configuration_.grants_network(*grant)) {
      findings_.error("E113", at, fmt::format("{} is granted twice", node.text), "Leave one of them out");
    }
    configuration_.network_grants.push_back(std::move(*grant));
  }

  /// The actions that may, one by one. There is no word for all of them.
  void read_network(Properties& properties) {
    const auto* entry = properties.find("network");
    if (entry == nullptr) return;
    if (!entry->value.is_list()) {
      findings_.error("E113", properties.at("network"), fmt::format("network must be a list of repository/workflow/action, not {}", workflow::described(entry->value)),
                      "Name each action whose steps may reach the network; [] when none may");
      return;
    }
    for (const auto* node : properties.list("network")) read_network_grant(*node, spot(*node, properties.path("network")));
  }

  std::uint64_t limit(Properties& properties, std::string_view key, std::uint64_t otherwise, int least) {
    const auto written = properties.whole(key, "");
    if (!written) return otherwise;
    if (*written < least) findings_.error("E113", properties.at(key), fmt::format("{} must be {} or more, not {}", key, least, *written));
    return static_cast<std::uint64_t>(std::max(*written, decltype(*written)(least)));
  }

  void read_steps(const yaml::Node& node) {
    Properties properties(node, "steps", "steps", findings_);
    configuration_.unsandboxed = choose(properties, "sandbox", false,
                                        std::array<std::pair<std::string_view, bool>, 2>{{{"required", false}, {"optional", true}}});
    read_network(properties);
    configuration_.errexit_in_steps = properties.flag("errexit").value_or(false);
    auto& limits = configuration_.step_limits;
    limits.memory_mib = limit(properties, "memory-mib", limits.memory_mib, 64);
    limits.processes = limit(properties, "processes", limits.processes, 16);
    limits.file_mib = limit(properties, "file-mib", limits.file_mib, 1);
    properties.finish();
  }

  const yaml::Node& root_;
  const std::filesystem::path& folder_;
  Findings& findings_;
  Configuration configuration_;
};

Error error_from(const Diagnostic& diagnostic, size_t others) {
  auto what = diagnostic.path.empty() ? diagnostic.what : fmt::format("{}: {}", diagnostic.path, diagnostic.what);
  if (others > 0) what += fmt::format(" (and {} more)", others);
  return Error{Fault::Invalid, std::move(what), diagnostic.code, diagnostic.place, diagnostic.suggestion};
}

}  // namespace

Result<Configuration> parse_configuration(std::string_view text, const std::filesystem::path& file) {
  const yaml::Lines lines(text);
  Findings findings(file.string(), lines);
  const auto document = yaml::read(text);
  for (const auto& issue : document.issues) findings.error(issue.code, {issue.line, issue.column}, issue.what, issue.suggestion);
  Configuration configuration;
  const auto folder = std::filesystem::absolute(file).parent_path();
  if (document.readable && document.root.is_map())
    configuration = ConfigurationReader(document.root, folder, findings).read();
  else if (document.readable)
    findings.error("E100", {1, 1}, fmt::format("the file holds {}; tandem.yaml is a map that starts with repositories:", workflow::described(document.root)));
  auto diagnostics = findings.finish();
  std::erase_if(diagnostics, [](const Diagnostic& diagnostic) { return diagnostic.severity != Severity::Error; });
  if (!diagnostics.empty()) return error_from(diagnostics.front(), diagnostics.size() - 1);
  return configuration;
}

Result<Configuration> load_configuration(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text && text.error().fault == Fault::Missing)
    return failure(Fault::Missing, "no configuration at {}", file.string()).with_next("Run tandem init, or name the file with --config");
  if (!text) return text.error();
  return parse_configuration(*text, file);
}

}  // namespace tandem::run
