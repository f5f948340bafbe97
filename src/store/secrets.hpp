#pragma once
// Named secrets, encrypted at rest.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/result.hpp"

namespace tandem::store {

/// A folder with one sealed file per secret; the key lies beside them, mode 0600. Safe to use from several processes:
/// each use reads the key afresh, so that a rotation by one is seen by all.
class Secrets {
 public:
  static Result<Secrets> open(const std::filesystem::path& folder);
  Done set(const std::string& name, const std::string& value);
  Done remove(const std::string& name);
  Result<std::optional<std::string>> find(const std::string& name) const;
  Result<std::vector<std::string>> names() const;
  /// Seals everything anew under a new key and forgets the old one. Returns how many secrets there are. Interrupted at
  /// any point, every secret can be read, and the next rotation goes on.
  Result<size_t> rotate();

 private:
  explicit Secrets(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path key() const { return folder_ / "key"; }
  std::filesystem::path next_key() const { return folder_ / "key.next"; }   ///< there while a rotation is under way
  Result<std::string> unsealed(const std::string& name, std::string_view bytes) const;
  std::filesystem::path folder_;
};

}  // namespace tandem::store
