#pragma once
// The coordinator's keys: one signs, those before it still prove what they signed, a revoked one proves nothing new.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/guarded.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sync/attestation.hpp"

namespace tandem::sync {

/// Active signs; Next waits for its turn, so that others can learn of it first; Retired signed once; Foreign is another
/// coordinator's; Revoked counts only for the syncs before.
enum class KeyState { Active, Next, Retired, Foreign, Revoked };
std::string_view word(KeyState state);        ///< "active", "next", "retired", "trusted", "revoked"

struct KeyRecord {
  std::string id;                             ///< as in the envelopes' keyid
  std::string public_key;                     ///< 32 raw bytes
  KeyState state{};
  Instant since{};                            ///< of this state
  std::string reason{};                       ///< why it was revoked, or whose it is
  std::optional<std::int64_t> last_sequence{};///< of a revoked one: the newest sync that it may have signed
  std::string log_head{};                     ///< SHA-256 of that sync's envelope
  bool operator==(const KeyRecord&) const = default;
};
json::value to_json(const KeyRecord& record); ///< with the public key as PEM

/// Where the log of syncs ends: what a revocation is bound to.
struct LogEnd {
  std::int64_t sequence = 0;
  std::string head;                           ///< SHA-256 of the newest envelope; empty for an empty log
};

/// A folder with signing.pem (mode 0600), perhaps next.pem, and keyring.json. Private keys of the past are not kept.
/// Every change is durable when the call returns and can be cut off anywhere: opening finishes it. May be used by many threads.
class Keyring {
 public:
  /// Makes the first key when there is none. Errors: Broken (TD0341) when files and list do not belong together.
  static Result<Keyring> open(const std::filesystem::path& folder, Instant now);
  Keyring(Keyring&&) noexcept;
  ~Keyring();

  SigningKey signing() const;
  /// Every key whose signatures count, and how far.
  std::vector<TrustedKey> trusted() const;
  std::vector<KeyRecord> list() const;        ///< the active one first, then newest first
  /// Errors: Missing (TD0340).
  Result<KeyRecord> find(const std::string& id) const;   ///< id or an unmistakable beginning; "" is the active one

  /// Makes the next key. Errors: Conflict (TD0340) when one waits already.
  Result<KeyRecord> prepare(Instant now);
  /// The next key (made now if none waits) becomes the active one; the one before is retired and its private half deleted.
  Result<KeyRecord> rotate(Instant now);
  /// From now on nothing newer than `end` counts with this key's signature. The active one is rotated out first.
  /// Errors: Missing (TD0340), Conflict (TD0340) when it is revoked already.
  Result<KeyRecord> revoke(const std::string& id, const std::string& reason, const LogEnd& end, Instant now);
  /// Accepts another coordinator's syncs. Errors: Invalid (TD0340) for no Ed25519 key in PEM, Conflict (TD0340) when known.
  Result<KeyRecord> trust(std::string_view pem, const std::string& whose, Instant now);

 private:
  struct State;
  explicit Keyring(std::unique_ptr<Guarded<State>> state);
  std::unique_ptr<Guarded<State>> state_;
};

}  // namespace tandem::sync
