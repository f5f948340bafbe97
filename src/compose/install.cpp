#include "compose/install.hpp"

#include <algorithm>

#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/python.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::minutes install_time_max{15};
/// Part of the cache's key: raise it when the same requirements would give other bytes.
constexpr std::string_view recipe = "1";

/// What pip reads: no comments, no empty lines.
std::string without_comments(std::string_view text) {
  std::string out;
  for (const auto& raw : lines_of(text)) {
    const auto line = trimmed(raw);
    const auto code = trimmed(line.starts_with('#') ? "" : line.substr(0, line.find(" #")));
    if (!code.empty()) out += std::string(code) + "\n";
  }
  return out;
}

std::vector<std::string> packages_of(std::string_view lock) {
  std::vector<std::string> out;
  for (const auto& line : lines_of(lock)) out.push_back(line.substr(0, line.find(' ')));
  return out;
}

/// pip's report names what it installed and the digest of each file it came from.
Result<std::string> lock_from(std::string_view report) {
  const auto document = TRY(parse_json(report, "pip's report"));
  Fields fields(document, "pip's report");
  std::vector<std::string> lines;
  for (const auto& member : fields.list("install")) {
    Fields item(member, "an installed package");
    Fields metadata(item.object("metadata"), "a package's metadata");
    Fields download(item.object("download_info"), "a package's origin");
    Fields archive(download.object("archive_info"), "a package's archive");
    auto line = lower(metadata.string("name")) + "==" + metadata.string("version");
    if (const auto hash = archive.maybe_string("hash")) line += " --hash=" + replaced(*hash, "=", ":");
    TRY(metadata.finish());
    lines.push_back(std::move(line));
  }
  TRY(fields.finish());
  std::ranges::sort(lines);
  return lines.empty() ? std::string() : join(lines, "\n") + "\n";
}

/// What differs from machine to machine goes: scripts (they name the interpreter), where a file came from, and the lines
/// of RECORD that speak of them.
Done make_portable(const fs::path& folder) {
  TRY(tandem::remove_all(folder / "bin"));
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    if (file.ends_with(".dist-info/direct_url.json")) TRY(tandem::remove_all(folder / file));
    if (!file.ends_with(".dist-info/RECORD")) continue;
    const auto record = TRY(read_file(folder / file));
    std::vector<std::string> kept;
    for (const auto& line : lines_of(record)) {
      const bool is_gone = line.starts_with("../../bin/") || line.starts_with("bin/") || line.find("direct_url.json") != line.npos;
      if (!is_gone) kept.push_back(line);
    }
    std::ranges::sort(kept);
    TRY(write_file(folder / file, join(kept, "\n") + "\n"));
  }
  return done();
}

/// pip's last complaint, for people.
std::string complaint(std::string_view err) {
  std::string found;
  for (const auto& line : lines_of(err)) {
    const auto text = trimmed(line);
    if (text.starts_with("ERROR: ")) found = text.substr(7);
    else if (found.empty() && !text.empty()) found = text;
  }
  return found.empty() ? "pip said nothing" : found;
}

Done run_pip(const InstallRequest& request, const Python& python, const fs::path& folder) {
  Command command;
  command.argv = {python.executable, "-m", "pip", "install", "--target", (folder / "packages").string(), "--only-binary=:all:",
                  "--no-compile", "--no-input", "--no-warn-script-location", "--disable-pip-version-check", "--quiet",
                  "--report", (folder / "report.json").string(), "-r", (folder / "requirements.txt").string()};
  command.environment = tool_environment();
  for (const auto& [name, value] : request.environment) command.environment.insert_or_assign(name, value);
  command.environment.insert_or_assign("PYTHONDONTWRITEBYTECODE", "1");
  command.folder = folder;
  command.time_limit = install_time_max;
  const auto output = TRY(run_program(command, request.stop), "starting pip");
  if (output.exit.stopped) return failure(Fault::Cancelled, "stopped while installing packages");
  if (output.exit.timed_out) return failure(Fault::TimedOut, "pip did not finish in {}", for_people(install_time_max));
  if (output.exit.ok()) return done();
  return failure(Fault::Invalid, "pip cannot install the merged requirements: {}", complaint(output.err))
      .with_code("TD0403")
      .with_next("mend the requirement in the repository that asks for it; `tandem compose --explain` shows which one does");
}

Result<Installed> read_cached(const fs::path& folder) {
  Installed out;
  out.folder = folder / "packages";
  out.lock = TRY(read_file(folder / "lock.txt"), "reading the package cache");
  out.packages = packages_of(out.lock);
  out.digest = digest_of(out.lock);
  return out;
}

Done fill(const InstallRequest& request, const std::string& requirements, const fs::path& place) {
  const auto python = TRY(find_python(request.runtime, Needs::Installer));
  auto work = TRY(TemporaryFolder::make_in(request.cache, "installing"));
  TRY(write_file(work.path() / "requirements.txt", requirements));
  TRY(run_pip(request, python, work.path()));
  TRY(make_folders(work.path() / "packages"));
  TRY(make_portable(work.path() / "packages"));
  const auto report = TRY(read_file(work.path() / "report.json"), "reading pip's report");
  const auto lock = TRY(lock_from(report));
  TRY(write_file(work.path() / "lock.txt", lock));
  TRY(tandem::remove_all(work.path() / "report.json"));
  std::error_code code;
  fs::rename(work.path(), place, code);  // the whole folder appears at once, so what is there is complete
  if (code) return failure(Fault::Unavailable, "cannot keep {}: {}", place.string(), code.message());
  static_cast<void>(work.release());
  return done();
}

}  // namespace

Result<Installed> install(const InstallRequest& request) {
  const auto requirements = without_comments(request.requirements);
  if (requirements.empty()) return Installed{{}, {}, {}, digest_of("")};
  TRY(make_folders(request.cache));
  const auto key = sha256_hex(fmt::format("{}\n{}\n{}", recipe, request.runtime, requirements)).substr(0, 32);
  const auto place = request.cache / key;
  const auto lock = TRY(FileLock::take(request.cache / (key + ".lock"), install_time_max, request.stop), "waiting for another installation");
  std::error_code ignored;
  const bool was_cached = fs::exists(place / "lock.txt", ignored);
  if (!was_cached) TRY(fill(request, requirements, place));
  auto out = TRY(read_cached(place));
  out.was_cached = was_cached;
  return out;
}

}  // namespace tandem::compose
