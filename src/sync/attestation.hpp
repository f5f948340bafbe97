#pragma once
// The signed word on a sync: an in-toto Statement v1 with SLSA provenance v1, in a DSSE envelope, Ed25519.

#include <map>
#include <optional>
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
  /// What every source answers for in the target, as of this sync: one may not touch another's.
  std::map<std::string, std::vector<std::string>> owners{};
  bool operator==(const Statement&) const = default;
};

json::value to_json(const Statement& statement);
Result<Statement> statement_from_json(const json::value& value);

/// DSSE's pre-authentication encoding: the bytes that are signed.
std::string pre_authentication_encoding(std::string_view type, std::string_view payload);

/// The envelope as JSON text.
std::string seal(const Statement& statement, const SigningKey& key);

/// A key whose signature counts. One that was revoked counts for the syncs before: up to `last_sequence`, where the log
/// held the envelope with the SHA-256 `log_head`.
struct TrustedKey {
  std::string public_key;                       ///< 32 raw bytes
  std::optional<std::int64_t> last_sequence{};
  std::string log_head{};
  TrustedKey(std::string key) : public_key(std::move(key)) {}  // NOLINT: a key alone is a trusted key
  TrustedKey(std::string key, std::int64_t last, std::string head)
      : public_key(std::move(key)), last_sequence(last), log_head(std::move(head)) {}
};

/// The statement inside, and which key signed it.
struct Opened {
  Statement statement;
  TrustedKey key;
};
/// Errors: Denied (TD0330) when none of `keys` has signed it, (TD0336) when only a key that was revoked before; Invalid
/// for what is no envelope or no statement of ours.
Result<Opened> open_envelope(std::string_view envelope, const std::vector<TrustedKey>& keys);

}  // namespace tandem::sync
