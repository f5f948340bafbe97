#pragma once
// Objects written together: one pack with three fsyncs instead of two for each object. Only for the git*.cpp files.

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/git_handles.hpp"

namespace tandem::git {

struct OidLess {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_cmp(&a, &b) < 0; }
};

/// An object as it stands in a pack: header and deflated bytes, whole, no delta.
struct PackedObject {
  std::string bytes;
  std::uint32_t crc = 0;      ///< of `bytes`; the index keeps it
};
PackedObject packed(git_object_t type, std::string_view bytes);

/// A pack in the making: whole objects, no deltas; searching for those costs more than it saves here.
class PackText {
 public:
  /// `id` must be the object's own; it is put into the index as it is. Each id once.
  void add(const git_oid& id, const PackedObject& object);
  /// Durable, and visible at once under its final name, with its index. Errors: Unavailable, Denied.
  Done write(const std::filesystem::path& pack_folder) const;

 private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint32_t crc = 0;
  };
  std::string index(std::string_view pack_sum) const;

  std::string body_;
  std::map<git_oid, Place, OidLess> places_;
};

/// Objects that have been written or fetched and need not be on disk yet. Stands before the other places of an object
/// database and is owned by that. What has been written out stays readable here until forget().
class MemoryObjects {
 public:
  struct Object {
    git_object_t type{};
    std::string bytes;
    std::optional<PackedObject> packed{};   ///< once it was needed
    bool is_kept = false;                   ///< survives forget() until it is on disk
    bool is_on_disk = false;
  };

  static Result<MemoryObjects*> attach(git_odb& objects);
  /// Adds what came from another repository: kept.
  void keep(const git_oid& id, Object object);
  /// Nothing when it is not here. Valid until forget().
  Object* find(const git_oid& id);
  /// Everything that is not on disk yet in one pack. Nothing to do is done.
  Done flush(const std::filesystem::path& pack_folder);
  /// Drops what is on disk or was never kept.
  void forget();

 private:
  struct Backend;
  std::mutex mutex_;
  std::map<git_oid, Object, OidLess> objects_;
};

}  // namespace tandem::git
