#pragma once
// Keys and seals: Ed25519 signatures, sealed text at rest, random bytes, HMAC, scrypt.

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tandem {

std::string random_bytes(size_t count);
std::string hmac_sha256(std::string_view key, std::string_view text);      ///< 32 raw bytes
bool equal_in_constant_time(std::string_view a, std::string_view b);
/// RFC 7914. Errors: Broken when memory is short.
Result<std::string> scrypt(std::string_view password, std::string_view salt, std::uint64_t n, std::uint32_t r,
                           std::uint32_t p, size_t length);

/// An Ed25519 key pair (RFC 8032), kept in a file of mode 0600 as PKCS#8 PEM so that openssl can read it.
class SigningKey {
 public:
  static Result<SigningKey> load_or_create(const std::filesystem::path& pem_path);
  static SigningKey generate();
  std::string sign(std::string_view message) const;    ///< 64 raw bytes
  std::string public_key() const;                      ///< 32 raw bytes
  std::string public_pem() const;                      ///< SubjectPublicKeyInfo, as `openssl pkey -pubin` reads it
  std::string key_id() const;                          ///< first 16 hexadecimal digits of SHA-256 over the public key
 private:
  std::string seed_;    ///< 32 bytes
};
/// `public_key`: 32 raw bytes.
bool verify_signature(std::string_view public_key, std::string_view message, std::string_view signature);
Result<std::string> public_key_from_pem(std::string_view pem);
/// `public_key`: 32 raw bytes. SubjectPublicKeyInfo, as `openssl pkey -pubin` reads it.
std::string public_pem_of(std::string_view public_key);
/// First 16 hexadecimal digits of SHA-256 over the 32 raw bytes.
std::string key_id_of(std::string_view public_key);

/// Encrypts at rest with XChaCha20-Poly1305 under one 32-byte key kept in a file of mode 0600.
class Seal {
 public:
  static Result<Seal> load_or_create(const std::filesystem::path& key_path);
  /// `about` is authenticated, not hidden: the same must be given to open.
  std::string close(std::string_view plain, std::string_view about) const;
  /// Errors: Broken when text or `about` was changed.
  Result<std::string> open(std::string_view sealed, std::string_view about) const;
 private:
  std::string key_;
};

}  // namespace tandem
