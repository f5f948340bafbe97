#include "base/git_left_locks.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace tandem::git {
namespace fs = std::filesystem;
namespace {

std::string contents_of(int descriptor) {
  std::string out;
  std::array<char, 4096> part{};
  for (off_t at = 0;; at += static_cast<off_t>(part.size())) {
    const auto count = ::pread(descriptor, part.data(), part.size(), at);
    if (count > 0) out.append(part.data(), static_cast<size_t>(count));
    if (count < static_cast<ssize_t>(part.size())) return out;
  }
}

bool write_all(int descriptor, std::string_view bytes) { return ::pwrite(descriptor, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()); }

/// Ours is empty until the ref moves, or holds where it was to go. The git program's holds something else from the start.
bool is_of_the_dead(const fs::path& lock, std::string_view commit) {
  const auto held = read_file(lock);
  return held && (held->empty() || trimmed(*held) == commit);
}

void remove_announced(const fs::path& repository, const std::string& record) {
  for (const auto& line : lines_of(record)) {
    const auto words = split(line, ' ');
    if (words.size() != 2 || !words[1].starts_with("refs/") || words[1].find("..") != std::string::npos) continue;
    const auto lock = repository / (words[1] + ".lock");
    if (!is_of_the_dead(lock, words[0])) continue;
    std::error_code code;
    if (fs::remove(lock, code)) log(Level::Warning, "git.left_lock", {{"removed", lock.string()}});
  }
}

}  // namespace

std::vector<std::string> remove_left_locks(const fs::path& repository) {
  std::vector<fs::path> found;
  std::error_code code;
  for (const auto* name : {"packed-refs.lock", "HEAD.lock", "config.lock", "shallow.lock"})
    if (fs::exists(repository / name, code)) found.push_back(repository / name);
  for (auto entry = fs::recursive_directory_iterator(repository / "refs", code); !code && entry != fs::recursive_directory_iterator(); entry.increment(code))
    if (entry->path().extension() == ".lock" && entry->is_regular_file()) found.push_back(entry->path());
  std::vector<std::string> removed;
  for (const auto& lock : found)
    if (fs::remove(lock, code)) removed.push_back(lock.string());
  return removed;
}

RefMove::RefMove(const fs::path& repository, const std::vector<Push>& pushes) {
  const int descriptor = ::open((repository / "tandem-moving.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor < 0) return;
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return;
  }
  descriptor_ = descriptor;
  if (const auto left = contents_of(descriptor); !left.empty()) remove_announced(repository, left);
  std::string record;
  for (const auto& push : pushes) record += push.commit.value + ' ' + push.ref + '\n';
  if (::ftruncate(descriptor, 0) != 0 || !write_all(descriptor, record)) log(Level::Warning, "git.move_not_announced", {{"repository", repository.string()}});
}

RefMove::~RefMove() {
  if (descriptor_ < 0) return;
  if (::ftruncate(descriptor_, 0) != 0) log(Level::Warning, "git.move_not_ended", {});
  ::close(descriptor_);
}

}  // namespace tandem::git
