#include "base/replace_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tandem {
namespace fs = std::filesystem;
namespace {

/// A file under a temporary name; goes again unless it gets its own.
class Draft {
 public:
  explicit Draft(const fs::path& folder) : name_((folder / "tmp_tandem_XXXXXX").string()), descriptor_(::mkostemp(name_.data(), O_CLOEXEC)) {}
  Draft(Draft&& other) noexcept : name_(std::exchange(other.name_, {})), descriptor_(std::exchange(other.descriptor_, -1)) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  bool write(std::string_view bytes, unsigned mode) const {
    while (descriptor_ >= 0 && !bytes.empty()) {
      const auto written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return descriptor_ >= 0 && ::fchmod(descriptor_, mode) == 0 && ::fsync(descriptor_) == 0;
  }
  bool rename_to(const fs::path& path) {
    if (::rename(name_.c_str(), path.c_str()) != 0) return false;
    name_.clear();
    return true;
  }

 private:
  std::string name_;
  int descriptor_ = -1;
};

Error trouble(const fs::path& path) {
  const auto fault = errno == EACCES || errno == EPERM ? Fault::Denied : Fault::Unavailable;
  return failure(fault, "cannot write {}: {}", path.string(), std::strerror(errno));
}

}  // namespace

Done replace_files(const fs::path& folder, const std::vector<NewFile>& files, unsigned mode) {
  std::vector<Draft> drafts;
  for (const auto& file : files) {
    const auto& draft = drafts.emplace_back(folder);
    if (!draft.write(file.bytes, mode)) return trouble(folder / file.name);
  }
  for (size_t at = 0; at < files.size(); ++at)
    if (!drafts[at].rename_to(folder / files[at].name)) return trouble(folder / files[at].name);
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = opened >= 0 && ::fsync(opened) == 0;
  if (opened >= 0) ::close(opened);
  return is_synced ? done() : trouble(folder);
}

}  // namespace tandem
