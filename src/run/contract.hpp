#pragma once
// Both sides of the contract brought together: sources from a folder or a commit, templates from a file, an assembly or a synthesis.

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/git.hpp"
#include "check/contract.hpp"
#include "record/configuration.hpp"
#include "run/commands.hpp"

namespace tandem::run {

/// Sources below a folder. `parts`: only these files and folders of it (and what is declared beside them); empty or
/// none of them there: everything that is deployed. Errors: Missing (TD0103) for a folder that is not there.
Result<std::vector<check::SourceFile>> read_sources(const std::filesystem::path& folder, const std::vector<std::string>& parts = {});
/// The same of a tree in git.
Result<std::vector<check::SourceFile>> read_sources(const git::Repository& repository, const TreeId& tree, const std::vector<std::string>& parts = {});

/// A template file, or all templates of an assembly folder (cdk.out). Places name the files as they are given here.
Result<std::vector<check::TemplateText>> read_templates(const std::filesystem::path& place);

using Sources = std::vector<check::SourceFile>;
using Templates = std::vector<check::TemplateText>;

struct Synthesis {
  std::filesystem::path folder;            ///< a copy that the build may write into
  std::filesystem::path cache;
  std::string environment{};
};
/// Runs the CDK app of a folder and reads its templates.
Result<std::vector<check::TemplateText>> synthesised_templates(const Synthesis& synthesis, const std::function<void(std::string_view)>& say, std::stop_token stop = {});

/// A copy of a CDK app's folder that its build may write into.
Result<TemporaryFolder> copy_of(const std::filesystem::path& folder);

// Commits of the configured pair.
/// What sync carries, as paths of the application repository.
std::vector<std::string> carried_parts(const Workshop& shop);
/// A commit of a repository of the pair: the one named, else the tip of its branch; fetched first.
Result<CommitId> fetched(Workshop& shop, const RepositoryConfiguration& repository, const std::string& revision, std::stop_token stop = {});
Result<Sources> application_sources(Workshop& shop, const CommitId& commit);
/// Extracts the commit into `workspace`, which is removed afterwards, and synthesises it.
Result<Templates> infrastructure_templates(Workshop& shop, const CommitId& commit, const EnvironmentConfiguration& environment,
                                           const std::filesystem::path& workspace, const std::function<void(std::string_view)>& say = {},
                                           std::stop_token stop = {});

/// `tandem contract check` on two folders, or a folder and a template: needs no pair and no daemon.
struct FolderContract {
  std::filesystem::path application;
  std::filesystem::path infrastructure{};  ///< synthesised, unless `templates` is given
  std::filesystem::path templates{};
  std::string function{};
  bool is_strict = false;                  ///< warnings count as errors
};
Result<Answer> check_contract(const FolderContract& request);

/// Reads and compares. Answers "tandem.contract/1"; exit 0 kept, 2 broken.
Result<Answer> contract_between(const std::vector<check::SourceFile>& files, const std::vector<check::TemplateText>& templates, const std::string& function, bool is_strict);

}  // namespace tandem::run
