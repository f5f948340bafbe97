#include "deploy/local/content.hpp"

#include "base/archive.hpp"
#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::deploy::local {
namespace {

namespace fs = std::filesystem;

/// Puts the files of an asset into `to`, unpacking a zip.
Done lay_out(const Asset& asset, const fs::path& to) {
  std::error_code code;
  if (!fs::exists(asset.path, code))
    return failure(Fault::Missing, "the asset {} is not on disk", asset.path.string());
  if (asset.packaging == Packaging::Folder) return copy_folder(asset.path, to);
  if (asset.path.extension() == ".zip") return unzip(asset.path, to);
  const auto bytes = TRY(read_file(asset.path));
  return write_file(to / asset.path.filename(), bytes);
}

/// The asset's hash does not cover mode bits, so equal assets must come out with equal ones.
Done make_read_only(const fs::path& folder) {
  const auto files = TRY(files_below(folder));
  std::error_code code;
  for (const auto& file : files) {
    const auto path = folder / file;
    if (fs::is_symlink(path, code)) continue;
    const auto mode = fs::status(path, code).permissions();
    const bool executable =
        file == "bootstrap" || (mode & fs::perms::owner_exec) != fs::perms::none;
    fs::permissions(path, executable ? fs::perms(0555) : fs::perms(0444), code);
    if (code)
      return failure(Fault::Unavailable, "cannot set the mode of {}: {}", path.string(),
                     code.message());
  }
  return done();
}

Done put_in_markers(const fs::path& folder, const std::map<std::string, std::string>& markers) {
  if (markers.empty()) return done();
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    const auto bytes = TRY(read_file(folder / file));
    auto text = bytes;
    for (const auto& [marker, value] : markers) text = replaced(text, marker, value);
    if (text == bytes) continue;
    TRY(tandem::remove_all(folder / file));  // it may be read only
    TRY(write_file(folder / file, text));
  }
  return done();
}

/// Copies file by file, so that what is there is overwritten.
Done overlay(const fs::path& from, const fs::path& to) {
  const auto files = TRY(files_below(from));
  std::error_code code;
  for (const auto& file : files) {
    fs::create_directories((to / file).parent_path(), code);
    fs::remove(to / file, code);
    fs::copy(from / file, to / file, fs::copy_options::copy_symlinks, code);
    if (code) return failure(Fault::Unavailable, "cannot copy {}: {}", file, code.message());
  }
  return done();
}

}  // namespace

/// Moves a filled folder to the name of its digest; one that is there already stays.
Result<Content> ContentStore::keep(const fs::path& filled) const {
  TRY(make_read_only(filled));
  const auto digest = TRY(digest_of_folder(filled));
  const auto target = folder_ / digest.value.substr(digest.value.find(':') + 1);
  std::error_code code;
  if (fs::exists(target, code)) {
    // What lies under the name may have been changed since; a content-addressed folder must be what
    // it says.
    const auto found = TRY(digest_of_folder(target));
    if (found == digest) return Content{target.string(), digest.value};
    TRY(tandem::remove_all(target));
  }
  fs::rename(filled, target, code);
  if (code)
    return failure(Fault::Unavailable, "cannot keep {}: {}", target.string(), code.message());
  return Content{target.string(), digest.value};
}

Result<Content> ContentStore::unpack(const Asset& asset) const {
  TRY(make_folders(folder_));
  const auto work = TRY(TemporaryFolder::make_in(folder_, "new"));
  const auto filled = work.path() / "content";
  TRY(make_folders(filled));
  TRY(lay_out(asset, filled), "unpacking {}", asset.path.filename().string());
  return keep(filled);
}

Result<Content> ContentStore::inline_file(const std::string& name, const std::string& text) const {
  TRY(make_folders(folder_));
  const auto work = TRY(TemporaryFolder::make_in(folder_, "new"));
  const auto filled = work.path() / "content";
  TRY(write_file(filled / name, text));
  return keep(filled);
}

Result<Content> ContentStore::site(const std::vector<SitePart>& parts) const {
  TRY(make_folders(folder_));
  const auto work = TRY(TemporaryFolder::make_in(folder_, "new"));
  const auto filled = work.path() / "content";
  TRY(make_folders(filled));
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto prefix = fs::path(parts[i].prefix).relative_path().lexically_normal();
    if (!prefix.empty() && *prefix.begin() == "..")
      return failure(Fault::Invalid, "the prefix {} leaves the bucket", parts[i].prefix);
    const auto piece = work.path() / fmt::format("part{}", i);
    TRY(make_folders(piece));
    TRY(lay_out(parts[i].source, piece), "unpacking {}", parts[i].source.path.filename().string());
    TRY(put_in_markers(piece, parts[i].markers));
    TRY(overlay(piece, filled / prefix));
  }
  return keep(filled);
}

Result<Content> ContentStore::merged(const std::vector<std::string>& folders) const {
  TRY(make_folders(folder_));
  const auto work = TRY(TemporaryFolder::make_in(folder_, "new"));
  const auto filled = work.path() / "content";
  TRY(make_folders(filled));
  for (const auto& folder : folders) TRY(overlay(folder, filled));
  return keep(filled);
}

Result<int> ContentStore::collect(const std::set<std::string>& kept) const {
  std::error_code code;
  std::vector<fs::path> gone;
  for (const auto& entry : fs::directory_iterator(folder_, code))
    if (!kept.contains(entry.path().string())) gone.push_back(entry.path());
  for (const auto& path : gone) TRY(tandem::remove_all(path));
  return static_cast<int>(gone.size());
}

}  // namespace tandem::deploy::local
