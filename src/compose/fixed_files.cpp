#include "compose/fixed_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/files.hpp"

namespace tandem::compose {
namespace {

/// 1980-01-01, the first day that a zip can name.
constexpr timespec fixed_time{315532800, 0};

}  // namespace

Done fix_files(const std::filesystem::path& folder) {
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    struct stat status{};
    const auto path = (folder / file).string();
    if (::lstat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const mode_t mode = (status.st_mode & S_IXUSR) != 0 ? 0555 : 0444;
    // Files shared with the package cache are fixed already and left alone.
    const timespec times[2]{{0, UTIME_OMIT}, fixed_time};
    const bool is_timed = status.st_mtim.tv_sec == fixed_time.tv_sec && status.st_mtim.tv_nsec == 0;
    if ((!is_timed && ::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) || ((status.st_mode & 07777) != mode && ::chmod(path.c_str(), mode) != 0))
      return failure(Fault::Unavailable, "cannot make {} read-only", path);
  }
  return done();
}

}  // namespace tandem::compose
