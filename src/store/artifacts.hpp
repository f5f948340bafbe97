#pragma once
// The bytes of artifacts: content-addressed, encrypted at rest.

#include <filesystem>
#include <string>

#include "base/crypto.hpp"
#include "base/id.hpp"
#include "base/result.hpp"

namespace tandem::store {

class Artifacts {
 public:
  static Result<Artifacts> open(const std::filesystem::path& folder);
  /// Durable when it returns; the same bytes twice are kept once.
  Result<Digest> put(std::string_view bytes) const;
  /// Errors: Missing; Broken when the stored bytes were changed.
  Result<std::string> get(const Digest& digest) const;
  /// Nothing there is success.
  Done remove(const Digest& digest) const;

 private:
  Artifacts(std::filesystem::path folder, Seal seal) : folder_(std::move(folder)), seal_(std::move(seal)) {}
  std::filesystem::path path_of(const Digest& digest) const;
  std::filesystem::path folder_;
  Seal seal_;
};

}  // namespace tandem::store
