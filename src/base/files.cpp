#include "base/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace tandem {
namespace fs = std::filesystem;
namespace {

Error trouble(std::string_view doing, const fs::path& path, int number) {
  const auto fault = number == ENOENT ? Fault::Missing : number == EACCES ? Fault::Denied : Fault::Unavailable;
  return failure(fault, "cannot {} {}: {}", doing, path.string(), std::strerror(number));
}

/// A file descriptor that is closed when its owner goes.
struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Done sync_folder(const fs::path& path) {
  const Descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.number < 0 || ::fsync(folder.number) != 0) return trouble("sync folder", path, errno);
  return done();
}

Done write_whole(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return trouble("write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return done();
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return trouble("read", path, errno);
  std::string out;
  char buffer[1 << 16];
  while (true) {
    const auto got = ::read(file.number, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return trouble("read", path, errno);
    if (got == 0) return out;
    out.append(buffer, static_cast<size_t>(got));
  }
}

Done write_file(const fs::path& path, std::string_view bytes) {
  TRY(make_folders(path.parent_path()));
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (file.number < 0) return trouble("write", path, errno);
  return write_whole(file.number, bytes, path);
}

Done replace_file(const fs::path& path, std::string_view bytes, unsigned mode) {
  TRY(make_folders(path.parent_path()));
  std::string name = path.string() + ".XXXXXX";
  const Descriptor file{::mkostemp(name.data(), O_CLOEXEC)};
  if (file.number < 0) return trouble("write beside", path, errno);
  auto written = write_whole(file.number, bytes, path);
  if (written && (::fchmod(file.number, mode) != 0 || ::fsync(file.number) != 0 ||
                  ::rename(name.c_str(), path.c_str()) != 0))
    written = trouble("replace", path, errno);
  if (!written) {
    ::unlink(name.c_str());
    return written;
  }
  return sync_folder(path.parent_path().empty() ? fs::path(".") : path.parent_path());
}

Done make_folders(const fs::path& path) {
  if (path.empty()) return done();
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return trouble("make folder", path, code.value());
  return done();
}

Done remove_all(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return trouble("remove", path, code.value());
  return done();
}

Done copy_folder(const fs::path& from, const fs::path& to) {
  TRY(make_folders(to));
  std::error_code code;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks | fs::copy_options::overwrite_existing, code);
  if (code) return trouble("copy", from, code.value()).during(fmt::format("copying to {}", to.string()));
  return done();
}

Result<std::vector<std::string>> files_below(const fs::path& root) {
  std::error_code code;
  std::vector<std::string> out;
  for (auto it = fs::recursive_directory_iterator(root, code);
       !code && it != fs::recursive_directory_iterator(); it.increment(code))
    if (it->is_symlink() || it->is_regular_file())
      out.push_back(it->path().lexically_relative(root).generic_string());
  if (code) return trouble("list", root, code.value());
  std::sort(out.begin(), out.end());
  return out;
}

Result<TemporaryFolder> TemporaryFolder::make(std::string_view prefix) {
  std::error_code code;
  const auto parent = fs::temp_directory_path(code);
  if (code) return failure(Fault::Unavailable, "no folder for temporary files: {}", code.message());
  return make_in(parent, prefix);
}

Result<TemporaryFolder> TemporaryFolder::make_in(const fs::path& parent, std::string_view prefix) {
  TRY(make_folders(parent));
  std::string name = (parent / fmt::format("{}-XXXXXX", prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) return trouble("make folder", name, errno);
  return TemporaryFolder(fs::path(name));
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept : path_(other.release()) {}

TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a leftover temporary folder harms nobody
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

fs::path TemporaryFolder::release() { return std::exchange(path_, {}); }

}  // namespace tandem
