// sync (and sync verify, log, explain), keys

#include "base/digest.hpp"
#include "base/text.hpp"
#include "run/commands.hpp"
#include "run/syncing.hpp"
#include "sync/keyring.hpp"
#include "sync/synchronise.hpp"
#include "sync/verification.hpp"

namespace tandem::run {
namespace {

Error unknown_verb(std::string_view command, const std::string& verb, const std::vector<std::string>& known) {
  const auto close = nearest(verb, known);
  return failure(Fault::Invalid, "tandem {} has no {}", command, verb).with_code("TD0101")
      .with_next(close ? fmt::format("did you mean {}?", *close) : "use one of: " + join(known, ", "));
}

Result<RepositoryConfiguration> source_named(Workshop& shop, const std::string& name) {
  const auto source = name.empty() ? TRY(shop.repository(Role::Application)) : TRY(shop.repository(name));
  if (source.role == Role::Application) return source;
  return failure(Fault::Invalid, "{} is no application", source.name).with_code("TD0122").with_next("name an application of tandem.yaml with --repo");
}

/// The words of --on-conflict, --each, --squash, --accept-rewrite, --back onto a request.
Done read_policies(Fields& fields, sync::SyncRequest& request) {
  if (const auto word = fields.maybe_string("on_conflict")) {
    for (const auto policy : {DriftPolicy::Refuse, DriftPolicy::Overwrite, DriftPolicy::Branch})
      if (tandem::word(policy) == *word) request.on_drift = policy;
    if (!request.on_drift) return failure(Fault::Invalid, "--on-conflict takes refuse, take-source or branch, not {}", *word).with_code("TD0101");
  }
  const bool each = fields.boolean_or("each", false), squash = fields.boolean_or("squash", false);
  if (each && squash) return failure(Fault::Invalid, "--each and --squash exclude each other").with_code("TD0101");
  if (each) request.configuration.commits = CommitPolicy::Each;
  if (squash) request.configuration.commits = CommitPolicy::Squash;
  if (fields.boolean_or("accept_rewrite", false)) request.way = sync::Way::Rewritten;
  return done();
}

json::array changes_of(const sync::Synchronisation& carried) {
  json::array out;
  for (const auto& difference : carried.differences) out.push_back(sync::to_json(difference));
  if (!out.empty()) return out;
  for (const auto& change : carried.changes) out.push_back({{"path", change.path}, {"kind", sync::word(change.kind)}});
  return out;
}

/// The refusal with both sides of every file at fault.
Result<Answer> conflicts_of(Workshop& shop, const sync::SyncRequest& request, const Error& error) {
  auto document = document_of(error);
  json::array conflicts;
  for (const auto& edit : TRY(sync::hand_edits(request, shop.pair, shop.keys.signing()), "showing both sides")) conflicts.push_back(sync::to_json(edit));
  document.as_object()["conflicts"] = std::move(conflicts);
  return Answer{std::move(document), exit_code_of(error)};
}

Result<Answer> carry_now(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem sync");
  auto& shop = office.shop();
  const auto source = TRY(source_named(shop, fields.string_or("repo", "")));
  const auto target = TRY(shop.repository(Role::Infrastructure));
  auto request = TRY(sync_request(shop, source, target));
  request.commit = {fields.string_or("commit", "")};
  request.strategy = "coordinated";
  request.actor = fields.string_or("actor", "command");
  request.mode = fields.boolean_or("dry_run", false) ? sync::Mode::DryRun : sync::Mode::Apply;
  TRY(read_policies(fields, request));
  TRY(fields.finish());
  const bool applies = request.mode == sync::Mode::Apply;
  if (applies)
    TRY(shop.ledger->record("sync.intended", "command", json::object{{"source", request.commit.value}, {"target", target.name}, {"branch", target.branch}}));
  const auto carried = sync::synchronise(request, shop.pair, shop.keys.signing());
  if (!carried && carried.error().code == "TD0305") return conflicts_of(shop, request, carried.error());
  TRY(Done(carried ? done() : Done(carried.error())));
  json::array earlier;
  for (const auto& record : carried->earlier) {
    if (applies) TRY(shop.ledger->record("sync.done", record.id.value, to_json(record)));
    earlier.push_back(to_json(record));
  }
  if (applies) TRY(shop.ledger->record("sync.done", carried->record.id.value, to_json(carried->record)));
  return Answer{json::object{{"schema", "tandem.sync/1"}, {"dry_run", !applies}, {"in_place", carried->is_in_place},
                             {"record", to_json(carried->record)}, {"earlier", earlier}, {"changes", changes_of(*carried)},
                             {"notes", json_of(carried->notes)}}};
}

Result<Answer> verify_now(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem sync verify");
  auto& shop = office.shop();
  const auto target = TRY(shop.repository(Role::Infrastructure));
  const auto only = fields.string_or("repo", "");
  const CommitId commit{fields.string_or("commit", "")};
  const auto depth = fields.boolean_or("full", false) ? sync::Depth::Full : sync::Depth::Equality;
  const bool explains = fields.string_or("verb", "") == "explain";
  TRY(fields.finish());
  json::array sources;
  bool all_hold = true, any = false;
  CommitId looked_at;
  for (const auto& source : shop.configuration.repositories) {
    if (source.role != Role::Application || (!only.empty() && source.name != only)) continue;
    const auto found = TRY(sync::verify_sync(shop.pair, detect_request(shop, source, target, commit), depth));
    looked_at = found.commit;
    any = any || found.sync;
    const bool is_fine = found.sync ? found.holds() : std::ranges::all_of(found.claims, &sync::Claim::holds);
    all_hold = all_hold && is_fine;
    auto document = sync::to_json(found);
    if (explains) document.as_object()["statement"] = found.statement;
    sources.push_back(std::move(document));
  }
  if (!only.empty() && sources.empty()) TRY(source_named(shop, only));
  const bool holds = all_hold && any;
  return Answer{json::object{{"schema", "tandem.sync-verification/1"}, {"repository", target.name}, {"commit", looked_at.value},
                             {"holds", holds}, {"full", depth == sync::Depth::Full}, {"sources", sources}}, holds ? 0 : 3};
}

Result<Answer> log_now(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem sync log");
  auto& shop = office.shop();
  const auto source = TRY(shop.repository(Role::Application));
  const auto target = TRY(shop.repository(Role::Infrastructure));
  const auto limit = fields.integer_or("limit", 20);
  std::optional<std::int64_t> before;
  if (fields.find("before") != nullptr) before = fields.integer("before");
  TRY(fields.finish());
  if (limit < 1 || limit > 10'000) return failure(Fault::Invalid, "--limit must be 1 to 10000, not {}", limit).with_code("TD0101");
  json::array entries;
  for (const auto& entry : TRY(sync::read_log(shop.pair, detect_request(shop, source, target, {}), static_cast<size_t>(limit), before)))
    entries.push_back(sync::to_json(entry));
  return Answer{json::object{{"schema", "tandem.sync-log/1"}, {"repository", target.name}, {"entries", entries}}};
}

Result<Answer> sync_command(Office& office, const json::object& arguments) {
  const auto verb = Fields(arguments, "tandem sync").string_or("verb", "");
  if (verb.empty()) return carry_now(office, arguments);
  if (verb == "verify" || verb == "explain") return verify_now(office, arguments);
  if (verb == "log") return log_now(office, arguments);
  return unknown_verb("sync", verb, {"verify", "explain", "log"});
}

/// Where the log of syncs ends now: what a revocation is bound to.
Result<sync::LogEnd> end_of_log(Workshop& shop) {
  const auto source = TRY(shop.repository(Role::Application));
  const auto target = TRY(shop.repository(Role::Infrastructure));
  const auto newest = TRY(sync::read_log(shop.pair, detect_request(shop, source, target, {}), 1), "reading where the log of syncs ends");
  if (newest.empty()) return sync::LogEnd{};
  return sync::LogEnd{newest.front().statement.cargo.sequence, sha256_hex(newest.front().envelope)};
}

Result<sync::KeyRecord> changed_key(Workshop& shop, const std::string& verb, Fields& fields) {
  const auto now = shop.clock.now();
  const auto id = fields.string_or("id", "");
  if (verb == "create") return shop.keys.prepare(now);
  if (verb == "rotate") return shop.keys.rotate(now);
  if (verb == "trust") return shop.keys.trust(fields.string_or("pem", ""), id, now);
  const auto reason = fields.string_or("reason", "");
  if (id.empty() || reason.empty())
    return failure(Fault::Invalid, "tandem keys revoke needs the key's id and --reason").with_code("TD0101").with_next("tandem keys list shows the ids");
  const auto end = TRY(end_of_log(shop));
  return shop.keys.revoke(id, reason, end, now);
}

Result<Answer> keys_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem keys");
  auto& shop = office.shop();
  const auto verb = fields.string_or("verb", "list");
  const std::vector<std::string> verbs{"list", "create", "rotate", "revoke", "export", "trust"};
  if (std::ranges::find(verbs, verb) == verbs.end()) return unknown_verb("keys", verb, verbs);
  if (verb == "export") {
    const auto key = TRY(shop.keys.find(fields.string_or("id", "")));
    return Answer{json::object{{"schema", "tandem.key/1"}, {"key", sync::to_json(key)}, {"exported", true}}};
  }
  if (verb != "list") {
    const auto key = TRY(changed_key(shop, verb, fields));
    TRY(shop.ledger->record("key." + verb, key.id, json::object{{"state", sync::word(key.state)}, {"reason", key.reason}, {"actor", fields.string_or("actor", "command")}}));
    return Answer{json::object{{"schema", "tandem.key/1"}, {"key", sync::to_json(key)}, {"exported", false}}};
  }
  json::array keys;
  for (const auto& key : shop.keys.list()) keys.push_back(sync::to_json(key));
  return Answer{json::object{{"schema", "tandem.keys/1"}, {"keys", keys}}};
}

}  // namespace

CommandBody find_sync_command(std::string_view name) {
  if (name == "sync") return sync_command;
  if (name == "keys") return keys_command;
  return nullptr;
}

}  // namespace tandem::run
