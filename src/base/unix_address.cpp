#include "base/unix_address.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tandem {

Result<UnixAddress> UnixAddress::of(const std::filesystem::path& path) {
  UnixAddress address;
  address.address_.sun_family = AF_UNIX;
  std::string name = path.string();
  if (name.size() >= sizeof address.address_.sun_path) {
    const auto folder = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
    address.folder_ = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (address.folder_ < 0)
      return failure(errno == ENOENT ? Fault::Missing : Fault::Denied, "cannot open folder {}: {}", folder.string(),
                     std::strerror(errno));
    name = fmt::format("/proc/self/fd/{}/{}", address.folder_, path.filename().string());
  }
  if (name.size() >= sizeof address.address_.sun_path)
    return failure(Fault::Invalid, "the name {} is too long for a unix socket", path.filename().string());
  std::memcpy(address.address_.sun_path, name.data(), name.size());
  return address;
}

UnixAddress::~UnixAddress() {
  if (folder_ >= 0) ::close(folder_);
}

UnixAddress::UnixAddress(UnixAddress&& other) noexcept
    : address_(other.address_), folder_(std::exchange(other.folder_, -1)) {}

}  // namespace tandem
