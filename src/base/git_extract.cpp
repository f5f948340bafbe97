// The part of git.hpp that writes the files of a tree to the disk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.hpp"
#include "base/git_state.hpp"

namespace tandem::git {
namespace fs = std::filesystem;
namespace {

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Error system_trouble(std::string_view doing, const std::string& path) {
  return failure(Fault::Unavailable, "cannot {} {}: {}", doing, path, std::strerror(errno));
}

Done write_one(int folder, const std::string& name, const std::string& path, unsigned mode, std::string_view bytes) {
  ::unlinkat(folder, name.c_str(), 0);
  const Descriptor file{::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.number < 0) return system_trouble("write", path);
  while (!bytes.empty()) {
    const auto written = ::write(file.number, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_trouble("write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fchmod(file.number, mode) != 0) return system_trouble("set the mode of", path);
  return done();
}

}  // namespace

/// Goes down by descriptors and never through a link, so that nothing lands outside whatever the tree says.
Done Repository::State::write_files(const std::string& tree, int folder, const std::string& below, Links links, int depth) const {
  if (depth > tree_depth_max) return failure(Fault::Invalid, "folders nested deeper than {}: {}", tree_depth_max, below);
  const auto here = TRY(entries(tree));
  for (const auto& entry : here) {
    const auto path = below + entry.name;
    if (!is_plain_name(entry.name)) return failure(Fault::Invalid, "the tree holds a name that cannot be a file: '{}'", path);
    if (entry.kind == EntryKind::Submodule) continue;
    if (entry.kind == EntryKind::Tree) {
      if (::mkdirat(folder, entry.name.c_str(), 0755) != 0 && errno != EEXIST) return system_trouble("make folder", path);
      const Descriptor inner{::openat(folder, entry.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
      if (inner.number < 0) return system_trouble("enter folder", path);
      TRY(write_files(entry.id, inner.number, path + '/', links, depth + 1));
      continue;
    }
    const auto held = TRY(blob(entry.id), "writing {}", path);
    const std::string_view bytes(static_cast<const char*>(git_blob_rawcontent(held.get())), static_cast<size_t>(git_blob_rawsize(held.get())));
    if (entry.kind != EntryKind::Link) {
      TRY(write_one(folder, entry.name, path, entry.kind == EntryKind::Executable ? 0755 : 0644, bytes));
      continue;
    }
    if (links == Links::Refuse) return failure(Fault::Invalid, "{} is a symbolic link", path);
    ::unlinkat(folder, entry.name.c_str(), 0);
    if (::symlinkat(std::string(bytes).c_str(), folder, entry.name.c_str()) != 0) return system_trouble("make link", path);
  }
  return done();
}

Done Repository::extract(const TreeId& tree, const fs::path& folder, Links links) const {
  TRY(make_folders(folder));
  const Descriptor root{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (root.number < 0) return system_trouble("enter folder", folder.string());
  TRY(state_->write_files(tree.value, root.number, "", links, 0), "writing tree {} to {}", tree.value, folder.string());
  return done();
}

}  // namespace tandem::git
