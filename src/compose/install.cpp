#include "compose/install.hpp"

#include <re2/re2.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/fixed_files.hpp"
#include "compose/python.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::minutes install_time_max{15};
/// Part of the caches' keys: raise it when the same input would give other bytes.
constexpr std::string_view recipe = "2";

std::string key_of(std::initializer_list<std::string_view> parts) {
  std::string all(recipe);
  for (const auto part : parts) all += fmt::format("\n{}:{}", part.size(), part);
  return sha256_hex(all).substr(0, 32);
}

/// What pip resolves: no comments, no hashes (they are held against the lock), no empty lines.
std::string plain_lines(const std::vector<AskedFor>& asked) {
  std::string out;
  for (const auto& each : asked) out += each.line + "\n";
  return out;
}

/// The same with the hashes: what pip reads when the requirements are a lock.
std::string lock_lines(const std::vector<AskedFor>& asked) {
  std::string out;
  for (const auto& each : asked) {
    out += each.line;
    for (const auto& hash : each.hashes) out += " --hash=" + hash;
    out += "\n";
  }
  return out;
}

/// Where packages come from is part of what they are.
std::string index_of(const std::map<std::string, std::string>& environment) {
  std::string out;
  for (const auto& [name, value] : environment)
    if (name == "PIP_INDEX_URL" || name == "PIP_EXTRA_INDEX_URL" || name == "PIP_FIND_LINKS" || name == "PIP_NO_INDEX" || name == "PIP_PRE")
      out += name + "=" + value + "\n";
  return out;
}

/// What differs from machine to machine goes: scripts (they name the interpreter), where a file came from and who
/// installed it, compiled files, and the lines of RECORD that speak of them.
Done make_portable(const fs::path& folder) {
  TRY(tandem::remove_all(folder / "bin"));
  const auto is_local = [](std::string_view file) {
    return file.ends_with(".dist-info/direct_url.json") || file.ends_with(".dist-info/INSTALLER") || file.ends_with(".dist-info/REQUESTED") ||
           file.ends_with(".pyc") || file.starts_with("bin/") || file.starts_with("../../bin/");
  };
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    if (is_local(file)) TRY(tandem::remove_all(folder / file));
    if (!file.ends_with(".dist-info/RECORD")) continue;
    const auto record = TRY(read_file(folder / file));
    std::vector<std::string> kept;
    for (const auto& line : lines_of(record))
      if (!is_local(line.substr(0, line.find(',')))) kept.push_back(line);
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

/// "Ignored the following versions that require a different python version: ...": the reason behind "no matching distribution".
std::string other_python(std::string_view err) {
  for (const std::string_view words : {"require a different python version: ", "requires a different Python: "})
    for (const auto& line : lines_of(err))
      if (const auto at = line.find(words); at != line.npos) return std::string(trimmed(std::string_view(line).substr(at + words.size(), 200)));
  return {};
}

/// The line of what was asked for that pip names by its number in our own file.
const AskedFor* named_line(const std::vector<AskedFor>& asked, const std::string& said) {
  static const RE2 number(R"(\(line (\d+)\))");
  size_t line = 0;
  return RE2::PartialMatch(said, number, &line) && line >= 1 && line <= asked.size() ? &asked[line - 1] : nullptr;
}

/// What is wrong with requirements that are a lock: a package that it does not hold, or a file that it does not allow.
std::optional<Error> lock_refusal(const std::vector<AskedFor>& asked, std::string_view err) {
  const auto lines = lines_of(err);
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    const bool has_gap = lines[i].contains("--require-hashes mode"), is_other_file = lines[i].contains("DO NOT MATCH THE HASHES");
    if (!has_gap && !is_other_file) continue;
    const auto* by = named_line(asked, lines[i + 1]);
    const auto what = std::string(trimmed(std::string_view(lines[i + 1]).substr(0, lines[i + 1].find(" from "))));
    auto error = has_gap ? failure(Fault::Invalid, "every line of the requirements has a hash, so they are the lock, and it does not hold {}{}", what,
                                   by == nullptr ? "" : fmt::format(", which {} needs", by->name))
                               .with_code("TD0409").with_next("add it with its version and hash (pip-compile --generate-hashes), or take the hashes out of all lines")
                         : failure(Fault::Invalid, "{} comes as another file than the hashes of the requirements allow", what)
                               .with_code("TD0409").with_next("pin the hash of the file for this Python and machine, or see who changed the package");
    if (by == nullptr) return error;
    if (!by->origin.empty()) error.what += fmt::format(" (asked for by {})", by->origin);
    return std::move(error).at({"requirements.txt", by->number});
  }
  return std::nullopt;
}

Error refusal(const InstallRequest& request, const std::vector<AskedFor>& asked, std::string_view err) {
  const auto said = complaint(err);
  const auto python = other_python(err);
  auto error = python.empty()
      ? failure(Fault::Invalid, "pip cannot install the merged requirements: {}", said).with_code("TD0403")
            .with_next("mend the requirement in the repository that asks for it; the line's `# tandem:` mark names it")
      : failure(Fault::Invalid, "the function has {}, and what is asked for wants another Python ({}): {}", request.runtime, python, said)
            .with_code("TD0408").with_next("raise the function's runtime and compose.runtime, or ask for a version that runs on it");
  for (const auto& each : asked) {
    const auto name = each.line.substr(0, each.line.find_first_of(" [<>=!~;("));
    if (said.find(" " + name) == said.npos && said.find("'" + name + "'") == said.npos) continue;
    if (!each.origin.empty()) error.what += fmt::format(" (asked for by {})", each.origin);
    return std::move(error).at({"requirements.txt", each.number});
  }
  return error;
}

Result<Output> run_pip(const InstallRequest& request, const Interpreter& python, const fs::path& folder, std::vector<std::string> arguments) {
  Command command;
  command.argv = {python.executable, "-m", "pip", "install", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet"};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.environment = tool_environment();
  for (const auto& [name, value] : request.environment) command.environment.insert_or_assign(name, value);
  command.environment.insert_or_assign("PYTHONDONTWRITEBYTECODE", "1");
  command.folder = folder;
  command.time_limit = install_time_max;
  auto output = TRY(run_program(command, request.stop), "starting pip");
  if (output.exit.stopped) return failure(Fault::Cancelled, "stopped while installing packages");
  if (output.exit.timed_out) return failure(Fault::TimedOut, "pip did not finish in {}", for_people(install_time_max));
  return output;
}

/// Whoever holds the lock works alone on `place`.
Result<FileLock> lock_for(const InstallRequest& request, const std::string& key) {
  return FileLock::take(request.cache / (key + ".lock"), install_time_max, request.stop);
}

/// A Python of the runtime's version that has pip.
Result<Interpreter> installer_for(const InstallRequest& request) {
  auto found = find_python(request.runtime, Needs::Installer);
  if (found || found.error().fault != Fault::Missing) return found;
  const auto plain = TRY(find_python(request.runtime, Needs::Interpreter));
  return with_pip(plain, request.cache, request.stop);
}

/// What runs that were killed have left of this key's work. Their pip may still be writing there: nothing new is put there.
void sweep(const fs::path& cache, const std::string& prefix) {
  std::error_code code;
  std::vector<fs::path> left;
  for (auto it = fs::directory_iterator(cache, code); !code && it != fs::directory_iterator(); it.increment(code))
    if (it->path().filename().string().starts_with(prefix)) left.push_back(it->path());
  for (const auto& path : left) fs::remove_all(path, code);
}

/// Versions and hashes of everything the requirements bring in.
Result<std::vector<LockedPackage>> resolved(const InstallRequest& request, const std::vector<AskedFor>& asked) {
  const bool is_whole = is_lock(asked);
  const auto wanted = is_whole ? lock_lines(asked) : plain_lines(asked);
  const auto bounds = is_whole ? std::string() : plain_lines(constraints_in(request.requirements));   // a lock leaves nothing to bound
  const auto key = "lock-" + (bounds.empty() ? key_of({request.runtime, wanted, index_of(request.environment)})
                                             : key_of({request.runtime, wanted, index_of(request.environment), bounds}));
  const auto place = request.cache / (key + ".txt");
  const auto alone = TRY(lock_for(request, key), "waiting for another resolution");
  if (const auto known = read_file(place)) return parse_lock(*known);
  const auto python = TRY(installer_for(request));
  sweep(request.cache, key + ".resolving");
  const auto work = TRY(TemporaryFolder::make_in(request.cache, key + ".resolving"));
  TRY(write_file(work.path() / "requirements.txt", wanted));
  std::vector<std::string> arguments{"--dry-run", "--ignore-installed", "--report", "report.json", "-r", "requirements.txt"};
  if (is_whole) arguments.emplace_back("--require-hashes");
  if (!bounds.empty()) {
    TRY(write_file(work.path() / "constraints.txt", bounds));
    arguments.insert(arguments.end(), {"-c", "constraints.txt"});
  }
  const auto output = TRY(run_pip(request, python, work.path(), std::move(arguments)));
  if (!output.exit.ok()) {
    auto gap = is_whole ? lock_refusal(asked, output.err) : std::nullopt;
    return gap ? std::move(*gap) : refusal(request, asked, output.err);
  }
  const auto report = TRY(read_file(work.path() / "report.json"), "reading pip's report");
  auto lock = TRY(locked_packages(report));
  TRY(check_python(lock, python.full_version));
  TRY(replace_file(place, text(lock)));
  return lock;
}

Done fill(const InstallRequest& request, const std::string& lock, const fs::path& place) {
  const auto python = TRY(installer_for(request));
  const auto prefix = place.filename().string() + ".making";
  sweep(request.cache, prefix);
  auto work = TRY(TemporaryFolder::make_in(request.cache, prefix));
  const auto& making = work.path();
  const auto packages = making / "packages";
  TRY(make_folders(packages));
  TRY(write_file(making / "lock.txt", lock));
  const auto output = TRY(run_pip(request, python, making, {"--target", packages.string(), "--no-deps", "--no-compile", "--no-warn-script-location",
                                                            "--require-hashes", "-r", "lock.txt"}));
  if (!output.exit.ok())
    return failure(Fault::Invalid, "pip cannot install what was locked: {}", complaint(output.err)).with_code("TD0403")
        .with_next("the index no longer offers the files of the lock; ask for other versions, or empty the package cache to lock anew");
  TRY(make_portable(packages));
  TRY(fix_files(packages));
  const auto digest = TRY(digest_of_folder(packages));
  TRY(write_file(making / "digest.txt", digest.value));
  std::error_code code;
  fs::rename(making, place, code);  // the whole folder appears at once, so what is there is complete
  if (code) return failure(Fault::Unavailable, "cannot keep {}: {}", place.string(), code.message());
  static_cast<void>(work.release());
  return done();
}

/// Kept beside the packages: the same lock may be asked for in other words.
Result<Edges> edges_of(const InstallRequest& request, const std::vector<AskedFor>& asked, const std::string& lock, const fs::path& packages) {
  const auto place = request.cache / ("edges-" + key_of({request.runtime, lock, plain_lines(asked)}) + ".json");
  if (const auto known = read_file(place)) return edges_from(*known);
  const auto installer = TRY(installer_for(request));
  auto edges = TRY(read_edges(installer, packages, asked, request.stop));
  TRY(replace_file(place, text(edges)));
  return edges;
}

/// The tags of wheels that run on Lambda: its C library is 2.26 up to Python 3.11, 2.34 after that. manylinux2014 stands for all older ones.
std::vector<std::string> platforms(const std::string& runtime, const std::string& architecture) {
  const std::string machine = architecture == "arm64" ? "aarch64" : architecture;
  const bool is_old = runtime == "python3.8" || runtime == "python3.9" || runtime == "python3.10" || runtime == "python3.11";
  std::vector<std::string> out{"manylinux2014_" + machine, "linux_" + machine};
  for (int minor = 17; minor <= (is_old ? 26 : 34); ++minor) out.push_back(fmt::format("manylinux_2_{}_{}", minor, machine));
  return out;
}

/// Whether the packages are still what was installed.
bool is_intact(const fs::path& place) {
  const auto said = read_file(place / "digest.txt");
  const auto found = digest_of_folder(place / "packages");
  return said && found && *said == found->value;
}

}  // namespace

Result<Interpreter> with_pip(const Interpreter& python, const fs::path& cache, std::stop_token stop) {
  const auto place = cache / ("pip-" + key_of({python.executable, python.full_version}));
  const auto alone = TRY(FileLock::take(fs::path(place.string() + ".lock"), install_time_max, stop), "waiting for another pip to be made");
  const auto executable = (place / "bin" / "python3").string();
  std::error_code code;
  if (!fs::exists(place / "complete", code)) {
    TRY(tandem::remove_all(place));
    Command command{{python.executable, "-m", "venv", place.string()}, tool_environment()};
    command.time_limit = install_time_max;
    const auto output = TRY(run_program(command, stop), "making an environment with pip");
    if (!output.exit.ok())
      return failure(Fault::Missing, "{} has no pip, and none can be made for it: {}", python.executable, complaint(output.err + output.out))
          .with_code("TD0402").with_next("install python3-venv or python3-pip");
    TRY(write_file(place / "complete", ""));
  }
  return Interpreter{executable, python.prefix, python.version, python.full_version};
}

Result<Installed> install(const InstallRequest& request) {
  const auto asked = asked_for(request.requirements);
  if (asked.empty()) return Installed{.digest = digest_of("")};
  TRY(make_folders(request.cache));
  auto packages = TRY(resolved(request, asked), "resolving the requirements");
  TRY(check_hashes(packages, asked));
  TRY(check_hashes(packages, constraints_in(request.requirements)));
  Installed out;
  out.lock = text(packages);
  out.packages = std::move(packages);
  out.digest = digest_of(out.lock);
  const auto key = key_of({request.runtime, out.lock});
  const auto place = request.cache / key;
  const auto alone = TRY(lock_for(request, key), "waiting for another installation");
  std::error_code ignored;
  const bool is_there = fs::exists(place, ignored);
  out.was_cached = is_there && is_intact(place);
  out.was_repaired = is_there && !out.was_cached;
  if (out.was_repaired) TRY(tandem::remove_all(place), "removing packages that were changed");
  if (!out.was_cached) TRY(fill(request, out.lock, place));
  out.folder = place / "packages";
  out.edges = TRY(edges_of(request, asked, out.lock, out.folder));
  return out;
}

std::string architecture_here() {
  utsname about{};
  if (::uname(&about) != 0) return {};
  const std::string machine = about.machine;
  return machine == "aarch64" ? "arm64" : machine;
}

Done check_wheels(const InstallRequest& request, const std::vector<LockedPackage>& packages, const std::string& architecture) {
  if (packages.empty()) return done();
  std::string wanted;
  for (const auto& package : packages) wanted += fmt::format("{}=={}\n", package.name, package.version);
  const auto key = "wheels-" + key_of({request.runtime, architecture, wanted, index_of(request.environment)});
  std::error_code code;
  if (fs::exists(request.cache / (key + ".txt"), code)) return done();
  const auto python = TRY(installer_for(request));
  const auto work = TRY(TemporaryFolder::make_in(request.cache, key + ".asking"));
  TRY(write_file(work.path() / "requirements.txt", wanted));
  std::vector<std::string> arguments{"--dry-run", "--target", "none", "--ignore-installed", "--no-deps", "--implementation", "cp", "--python-version", python.version, "-r", "requirements.txt"};
  for (const auto& platform : platforms(request.runtime, architecture)) arguments.insert(arguments.end(), {"--platform", platform});
  const auto output = TRY(run_pip(request, python, work.path(), std::move(arguments)));
  if (output.exit.ok()) return replace_file(request.cache / (key + ".txt"), wanted);
  const auto said = complaint(output.err);
  for (const auto& package : packages)
    if (said.ends_with(fmt::format(" {}=={}", package.name, package.version)))
      return failure(Fault::Invalid, "{} {} has no wheel for {} and {}, which the function's Architectures ask for", package.name, package.version, request.runtime, architecture)
          .with_code("TD0415").with_next(fmt::format("ask for a version that has one, or set the function's Architectures to {}", architecture_here()));
  return failure(Fault::Unavailable, "pip cannot say whether there are wheels for {}: {}", architecture, said).with_code("TD0403");
}

}  // namespace tandem::compose
