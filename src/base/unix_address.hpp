#pragma once
// The address of a unix socket, also where its path is longer than the 107 bytes the system call takes.

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "base/result.hpp"

namespace tandem {

/// Valid as long as it lives: a long path is named through a descriptor of its folder that this object holds.
class UnixAddress {
 public:
  /// Errors: Missing or Denied when the folder of a long path cannot be opened, Invalid when the name itself is too long.
  static Result<UnixAddress> of(const std::filesystem::path& path);
  ~UnixAddress();
  UnixAddress(UnixAddress&& other) noexcept;
  UnixAddress& operator=(UnixAddress&&) = delete;

  const sockaddr* any() const { return reinterpret_cast<const sockaddr*>(&address_); }
  socklen_t size() const { return sizeof address_; }
  const char* path() const { return address_.sun_path; }
  bool is_short() const { return folder_ < 0; }

 private:
  UnixAddress() = default;
  sockaddr_un address_{};
  int folder_ = -1;
};

}  // namespace tandem
