// Commits of the configured pair as the two sides of a contract.

#include "base/files.hpp"
#include "run/contract.hpp"

namespace tandem::run {
namespace fs = std::filesystem;

std::vector<std::string> carried_parts(const Workshop& shop) {
  std::vector<std::string> out;
  for (const auto& component : shop.configuration.sync.components) out.push_back(component.from);
  return out;
}

/// A commit of a repository of the pair: the one named, else the tip of its branch; fetched first.
Result<CommitId> fetched(Workshop& shop, const RepositoryConfiguration& repository, const std::string& revision, std::stop_token stop) {
  const auto lock = TRY(shop.pair.lock(std::chrono::minutes{2}, stop));
  TRY(shop.pair.fetch(repository, stop), "fetching {}", repository.name);
  if (revision.empty()) return shop.tip(repository);
  const auto store = TRY(shop.objects());
  return store.resolve(revision);
}

Result<Sources> application_sources(Workshop& shop, const CommitId& commit) {
  const auto store = TRY(shop.objects());
  const auto tree = TRY(store.tree_of(commit));
  return read_sources(store, tree, carried_parts(shop));
}

Result<Templates> infrastructure_templates(Workshop& shop, const CommitId& commit, const EnvironmentConfiguration& environment, const fs::path& workspace,
                                           const std::function<void(std::string_view)>& say, std::stop_token stop) {
  TRY(tandem::remove_all(workspace));
  TRY(make_folders(workspace));
  const auto store = TRY(shop.objects());
  const auto tree = TRY(store.tree_of(commit));
  TRY(store.extract(tree, workspace), "extracting {}", commit.value.substr(0, 12));
  auto templates = synthesised_templates({(workspace / environment.cdk_folder).lexically_normal(), shop.folders.cache() / "synth", environment.name}, say, stop);
  TRY(tandem::remove_all(workspace));
  return templates;
}

}  // namespace tandem::run
