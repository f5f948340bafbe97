#include "compose/stored_bundles.hpp"

#include <sys/stat.h>

#include <map>

#include "base/digest.hpp"
#include "base/file_lock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;
namespace {

/// Between taking a bundle and letting it go.
Result<FileLock> lock(const fs::path& bundles) { return FileLock::take(bundles.string() + ".lock", std::chrono::minutes{5}); }

fs::path record_of(const fs::path& bundles, const std::string& key) { return bundles / (key + ".json"); }

std::optional<Bundle> bundle_in(const fs::path& record) {
  const auto text = read_file(record);
  if (!text) return std::nullopt;
  const auto document = parse_json(*text);
  if (!document) return std::nullopt;
  auto bundle = bundle_from_json(*document);
  return bundle ? std::optional(std::move(*bundle)) : std::nullopt;
}

/// When a file or folder was last written or moved here. Files of bundles have a fixed time of their own.
std::optional<Instant> changed_at(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  const auto& at = S_ISDIR(status.st_mode) ? status.st_ctim : status.st_mtim;
  return Instant{std::chrono::seconds{at.tv_sec} + std::chrono::milliseconds{at.tv_nsec / 1'000'000}};
}

bool is_digest(std::string_view name) {
  return name.size() == 64 && std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// A stored bundle: when it was last used, and what remembers it. One that nothing remembers was left by a kill.
struct Stored {
  Instant used{};
  std::vector<fs::path> records{};
};

Result<std::map<Digest, Stored>> stored_in(const fs::path& bundles) {
  std::map<Digest, Stored> out;
  std::error_code code;
  if (!fs::exists(bundles, code)) return out;
  std::vector<fs::path> records;
  for (auto it = fs::directory_iterator(bundles, code); !code && it != fs::directory_iterator(); it.increment(code)) {
    const auto name = it->path().filename().string();
    if (it->path().extension() == ".json") records.push_back(it->path());
    if (is_digest(name))
      if (const auto at = changed_at(it->path())) out[{"sha256:" + name}].used = *at;
  }
  if (code) return failure(Fault::Unavailable, "cannot list {}: {}", bundles.string(), code.message());
  for (const auto& record : records) {
    const auto bundle = bundle_in(record);
    const auto at = changed_at(record);
    const auto found = bundle ? out.find(bundle->digest) : out.end();
    if (found == out.end() || !at) continue;
    found->second.used = found->second.records.empty() ? *at : std::max(found->second.used, *at);
    found->second.records.push_back(record);
  }
  return out;
}

bool may_go(const Digest& digest, const Stored& stored, Instant before, const std::set<Digest>& kept) {
  return stored.used < before && !kept.contains(digest);
}

}  // namespace

Result<std::optional<Bundle>> find_composed(const fs::path& bundles, const std::string& key) {
  const auto alone = TRY(lock(bundles), "waiting for bundles that are being taken out");
  const auto record = record_of(bundles, key);
  auto bundle = bundle_in(record);
  if (!bundle) return std::optional<Bundle>{};
  std::error_code code;
  fs::last_write_time(record, fs::file_time_type::clock::now(), code);
  if (code) return failure(Fault::Unavailable, "cannot note that {} is used: {}", bundle->digest.value, code.message());
  const auto digest = digest_of_folder(bundle->folder);
  if (!digest || *digest != bundle->digest) return std::optional<Bundle>{};
  return bundle;
}

Done remember(const fs::path& bundles, const std::string& key, const Bundle& bundle) {
  return replace_file(record_of(bundles, key), to_text(to_json(bundle)));
}

Result<std::vector<Digest>> old_bundles(const fs::path& bundles, Instant before, const std::set<Digest>& kept) {
  std::vector<Digest> out;
  for (const auto& [digest, stored] : TRY(stored_in(bundles)))
    if (may_go(digest, stored, before, kept)) out.push_back(digest);
  return out;
}

Result<std::vector<Digest>> prune_bundles(const fs::path& bundles, Instant before, const std::set<Digest>& kept) {
  std::vector<Digest> out;
  std::error_code code;
  if (!fs::exists(bundles, code)) return out;
  const auto alone = TRY(lock(bundles), "waiting for bundles that are being looked at");
  for (const auto& [digest, stored] : TRY(stored_in(bundles))) {
    if (!may_go(digest, stored, before, kept)) continue;
    for (const auto& record : stored.records) TRY(tandem::remove_all(record));   // first: nobody finds half a bundle
    TRY(tandem::remove_all(bundles / replaced(digest.value, "sha256:", "")), "taking out {}", digest.value);
    out.push_back(digest);
  }
  return out;
}

}  // namespace tandem::compose
