#include "base/crypto.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem {
namespace {

void sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  CHECK(ready);
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using KeyHandle = std::unique_ptr<EVP_PKEY, KeyFree>;
using BioHandle = std::unique_ptr<BIO, BioFree>;

std::string text_in(BIO& bio) {
  char* start = nullptr;
  const auto size = BIO_get_mem_data(&bio, &start);
  return {start, static_cast<size_t>(size)};
}

/// Without this OpenSSL asks for the password of an encrypted PEM on the terminal.
int no_password(char*, int, int, void*) { return -1; }

std::string private_pem(const std::string& seed) {
  const KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
  const BioHandle bio(BIO_new(BIO_s_mem()));
  CHECK(key && bio);
  CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_in(*bio);
}

Result<std::string> seed_from_pem(std::string_view pem) {
  const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  std::string seed(crypto_sign_SEEDBYTES, '\0');
  size_t size = seed.size();
  if (!key || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_private_key(key.get(), bytes_of(seed), &size) != 1 || size != seed.size())
    return failure(Fault::Broken, "no unencrypted Ed25519 private key in PEM");
  return seed;
}

/// What stands in the key file at `path`, which is written with `fresh` if it is not there. When two processes come
/// at once, both read what the first one wrote. A key that others can read is refused: it is no secret any more.
Result<std::string> read_or_create_key(const std::filesystem::path& path, const std::string& fresh) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) {
    TRY(make_folders(path.parent_path()));
    const auto beside = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), hex(random_bytes(8)));
    TRY(replace_file(beside, fresh, 0600));
    const bool linked = ::link(beside.c_str(), path.c_str()) == 0;
    const int number = errno;
    ::unlink(beside.c_str());
    if (!linked && number != EEXIST)
      return failure(Fault::Unavailable, "cannot create key file {}: {}", path.string(), std::strerror(number));
    if (::stat(path.c_str(), &found) != 0)
      return failure(Fault::Unavailable, "cannot read key file {}: {}", path.string(), std::strerror(errno));
  }
  if ((found.st_mode & 077U) != 0)
    return failure(Fault::Denied, "key file {} can be read by others", path.string())
        .with_next(fmt::format("chmod 600 {}, and make a new key if others may have seen it", path.string()));
  return read_file(path);
}

}  // namespace

std::string random_bytes(size_t count) {
  sodium_ready();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), count);
  return bytes;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), bytes_of(out), &size));
  out.resize(size);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> scrypt(std::string_view password, std::string_view salt, std::uint64_t n, std::uint32_t r,
                           std::uint32_t p, size_t length) {
  if (n < 2 || !std::has_single_bit(n) || r == 0 || p == 0 || length == 0)
    return failure(Fault::Invalid, "scrypt parameters n={} r={} p={} length={}", n, r, p, length);
  constexpr std::uint64_t memory_bytes_max = 1UL << 30;
  std::string out(length, '\0');
  const char* secret = password.empty() ? "" : password.data();  // a null password would be refused
  if (EVP_PBE_scrypt(secret, password.size(), bytes_of(salt), salt.size(), n, r, p, memory_bytes_max, bytes_of(out),
                     length) != 1)
    return failure(Fault::Broken, "scrypt with n={} r={} p={} needs more memory than it may have", n, r, p);
  return out;
}

SigningKey SigningKey::generate() {
  SigningKey key;
  key.seed_ = random_bytes(crypto_sign_SEEDBYTES);
  return key;
}

Result<SigningKey> SigningKey::load_or_create(const std::filesystem::path& pem_path) {
  const auto pem = TRY(read_or_create_key(pem_path, private_pem(generate().seed_)));
  SigningKey key;
  key.seed_ = TRY(seed_from_pem(pem), "reading {}", pem_path.string());
  return key;
}

namespace {
struct KeyPair {
  unsigned char open[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  explicit KeyPair(const std::string& seed) {
    sodium_ready();
    crypto_sign_seed_keypair(open, secret, bytes_of(seed));
  }
  ~KeyPair() { sodium_memzero(secret, sizeof secret); }
};
}  // namespace

std::string SigningKey::sign(std::string_view message) const {
  const KeyPair pair(seed_);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(bytes_of(signature), nullptr, bytes_of(message), message.size(), pair.secret);
  return signature;
}

std::string SigningKey::public_key() const {
  const KeyPair pair(seed_);
  return {reinterpret_cast<const char*>(pair.open), sizeof pair.open};
}

std::string SigningKey::public_pem() const { return public_pem_of(public_key()); }

std::string SigningKey::key_id() const { return key_id_of(public_key()); }

bool verify_signature(std::string_view public_key, std::string_view message, std::string_view signature) {
  sodium_ready();
  return public_key.size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(bytes_of(signature), bytes_of(message), message.size(), bytes_of(public_key)) == 0;
}

std::string key_id_of(std::string_view public_key) { return sha256_hex(public_key).substr(0, 16); }

std::string public_pem_of(std::string_view public_key) {
  const std::string raw(public_key);
  const KeyHandle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(raw), raw.size()));
  const BioHandle bio(BIO_new(BIO_s_mem()));
  CHECK(key && bio);
  CHECK(PEM_write_bio_PUBKEY(bio.get(), key.get()) == 1);
  return text_in(*bio);
}

Result<std::string> public_key_from_pem(std::string_view pem) {
  const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const KeyHandle key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
  std::string raw(crypto_sign_PUBLICKEYBYTES, '\0');
  size_t size = raw.size();
  if (!key || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_public_key(key.get(), bytes_of(raw), &size) != 1 || size != raw.size())
    return failure(Fault::Invalid, "no Ed25519 public key in PEM");
  return raw;
}

namespace {
constexpr char seal_version = 1;
constexpr size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
}  // namespace

Result<Seal> Seal::load_or_create(const std::filesystem::path& key_path) {
  const auto fresh = hex(random_bytes(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)) + "\n";
  const auto written = TRY(read_or_create_key(key_path, fresh));
  const auto key = from_hex(trimmed(written));
  if (!key || key->size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
    return failure(Fault::Broken, "key file {} does not hold 64 hexadecimal digits", key_path.string());
  Seal seal;
  seal.key_ = *key;
  return seal;
}

std::string Seal::close(std::string_view plain, std::string_view about) const {
  std::string sealed = seal_version + random_bytes(nonce_bytes);
  sealed.resize(1 + nonce_bytes + plain.size() + tag_bytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + 1 + nonce_bytes, nullptr, bytes_of(plain), plain.size(),
                                             bytes_of(about), about.size(), nullptr, bytes_of(sealed) + 1,
                                             bytes_of(key_));
  return sealed;
}

Result<std::string> Seal::open(std::string_view sealed, std::string_view about) const {
  if (sealed.size() < 1 + nonce_bytes + tag_bytes || sealed.front() != seal_version)
    return failure(Fault::Broken, "sealed text is cut short or of an unknown kind");
  const auto nonce = sealed.substr(1, nonce_bytes);
  const auto hidden = sealed.substr(1 + nonce_bytes);
  std::string plain(hidden.size() - tag_bytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(plain), nullptr, nullptr, bytes_of(hidden), hidden.size(),
                                                 bytes_of(about), about.size(), bytes_of(nonce), bytes_of(key_)) != 0)
    return failure(Fault::Broken, "sealed text was changed, or sealed under another key or for another purpose");
  return plain;
}

}  // namespace tandem
