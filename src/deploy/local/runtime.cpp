#include "deploy/local/runtime.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "deploy/local/function_log.hpp"

namespace tandem::deploy::local {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view marker = "tandem-runtime";
using OnLine = std::function<void(std::string_view)>;

/// Held while an environment is made; the kernel lets go of it when we die.
class FolderLock {
 public:
  static Result<FolderLock> take(const fs::path& folder) {
    TRY(make_folders(folder));
    FolderLock lock;
    lock.file_ = ::open((folder / "runtime.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock.file_ < 0) return failure(Fault::Unavailable, "cannot lock {}: {}", folder.string(), std::strerror(errno));
    while (::flock(lock.file_, LOCK_EX) != 0)
      if (errno != EINTR) return failure(Fault::Unavailable, "cannot lock {}: {}", folder.string(), std::strerror(errno));
    return lock;
  }
  ~FolderLock() {
    if (file_ >= 0) ::close(file_);
  }
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

 private:
  FolderLock() = default;
  int file_ = -1;
};

Result<std::string> version_of(const std::string& python) {
  const Command ask{.argv = {python, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"},
                    .environment = tool_environment(), .time_limit = std::chrono::seconds(20)};
  const auto output = TRY(run_program(ask), "asking {} for its version", python);
  if (!output.exit.ok()) return failure(Fault::Unavailable, "{} does not run: {}", python, trimmed(output.err));
  return std::string(trimmed(output.out));
}

Done step(std::vector<std::string> argv, std::string_view doing, const OnLine& on_line) {
  Command command{.argv = std::move(argv), .environment = package_environment(), .time_limit = std::chrono::minutes(10)};
  LineCutter cutter(4096);
  std::string last;
  const auto exit = TRY(run_streaming(command, [&](Stream, std::string_view piece) {
    for (auto& line : cutter.add(piece)) {
      if (on_line) on_line(line);
      if (!trimmed(line).empty()) last = std::move(line);
    }
  }), "{}", doing);
  if (exit.timed_out) return failure(Fault::TimedOut, "{} took longer than 10 minutes", doing);
  if (exit.ok()) return done();
  return failure(Fault::Unavailable, "{} failed: {}", doing, last)
      .with_next("check that pip reaches a package index, or name a prepared environment in the configuration");
}

bool is_complete(const fs::path& environment) {
  return ::access((environment / "bin/python3").c_str(), X_OK) == 0 && read_file(environment / marker).has_value();
}

Done build(const fs::path& environment, const std::string& python, const OnLine& on_line) {
  TRY(step({python, "-m", "venv", environment.string()}, "making a virtual environment", on_line));
  // Wheels only: building the runtime client from source needs compilers that a user's machine may lack.
  TRY(step({(environment / "bin/python3").string(), "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
            "--only-binary", ":all:", fmt::format("awslambdaric=={}", awslambdaric_version), fmt::format("boto3=={}", boto3_version)},
           "installing awslambdaric and boto3", on_line));
  return write_file(environment / marker, "complete\n");
}

}  // namespace

Result<fs::path> ensure_python_runtime(const fs::path& cache_folder, const std::string& python, const OnLine& on_line) {
  const auto version = TRY(version_of(python));
  const auto environment =
      fs::absolute(cache_folder) / fmt::format("python-{}-awslambdaric-{}-boto3-{}", version, awslambdaric_version, boto3_version);
  if (is_complete(environment)) return environment;

  const auto lock = TRY(FolderLock::take(cache_folder));
  if (is_complete(environment)) return environment;  // somebody else made it while we waited
  auto making = TRY(TemporaryFolder::make_in(fs::absolute(cache_folder), "making"));
  TRY(build(making.path(), python, on_line), "preparing Python {} for functions", version);
  TRY(tandem::remove_all(environment));
  std::error_code code;
  fs::rename(making.path(), environment, code);
  if (code) return failure(Fault::Unavailable, "cannot put {} in place: {}", environment.string(), code.message());
  making.release();
  return environment;
}

}  // namespace tandem::deploy::local
