#include "base/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <vector>

namespace tandem {
namespace fs = std::filesystem;

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::add(std::string_view bytes) {
  CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
  return *this;
}

std::string Sha256::raw() {
  std::array<unsigned char, 32> out{};
  CHECK(EVP_DigestFinal_ex(state_->context, out.data(), nullptr) == 1);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

std::string Sha256::hex() { return tandem::hex(raw()); }
Digest Sha256::digest() { return Digest{"sha256:" + hex()}; }

std::string sha256_hex(std::string_view bytes) { return Sha256().add(bytes).hex(); }
Digest digest_of(std::string_view bytes) { return Sha256().add(bytes).digest(); }

namespace {
Done feed(Sha256& hash, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(Fault::Missing, "cannot read {}", path.string());
  std::vector<char> buffer(1 << 16);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.add({buffer.data(), static_cast<size_t>(file.gcount())});
  }
  if (file.bad()) return failure(Fault::Unavailable, "reading {} failed", path.string());
  return done();
}
}  // namespace

Result<Digest> digest_of_file(const fs::path& path) {
  Sha256 hash;
  TRY(feed(hash, path));
  return hash.digest();
}

Result<Digest> digest_of_folder(const fs::path& root) {
  std::error_code code;
  std::vector<fs::path> paths;
  for (auto it = fs::recursive_directory_iterator(root, code);
       !code && it != fs::recursive_directory_iterator(); it.increment(code))
    if (it->is_symlink() || it->is_regular_file()) paths.push_back(it->path());
  if (code) return failure(Fault::Missing, "cannot list {}: {}", root.string(), code.message());
  std::sort(paths.begin(), paths.end());
  Sha256 hash;
  for (const auto& path : paths) {
    const auto name = path.lexically_relative(root).generic_string();
    const bool link = fs::is_symlink(path);
    const bool executable =
        !link && (fs::status(path).permissions() & fs::perms::owner_exec) != fs::perms::none;
    const auto kind = link ? "link" : executable ? "exec" : "file";
    hash.add(fmt::format("{} {}:{}\n", kind, name.size(), name));
    if (link) {
      hash.add(fs::read_symlink(path, code).string());
      continue;
    }
    hash.add(fmt::format("{}\n", fs::file_size(path, code)));
    TRY(feed(hash, path));
  }
  return hash.digest();
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Result<std::string> from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return failure(Fault::Invalid, "hexadecimal text of odd length");
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return failure(Fault::Invalid, "not hexadecimal text");
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return failure(Fault::Invalid, "base64 text of {} characters", text.size());
  if (text.empty()) return std::string{};
  std::string out(text.size() / 4 * 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return failure(Fault::Invalid, "not base64 text");
  size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

std::string base64url(std::string_view bytes) {
  auto out = base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

}  // namespace tandem
