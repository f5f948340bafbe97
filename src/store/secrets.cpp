#include "store/secrets.hpp"

#include <algorithm>
#include <cctype>

#include "base/files.hpp"

namespace tandem::store {
namespace {

/// The reference's names: letters, digits, '-' and '_', so that a name is also a safe file name.
Done check_name(const std::string& name) {
  const bool fine = !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_';
  });
  if (!fine) return failure(Fault::Invalid, "\"{}\" is no name for a secret: use letters, digits, - and _", name);
  return done();
}

}  // namespace

Result<Secrets> Secrets::open(const std::filesystem::path& folder) {
  TRY(make_folders(folder));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  auto seal = TRY(Seal::load_or_create(folder / "key"));
  return Secrets(folder, std::move(seal));
}

Done Secrets::set(const std::string& name, const std::string& value) {
  TRY(check_name(name));
  return replace_file(folder_ / (name + ".sealed"), seal_.close(value, name), 0600);
}

Done Secrets::remove(const std::string& name) {
  TRY(check_name(name));
  return tandem::remove_all(folder_ / (name + ".sealed"));
}

Result<std::optional<std::string>> Secrets::find(const std::string& name) const {
  TRY(check_name(name));
  auto sealed = read_file(folder_ / (name + ".sealed"));
  if (!sealed && sealed.error().fault == Fault::Missing) return std::optional<std::string>{};
  const auto bytes = TRY(std::move(sealed));
  return std::optional(TRY(seal_.open(bytes, name), "opening the secret {}", name));
}

Result<std::vector<std::string>> Secrets::names() const {
  std::vector<std::string> out;
  const auto files = TRY(files_below(folder_));
  for (const auto& file : files)
    if (file.ends_with(".sealed")) out.push_back(file.substr(0, file.size() - 7));
  return out;
}

}  // namespace tandem::store
