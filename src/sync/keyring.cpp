#include "sync/keyring.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "sync/codes.hpp"

namespace tandem::sync {
namespace fs = std::filesystem;
namespace {

constexpr KeyState states[] = {KeyState::Active, KeyState::Next, KeyState::Retired, KeyState::Foreign, KeyState::Revoked};

Error bad_key(Fault fault, std::string what, std::string next) {
  return failure(fault, "{}", what).with_code(code::bad_key).with_next(std::move(next));
}

Error bad_ring(const fs::path& folder, std::string_view what) {
  return failure(Fault::Broken, "the key ring {} {}", folder.string(), what)
      .with_code(code::bad_keyring)
      .with_next("restore the folder from a backup; without its signing key make a new pair with tandem init and trust the old public key there");
}

json::value stored(const KeyRecord& record) {
  return json::object{{"id", record.id}, {"public", base64(record.public_key)}, {"state", word(record.state)},
                      {"since", rfc3339(record.since)}, {"reason", record.reason},
                      {"last_sequence", record.last_sequence ? json::value(*record.last_sequence) : json::value(nullptr)},
                      {"log_head", record.log_head}};
}

Result<KeyRecord> record_from(const json::value& value) {
  Fields fields(value, "a key");
  KeyRecord out{fields.string("id"), {}, {}, fields.instant("since"), fields.string_or("reason", "")};
  const auto state = fields.string("state");
  const auto found = std::ranges::find(states, state, [](KeyState each) { return word(each); });
  if (found == std::end(states)) fields.refuse("has no such state: " + state);
  else out.state = *found;
  const auto key = from_base64(fields.string("public"));
  if (!key || key->size() != 32) fields.refuse("has no public key of 32 bytes");
  else out.public_key = *key;
  if (fields.find("last_sequence") != nullptr) out.last_sequence = fields.integer("last_sequence");
  out.log_head = fields.string_or("log_head", "");
  TRY(fields.finish());
  return out;
}

}  // namespace

/// Under one lock with its files: keys change a few times a year, and two changes at once must not lose one.
struct Keyring::State {
  fs::path folder;
  SigningKey signing;
  std::vector<KeyRecord> keys;      ///< oldest first

  fs::path list_path() const { return folder / "keyring.json"; }
  fs::path signing_path() const { return folder / "signing.pem"; }
  fs::path next_path() const { return folder / "next.pem"; }

  KeyRecord* find(KeyState state) {
    const auto found = std::ranges::find(keys, state, &KeyRecord::state);
    return found == keys.end() ? nullptr : &*found;
  }

  Done save() const {
    json::array list;
    for (const auto& key : keys) list.push_back(stored(key));
    return replace_file(list_path(), to_pretty_text(json::object{{"schema", "tandem.keyring/1"}, {"keys", list}}), 0600);
  }

  Done load() {
    const auto text = TRY(read_file(list_path()));
    const auto document = TRY(parse_json(text, list_path().string()));
    Fields fields(document, "the key ring");
    for (const auto& member : fields.list("keys")) {
      auto key = TRY(record_from(member));
      keys.push_back(std::move(key));
    }
    return fields.finish();
  }

  /// The step of a rotation that a crash may have cut off: next.pem is the active key already.
  Done finish_rotation() {
    const auto* active = find(KeyState::Active);
    if (active == nullptr) return bad_ring(folder, "names no active key");
    if (signing.key_id() == active->id) return done();
    if (!fs::exists(next_path())) return bad_ring(folder, fmt::format("says that {} signs, but signing.pem is {}", active->id, signing.key_id()));
    auto next = TRY(SigningKey::load_or_create(next_path()));
    if (next.key_id() != active->id) return bad_ring(folder, fmt::format("says that {} signs, and neither signing.pem nor next.pem is that key", active->id));
    std::error_code code;
    fs::rename(next_path(), signing_path(), code);
    if (code) return failure(Fault::Unavailable, "cannot replace {}: {}", signing_path().string(), code.message());
    signing = std::move(next);
    return done();
  }

  Result<KeyRecord> prepare(Instant now) {
    if (const auto* there = find(KeyState::Next))
      return bad_key(Fault::Conflict, fmt::format("key {} waits already", there->id), "tandem keys rotate lets it sign");
    auto key = TRY(SigningKey::load_or_create(next_path()), "making a key");
    if (std::ranges::find(keys, key.key_id(), &KeyRecord::id) != keys.end()) {  // left behind by a revocation that was cut off
      TRY(tandem::remove_all(next_path()));
      key = TRY(SigningKey::load_or_create(next_path()), "making a key");
    }
    keys.push_back({key.key_id(), key.public_key(), KeyState::Next, now});
    TRY(save());
    return keys.back();
  }

  Result<KeyRecord> rotate(Instant now) {
    if (find(KeyState::Next) == nullptr) {
      const auto made = prepare(now);
      if (!made) return made.error();
    }
    auto* const old = find(KeyState::Active);
    auto* const next = find(KeyState::Next);
    CHECK(old != nullptr && next != nullptr);
    old->state = KeyState::Retired;
    next->state = KeyState::Active;
    old->since = next->since = now;
    TRY(save());
    TRY(finish_rotation());
    return *find(KeyState::Active);
  }

  /// By id or beginning.
  Result<KeyRecord*> named(const std::string& id) {
    if (id.empty()) return find(KeyState::Active);
    std::vector<KeyRecord*> found;
    for (auto& key : keys)
      if (key.id.starts_with(id)) found.push_back(&key);
    if (found.size() == 1) return found.front();
    return bad_key(found.empty() ? Fault::Missing : Fault::Invalid, fmt::format("{} key has the id {}", found.empty() ? "no" : "more than one", id),
                   "tandem keys list shows the ids");
  }
};

std::string_view word(KeyState state) {
  switch (state) {
    case KeyState::Active: return "active";
    case KeyState::Next: return "next";
    case KeyState::Retired: return "retired";
    case KeyState::Foreign: return "trusted";
    case KeyState::Revoked: return "revoked";
  }
  return "";
}

json::value to_json(const KeyRecord& record) {
  return json::object{{"id", record.id},
                      {"state", word(record.state)},
                      {"since", rfc3339(record.since)},
                      {"reason", record.reason.empty() ? json::value(nullptr) : json::value(record.reason)},
                      {"last_sequence", record.last_sequence ? json::value(*record.last_sequence) : json::value(nullptr)},
                      {"public_key", public_pem_of(record.public_key)}};
}

Keyring::Keyring(std::unique_ptr<Guarded<State>> state) : state_(std::move(state)) {}
Keyring::Keyring(Keyring&&) noexcept = default;
Keyring::~Keyring() = default;

Result<Keyring> Keyring::open(const fs::path& folder, Instant now) {
  TRY(make_folders(folder));
  State state{folder, SigningKey::generate(), {}};
  std::error_code ignored;
  const bool has_list = fs::exists(state.list_path(), ignored);
  if (has_list && !fs::exists(state.signing_path(), ignored)) return bad_ring(folder, "has lost signing.pem");
  state.signing = TRY(SigningKey::load_or_create(state.signing_path()), "opening the signing key");
  if (has_list) {
    TRY(state.load(), "reading {}", state.list_path().string());
    TRY(state.finish_rotation());
  } else {
    state.keys.push_back({state.signing.key_id(), state.signing.public_key(), KeyState::Active, now});
    TRY(state.save());
  }
  return Keyring(std::make_unique<Guarded<State>>(std::move(state)));
}

SigningKey Keyring::signing() const {
  return state_->with([](const State& state) { return state.signing; });
}

std::vector<TrustedKey> Keyring::trusted() const {
  return state_->with([](const State& state) {
    std::vector<TrustedKey> out;
    for (const auto& key : state.keys) {
      if (!key.last_sequence) out.emplace_back(key.public_key);
      else out.emplace_back(key.public_key, *key.last_sequence, key.log_head);
    }
    return out;
  });
}

std::vector<KeyRecord> Keyring::list() const {
  auto out = state_->with([](const State& state) { return state.keys; });
  std::ranges::reverse(out);
  std::ranges::stable_partition(out, [](const auto& key) { return key.state == KeyState::Active; });
  return out;
}

Result<KeyRecord> Keyring::find(const std::string& id) const {
  return state_->with([&](State& state) -> Result<KeyRecord> {
    const auto found = state.named(id);
    if (!found) return found.error();
    return **found;
  });
}

Result<KeyRecord> Keyring::prepare(Instant now) {
  return state_->with([&](State& state) { return state.prepare(now); });
}

Result<KeyRecord> Keyring::rotate(Instant now) {
  return state_->with([&](State& state) { return state.rotate(now); });
}

Result<KeyRecord> Keyring::revoke(const std::string& id, const std::string& reason, const LogEnd& end, Instant now) {
  return state_->with([&](State& state) -> Result<KeyRecord> {
    const auto found = state.named(id);
    if (!found) return found.error();
    const auto name = (*found)->id;
    if ((*found)->state == KeyState::Revoked) return bad_key(Fault::Conflict, fmt::format("key {} is revoked already", name), "nothing to do");
    if ((*found)->state == KeyState::Active) {
      const auto rotated = state.rotate(now);
      if (!rotated) return rotated.error();
    }
    auto* const key = *state.named(name);
    const bool waited = key->state == KeyState::Next;
    key->state = KeyState::Revoked;
    key->since = now;
    key->reason = reason;
    key->last_sequence = end.sequence;
    key->log_head = end.head;
    TRY(state.save());
    if (waited) TRY(tandem::remove_all(state.next_path()));
    return *key;
  });
}

Result<KeyRecord> Keyring::trust(std::string_view pem, const std::string& whose, Instant now) {
  const auto key = public_key_from_pem(pem);
  if (!key) return bad_key(Fault::Invalid, "this is no Ed25519 public key in PEM", "tandem keys export, at the other coordinator, writes one");
  return state_->with([&](State& state) -> Result<KeyRecord> {
    const auto there = std::ranges::find(state.keys, *key, &KeyRecord::public_key);
    if (there != state.keys.end())
      return bad_key(Fault::Conflict, fmt::format("key {} is known already, as {}", there->id, word(there->state)), "tandem keys list shows it");
    state.keys.push_back({key_id_of(*key), *key, KeyState::Foreign, now, whose});
    TRY(state.save());
    return state.keys.back();
  });
}

}  // namespace tandem::sync
