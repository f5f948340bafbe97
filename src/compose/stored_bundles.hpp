#pragma once
// The bundles of this machine: found again by what they were made of, and let go when nobody needs them any more.

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "record/bundle.hpp"

namespace tandem::compose {

/// A bundle composed before from the inputs that `key` stands for, if it is still whole. It counts as used now.
Result<std::optional<Bundle>> find_composed(const std::filesystem::path& bundles, const std::string& key);
/// Notes that this key's inputs give this bundle.
Done remember(const std::filesystem::path& bundles, const std::string& key, const Bundle& bundle);

/// Bundles that were neither composed nor taken again since `before` and are not in `kept`, sorted.
Result<std::vector<Digest>> old_bundles(const std::filesystem::path& bundles, Instant before, const std::set<Digest>& kept);
/// Takes those out, with what is remembered of them. Files shared with the package cache stay there.
Result<std::vector<Digest>> prune_bundles(const std::filesystem::path& bundles, Instant before, const std::set<Digest>& kept);

}  // namespace tandem::compose
