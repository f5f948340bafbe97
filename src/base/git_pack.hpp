#pragma once
// Objects written together: one pack with three fsyncs instead of two for each object. Only for the git*.cpp files.

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/git_handles.hpp"

namespace tandem::git {

struct OidLess {
  bool operator()(const git_oid& a, const git_oid& b) const { return git_oid_cmp(&a, &b) < 0; }
};

/// A pack in the making: whole objects, no deltas; searching for those costs more than it saves here.
class PackText {
 public:
  void add(git_object_t type, std::string_view bytes);
  /// Durable, and visible at once under its final name. Errors: Unavailable, Broken.
  Done write(const std::filesystem::path& pack_folder) const;

 private:
  std::string body_;
  size_t count_ = 0;
};

/// Objects that have been written and are not on disk yet. Stands before the other places of an object database and is
/// owned by that.
class MemoryObjects {
 public:
  static Result<MemoryObjects*> attach(git_odb& objects);
  /// Everything in one pack, and out of here. Nothing to do is done.
  Done flush(const std::filesystem::path& pack_folder);
  void forget();

 private:
  struct Backend;
  struct Object {
    git_object_t type{};
    std::string bytes;
  };
  std::mutex mutex_;
  std::map<git_oid, Object, OidLess> objects_;
};

}  // namespace tandem::git
