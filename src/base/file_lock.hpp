#pragma once
// A lock that other processes respect too, for folders that several runs share.

#include <filesystem>
#include <stop_token>

#include "base/result.hpp"
#include "base/time.hpp"

namespace tandem {

/// Held until its owner goes; the kernel lets go when the process dies. The file stays behind.
class FileLock {
 public:
  /// Waits for whoever holds it. Errors: TimedOut after `limit`, Cancelled, Unavailable when the file cannot be made.
  static Result<FileLock> take(const std::filesystem::path& path, Duration limit, std::stop_token stop = {});
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace tandem
