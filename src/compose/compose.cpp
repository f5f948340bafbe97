#include "compose/compose.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "compose/bundle_folder.hpp"
#include "compose/fixed_files.hpp"
#include "compose/handler.hpp"
#include "compose/handler_trials.hpp"
#include "compose/install.hpp"
#include "compose/integrated_handler.hpp"
#include "compose/python.hpp"
#include "compose/sbom.hpp"
#include "compose/stored_bundles.hpp"
#include "compose/wanted_python.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

/// Part of what a composition is known by: raise it when the same inputs would give other bytes.
constexpr std::string_view recipe = "3";
constexpr auto bootstrap = "bootstrap";

HandlerKind kind_of(const ComposeRequest& request) {
  return is_native(request.configuration.runtime) ? HandlerKind::Native : HandlerKind::Python;
}

/// The function's folder of the infrastructure's tree. The root itself is the folder "".
Result<TreeId> function_tree(const git::Repository& repository, const ComposeRequest& request) {
  const auto& folder = request.configuration.folder;
  const auto entry = TRY(repository.find(request.tree, folder), "looking for {}", folder);
  if (entry && entry->kind == git::EntryKind::Tree) return TreeId{entry->id};
  return failure(Fault::Missing, "no folder {} in {}", folder, request.repository).at({folder}).with_next("set compose.folder in tandem.yaml");
}

Result<HandlerFacts> read_facts(const git::Repository& repository, const ComposeRequest& request, const TreeId& tree) {
  HandlerFacts facts{request.configuration.handlers, {}, {}, kind_of(request)};
  const auto entries = TRY(repository.entries(tree));
  for (const auto& entry : entries)
    if (entry.kind != git::EntryKind::Tree) facts.files.insert(entry.name);
  if (const auto& application = request.application)
    facts.proven_sync = fmt::format("{} of {} {}", application->sync.value, application->repository, application->commit.value.substr(0, 12));
  return facts;
}

/// The same error with its place in the repository the file came from.
Error placed(const ComposeRequest& request, Error error) {
  if (error.place) error.place->file = origin_of(request, error.place->file);
  return error;
}

Done check_bootstrap(const ComposeRequest& request, const fs::path& folder) {
  const Place place{origin_of(request, bootstrap)};
  std::error_code ignored;
  if (!fs::exists(folder / bootstrap, ignored))
    return failure(Fault::Invalid, "runtime {} wants a file bootstrap", request.configuration.runtime).at(place).with_code("TD0400")
        .with_next("build registry/native-handler and put bootstrap there, or set compose.runtime to a Python");
  if (::access((folder / bootstrap).c_str(), X_OK) != 0)
    return failure(Fault::Invalid, "bootstrap is not executable, and Lambda would not start it").at(place).with_code("TD0400")
        .with_next("git update-index --chmod=+x " + origin_of(request, bootstrap).substr(request.repository.size() + 1));
  return done();
}

/// What the application says of its Python holds for the function, too.
Done check_application_python(const git::Repository& repository, const ComposeRequest& request) {
  if (!request.application || !request.application->tree) return done();
  for (const auto* file : {"pyproject.toml", "setup.cfg"}) {
    const auto entry = TRY(repository.find(*request.application->tree, file));
    if (!entry || entry->kind == git::EntryKind::Tree) continue;
    const auto text = TRY(repository.blob(entry->id), "reading {}", file);
    const auto wanted = wanted_python(file, text);
    if (!wanted) continue;
    const auto python = TRY(find_python(request.configuration.runtime, Needs::Interpreter));
    TRY(check_wanted_python(*wanted, python.full_version, request.application->repository));
  }
  return done();
}

Result<Installed> install_requirements(const ComposeRequest& request, const fs::path& folder) {
  if (kind_of(request) == HandlerKind::Native) return Installed{.digest = digest_of("")};
  InstallRequest wanted{{}, request.configuration.runtime, request.cache, request.installer_environment, request.stop};
  std::error_code ignored;
  if (fs::exists(folder / "requirements.txt", ignored)) wanted.requirements = TRY(read_file(folder / "requirements.txt"));
  auto installed = install(wanted);
  if (installed) return installed;
  auto error = std::move(installed).error();
  if (!error.place) error.place = Place{"requirements.txt"};
  return placed(request, std::move(error));
}

/// A function for another processor than this machine's: its packages must be there for that one too. The note about it.
Result<std::optional<std::string>> check_architecture(const ComposeRequest& request, const Installed& installed) {
  const auto here = architecture_here();
  if (request.architecture.empty() || request.architecture == here || kind_of(request) == HandlerKind::Native) return std::optional<std::string>{};
  const InstallRequest wanted{{}, request.configuration.runtime, request.cache, request.installer_environment, request.stop};
  if (auto checked = check_wheels(wanted, installed.packages, request.architecture); !checked)
    return placed(request, std::move(checked).error().at({"requirements.txt"}));
  return std::optional(fmt::format("the function is for {}, and there is a wheel of every package for it; this bundle is for {}, where it is tried", request.architecture, here));
}

Done refuse_own_names(const ComposeRequest& request, const std::set<std::string>& own) {
  for (const auto* name : {lock_file, sbom_file, chain_file})
    if (own.contains(name))
      return failure(Fault::Invalid, "{} is a name that tandem writes into every bundle", name).at({origin_of(request, name)})
          .with_code("TD0407").with_next("rename it");
  return done();
}

/// What decides what comes out.
std::string key_of(const ComposeRequest& request, const TreeId& tree, const HandlerFacts& facts, const Installed& installed) {
  json::object all{{"recipe", recipe}, {"tree", tree.value}, {"chain", json_of(facts.chain)}, {"sync", json_or_null(facts.proven_sync)},
                   {"runtime", request.configuration.runtime}, {"folder", request.configuration.folder}, {"repository", request.repository},
                   {"lock", installed.digest.value}, {"environment", json_of(request.function_environment)},
                   {"packages", request.runtime_packages.string()}, {"isolated", request.isolation == Isolation::Required}};
  return sha256_hex(to_canonical_text(all)).substr(0, 32);
}

Done write_materials(const ComposeRequest& request, const fs::path& folder, const HandlerDecision& decision, const Installed& installed) {
  if (!installed.packages.empty()) TRY(write_file(folder / lock_file, installed.lock));
  const auto handler = file_of(decision.handler, kind_of(request));
  Materials materials{.name = request.repository + "/" + request.configuration.folder, .runtime = request.configuration.runtime, .handler = handler};
  if (request.application) {
    materials.application = request.application->repository;
    materials.application_commit = request.application->commit;
  }
  const auto digest = TRY(digest_of_file(folder / handler));
  materials.handler_sha256 = replaced(digest.value, "sha256:", "");
  materials.packages = installed.packages;
  materials.edges = installed.edges;
  return write_file(folder / sbom_file, bill_of_materials(materials));
}

TrialRequest trial_of(const ComposeRequest& request, const fs::path& folder, std::set<std::string> own) {
  return {folder, "", request.configuration.runtime, request.function_environment, request.hidden_values, request.runtime_packages,
          std::move(own), request.stop};
}

/// What the function loads: the generated handler with its stand-ins, or the list that bootstrap reads.
Prepare preparation(const HandlerDecision& decision, const fs::path& folder, HandlerKind kind) {
  return [&decision, folder, kind](const std::vector<std::string>& chain) -> Done {
    if (kind == HandlerKind::Native) return write_file(folder / chain_file, join(chain, "\n") + "\n");
    if (!decision.is_generated || chain.front() != decision.handler) return done();
    return write_file(folder / (decision.handler + ".py"), integrated_handler_source({chain.begin() + 1, chain.end()}));
  };
}

Result<TrialAnswer> try_all(const ComposeRequest& request, const fs::path& folder, std::set<std::string> own, HandlerDecision& decision, const OnChoice& on_choice) {
  const auto ground = TRY(find_ground(request.configuration.runtime, request.isolation));
  auto answer = try_handlers(decision, trial_of(request, folder, std::move(own)), ground, preparation(decision, folder, kind_of(request)));
  for (auto& choice : decision.choices) {
    if (choice.place) choice.place->file = origin_of(request, choice.place->file);
    if (on_choice) on_choice(choice);
  }
  if (answer) return answer;
  return placed(request, std::move(answer).error());
}

/// What people should hear although all went well.
std::vector<std::string> notes_of(const HandlerDecision& decision) {
  std::vector<std::string> out;
  for (const auto& choice : decision.choices)
    if (choice.state == state::rejected)
      out.push_back(fmt::format("{} cannot stand in: {}{}", choice.handler, choice.reason, choice.place ? fmt::format(" ({})", text(*choice.place)) : ""));
  return out;
}

std::vector<std::string> names_of(const std::vector<LockedPackage>& packages) {
  std::vector<std::string> out;
  for (const auto& package : packages) out.push_back(package.name + "==" + package.version);
  return out;
}

std::string entry_point_of(const HandlerDecision& decision, const TrialAnswer& answer) {
  return answer.function.empty() ? decision.handler : decision.handler + "." + answer.function;
}

}  // namespace

Result<Bundle> compose(const git::Repository& repository, const ComposeRequest& request, const OnChoice& on_choice) {
  const auto tree = TRY(function_tree(repository, request));
  const auto facts = TRY(read_facts(repository, request, tree));
  auto decision = TRY(choose_handler(facts), "composing {}", request.repository);
  TRY(check_application_python(repository, request));
  TRY(make_folders(request.bundles));
  auto work = TRY(TemporaryFolder::make_in(request.bundles, "composing"));
  const auto own = TRY(lay_out(repository, tree, work.path()));
  TRY(refuse_own_names(request, own));
  if (facts.kind == HandlerKind::Native) TRY(check_bootstrap(request, work.path()));
  const auto installed = TRY(install_requirements(request, work.path()), "composing {}", request.repository);
  const auto foreign = TRY(check_architecture(request, installed), "composing {}", request.repository);

  const auto key = key_of(request, tree, facts, installed);
  auto known = TRY(find_composed(request.bundles, key));
  if (known) {
    if (foreign) known->notes.push_back(*foreign);
    known->notes.emplace_back("composed before from the same inputs");
    for (const auto& choice : known->choices)
      if (on_choice) on_choice(choice);
    return std::move(*known);
  }
  if (auto added = add_packages(installed.folder, work.path(), own); !added) return placed(request, std::move(added).error());
  const auto answer = TRY(try_all(request, work.path(), own, decision, on_choice), "composing {}", request.repository);
  TRY(write_materials(request, work.path(), decision, installed));
  TRY(fix_files(work.path()));
  const auto digest = TRY(digest_of_folder(work.path()));
  const auto folder = TRY(store(std::move(work), request.bundles, digest));
  Bundle bundle{digest, folder.string(), decision.handler, entry_point_of(decision, answer), request.configuration.runtime,
                installed.digest, names_of(installed.packages), decision.choices, notes_of(decision)};
  TRY(remember(request.bundles, key, bundle));
  if (foreign) bundle.notes.push_back(*foreign);
  if (installed.was_repaired) bundle.notes.emplace_back("the cached packages had been changed and were installed anew");
  return bundle;
}

Result<TrialAnswer> try_again(const Bundle& bundle, const ComposeRequest& request) {
  auto trial = trial_of(request, bundle.folder, {});
  trial.handler = bundle.handler;
  const auto ground = TRY(find_ground(request.configuration.runtime, request.isolation));
  auto answer = try_handler(trial, ground);
  if (answer) return answer;
  return placed(request, std::move(answer).error());
}

std::string origin_of(const ComposeRequest& request, const std::string& path_in_bundle) {
  const auto& folder = request.configuration.folder;
  const auto path = folder.empty() ? path_in_bundle : folder + "/" + path_in_bundle;
  if (request.application)
    for (const auto& [from, to, object, exact, excluded] : request.application->components) {
      const bool is_sources = exact || !excluded.empty();   // not merged
      if (is_sources && path == to) return request.application->repository + ":" + from;
      if (is_sources && path.starts_with(to + "/")) return request.application->repository + ":" + from + path.substr(to.size());
    }
  return request.repository + ":" + path;
}

bool does_ship(const std::string& path_in_bundle) {
  static const std::set<std::string, std::less<>> left_behind{"tests", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache",
                                                              "conftest.py", ".gitignore", ".gitattributes"};
  if (path_in_bundle.ends_with(".pyc") || path_in_bundle.ends_with(".pyo")) return false;
  const auto steps = split(path_in_bundle, '/');
  return std::ranges::none_of(steps, [](const auto& step) { return left_behind.contains(step); });
}

}  // namespace tandem::compose
