#include "store/secrets.hpp"

#include <algorithm>
#include <cctype>

#include "base/file_lock.hpp"
#include "base/files.hpp"

namespace tandem::store {
namespace {

constexpr Duration patience = std::chrono::seconds{30};

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
  TRY(Seal::load_or_create(folder / "key"));
  return Secrets(folder);
}

Done Secrets::set(const std::string& name, const std::string& value) {
  TRY(check_name(name));
  // A rotation that has looked at this file already would leave it under a key that is about to go.
  const auto lock = TRY(FileLock::take(folder_ / "lock", patience));
  std::error_code code;
  const auto seal = TRY(Seal::load_or_create(std::filesystem::exists(next_key(), code) ? next_key() : key()));
  return replace_file(folder_ / (name + ".sealed"), seal.close(value, name), 0600);
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
  auto value = TRY(unsealed(name, bytes), "opening the secret {}", name);
  return std::optional(std::move(value));
}

/// Under the key, or the one that is replacing it; a rotation may end while we look.
Result<std::string> Secrets::unsealed(const std::string& name, std::string_view bytes) const {
  for (const auto& file : {key(), next_key()}) {
    std::error_code code;
    if (!std::filesystem::exists(file, code)) continue;
    const auto seal = TRY(Seal::load_or_create(file));
    auto value = seal.open(bytes, name);
    if (value) return value;
  }
  const auto seal = TRY(Seal::load_or_create(key()));
  const auto again = TRY(read_file(folder_ / (name + ".sealed")));
  return seal.open(again, name);
}

Result<size_t> Secrets::rotate() {
  const auto lock = TRY(FileLock::take(folder_ / "lock", patience));
  const auto fresh = TRY(Seal::load_or_create(next_key()));
  const auto all = TRY(names());
  for (const auto& name : all) {
    const auto file = folder_ / (name + ".sealed");
    const auto bytes = TRY(read_file(file));
    if (fresh.open(bytes, name)) continue;
    const auto value = TRY(unsealed(name, bytes), "opening the secret {}", name);
    TRY(replace_file(file, fresh.close(value, name), 0600), "sealing the secret {}", name);
  }
  // The new key takes the old one's place in one step; replacing it is durable.
  const auto text = TRY(read_file(next_key()));
  TRY(replace_file(key(), text, 0600), "replacing the key");
  TRY(tandem::remove_all(next_key()));
  return all.size();
}

Result<std::vector<std::string>> Secrets::names() const {
  std::vector<std::string> out;
  const auto files = TRY(files_below(folder_));
  for (const auto& file : files)
    if (file.ends_with(".sealed")) out.push_back(file.substr(0, file.size() - 7));
  return out;
}

}  // namespace tandem::store
