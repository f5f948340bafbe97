#pragma once
// Named secrets, encrypted at rest.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/result.hpp"

namespace tandem::store {

/// A folder with one sealed file per secret; the key lies beside it, mode 0600. Safe to use from several processes.
class Secrets {
 public:
  static Result<Secrets> open(const std::filesystem::path& folder);
  Done set(const std::string& name, const std::string& value);
  Done remove(const std::string& name);
  Result<std::optional<std::string>> find(const std::string& name) const;
  Result<std::vector<std::string>> names() const;

 private:
  Secrets(std::filesystem::path folder, Seal seal) : folder_(std::move(folder)), seal_(std::move(seal)) {}
  std::filesystem::path folder_;
  Seal seal_;
};

}  // namespace tandem::store
