// The station of shell steps: a fresh workspace from git objects, steps in a sandbox, artifacts, caches, reports.

#include <set>

#include "base/archive.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "check/globs.hpp"
#include "check/reports.hpp"
#include "run/station.hpp"
#include "shell/steps.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

/// Folders of one attempt: <workspace>/git/v1/<repository> and <workspace>/s3/<artifact>.
struct Workspace {
  fs::path root;
  fs::path source;                                   ///< empty when the action takes none
  std::map<std::string, fs::path> artifacts{};
  fs::path working() const { return !source.empty() ? source : artifacts.empty() ? root : artifacts.begin()->second; }
};

Result<fs::path> lay_out_source(const Work& work, const fs::path& root) {
  const auto repository = TRY(work.shop.repository(work.run.repository));
  {
    const auto lock = TRY(work.shop.pair.lock(std::chrono::minutes{2}, work.stop));
    TRY(work.shop.pair.fetch(repository, work.stop), "fetching {}", repository.name);
  }
  const auto& store = work.shop.pair.repository();
  const auto tree = TRY(store.tree_of(work.run.commit));
  const auto folder = root / "git" / "v1" / repository.name;
  TRY(make_folders(folder));
  TRY(store.extract(tree, folder, git::Repository::Links::Keep), "extracting {}", work.run.commit.value.substr(0, 12));
  return folder;
}

Result<fs::path> lay_out_artifact(const Work& work, const fs::path& root, const std::string& name) {
  const auto all = TRY(work.shop.ledger->history([&](store::History& history) { return history.artifacts(work.run.id); }));
  const auto found = std::ranges::find_if(all, [&](const Artifact& artifact) { return artifact.name == name && artifact.kind == ArtifactKind::Files; });
  if (found == all.end()) return failure(Fault::Missing, "no action of this run has handed over the artifact {}", name).with_code("E-RUN-12");
  const auto bytes = TRY(work.shop.artifacts.get(found->digest));
  const auto archive = root / (name + ".zip");
  const auto folder = root / "s3" / name;
  TRY(write_file(archive, bytes));
  TRY(make_folders(folder));
  TRY(unzip(archive, folder), "unpacking the artifact {}", name);
  TRY(tandem::remove_all(archive));
  return folder;
}

Result<Workspace> lay_out(const Work& work) {
  Workspace space{.root = work.shop.folders.workspaces() / work.run.id.value / work.action.name};
  TRY(tandem::remove_all(space.root), "emptying the workspace");
  TRY(make_folders(space.root));
  if (work.action.takes_source) space.source = TRY(lay_out_source(work, space.root));
  for (const auto& name : work.action.input_artifacts) space.artifacts[name] = TRY(lay_out_artifact(work, space.root, name));
  return space;
}

// --- caches: <cache>/files/<repository>/<workflow>/<branch>/<key>; a miss is never an error ------------------------

fs::path cache_place(const Work& work, const std::string& branch, const std::string& key) {
  const auto scope = sha256_hex(work.run.repository + "\n" + work.run.workflow.file + "\n" + branch).substr(0, 24);
  return work.shop.folders.cache() / "files" / scope / sha256_hex(key).substr(0, 24);
}

fs::path cached_path(const Workspace& space, const FileCache& cache) {
  const fs::path path = cache.path;
  return path.is_absolute() ? path : (space.working() / path).lexically_normal();
}

void restore_caches(const Work& work, const Workspace& space) {
  for (const auto& cache : work.action.caches) {
    auto keys = cache.restore_keys;
    keys.insert(keys.begin(), cache.key);
    for (const auto& key : keys) {
      fs::path place = cache_place(work, work.run.event.branch, key);
      const auto repository = work.shop.repository(work.run.repository);
      if (!fs::exists(place) && repository) place = cache_place(work, repository->branch, key);
      if (!fs::exists(place)) continue;
      const auto copied = copy_folder(place, cached_path(space, cache));
      work.say(copied ? fmt::format("cache {}: restored", key) : fmt::format("cache {}: not restored: {}", key, copied.error().what));
      break;
    }
  }
}

Done save_cache(const Work& work, const Workspace& space, const FileCache& cache) {
  const auto from = cached_path(space, cache);
  if (!fs::is_directory(from)) return failure(Fault::Missing, "there is no folder {}", cache.path);
  const auto place = cache_place(work, work.run.event.branch, cache.key);
  auto fresh = TRY(TemporaryFolder::make_in(place.parent_path(), "saving"));
  TRY(copy_folder(from, fresh.path()));
  TRY(tandem::remove_all(place));
  std::error_code code;
  fs::rename(fresh.path(), place, code);
  if (code) return failure(Fault::Unavailable, "cannot keep it: {}", code.message());
  fresh.release();
  return done();
}

// --- what an action leaves behind -----------------------------------------------------------------------------------

Done keep_artifact(const Work& work, const Workspace& space, const ArtifactOutput& output) {
  const auto files = TRY(check::matching_files(space.working(), output.files, {}), "matching the files of artifact {}", output.name);
  if (files.empty())
    return failure(Fault::Missing, "no file matches any pattern of the artifact {}: {}", output.name, join(output.files, ", "))
        .with_code("E-RUN-12").at(work.action.place).with_next("check the patterns: they are relative to the working directory");
  const auto folder = TRY(TemporaryFolder::make_in(space.root, "artifact"));
  for (const auto& file : files) {
    TRY(make_folders((folder.path() / file).parent_path()));
    std::error_code code;
    fs::copy_file(space.working() / file, folder.path() / file, fs::copy_options::overwrite_existing, code);
    if (code) return failure(Fault::Unavailable, "cannot keep {}: {}", file, code.message());
  }
  const auto archive = space.root / (output.name + ".zip");
  TRY(zip_folder(folder.path(), archive));
  const auto bytes = TRY(read_file(archive));
  TRY(work.shop.keep(work.run.id, work.action.name, output.name, ArtifactKind::Files, bytes));
  work.say(fmt::format("artifact {}: {} files", output.name, files.size()));
  return done();
}

Result<Verdict> judge_reports(const Work& work, const Workspace& space) {
  Verdict all{.passed = true};
  for (const auto& criteria : work.action.reports) {
    const auto verdict = TRY(check::judge_report_in(criteria, space.working()), "judging the report {}", criteria.name);
    all.passed = all.passed && verdict.passed;
    all.findings.insert(all.findings.end(), verdict.findings.begin(), verdict.findings.end());
    all.tests.tests += verdict.tests.tests;
    all.tests.failed += verdict.tests.failed;
    all.tests.skipped += verdict.tests.skipped;
    if (criteria.format.empty()) continue;
    const auto files = TRY(check::matching_files(space.working(), criteria.include_paths, criteria.exclude_paths));
    for (const auto& file : files) {
      const auto bytes = TRY(read_file(space.working() / file));
      TRY(work.shop.keep(work.run.id, work.action.name, criteria.name + "-" + fs::path(file).filename().string(), ArtifactKind::Document, bytes));
    }
  }
  return all;
}

Error criteria_error(const Work& work, const Verdict& verdict) {
  const auto found = std::ranges::find_if(verdict.findings, [](const Finding& finding) { return finding.rule.starts_with("report."); });
  if (found == verdict.findings.end()) return failure(Fault::Broken, "a success criterion of {} is not met", work.action.name).with_code("E-RUN-14");
  const auto code = found->rule == "report.missing" ? "E-RUN-13" : "E-RUN-14";
  auto error = failure(Fault::Broken, "{}", found->what).with_code(code);
  if (!found->place.file.empty()) error.place = found->place;
  return error;
}

/// Files made here that no output hands over: they are gone with the workspace, so it is said.
std::optional<std::string> discarded(const Work& work, const Workspace& space) {
  if (space.source.empty()) return std::nullopt;
  const auto tree = work.shop.pair.repository().tree_of(work.run.commit);
  if (!tree) return std::nullopt;
  const auto known = work.shop.pair.repository().files(*tree);
  const auto now = files_below(space.source);
  if (!known || !now) return std::nullopt;
  std::set<std::string> expected;
  for (const auto& file : *known) expected.insert(file.path);
  std::vector<std::string> covered;
  for (const auto& artifact : work.action.output_artifacts) covered.insert(covered.end(), artifact.files.begin(), artifact.files.end());
  for (const auto& report : work.action.reports) covered.insert(covered.end(), report.include_paths.begin(), report.include_paths.end());
  for (const auto& cache : work.action.caches) covered.push_back(cache.path);
  const auto handed = check::Globs::parse(covered);
  std::vector<std::string> lost;
  for (const auto& file : *now) {
    const bool scratch = file.find("__pycache__/") != std::string::npos || file.starts_with(".pytest_cache/") || file.starts_with("node_modules/");
    if (!expected.contains(file) && !scratch && !(handed && handed->match(file))) lost.push_back(file);
  }
  if (lost.empty()) return std::nullopt;
  const auto count = lost.size();
  if (count > 5) lost.resize(5);
  return fmt::format("{} files in this workspace are discarded: {}{}", count, join(lost, ", "), count > 5 ? ", ..." : "");
}

Result<shell::StepsRequest> request_for(const Work& work, const Workspace& space) {
  const auto values = TRY(work.values());
  shell::StepsRequest request{.folder = space.root, .source_folder = space.source, .artifact_folders = space.artifacts,
                              .working_folder = space.working()};
  for (const auto& step : work.action.steps) {
    auto script = TRY(workflow::script_of(step, values), "reading a step of {}", work.action.name);
    request.steps.push_back(std::move(script.text));
    for (const auto& name : script.secrets) request.secrets[name] = values.secrets.at(name);
    for (const auto& [name, value] : script.environment)
      if (!name.starts_with("CATALYST_SECRETS_")) request.variables[name] = value;
  }
  for (const auto& [name, text] : work.action.variables) request.variables[name] = TRY(workflow::substituted(std::string_view(text), values));
  const auto& run = work.run;
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"CI", "true"}, {"CODECATALYST_SOURCE_BRANCH_NAME", run.event.branch}, {"CODECATALYST_BRANCH_NAME", run.event.branch},
           {"CODECATALYST_COMMIT_ID", run.commit.value}, {"CODECATALYST_SOURCE_BRANCH_REF", run.commit.value},
           {"TANDEM_EFFECT_KEY", run.id.value + "/" + work.action.name},   // the same on every attempt
           {"CODECATALYST_WORKFLOW_NAME", run.workflow.name}, {"CODECATALYST_TRIGGER_TYPE", upper(word(run.event.kind))}})
    request.variables.emplace(name, value);
  for (const auto& [name, value] : run.inputs) request.variables.emplace(name, value);
  request.outputs = work.action.output_variables;
  request.time_limit = std::chrono::minutes{work.action.timeout_minutes.value_or(480)};
  request.network = work.shop.configuration.network_in_steps ? shell::Network::Allowed : shell::Network::Denied;
  request.isolation = work.shop.configuration.unsandboxed ? shell::IsolationPolicy::AllowUnsandboxed : shell::IsolationPolicy::Required;
  request.cache_folder = work.shop.folders.cache() / "downloads";
  TRY(make_folders(*request.cache_folder));
  request.hidden_folders = {work.shop.folders.state};
  return request;
}

}  // namespace

Result<ActionOutcome> run_the_steps(const Work& work) {
  const auto space = TRY(lay_out(work), "laying out the workspace");
  restore_caches(work, space);
  const auto request = TRY(request_for(work, space));
  const auto steps = TRY(shell::run_steps(request, [&](size_t, std::string_view line) { work.say(line); }, work.stop));
  ActionOutcome outcome{.succeeded = steps.succeeded, .error = steps.error, .outputs = steps.outputs, .notes = steps.warnings};
  outcome.notes.insert(outcome.notes.end(), steps.annotations.begin(), steps.annotations.end());
  outcome.detail["isolation"] = shell::word(steps.isolation);
  if (steps.isolation == shell::Isolation::None) outcome.notes.push_back("degraded: the steps ran without a sandbox");
  if (!work.action.reports.empty()) {
    const auto verdict = TRY(judge_reports(work, space));
    outcome.detail["verdict"] = to_json(verdict);
    for (const auto& finding : verdict.findings) work.say(fmt::format("{}: {}", finding.rule, finding.what));
    if (outcome.succeeded && !verdict.passed) {
      outcome.succeeded = false;
      outcome.error = criteria_error(work, verdict);
    }
  }
  if (outcome.succeeded) {
    for (const auto& artifact : work.action.output_artifacts) TRY(keep_artifact(work, space, artifact));
    for (const auto& cache : work.action.caches)
      if (const auto saved = save_cache(work, space, cache); !saved) work.say(fmt::format("cache {}: not saved: {}", cache.key, saved.error().what));
  }
  if (auto note = discarded(work, space)) {
    work.say(*note);
    outcome.notes.push_back(std::move(*note));
  }
  if (const auto gone = tandem::remove_all(space.root); !gone) work.say(gone.error().what);
  return outcome;
}

}  // namespace tandem::run
