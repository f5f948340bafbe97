#pragma once
// The signed word on a sync: an in-toto Statement v1 with SLSA provenance v1, in a DSSE envelope, Ed25519.

#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "sync/cargo.hpp"

namespace tandem::sync {

/// What is attested: this cargo became that commit.
struct Statement {
  Cargo cargo;
  CommitId landed;
  TreeId landed_tree;
  std::string metadata;                   ///< git id of sync-metadata.json
  std::string previous{};                 ///< SHA-256 of the envelope of the sync before, hexadecimal; empty for the first
  json::value requirements_report{};      ///< byproduct: where each package comes from
  bool operator==(const Statement&) const = default;
};

json::value to_json(const Statement& statement);
Result<Statement> statement_from_json(const json::value& value);

/// DSSE's pre-authentication encoding: the bytes that are signed.
std::string pre_authentication_encoding(std::string_view type, std::string_view payload);

/// The envelope as JSON text.
std::string seal(const Statement& statement, const SigningKey& key);

/// The statement inside, once one of `public_keys` (32 raw bytes each) has been found to have signed it.
/// Errors: Denied (TD0330) when none has, Invalid for what is no envelope or no statement of ours.
Result<Statement> open_envelope(std::string_view envelope, const std::vector<std::string>& public_keys);

}  // namespace tandem::sync
