#include "store/artifacts.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"

namespace tandem::store {

Result<Artifacts> Artifacts::open(const std::filesystem::path& folder) {
  TRY(make_folders(folder));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  auto seal = TRY(Seal::load_or_create(folder / "key"));
  return Artifacts(folder, std::move(seal));
}

std::filesystem::path Artifacts::path_of(const Digest& digest) const {
  const auto hexadecimal = digest.value.substr(digest.value.find(':') + 1);
  return folder_ / hexadecimal.substr(0, 2) / hexadecimal;
}

Result<Digest> Artifacts::put(std::string_view bytes) const {
  auto digest = digest_of(bytes);
  const auto path = path_of(digest);
  if (!std::filesystem::exists(path)) TRY(replace_file(path, seal_.close(bytes, digest.value), 0600), "keeping an artifact");
  return digest;
}

Result<std::string> Artifacts::get(const Digest& digest) const {
  const auto sealed = TRY(read_file(path_of(digest)), "reading artifact {}", digest.value);
  return seal_.open(sealed, digest.value);
}

Done Artifacts::remove(const Digest& digest) const { return tandem::remove_all(path_of(digest)); }

}  // namespace tandem::store
