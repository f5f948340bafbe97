#include "run/doctor.hpp"

#include <filesystem>

#include "base/files.hpp"
#include "base/git.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "run/contract.hpp"
#include "run/network_policy.hpp"
#include "shell/walls.hpp"

namespace tandem::run {
namespace {

struct Check {
  std::string name;
  std::string state;           ///< "ok", "warning", "failed"
  std::string what;
  std::string fix{};
};

Check tool(const std::string& name, std::vector<std::string> argv, std::string fix) {
  const auto output = run_program(Command{.argv = std::move(argv), .environment = tool_environment(), .time_limit = std::chrono::seconds{20}});
  if (!output || !output->exit.ok()) return {name, "failed", "not found or not working", std::move(fix)};
  return {name, "ok", lines_of(output->out + output->err).empty() ? "" : lines_of(output->out + output->err).front()};
}

/// One check for each wall around a step. Without any, steps are refused; a single gap is for its owner to judge.
std::vector<Check> walls(Workshop& shop) {
  std::vector<Check> checks;
  for (auto& wall : shell::try_walls(shop.folders.workspaces())) {
    const bool none = wall.name == "sandbox" && !wall.stands;
    const auto* state = wall.stands ? "ok" : none && !shop.configuration.unsandboxed ? "failed" : "warning";
    checks.push_back({"wall: " + wall.name, state, std::move(wall.what), std::move(wall.next)});
  }
  return checks;
}

Check secret_key(Workshop& shop) {
  std::error_code code;
  const auto mode = std::filesystem::status(shop.folders.secrets() / "key", code).permissions();
  const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
  if (code) return {"key of the secrets", "failed", code.message(), "restore it from a backup"};
  if ((mode & others) != std::filesystem::perms::none)
    return {"key of the secrets", "failed", "others than its owner may read it", fmt::format("chmod 600 {}, then tandem secrets rotate", (shop.folders.secrets() / "key").string())};
  return {"key of the secrets", "ok", "only its owner may read it"};
}

Check state_folder(Workshop& shop) {
  const auto started = shop.clock.now();
  const auto written = replace_file(shop.folders.state / "doctor.scratch", "scratch");
  if (!written) return {"state folder", "failed", written.error().what, "make it writable, or free space"};
  const auto took = shop.clock.now() - started;
  if (auto gone = tandem::remove_all(shop.folders.state / "doctor.scratch"); !gone) return {"state folder", "warning", gone.error().what};
  std::error_code code;
  const auto space = std::filesystem::space(shop.folders.state, code);
  const auto free_mib = code ? 0 : space.available >> 20U;
  if (free_mib < 512) return {"state folder", "warning", fmt::format("{} MiB free", free_mib), "free some space"};
  return {"state folder", took > std::chrono::milliseconds{100} ? "warning" : "ok",
          fmt::format("{}: a durable write took {}, {} MiB free", shop.folders.state.string(), for_people(took), free_mib)};
}

Check journal(Workshop& shop) {
  const auto audit = shop.ledger->verify();
  if (!audit) return {"journal", "failed", audit.error().what, "restore it from a backup"};
  if (audit->broken != 0) return {"journal", "failed", fmt::format("record {}: {}", audit->broken, audit->what), "restore it from a backup"};
  return {"journal", "ok", fmt::format("{} records, the chain verifies", audit->records)};
}

Check repository(Workshop& shop, const RepositoryConfiguration& repository) {
  const auto name = fmt::format("repository {}", repository.name);
  const auto refs = git::ls_remote(repository.url);
  if (!refs) return {name, "failed", refs.error().what, fmt::format("check the url of {} in {}", repository.name, shop.file.string())};
  const bool has_branch = std::ranges::any_of(*refs, [&](const auto& ref) { return ref.name == "refs/heads/" + repository.branch; });
  if (!has_branch) return {name, "warning", fmt::format("no branch {} yet", repository.branch), "push a first commit to it"};
  const std::filesystem::path path = repository.url;
  const auto hook = read_file(path / "hooks" / "post-receive");
  if (std::filesystem::is_directory(path) && (!hook || hook->find("installed by tandem") == std::string::npos))
    return {name, "warning", "has no hook of tandem: pushes are found by looking every few seconds", "tandem init --force installs it"};
  return {name, "ok", repository.url};
}

/// What is wrong with the grants to one repository, held against the definitions of its branch; empty while it has none.
Result<std::vector<std::string>> troubles_with_grants(Workshop& shop, const RepositoryConfiguration& repository) {
  std::vector<std::string> out;
  const auto tip = fetched(shop, repository, "");
  if (!tip && tip.error().fault == Fault::Missing) return out;
  if (!tip) return tip.error();
  const auto definitions = TRY(definitions_at(shop.pair.repository(), *tip));
  for (const auto& grant : shop.configuration.network_grants)
    if (grant.repository == repository.name)
      if (auto trouble = trouble_with(grant, definitions)) out.push_back(std::move(*trouble));
  return out;
}

/// Whose steps may reach the network, and whether there is such an action.
Check network_of_steps(Workshop& shop) {
  const auto& grants = shop.configuration.network_grants;
  std::vector<std::string> names;
  for (const auto& grant : grants) names.push_back(text(grant));
  std::vector<std::string> troubles;
  for (const auto& repository : shop.configuration.repositories) {
    if (std::ranges::find(grants, repository.name, &NetworkGrant::repository) == grants.end()) continue;
    auto found = troubles_with_grants(shop, repository);
    if (found) troubles.insert(troubles.end(), found->begin(), found->end());
    else troubles.push_back(fmt::format("{} could not be looked at: {}", repository.name, found.error().what));
  }
  if (!troubles.empty()) return {"network of steps", "warning", join(troubles, "; "), fmt::format("correct steps: network: in {}", shop.file.string())};
  return {"network of steps", "ok", names.empty() ? "closed for all" : fmt::format("closed but for {}", join(names, ", "))};
}

}  // namespace

Result<Answer> examine(Workshop& shop) {
  std::vector<Check> checks{state_folder(shop), journal(shop), secret_key(shop),
                            tool("git", {"git", "--version"}, "apt-get install git"),
                            tool("python", {"python3", "--version"}, "apt-get install python3"),
                            tool("python venv", {"python3", "-c", "import venv, ensurepip; print('venv works')"}, "apt-get install python3-venv"),
                            tool("node", {"node", "--version"}, "apt-get install nodejs npm"),
                            tool("npm", {"npm", "--version"}, "apt-get install npm")};
  for (auto& wall : walls(shop)) checks.push_back(std::move(wall));
  checks.push_back(network_of_steps(shop));
  for (const auto& each : shop.configuration.repositories) checks.push_back(repository(shop, each));
  json::array list;
  bool failed = false;
  for (const auto& check : checks) {
    failed = failed || check.state == "failed";
    list.push_back({{"name", check.name}, {"state", check.state}, {"what", check.what},
                    {"fix", check.fix.empty() ? json::value(nullptr) : json::value(check.fix)}});
  }
  return Answer{json::object{{"schema", "tandem.doctor/1"}, {"passed", !failed}, {"checks", list}}, failed ? 1 : 0};
}

}  // namespace tandem::run
