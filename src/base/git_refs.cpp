#include "base/git_refs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/files.hpp"
#include "base/replace_files.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace tandem::git {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view traits = "# pack-refs with: peeled fully-peeled sorted \n";
constexpr Duration patience{std::chrono::seconds{5}};
constexpr time_t forgotten_seconds = 60;   ///< git holds this lock for milliseconds; one that old has lost its owner

std::string name_of(std::string_view line) { return std::string(line.substr(GIT_OID_HEXSZ + 1)); }

bool is_entry(std::string_view line) {
  git_oid id;
  return line.size() > GIT_OID_HEXSZ + 1 && line[GIT_OID_HEXSZ] == ' ' && git_oid_fromstrn(&id, line.data(), GIT_OID_HEXSZ) == 0;
}

/// The lock that git itself takes before it writes packed-refs. Its file is empty: the new text comes under another name.
class Lock {
 public:
  static Result<Lock> take(const fs::path& repository) {
    auto path = repository / "packed-refs.lock";
    const auto end = std::chrono::steady_clock::now() + patience;
    while (true) {
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
      if (file >= 0) {
        ::close(file);
        return Lock(std::move(path));
      }
      if (errno != EEXIST) return failure(Fault::Unavailable, "cannot lock {}: {}", path.string(), std::strerror(errno));
      if (lost_its_owner(path)) ::unlink(path.c_str());
      else if (std::chrono::steady_clock::now() > end)
        return failure(Fault::Unavailable, "{} is held by another program", path.string()).with_next("see which git works in that folder; remove the file when none does");
      else std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }
  Lock(Lock&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Lock& operator=(Lock&&) = delete;
  ~Lock() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

 private:
  explicit Lock(fs::path path) : path_(std::move(path)) {}
  static bool lost_its_owner(const fs::path& path) {
    struct stat held{};
    return ::stat(path.c_str(), &held) == 0 && ::time(nullptr) - held.st_mtime > forgotten_seconds;
  }
  fs::path path_;
};

Result<std::string> present_text(const fs::path& repository) {
  auto text = read_file(repository / "packed-refs");
  if (!text && text.error().fault == Fault::Missing) return std::string{};
  return text;
}

Done sync_folder(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = opened >= 0 && ::fsync(opened) == 0;
  if (opened >= 0) ::close(opened);
  return is_synced ? done() : failure(Fault::Unavailable, "cannot sync {}: {}", folder.string(), std::strerror(errno));
}

/// A file of its own stands before packed-refs; what was moved there loses it.
Done remove_loose(const fs::path& repository, const RefMoves& moves) {
  for (const auto& [name, to] : moves) {
    const auto path = repository / name;
    if (::unlink(path.c_str()) == 0) TRY(sync_folder(path.parent_path()));
    else if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR) return failure(Fault::Unavailable, "cannot remove {}: {}", path.string(), std::strerror(errno));
  }
  return done();
}

}  // namespace

Result<std::string> packed_refs_text(std::string_view before, const RefMoves& moves) {
  std::string out(traits);
  auto next = moves.begin();
  const auto put_before = [&](const std::string* name) {
    for (; next != moves.end() && (name == nullptr || next->first < *name); ++next)
      if (next->second) out += hex_of(*next->second) + ' ' + next->first + '\n';
  };
  bool is_replaced = false;
  std::string last;
  for (const auto& line : lines_of(before)) {
    if (line.starts_with('#')) {
      if (line.find("sorted") == line.npos || line.find("fully-peeled") == line.npos) return failure(Fault::Broken, "packed-refs is of an older git: '{}'", line.substr(0, 80));
      continue;
    }
    if (line.starts_with('^')) {   // what the tag of the line before leads to
      if (!is_replaced) out += line + '\n';
      continue;
    }
    if (!is_entry(line)) return failure(Fault::Broken, "packed-refs holds a line that is none: '{}'", line.substr(0, 80)).with_next("take the line out of packed-refs of that repository; the pair store may be moved away, the next sync makes it anew");
    const auto name = name_of(line);
    if (!last.empty() && name <= last) return failure(Fault::Broken, "packed-refs is not in order at {}", name);
    last = name;
    put_before(&name);
    is_replaced = next != moves.end() && next->first == name;
    if (!is_replaced) out += line + '\n';
    else if (next->second) out += hex_of(*next->second) + ' ' + name + '\n';
    if (is_replaced) ++next;
  }
  put_before(nullptr);
  return out;
}

Done write_packed_refs(const fs::path& repository, const RefMoves& moves) {
  const auto lock = TRY(Lock::take(repository));
  const auto before = TRY(present_text(repository));
  const auto after = TRY(packed_refs_text(before, moves));
  TRY(replace_files(repository, {{"packed-refs", after}}, 0644));
  return remove_loose(repository, moves);
}

void PlannedRefs::plan(std::string_view name, const std::optional<git_oid>& to) {
  const std::lock_guard lock(mutex_);
  moves_.insert_or_assign(std::string(name), to);
}

std::optional<PlannedRefs::Move> PlannedRefs::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = moves_.find(name);
  if (found == moves_.end()) return std::nullopt;
  return Move{found->second};
}

RefMoves PlannedRefs::all() const {
  const std::lock_guard lock(mutex_);
  return moves_;
}

void PlannedRefs::clear() {
  const std::lock_guard lock(mutex_);
  moves_.clear();
}

}  // namespace tandem::git
