#include "run/hand_over.hpp"

#include "base/archive.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "check/globs.hpp"
#include "check/reports.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr size_t artifact_files_max = 100'000;
constexpr std::uint64_t artifact_bytes_max = 1UL << 30;
constexpr std::uint64_t documents_bytes_max = 64UL << 20;   ///< of all report files of an action

/// A file of an artifact: where it lies, and its path inside.
struct Handed {
  fs::path from;
  std::string as;
};

/// A pattern as the working folder knows it; workflow files also write the paths that steps see.
std::string relative_pattern(const Workspace& space, const std::string& pattern) {
  for (const auto& prefix : {std::string("/sources/WorkflowSource"), space.shown(space.working()).string(), space.working().string()})
    if (pattern.starts_with(prefix + "/")) return pattern.substr(prefix.size() + 1);
  return pattern.starts_with("./") ? pattern.substr(2) : pattern;
}

/// A file that steps see in the system's folders, which anybody may read: never more than a step could have read itself.
bool is_public_tool(const fs::path& file) {
  std::error_code code;
  const auto real = fs::canonical(file, code);
  if (code || !fs::is_regular_file(real, code)) return false;
  const bool in_place = real.string().starts_with("/usr/") || real.string().starts_with("/opt/");
  return in_place && (fs::status(real, code).permissions() & fs::perms::others_read) != fs::perms::none && !code;
}

/// W308: what is written with its whole path. A single file is stored by its last name; what a folder or a wildcard of the
/// action's HOME means keeps its place below /root, as on the service. A tool of the system may be named as well;
/// everything else is gone with the sandbox.
Result<std::vector<Handed>> absolute_files(const Workspace& space, const std::string& pattern) {
  std::vector<Handed> files;
  if (const auto rest = space.below_home(pattern); rest && !rest->empty()) {
    const auto matching = TRY(check::matching_files(space.home(), {*rest}, {}));
    for (const auto& file : matching)
      files.push_back({space.home() / file, file == *rest ? fs::path(file).filename().string() : "root/" + file});
  } else if (is_public_tool(pattern)) {
    files.push_back({pattern, fs::path(pattern).filename().string()});
  }
  if (!files.empty()) return files;
  return failure(Fault::Missing, "{} is no file of the workspace and is gone with the action", pattern).with_code("E-RUN-12")
      .with_next("copy it into the working directory in a step, and name it there");
}

Result<std::vector<Handed>> files_of(const Workspace& space, const ArtifactOutput& output) {
  std::vector<std::string> patterns;
  std::vector<Handed> files;
  for (const auto& pattern : output.files) {
    const auto relative = relative_pattern(space, pattern);
    if (!relative.starts_with('/') && !relative.starts_with('~')) {
      patterns.push_back(relative);
      continue;
    }
    const auto found = TRY(absolute_files(space, relative));
    files.insert(files.end(), found.begin(), found.end());
  }
  const auto matching = TRY(check::matching_files(space.working(), patterns, {}));
  for (const auto& file : matching) files.push_back({space.working() / file, file});
  return files;
}

/// Links that the patterns name are said when they are not taken.
Done say_what_is_left_out(const Work& work, const Workspace& space, const ArtifactOutput& output) {
  constexpr size_t shown_max = 5;
  std::vector<std::string> patterns;
  for (const auto& pattern : output.files)
    if (auto relative = relative_pattern(space, pattern); !relative.starts_with('/') && !relative.starts_with('~')) patterns.push_back(std::move(relative));
  auto links = TRY(check::left_out_of(space.working(), patterns));
  if (links.empty()) return done();
  const auto count = links.size();
  links.resize(std::min(count, shown_max));
  work.say(fmt::format("artifact {}: {} that {} not lead to a file inside {} left out: {}{}", output.name, count == 1 ? "1 link" : fmt::format("{} links", count),
                       count == 1 ? "does" : "do", count == 1 ? "is" : "are", join(links, ", "), count > shown_max ? ", ..." : ""));
  return done();
}

/// Whether all of them may be one artifact.
Done check_size(const std::string& name, const std::vector<Handed>& files) {
  std::uint64_t bytes = 0;
  std::error_code code;
  for (const auto& file : files) bytes += fs::file_size(file.from, code);
  if (files.size() <= artifact_files_max && bytes <= artifact_bytes_max) return done();
  return failure(Fault::Invalid, "the artifact {} has {} files and {} MiB; it may have {} files and {} MiB", name, files.size(), bytes >> 20,
                 artifact_files_max, artifact_bytes_max >> 20)
      .with_code("E-RUN-18").with_next("name fewer files, or pack them in a step");
}

}  // namespace

Done keep_artifact(const Work& work, const Workspace& space, const ArtifactOutput& output) {
  const auto files = TRY(files_of(space, output), "matching the files of artifact {}", output.name);
  if (files.empty())
    return failure(Fault::Missing, "no file matches any pattern of the artifact {}: {}", output.name, join(output.files, ", "))
        .with_code("E-RUN-12").at(work.action.place).with_next("check the patterns: they are relative to the working directory");
  TRY(check_size(output.name, files));
  const auto folder = TRY(TemporaryFolder::make_in(space.root(), "artifact"));
  for (const auto& file : files) {
    TRY(make_folders((folder.path() / file.as).parent_path()));
    std::error_code code;
    fs::copy_file(file.from, folder.path() / file.as, fs::copy_options::overwrite_existing, code);
    if (code) return failure(Fault::Unavailable, "cannot keep {}: {}", file.as, code.message());
  }
  const auto zip = TRY(TemporaryFolder::make_in(space.root(), "zip"));
  TRY(zip_folder(folder.path(), zip.path() / "artifact.zip"));
  const auto bytes = TRY(read_file(zip.path() / "artifact.zip"));
  TRY(work.shop.keep(work.run.id, work.action.name, output.name, ArtifactKind::Files, bytes));
  work.say(fmt::format("artifact {}: {} files", output.name, files.size()));
  return say_what_is_left_out(work, space, output);
}

namespace {

/// Each under a name of its own: two reports may lie in folders of the same file name.
Done keep_documents(const Work& work, const Workspace& space, const ReportOutput& criteria, std::uint64_t& left) {
  const auto files = TRY(check::matching_files(space.working(), criteria.include_paths, criteria.exclude_paths));
  for (const auto& file : files) {
    const auto bytes = TRY(read_file(space.working() / file));
    if (bytes.size() > left) {
      work.say(fmt::format("report {}: {} is judged but not kept: the reports of an action may have {} MiB together", criteria.name, file, documents_bytes_max >> 20));
      continue;
    }
    left -= bytes.size();
    const auto name = criteria.name + "-" + (files.size() == 1 ? fs::path(file).filename().string() : replaced(file, "/", "-"));
    TRY(work.shop.keep(work.run.id, work.action.name, work.hidden(name), ArtifactKind::Document, bytes));
  }
  return done();
}

}  // namespace

Result<Verdict> judge_reports(const Work& work, const Workspace& space) {
  Verdict all{.passed = true};
  auto left = documents_bytes_max;
  for (const auto& criteria : work.action.reports) {
    const auto verdict = TRY(check::judge_report_in(criteria, space.working()), "judging the report {}", criteria.name);
    all.passed = all.passed && verdict.passed;
    all.findings.insert(all.findings.end(), verdict.findings.begin(), verdict.findings.end());
    all.tests.tests += verdict.tests.tests;
    all.tests.failed += verdict.tests.failed;
    all.tests.skipped += verdict.tests.skipped;
    if (!criteria.format.empty()) TRY(keep_documents(work, space, criteria, left));
  }
  for (auto& finding : all.findings) {
    finding.what = work.hidden(finding.what);
    finding.place.file = work.hidden(finding.place.file);
  }
  return all;
}

Error criteria_error(const Work& work, const Verdict& verdict) {
  const auto found = std::ranges::find_if(verdict.findings, [](const Finding& finding) {
    return finding.rule.starts_with("report.") && finding.rule != "report.test-failed" && finding.severity == "HIGH";
  });
  if (found == verdict.findings.end()) return failure(Fault::Broken, "a success criterion of {} is not met", work.action.name).with_code("E-RUN-14");
  const auto code = found->rule == "report.missing" || found->rule == "report.unreadable" ? "E-RUN-13" : "E-RUN-14";
  auto error = failure(Fault::Broken, "{}", found->what).with_code(code);
  if (!found->place.file.empty()) error.place = found->place;
  return error;
}

}  // namespace tandem::run
