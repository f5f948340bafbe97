#pragma once
// Ids are types, so a commit cannot be passed for a run.

#include <compare>
#include <functional>
#include <string>

namespace tandem {

template <typename Tag>
struct Id {
  std::string value;
  auto operator<=>(const Id&) const = default;
  bool empty() const { return value.empty(); }
};

using RunId = Id<struct RunTag>;
using EventId = Id<struct EventTag>;
using CommitId = Id<struct CommitTag>;    ///< full hexadecimal git commit id
using TreeId = Id<struct TreeTag>;        ///< full hexadecimal git tree id
using SyncId = Id<struct SyncTag>;
using Digest = Id<struct DigestTag>;      ///< "sha256:" + 64 hexadecimal digits
using ReleaseId = Id<struct ReleaseTag>;
using DeploymentId = Id<struct DeploymentTag>;

/// A new id: a short prefix, the time in milliseconds and random bits, so that ids sort by age.
std::string fresh_id(std::string_view prefix);

}  // namespace tandem

template <typename Tag>
struct std::hash<tandem::Id<Tag>> {
  size_t operator()(const tandem::Id<Tag>& id) const { return std::hash<std::string>{}(id.value); }
};
