#include "base/git_pack.hpp"

#include <git2/sys/odb_backend.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <cstring>

namespace tandem::git {
namespace {
using IndexerHandle = std::unique_ptr<git_indexer, With<git_indexer_free>>;
constexpr unsigned sum_bytes = 20;
}  // namespace

/// Seven bits of the size at a time after the first four, then the object deflated.
void PackText::add(git_object_t type, std::string_view bytes) {
  auto size = bytes.size();
  auto byte = static_cast<unsigned char>(static_cast<unsigned>(type) << 4 | (size & 0x0F));
  for (size >>= 4; size != 0; size >>= 7) {
    body_ += static_cast<char>(byte | 0x80);
    byte = static_cast<unsigned char>(size & 0x7F);
  }
  body_ += static_cast<char>(byte);
  auto room = compressBound(bytes.size());
  const auto start = body_.size();
  body_.resize(start + room);
  CHECK(compress2(reinterpret_cast<Bytef*>(body_.data() + start), &room, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size(), Z_BEST_SPEED) == Z_OK);
  body_.resize(start + room);
  ++count_;
}

Done PackText::write(const std::filesystem::path& pack_folder) const {
  std::string head("PACK\0\0\0\2", 8);
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(count_ >> shift & 0xFF);
  const auto text = head + body_;
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), sum, &size, EVP_sha1(), nullptr) == 1 && size == sum_bytes);
  git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
  git_indexer* raw = nullptr;
  int code = git_indexer_new(&raw, pack_folder.c_str(), 0, nullptr, &options);
  const IndexerHandle indexer(raw);
  git_indexer_progress progress{};
  if (code == 0) code = git_indexer_append(raw, text.data(), text.size(), &progress);
  if (code == 0) code = git_indexer_append(raw, sum, size, &progress);
  if (code == 0) code = git_indexer_commit(raw, &progress);
  if (code != 0) return trouble(code, "cannot write a pack into {}", pack_folder.string());
  return done();
}

/// The functions that libgit2 calls; `parent` must come first.
struct MemoryObjects::Backend {
  git_odb_backend parent{};
  MemoryObjects held{};

  static MemoryObjects& of(git_odb_backend* backend) { return reinterpret_cast<Backend*>(backend)->held; }

  template <typename Use>
  static int with(git_odb_backend* backend, const git_oid* id, Use use) {
    auto& held = of(backend);
    const std::lock_guard lock(held.mutex_);
    const auto found = held.objects_.find(*id);
    return found == held.objects_.end() ? static_cast<int>(GIT_ENOTFOUND) : use(found->second);
  }
  static int read(void** data, size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* id) {
    return with(backend, id, [&](const Object& object) {
      *data = git_odb_backend_data_alloc(backend, object.bytes.size() + 1);
      if (*data == nullptr) return static_cast<int>(GIT_ERROR);
      std::memcpy(*data, object.bytes.c_str(), object.bytes.size() + 1);
      *size = object.bytes.size();
      *type = object.type;
      return 0;
    });
  }
  static int read_header(size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* id) {
    return with(backend, id, [&](const Object& object) {
      *size = object.bytes.size();
      *type = object.type;
      return 0;
    });
  }
  static int exists(git_odb_backend* backend, const git_oid* id) {
    return with(backend, id, [](const Object&) { return 1; }) == 1 ? 1 : 0;
  }
  static int write(git_odb_backend* backend, const git_oid* id, const void* data, size_t size, git_object_t type) {
    auto& held = of(backend);
    const std::lock_guard lock(held.mutex_);
    held.objects_.insert_or_assign(*id, Object{type, std::string(static_cast<const char*>(data), size)});
    return 0;
  }
  static void release(git_odb_backend* backend) { delete reinterpret_cast<Backend*>(backend); }
};

Result<MemoryObjects*> MemoryObjects::attach(git_odb& objects) {
  auto backend = std::make_unique<Backend>();
  CHECK(git_odb_init_backend(&backend->parent, GIT_ODB_BACKEND_VERSION) == 0);
  backend->parent.read = Backend::read;
  backend->parent.read_header = Backend::read_header;
  backend->parent.exists = Backend::exists;
  backend->parent.write = Backend::write;
  backend->parent.free = Backend::release;
  constexpr int before_all_others = 1000;
  if (const int code = git_odb_add_backend(&objects, &backend->parent, before_all_others); code != 0) return trouble(code, "cannot gather objects in memory");
  return &backend.release()->held;
}

Done MemoryObjects::flush(const std::filesystem::path& pack_folder) {
  const std::lock_guard lock(mutex_);
  if (objects_.empty()) return done();
  PackText pack;
  for (const auto& [id, object] : objects_) pack.add(object.type, object.bytes);
  TRY(pack.write(pack_folder));
  objects_.clear();
  return done();
}

void MemoryObjects::forget() {
  const std::lock_guard lock(mutex_);
  objects_.clear();
}

}  // namespace tandem::git
