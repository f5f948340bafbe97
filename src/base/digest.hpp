#pragma once
// SHA-256 of bytes and files, hexadecimal and base64 text.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/result.hpp"

namespace tandem {

/// Hashes what is fed to it piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256& add(std::string_view bytes);
  std::string raw();   ///< 32 bytes; the hash takes no more input afterwards
  std::string hex();
  Digest digest();     ///< "sha256:<hex>"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
Digest digest_of(std::string_view bytes);
Result<Digest> digest_of_file(const std::filesystem::path& path);

/// Over the sorted relative paths, the executable bit and the contents of all regular files below `root`;
/// links are hashed as their target text. Errors: Missing, Unavailable.
Result<Digest> digest_of_folder(const std::filesystem::path& root);

std::string hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);
std::string base64(std::string_view bytes);           ///< RFC 4648 section 4, padded
Result<std::string> from_base64(std::string_view text);
std::string base64url(std::string_view bytes);        ///< RFC 4648 section 5, no padding

}  // namespace tandem
