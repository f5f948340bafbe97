#include "deploy/synth/python_packages.hpp"

#include <re2/re2.h>

#include <functional>
#include <set>

#include "base/digest.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::deploy::synth {
namespace fs = std::filesystem;
namespace {

constexpr auto requirements_file = "requirements.txt";
constexpr size_t files_max = 50;

Error refused_line(const std::string& file, int line, std::string what, std::string next) {
  return failure(Fault::Invalid, "{}", what).at({file, line}).with_code("E-SYN-18").with_next(std::move(next));
}

/// Requirements and what they name, read as pip reads them: everything that decides what is installed.
class Wanted {
 public:
  explicit Wanted(const fs::path& folder) : folder_(folder) {}

  Done read(const std::string& name) {
    if (!seen_.insert(name).second) return done();
    if (seen_.size() > files_max) return refused_line(name, 0, fmt::format("{} names more than {} files", requirements_file, files_max), "name the packages in fewer files");
    const auto written = TRY(read_file(folder_ / name));
    text += fmt::format("file {} {}\n{}\n", name, written.size(), written);
    const auto lines = lines_of(written);
    for (size_t i = 0; i < lines.size(); ++i) TRY(take(name, static_cast<int>(i) + 1, trimmed(lines[i])));
    return done();
  }

  std::string text;

 private:
  Done take(const std::string& file, int line, std::string_view said) {
    static const RE2 other(R"(^(?:-r|-c|--requirement|--constraint)(?:\s+|=|)([^\s#]+))");
    static const RE2 itself(R"(^(?:-e\b|--editable\b|\.|/|file:))");
    const re2::StringPiece piece(said.data(), said.size());
    std::string named;
    if (RE2::PartialMatch(piece, other, &named)) {
      if (named.contains("://")) return done();   // pip fetches it; what it says is not ours to know
      const auto path = (fs::path(file).parent_path() / named).lexically_normal();
      if (path.is_absolute() || path.string().starts_with("..") || !is_there(folder_ / path))
        return refused_line(file, line, fmt::format("{} is not in the infrastructure repository", named), fmt::format("commit it, or take it out of {}", file));
      return read(path.string());
    }
    if (RE2::PartialMatch(piece, itself))
      return refused_line(file, line, fmt::format("'{}' installs a folder or file of its own, and only packages of an index are installed for the CDK app", said),
                          "take it out: modules beside app.py are found without it; name the packages it would bring (aws-cdk-lib, constructs)");
    return done();
  }

  fs::path folder_;
  std::set<std::string> seen_;
};

bool tells_of_distance(std::string_view line) {
  for (const std::string_view word : {"NewConnectionError", "Failed to establish a new connection", "Name or service not known", "ConnectTimeoutError", "Temporary failure in name resolution", "ReadTimeoutError"})
    if (line.contains(word)) return true;
  return false;
}

/// The line of requirements.txt that pip's complaint ends with; the file alone where it names none.
Place place_of(const fs::path& folder, std::string_view complaint) {
  static constexpr std::string_view mark = " for ";
  const auto at = complaint.rfind(mark);
  const auto lines = lines_of(read_file(folder / requirements_file).value_or(""));
  for (size_t i = 0; at != complaint.npos && i < lines.size(); ++i)
    if (trimmed(lines[i]).starts_with(complaint.substr(at + mark.size()))) return {requirements_file, static_cast<int>(i) + 1};
  return {requirements_file};
}

/// Makes a folder under its final name only when it is whole.
Done make_whole(const fs::path& home, const std::function<Done(const fs::path&)>& fill) {
  auto scratch = TRY(TemporaryFolder::make_in(home.parent_path(), "installing"));
  TRY(fill(scratch.path()));
  return keep_as(std::move(scratch), home);
}

/// The app's Python in an environment that has pip: Debian's own comes without. Made once for each Python.
Result<std::string> python_with_pip(const Programs& programs, const PythonApp& app, const fs::path& below) {
  const auto home = below / ("pip-" + sha256_hex(app.python + '\0' + app.version).substr(0, 16));
  const auto program = (home / "bin" / "python").string();
  const auto alone = TRY(FileLock::take(fs::path(home.string() + ".lock"), programs.time_limit, programs.stop), "waiting for another run that makes pip ready");
  if (is_there(home)) return program;
  const auto made = make_whole(home, [&](const fs::path& scratch) { return run_program(programs, {app.python, "-m", "venv", scratch.string()}, "E-SYN-19"); });
  if (made) return program;
  auto error = made.error();
  if (error.code != "E-SYN-19") return error;
  error.fault = Fault::Missing;
  return std::move(error).during(fmt::format("making an environment with pip for {}", app.python)).with_next("install python3-venv, or whatever brings ensurepip to this Python");
}

Done run_pip(const Programs& programs, const PythonApp& app, const std::string& pip, const fs::path& target) {
  bool is_far = false;
  auto heard = programs;
  heard.on_line = [&](std::string_view line) {
    is_far = is_far || tells_of_distance(line);
    if (programs.on_line) programs.on_line(line);
  };
  auto installed = run_program(heard, {pip, "-m", "pip", "install", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--quiet",
                                       "--no-warn-script-location", "--target", target.string(), "-r", requirements_file}, "E-SYN-18");
  if (installed) return done();
  auto error = std::move(installed).error();
  if (error.fault == Fault::Invalid && is_far) {
    error.fault = Fault::Unavailable;
    return std::move(error).with_code("E-SYN-13").with_next("check that the package index of pip can be reached (PIP_INDEX_URL, pip.conf), and try again");
  }
  if (error.fault == Fault::Invalid) {
    const auto said = error.what.rfind("ERROR: ");
    if (said != std::string::npos) error.what = "pip cannot install it: " + error.what.substr(said + 7);
  }
  error.place = place_of(programs.folder, error.what);
  return std::move(error).with_next(fmt::format("mend {} beside cdk.json; packages are installed as wheels for {}, nothing is built", requirements_file, app.version));
}

}  // namespace

Result<std::optional<PythonApp>> read_python_app(const Programs& programs, const std::vector<std::string>& app) {
  static const RE2 python(R"(python(?:3(?:\.\d+)?)?)");
  if (app.empty() || !RE2::FullMatch(fs::path(app[0]).filename().string(), python)) return std::optional<PythonApp>{};
  PythonApp out{.python = app[0]};
  if (app[0].contains('/') && !is_there(programs.folder / app[0]))
    return failure(Fault::Missing, "app of cdk.json starts {}, which the infrastructure repository does not hold", app[0])
        .at({"cdk.json"})
        .with_code("E-SYN-19")
        .with_next("write python3 instead: what requirements.txt names is installed for it");
  Command command{{app[0], "--version"}, programs.environment, programs.folder};
  command.time_limit = programs.time_limit;
  const auto output = run_program(command, programs.stop);
  if (!output || !output->exit.ok())
    return failure(Fault::Missing, "no {} in PATH", app[0]).at({"cdk.json"}).with_code("E-SYN-19")
        .with_next(app[0] == "python3" ? "install Python 3 and start tandem with it in PATH" : "write python3 in app of cdk.json, or install that Python");
  out.version = std::string(trimmed(output->out));
  if (!is_there(programs.folder / requirements_file)) return std::optional(std::move(out));
  Wanted wanted(programs.folder);
  TRY(wanted.read(requirements_file), "reading {}", requirements_file);
  out.wants_node = wanted.text.contains("aws-cdk");
  out.wanted = std::move(wanted.text);
  return std::optional(std::move(out));
}

Result<fs::path> install_python_packages(const Programs& programs, const PythonApp& app, const fs::path& cache) {
  const auto home = cache / "python-packages" / sha256_hex(app.version + '\0' + app.wanted).substr(0, 32);
  if (is_there(home)) return home;
  TRY(make_folders(home.parent_path()));
  const auto alone = TRY(FileLock::take(fs::path(home.string() + ".lock"), programs.time_limit, programs.stop), "waiting for another run that installs the packages");
  if (is_there(home)) return home;
  const auto pip = TRY(python_with_pip(programs, app, home.parent_path()));
  TRY(make_whole(home, [&](const fs::path& scratch) { return run_pip(programs, app, pip, scratch); }), "installing the packages of {}", requirements_file);
  return home;
}

}  // namespace tandem::deploy::synth
