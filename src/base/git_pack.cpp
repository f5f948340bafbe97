#include "base/git_pack.hpp"

#include <git2/sys/odb_backend.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "base/digest.hpp"
#include "base/replace_files.hpp"

namespace tandem::git {
namespace {

constexpr unsigned sum_bytes = 20;
constexpr std::uint64_t small_offsets_end = 1UL << 31;   ///< beyond it an index refers to a second table

std::string sum_of(std::string_view text) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), sum, &size, EVP_sha1(), nullptr) == 1 && size == sum_bytes);
  return {reinterpret_cast<const char*>(sum), size};
}

void append_number(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
}

/// One for all objects of a thread: making one costs more than most objects, and clearing its tables does where they are large.
class Deflater {
 public:
  Deflater(int level, int window_bits, int memory_level) { CHECK(deflateInit2(&stream_, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) == Z_OK); }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  std::string deflated(std::string_view bytes) {
    CHECK(deflateReset(&stream_) == Z_OK);
    std::string out(deflateBound(&stream_, bytes.size()), '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    size_t left_in = bytes.size(), left_out = out.size();
    int code = Z_OK;
    while (code == Z_OK) {   // zlib counts in 32 bits
      constexpr size_t piece_max = 1UL << 30;
      const auto in = static_cast<uInt>(std::min(left_in, piece_max)), room = static_cast<uInt>(std::min(left_out, piece_max));
      stream_.avail_in = in;
      stream_.avail_out = room;
      code = deflate(&stream_, in == left_in ? Z_FINISH : Z_NO_FLUSH);
      left_in -= in - stream_.avail_in;
      left_out -= room - stream_.avail_out;
    }
    CHECK(code == Z_STREAM_END);
    out.resize(out.size() - left_out);
    return out;
  }

 private:
  z_stream stream_{};
};

/// A tree is ids, which are noise: it is stored as it is.
std::string deflated(git_object_t type, std::string_view bytes) {
  constexpr size_t small_max = 1UL << 14;
  thread_local Deflater stored(Z_NO_COMPRESSION, 15, 1), small(Z_BEST_SPEED, 14, 5), large(Z_BEST_SPEED, 15, 8);
  return (type == GIT_OBJECT_TREE ? stored : bytes.size() <= small_max ? small : large).deflated(bytes);
}

}  // namespace

/// Seven bits of the size at a time after the first four, then the object deflated.
PackedObject packed(git_object_t type, std::string_view bytes) {
  PackedObject out;
  auto size = bytes.size();
  auto byte = static_cast<unsigned char>(static_cast<unsigned>(type) << 4 | (size & 0x0F));
  for (size >>= 4; size != 0; size >>= 7) {
    out.bytes += static_cast<char>(byte | 0x80);
    byte = static_cast<unsigned char>(size & 0x7F);
  }
  out.bytes += static_cast<char>(byte);
  out.bytes += deflated(type, bytes);
  out.crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(out.bytes.data()), out.bytes.size()));
  return out;
}

void PackText::add(const git_oid& id, const PackedObject& object) {
  constexpr size_t head_bytes = 12;
  if (!places_.emplace(id, Place{head_bytes + body_.size(), object.crc}).second) return;
  body_ += object.bytes;
}

/// Version 2: how many ids begin with at most each byte, the ids in order, their sums, their offsets.
std::string PackText::index(std::string_view pack_sum) const {
  std::string out("\377tOc\0\0\0\2", 8);
  std::uint32_t counts[256] = {};
  for (const auto& [id, place] : places_) ++counts[id.id[0]];
  std::uint32_t total = 0;
  for (const auto count : counts) append_number(out, total += count);
  for (const auto& [id, place] : places_) out.append(reinterpret_cast<const char*>(id.id), sizeof id.id);
  for (const auto& [id, place] : places_) append_number(out, place.crc);
  std::string far;
  for (const auto& [id, place] : places_) {
    if (place.offset < small_offsets_end) {
      append_number(out, static_cast<std::uint32_t>(place.offset));
      continue;
    }
    append_number(out, static_cast<std::uint32_t>(small_offsets_end | far.size() / 8));
    append_number(far, static_cast<std::uint32_t>(place.offset >> 32));
    append_number(far, static_cast<std::uint32_t>(place.offset & 0xFFFFFFFF));
  }
  out += far;
  out += pack_sum;
  out += sum_of(out);
  return out;
}

Done PackText::write(const std::filesystem::path& pack_folder) const {
  std::string text("PACK\0\0\0\2", 8);
  append_number(text, static_cast<std::uint32_t>(places_.size()));
  text += body_;
  const auto sum = sum_of(text);
  text += sum;
  const auto name = "pack-" + hex(sum);
  // The index comes last: a pack is looked for by its index.
  TRY(replace_files(pack_folder, {{name + ".pack", text}, {name + ".idx", index(sum)}}, 0444), "writing a pack");
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
    held.objects_.try_emplace(*id, Object{type, std::string(static_cast<const char*>(data), size)});
    return 0;
  }
  /// The one object whose id begins with the first `length` hexadecimal digits of `start`.
  static int find_prefix(git_oid* id, git_odb_backend* backend, const git_oid* start, size_t length) {
    auto& held = of(backend);
    const std::lock_guard lock(held.mutex_);
    git_oid least{};
    std::copy_n(start->id, length / 2, least.id);
    if (length % 2 != 0) least.id[length / 2] = start->id[length / 2] & 0xF0;
    const auto begins = [&](const git_oid& one) { return git_oid_ncmp(&one, start, length) == 0; };
    const auto found = held.objects_.lower_bound(least);
    if (found == held.objects_.end() || !begins(found->first)) return GIT_ENOTFOUND;
    if (const auto next = std::next(found); next != held.objects_.end() && begins(next->first)) return GIT_EAMBIGUOUS;
    *id = found->first;
    return 0;
  }
  static int read_prefix(git_oid* id, void** data, size_t* size, git_object_t* type, git_odb_backend* backend, const git_oid* start, size_t length) {
    const int code = find_prefix(id, backend, start, length);
    return code == 0 ? read(data, size, type, backend, id) : code;
  }
  static void release(git_odb_backend* backend) { delete reinterpret_cast<Backend*>(backend); }
};

Result<MemoryObjects*> MemoryObjects::attach(git_odb& objects) {
  auto backend = std::make_unique<Backend>();
  CHECK(git_odb_init_backend(&backend->parent, GIT_ODB_BACKEND_VERSION) == 0);
  backend->parent.read = Backend::read;
  backend->parent.read_header = Backend::read_header;
  backend->parent.exists = Backend::exists;
  backend->parent.exists_prefix = Backend::find_prefix;
  backend->parent.read_prefix = Backend::read_prefix;
  backend->parent.write = Backend::write;
  backend->parent.free = Backend::release;
  constexpr int before_all_others = 1000;
  if (const int code = git_odb_add_backend(&objects, &backend->parent, before_all_others); code != 0) return trouble(code, "cannot gather objects in memory");
  return &backend.release()->held;
}

void MemoryObjects::keep(const git_oid& id, Object object) {
  const std::lock_guard lock(mutex_);
  object.is_kept = true;
  const auto [place, is_new] = objects_.try_emplace(id, std::move(object));
  if (!is_new) place->second.is_kept = true;
}

MemoryObjects::Object* MemoryObjects::find(const git_oid& id) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(id);
  return found == objects_.end() ? nullptr : &found->second;
}

Done MemoryObjects::flush(const std::filesystem::path& pack_folder) {
  const std::lock_guard lock(mutex_);
  PackText pack;
  bool is_empty = true;
  for (auto& [id, object] : objects_) {
    if (object.is_on_disk) continue;
    if (!object.packed) object.packed = packed(object.type, object.bytes);
    pack.add(id, *object.packed);
    is_empty = false;
  }
  if (is_empty) return done();
  TRY(pack.write(pack_folder));
  for (auto& [id, object] : objects_) object.is_on_disk = true;
  return done();
}

void MemoryObjects::forget() {
  const std::lock_guard lock(mutex_);
  std::erase_if(objects_, [](const auto& one) { return one.second.is_on_disk || !one.second.is_kept; });
}

}  // namespace tandem::git
