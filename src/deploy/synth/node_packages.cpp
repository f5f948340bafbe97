#include "deploy/synth/node_packages.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "deploy/synth/script_trouble.hpp"

namespace tandem::deploy::synth {
namespace fs = std::filesystem;
namespace {

constexpr size_t kept_bytes = 256 * 1024;

/// Hands pieces of output over line by line and keeps the last of them.
class LineReader {
 public:
  explicit LineReader(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}

  void take(std::string_view piece) {
    kept_ += piece;
    if (kept_.size() > 2 * kept_bytes) kept_.erase(0, kept_.size() - kept_bytes);
    begun_ += piece;
    size_t end = 0;
    while ((end = begun_.find('\n')) != std::string::npos) {
      say(std::string_view(begun_).substr(0, end));
      begun_.erase(0, end + 1);
    }
  }
  void finish() {
    if (!begun_.empty()) say(begun_);
    begun_.clear();
  }
  const std::string& kept() const { return kept_; }

 private:
  void say(std::string_view line) const {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (on_line_) on_line_(line);
  }
  const std::function<void(std::string_view)>& on_line_;
  std::string begun_;
  std::string kept_;
};

/// One program, however many processes of ours there are: an advisory lock on a file, given up with its owner.
class FileLock {
 public:
  static Result<FileLock> take(const fs::path& path, Duration limit, const std::stop_token& stop) {
    TRY(make_folders(path.parent_path()));
    FileLock lock(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644));
    if (lock.descriptor_ < 0) return failure(Fault::Unavailable, "cannot open {}", path.string());
    const auto until = std::chrono::steady_clock::now() + limit;
    while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (stop.stop_requested()) return failure(Fault::Cancelled, "stopped while another run installs the packages");
      if (std::chrono::steady_clock::now() > until) return failure(Fault::TimedOut, "another run still installs the packages");
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return lock;
  }
  ~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

bool is_out_of_reach(std::string_view what) {
  for (const std::string_view word : {"ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ERR_SOCKET_TIMEOUT", "E503", "E502"})
    if (what.contains(word)) return true;
  return false;
}

/// npm ci in the tree of `programs`. No package's install script runs: what is installed is data until the app starts.
Done run_npm(const Programs& programs) {
  auto installed = run_program(programs, {"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"}, "E-SYN-12");
  if (installed) return done();
  auto error = std::move(installed).error();
  if (error.fault == Fault::Missing)
    return std::move(error).with_code("E-SYN-10").with_next("install Node.js with npm and start tandem with both in PATH");
  if (error.fault == Fault::Invalid && is_out_of_reach(error.what)) {
    error.fault = Fault::Unavailable;
    return std::move(error).with_code("E-SYN-13").with_next("check that the npm registry of .npmrc can be reached, and try again");
  }
  if (error.what.contains("EUSAGE"))
    return std::move(error).with_next("run npm install in the infrastructure repository and commit package-lock.json");
  return error;
}

/// Installs into a folder of its own beside `home`, which appears whole or not at all.
Done install_into(const fs::path& home, const Programs& programs) {
  auto scratch = TRY(TemporaryFolder::make_in(home.parent_path(), "installing"));
  for (const auto* name : {"package.json", "package-lock.json", ".npmrc"})
    if (is_there(programs.folder / name)) {
      const auto text = TRY(read_file(programs.folder / name));
      TRY(write_file(scratch.path() / name, text));
    }
  auto there = programs;
  there.folder = scratch.path();
  TRY(run_npm(there));
  // A registry's credentials have no business in a cache.
  TRY(tandem::remove_all(scratch.path() / ".npmrc"));
  TRY(make_folders(scratch.path() / "node_modules"));
  return keep_as(std::move(scratch), home);
}

}  // namespace

bool is_there(const fs::path& path) {
  std::error_code trouble;
  return fs::exists(path, trouble);
}

Done keep_as(TemporaryFolder scratch, const fs::path& home) {
  std::error_code trouble;
  fs::rename(scratch.path(), home, trouble);
  if (trouble) return failure(Fault::Unavailable, "cannot move the packages to {}: {}", home.string(), trouble.message());
  (void)scratch.release();
  return done();
}

Done run_program(const Programs& programs, const std::vector<std::string>& argv, std::string_view code) {
  LineReader out(programs.on_line);
  LineReader err(programs.on_line);
  Command command{argv, programs.environment, programs.folder};
  command.time_limit = programs.time_limit;
  const auto exit = TRY(run_streaming(
      command, [&](Stream stream, std::string_view piece) { (stream == Stream::Out ? out : err).take(piece); }, programs.stop), "starting {}", argv[0]);
  out.finish();
  err.finish();
  const auto line = join(argv, " ");
  if (exit.stopped) return failure(Fault::Cancelled, "stopped {}", line);
  if (exit.timed_out) return failure(Fault::TimedOut, "{} took longer than {}", line, for_people(programs.time_limit)).with_code(std::string(code));
  if (exit.ok()) return done();
  auto trouble = trouble_in(out.kept(), err.kept(), programs.folder);
  auto error = failure(Fault::Invalid, "{} ended with {}: {}", line, exit.signal != 0 ? fmt::format("signal {}", exit.signal) : fmt::format("exit {}", exit.code), trouble.what)
                   .with_code(std::string(code));
  error.place = std::move(trouble.place);
  return error;
}

Result<std::string> node_version(const Programs& programs, int major_min) {
  Command command{{"node", "--version"}, programs.environment, programs.folder};
  command.time_limit = programs.time_limit;
  const auto output = run_program(command, programs.stop);
  if (!output || !output->exit.ok())
    return failure(Fault::Missing, "no node in PATH").with_code("E-SYN-10").with_next("install Node.js and start tandem with it in PATH");
  const std::string version(trimmed(output->out));
  const int major = version.starts_with('v') ? std::atoi(version.c_str() + 1) : 0;
  if (major < major_min)
    return failure(Fault::Invalid, "node is {}, and the libraries need {} or newer", version, major_min)
        .with_code("E-SYN-11")
        .with_next(fmt::format("install Node.js {} or newer", major_min));
  return version;
}

Done install_packages(const Programs& programs, const fs::path& cache, Install where) {
  const auto link = programs.folder / "node_modules";
  if (is_there(link)) return done();
  if (where == Install::InTree) return run_npm(programs);
  const auto lock = TRY(read_file(programs.folder / "package-lock.json"));
  const auto package = TRY(read_file(programs.folder / "package.json"));
  // npm also refuses a lock that does not fit its package.json, so both decide.
  const auto home = cache / "packages" / sha256_hex(lock + '\0' + package).substr(0, 32);
  if (!is_there(home)) {
    const auto held = TRY(FileLock::take(fs::path(home.string() + ".lock"), programs.time_limit, programs.stop));
    if (!is_there(home)) TRY(install_into(home, programs), "installing the packages of package-lock.json");
  }
  std::error_code trouble;
  fs::remove(link, trouble);   // a dangling link of an earlier cache
  fs::create_directory_symlink(home / "node_modules", link, trouble);
  if (trouble) return failure(Fault::Unavailable, "cannot link {}: {}", link.string(), trouble.message());
  return done();
}

}  // namespace tandem::deploy::synth
