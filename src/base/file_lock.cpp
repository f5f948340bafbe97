#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace tandem {
namespace {

/// The system lets the threads of this process in one after the other, but the language does not know of it: what one wrote
/// under a lock the next one sees because of this.
std::atomic<std::uint64_t> handed_on{0};

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& path, Duration limit, std::stop_token stop) {
  const int descriptor = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) return failure(Fault::Unavailable, "cannot open {}: {}", path.string(), strerror(errno));
  FileLock held{descriptor};
  const auto end = std::chrono::steady_clock::now() + limit;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return failure(Fault::Unavailable, "cannot lock {}: {}", path.string(), strerror(errno));
    if (stop.stop_requested()) return failure(Fault::Cancelled, "stopped while waiting for {}", path.string());
    if (std::chrono::steady_clock::now() >= end)
      return failure(Fault::TimedOut, "{} is still held by somebody else after {}", path.string(), for_people(limit));
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  (void)handed_on.load(std::memory_order_acquire);
  return held;
}

FileLock::~FileLock() {
  if (descriptor_ < 0) return;
  handed_on.fetch_add(1, std::memory_order_release);
  ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace tandem
