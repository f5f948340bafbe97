#include "compose/bundle_folder.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "compose/compose.hpp"
#include "compose/fixed_files.hpp"

namespace tandem::compose {
namespace fs = std::filesystem;

Result<std::set<std::string>> lay_out(const git::Repository& repository, const TreeId& tree, const fs::path& folder) {
  TRY(repository.extract(tree, folder), "laying out the function's files");
  std::set<std::string> kept;
  const auto files = TRY(files_below(folder));
  for (const auto& file : files) {
    if (does_ship(file)) kept.insert(file);
    else TRY(tandem::remove_all(folder / file));
  }
  return kept;
}

Done add_packages(const fs::path& packages, const fs::path& folder, const std::set<std::string>& own) {
  if (packages.empty()) return done();
  const auto files = TRY(files_below(packages));
  for (const auto& file : files) {
    if (own.contains(file))
      return failure(Fault::Invalid, "{} would hide the file of the same name of an installed package", file).at({file}).with_code("TD0407").with_next("rename it");
    std::error_code code;
    fs::create_directories((folder / file).parent_path(), code);
    fs::create_hard_link(packages / file, folder / file, code);
    if (code) fs::copy_file(packages / file, folder / file, code);
    if (code) return failure(Fault::Unavailable, "cannot copy {}: {}", file, code.message());
  }
  return done();
}

Result<fs::path> store(TemporaryFolder work, const fs::path& bundles, const Digest& digest) {
  const auto place = bundles / replaced(digest.value, "sha256:", "");
  TRY(fix_files(work.path()));
  std::error_code code;
  if (fs::exists(place, code)) {
    const auto there = TRY(digest_of_folder(place));
    if (there == digest) return place;
    return failure(Fault::Broken, "bundle {} was changed after it was stored", place.string()).with_next("remove that folder and compose again");
  }
  fs::rename(work.path(), place, code);
  if (code && !fs::exists(place)) return failure(Fault::Unavailable, "cannot keep bundle {}: {}", place.string(), code.message());
  if (!code) static_cast<void>(work.release());
  return place;
}

}  // namespace tandem::compose
