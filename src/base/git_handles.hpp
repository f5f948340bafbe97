#pragma once
// libgit2's handles with their owners. Only for the git*.cpp files of this room: no other header names libgit2.

#include <git2.h>

#include <memory>
#include <string>

#include "base/result.hpp"

namespace tandem::git {

template <auto Free>
struct With {
  template <typename T>
  void operator()(T* handle) const { Free(handle); }
};
using RepositoryHandle = std::unique_ptr<git_repository, With<git_repository_free>>;
using CommitHandle = std::unique_ptr<git_commit, With<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, With<git_tree_free>>;
using EntryHandle = std::unique_ptr<git_tree_entry, With<git_tree_entry_free>>;
using ObjectHandle = std::unique_ptr<git_object, With<git_object_free>>;
using BlobHandle = std::unique_ptr<git_blob, With<git_blob_free>>;
using OdbHandle = std::unique_ptr<git_odb, With<git_odb_free>>;
using IteratorHandle = std::unique_ptr<git_reference_iterator, With<git_reference_iterator_free>>;
using SignatureHandle = std::unique_ptr<git_signature, With<git_signature_free>>;
using TransactionHandle = std::unique_ptr<git_transaction, With<git_transaction_free>>;
using BuilderHandle = std::unique_ptr<git_treebuilder, With<git_treebuilder_free>>;
using NoteHandle = std::unique_ptr<git_note, With<git_note_free>>;

/// Descriptors for packs, of the 1024 that a program usually has: the one that was not used for longest is closed for another.
inline constexpr size_t packs_open_max = 200;

/// Once per program: durable writes, nobody's configuration, and repositories of other users on this machine may be
/// opened, because we were told their path and run nothing that lies in them.
inline void library_ready() {
  static const bool ready = [] {
    if (git_libgit2_init() < 0) return false;
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, packs_open_max);
    for (const auto level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_PROGRAMDATA})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    return true;
  }();
  CHECK(ready);
}

template <typename... Args>
Error trouble(int code, fmt::format_string<Args...> format, Args&&... args) {
  const auto* last = git_error_last();
  const std::string said = last == nullptr || last->message == nullptr ? "" : fmt::format(": {}", last->message);
  auto fault = Fault::Broken;
  if (code == GIT_ENOTFOUND) fault = Fault::Missing;
  if (code == GIT_EINVALIDSPEC || code == GIT_EAMBIGUOUS || code == GIT_EPEEL || code == GIT_EINVALID) fault = Fault::Invalid;
  if (code == GIT_EMODIFIED || code == GIT_EEXISTS || code == GIT_ELOCKED) fault = Fault::Conflict;
  return Error{fault, fmt::format(format, std::forward<Args>(args)...) + said};
}

inline Result<git_oid> oid_of(std::string_view id) {
  git_oid oid;
  if (id.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&oid, id.data(), id.size()) != 0)
    return failure(Fault::Invalid, "not a full git object id: '{}'", id.substr(0, 80));
  return oid;
}

inline std::string hex_of(const git_oid& oid) {
  std::string out(GIT_OID_HEXSZ, '0');
  git_oid_fmt(out.data(), &oid);
  return out;
}

}  // namespace tandem::git
