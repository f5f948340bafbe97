#include "run/file_caches.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t one_cache_bytes_max = 4UL << 30;
constexpr std::uint64_t all_caches_bytes_max = 20UL << 30;
constexpr Duration patience = std::chrono::minutes{2};

fs::path caches_folder(const Work& work) { return work.shop.folders.cache() / "files"; }

fs::path place_of(const Work& work, const CacheScope& scope, const std::string& key) {
  return caches_folder(work) / scope.name() / sha256_hex(key).substr(0, 24);
}

/// One action at a time restores or keeps: what is being read is not replaced.
Result<FileLock> locked(const Work& work) {
  TRY(make_folders(caches_folder(work)));
  return FileLock::take(caches_folder(work) / ".lock", patience, work.stop);
}

std::uint64_t size_of(const fs::path& path) {
  std::error_code code;
  if (fs::is_regular_file(fs::symlink_status(path, code))) return fs::file_size(path, code);
  std::uint64_t sum = 0;
  for (auto it = fs::recursive_directory_iterator(path, code); !code && it != fs::recursive_directory_iterator(); it.increment(code))
    if (it->is_regular_file(code) && !it->is_symlink(code)) sum += it->file_size(code);
  return sum;
}

/// A file as a file, a folder as a folder; links inside stay links and are never followed.
Done copy_path(const fs::path& from, const fs::path& to) {
  std::error_code code;
  const auto kind = fs::symlink_status(from, code);
  if (fs::is_directory(kind)) return copy_folder(from, to);
  if (!fs::is_regular_file(kind)) return failure(Fault::Missing, "there is no file or folder {}", from.filename().string());
  TRY(make_folders(to.parent_path()));
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, code);
  if (code) return failure(Fault::Unavailable, "cannot copy it: {}", code.message());
  return done();
}

Done restore_from(const fs::path& place, const Workspace& space, const FileCache& cache) {
  const auto to = TRY(space.inside(cache.path));
  TRY(copy_path(place / "kept", to));
  std::error_code code;
  fs::last_write_time(place, fs::file_time_type::clock::now(), code);
  return done();
}

void restore(const Work& work, const Workspace& space, const FileCache& cache) {
  const auto repository = work.shop.repository(work.run.repository);
  std::vector<CacheScope> scopes{scope_of(work.run)};
  if (repository) scopes.push_back(fallback_of(work.run, repository->branch));
  auto keys = cache.restore_keys;
  keys.insert(keys.begin(), cache.key);
  for (const auto& key : keys)
    for (const auto& scope : scopes) {
      const auto place = place_of(work, scope, key);
      std::error_code code;
      if (!fs::exists(place / "kept", code)) continue;
      const auto restored = restore_from(place, space, cache);
      const auto whose = scope.name() == scopes.front().name() ? "" : fmt::format(" of {}", scope.branch);
      work.say(restored ? fmt::format("cache {}: restored {}{} to {}", cache.key, key, whose, cache.path)
                        : fmt::format("cache {}: not restored: {}", cache.key, restored.error().what));
      return;
    }
  work.say(fmt::format("cache {}: nothing kept yet", cache.key));
}

Done save(const Work& work, const Workspace& space, const FileCache& cache) {
  const auto from = TRY(space.inside(cache.path));
  const auto size = size_of(from);
  if (size > one_cache_bytes_max) return failure(Fault::Invalid, "{} holds {} MiB, more than a cache may ({} MiB)", cache.path, size >> 20, one_cache_bytes_max >> 20);
  const auto place = place_of(work, scope_of(work.run), cache.key);
  auto fresh = TRY(TemporaryFolder::make_in(caches_folder(work), ".saving"));
  TRY(copy_path(from, fresh.path() / "kept"));
  TRY(make_folders(place.parent_path()));
  TRY(tandem::remove_all(place));
  std::error_code code;
  fs::rename(fresh.path(), place, code);
  if (code) return failure(Fault::Unavailable, "cannot keep it: {}", code.message());
  (void)fresh.release();
  return done();
}

}  // namespace

std::string CacheScope::name() const {
  return sha256_hex(fmt::format("{}\n{}\n{}\n{}", repository, workflow, branch, of_pull_request ? "pull request" : "branch")).substr(0, 24);
}

CacheScope scope_of(const Run& run) {
  return {run.repository, run.workflow.file, run.event.branch, run.event.kind == EventKind::PullRequest};
}

CacheScope fallback_of(const Run& run, const std::string& default_branch) {
  const bool of_pull_request = run.event.kind == EventKind::PullRequest;
  return {run.repository, run.workflow.file, of_pull_request && !run.event.destination.empty() ? run.event.destination : default_branch, false};
}

void restore_caches(const Work& work, const Workspace& space) {
  if (work.action.caches.empty()) return;
  const auto lock = locked(work);
  if (!lock) return work.say("caches: not restored: " + lock.error().what);
  for (const auto& cache : work.action.caches) restore(work, space, cache);
}

void save_caches(const Work& work, const Workspace& space) {
  if (work.action.caches.empty()) return;
  const auto lock = locked(work);
  if (!lock) return work.say("caches: not kept: " + lock.error().what);
  for (const auto& cache : work.action.caches) {
    const auto saved = save(work, space, cache);
    work.say(saved ? fmt::format("cache {}: kept {}", cache.key, cache.path) : fmt::format("cache {}: not kept: {}", cache.key, saved.error().what));
  }
  if (const auto trimmed = trim_caches(caches_folder(work), all_caches_bytes_max); !trimmed) work.say("caches: " + trimmed.error().what);
}

fs::path download_cache(const Work& work) { return work.shop.folders.cache() / "downloads" / scope_of(work.run).name(); }

Done trim_caches(const fs::path& folder, std::uint64_t limit_bytes) {
  struct Kept {
    fs::path path;
    fs::file_time_type used;
    std::uint64_t bytes;
  };
  std::vector<Kept> all;
  std::uint64_t sum = 0;
  std::error_code code;
  for (const auto& scope : fs::directory_iterator(folder, code)) {
    if (!scope.is_directory(code) || scope.path().filename().string().starts_with('.')) continue;
    for (const auto& place : fs::directory_iterator(scope.path(), code)) {
      all.push_back({place.path(), place.last_write_time(code), size_of(place.path())});
      sum += all.back().bytes;
    }
  }
  std::ranges::sort(all, {}, &Kept::used);
  for (const auto& oldest : all) {
    if (sum <= limit_bytes) break;
    TRY(tandem::remove_all(oldest.path), "making room among the caches");
    sum -= oldest.bytes;
  }
  return done();
}

}  // namespace tandem::run
