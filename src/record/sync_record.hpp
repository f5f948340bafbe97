#pragma once
// What was carried from which commit into which commit.

#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace tandem {

/// One path carried over. `exact`: the destination holds the very object of the source.
/// Otherwise something was excluded, or it was merged from both.
struct Component {
  std::string from;
  std::string to;
  std::string object;       ///< git id (tree or blob) at the destination
  bool exact = true;
  std::vector<std::string> excluded{};  ///< what stayed behind; then `object` is the source's tree without them
  bool operator==(const Component&) const = default;
};

/// Written once, then only read.
struct SyncRecord {
  SyncId id;
  RunId run;
  std::string source_repository;
  std::string source_branch;
  CommitId source;                     ///< validated commit of the application repository
  TreeId source_tree;
  std::string target_repository;
  std::string target_branch;
  CommitId base;                       ///< the infrastructure commit it was put onto
  CommitId landed;                     ///< the commit it became; equals `base` when there was nothing to carry
  TreeId landed_tree;
  std::vector<Component> components{}; ///< sorted by `to`
  std::string strategy = "api-triggered";
  std::string attestation{};           ///< the DSSE envelope, JSON text
  Instant at{};
  bool operator==(const SyncRecord&) const = default;
};

/// "exact", "reduced" (something was excluded) or "merged".
std::string_view kind(const Component& component);

json::value to_json(const SyncRecord& record);
Result<SyncRecord> sync_record_from_json(const json::value& value);

}  // namespace tandem
