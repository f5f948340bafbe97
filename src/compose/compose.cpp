#include "compose/compose.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "compose/handler.hpp"
#include "compose/install.hpp"
#include "compose/integrated_handler.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

/// The function's folder of the infrastructure's tree. The root itself is the folder "".
Result<TreeId> function_tree(const git::Repository& repository, const ComposeRequest& request) {
  const auto& folder = request.configuration.folder;
  const auto entry = TRY(repository.find(request.tree, folder), "looking for {}", folder);
  if (entry && entry->kind == git::EntryKind::Tree) return TreeId{entry->id};
  return failure(Fault::Missing, "no folder {} in {}", folder, request.repository).at({folder}).with_next("set compose.folder in tandem.yaml");
}

Result<HandlerFacts> read_facts(const git::Repository& repository, const ComposeRequest& request, const TreeId& tree) {
  HandlerFacts facts{request.configuration.handlers, {}, {}};
  const auto entries = TRY(repository.entries(tree));
  for (const auto& entry : entries)
    if (entry.kind != git::EntryKind::Tree) facts.files.insert(entry.name);
  if (const auto& application = request.application)
    facts.proven_sync = fmt::format("{} of {} {}", application->sync.value, application->repository, application->commit.value.substr(0, 12));
  return facts;
}

/// The repository's files that ship, out of git's objects, as files. Returns their paths.
Result<std::set<std::string>> lay_out(const git::Repository& repository, const TreeId& tree, const fs::path& folder) {
  TRY(repository.extract(tree, folder), "laying out the function's files");
  std::set<std::string> kept;
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    if (does_ship(file)) kept.insert(file);
    else TRY(tandem::remove_all(folder / file));
  }
  return kept;
}

/// Puts the packages beside the files, as hard links where the file system lets us: they are read-only on both sides.
Done add_packages(const Installed& installed, const fs::path& folder, const std::set<std::string>& own, const ComposeRequest& request) {
  if (installed.packages.empty()) return done();
  const auto files = TRY(files_below(installed.folder));
  for (const auto& file : files) {
    if (own.contains(file))
      return failure(Fault::Invalid, "{} would hide the file of the same name of an installed package", origin_of(request, file))
          .at({origin_of(request, file)}).with_code("TD0407").with_next("rename it");
    std::error_code code;
    fs::create_directories((folder / file).parent_path(), code);
    fs::create_hard_link(installed.folder / file, folder / file, code);
    if (code) fs::copy_file(installed.folder / file, folder / file, code);
    if (code) return failure(Fault::Unavailable, "cannot copy {}: {}", file, code.message());
  }
  return done();
}

Result<Installed> install_requirements(const ComposeRequest& request, const fs::path& folder) {
  InstallRequest wanted{{}, request.configuration.runtime, request.cache, request.installer_environment, request.stop};
  std::error_code ignored;
  if (fs::exists(folder / "requirements.txt", ignored)) wanted.requirements = TRY(read_file(folder / "requirements.txt"));
  auto installed = install(wanted);
  if (installed) return installed;
  auto error = std::move(installed).error();
  if (!error.place) error.place = Place{origin_of(request, "requirements.txt")};
  return error;
}

Result<ImportAnswer> try_handler(const ComposeRequest& request, const fs::path& folder, const std::string& handler, std::set<std::string> own) {
  auto answer = check_import({folder, handler, request.configuration.runtime, request.function_environment, std::move(own), request.isolation, request.stop});
  if (answer) return answer;
  auto error = std::move(answer).error();
  if (error.place) error.place->file = origin_of(request, error.place->file);
  return error;
}

/// Every file readable by all and writable by none.
Done make_read_only(const fs::path& folder) {
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    struct stat status{};
    const auto path = (folder / file).string();
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const mode_t mode = (status.st_mode & S_IXUSR) != 0 ? 0555 : 0444;
    if ((status.st_mode & 07777) != mode && ::chmod(path.c_str(), mode) != 0)
      return failure(Fault::Unavailable, "cannot make {} read-only", path);
  }
  return done();
}

/// Moves a finished folder to its digest's place; one that is there already is the same.
Result<fs::path> store(TemporaryFolder work, const fs::path& bundles, const Digest& digest) {
  const auto place = bundles / replaced(digest.value, "sha256:", "");
  TRY(make_read_only(work.path()));
  std::error_code code;
  if (fs::exists(place, code)) {
    const auto there = TRY(digest_of_folder(place));
    if (there == digest) return place;
    return failure(Fault::Broken, "bundle {} was changed after it was stored", place.string()).with_next("remove that folder and compose again");
  }
  fs::rename(work.path(), place, code);
  if (code && !fs::exists(place)) return failure(Fault::Unavailable, "cannot keep bundle {}: {}", place.string(), code.message());
  if (!code) static_cast<void>(work.release());
  return place;
}

std::vector<std::string> handlers_after(const std::vector<std::string>& chain, std::string_view handler) {
  const auto found = std::ranges::find(chain, handler);
  return found == chain.end() ? chain : std::vector<std::string>(found + 1, chain.end());
}

}  // namespace

Result<Bundle> compose(const git::Repository& repository, const ComposeRequest& request) {
  const auto tree = TRY(function_tree(repository, request));
  const auto facts = TRY(read_facts(repository, request, tree));
  auto decision = TRY(choose_handler(facts), "composing {}", request.repository);
  TRY(make_folders(request.bundles));
  auto work = TRY(TemporaryFolder::make_in(request.bundles, "composing"));
  const auto own = TRY(lay_out(repository, tree, work.path()));
  if (decision.is_generated)
    TRY(write_file(work.path() / (decision.handler + ".py"), integrated_handler_source(handlers_after(facts.chain, integrated))));
  const auto installed = TRY(install_requirements(request, work.path()), "composing {}", request.repository);
  TRY(add_packages(installed, work.path(), own, request));
  const auto answer = TRY(try_handler(request, work.path(), decision.handler, own), "composing {}", request.repository);
  for (auto& choice : decision.choices)
    if (choice.chosen) choice.reason += fmt::format("; answered {} on GET /health{}", answer.status, answer.was_isolated ? "" : " (tried without a sandbox)");

  const auto digest = TRY(digest_of_folder(work.path()));
  const auto folder = TRY(store(std::move(work), request.bundles, digest));
  return Bundle{digest, folder.string(), decision.handler, decision.handler + "." + answer.function, request.configuration.runtime,
                installed.digest, installed.packages, std::move(decision.choices)};
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
