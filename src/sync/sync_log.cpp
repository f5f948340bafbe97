#include "sync/sync_log.hpp"

#include "base/digest.hpp"
#include "sync/codes.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view file_name = "attestation.json";

Error broken(const LogEntry& entry, std::string_view what) {
  return failure(Fault::Denied, "entry {} of the log of syncs {}", short_id(entry.id), what)
      .with_code(code::broken_log)
      .with_next("find out who wrote refs/tandem/log of the infrastructure repository");
}

/// The parent of a log commit, or nothing for the first.
Result<std::optional<CommitId>> before(const git::Repository& repository, const CommitId& id) {
  const auto commit = TRY(repository.commit(id));
  if (commit.parents.empty()) return std::optional<CommitId>{};
  return std::optional{commit.parents.front()};
}

/// `entry` must follow `previous` (nothing: it must be the first).
Done check_link(const LogEntry& entry, const std::optional<LogEntry>& previous) {
  const auto expected = previous ? sha256_hex(previous->envelope) : "";
  if (entry.statement.previous != expected) return broken(entry, "does not name the one before it");
  const auto sequence = previous ? previous->statement.cargo.sequence + 1 : 1;
  if (entry.statement.cargo.sequence != sequence) return broken(entry, fmt::format("has sequence {}, not {}", entry.statement.cargo.sequence, sequence));
  return done();
}

}  // namespace

Result<LogEntry> read_entry(const git::Repository& repository, const CommitId& id, const std::vector<TrustedKey>& keys) {
  auto read = repository.read(id, file_name);
  if (!read)
    return std::move(read).error().during("reading the log of syncs").with_code(code::broken_log)
        .with_next("find out who wrote refs/tandem/log of the infrastructure repository: its newest commit is no entry of a log of syncs");
  auto envelope = std::move(*read);
  auto opened = TRY(open_envelope(envelope, keys), "checking entry {} of the log of syncs", short_id(id));
  return LogEntry{id, std::move(envelope), std::move(opened.statement), std::move(opened.key)};
}

Result<std::optional<LogEntry>> newest_entry(const git::Repository& repository, const std::optional<CommitId>& head,
                                             const std::vector<TrustedKey>& keys) {
  if (!head) return std::optional<LogEntry>{};
  auto entry = TRY(read_entry(repository, *head, keys));
  const auto& key = entry.key;
  const bool ends_where_it_did = !key.last_sequence || (entry.statement.cargo.sequence == *key.last_sequence && sha256_hex(entry.envelope) == key.log_head);
  if (!ends_where_it_did) return broken(entry, "is signed with a revoked key and is not where the log ended when that was revoked");
  return std::optional{std::move(entry)};
}

Result<std::optional<LogEntry>> entry_before(const git::Repository& repository, const LogEntry& entry, const std::vector<TrustedKey>& keys) {
  const auto parent = TRY(before(repository, entry.id));
  std::optional<LogEntry> previous;
  if (parent) previous = TRY(read_entry(repository, *parent, keys));
  TRY(check_link(entry, previous));
  return previous;
}

Result<std::optional<LogEntry>> newest_sync(const git::Repository& repository, const std::optional<CommitId>& head,
                                            const CommitId& commit, std::string_view source_repository,
                                            const std::vector<TrustedKey>& keys) {
  auto entry = TRY(newest_entry(repository, head, keys));
  while (entry) {
    auto previous = TRY(entry_before(repository, *entry, keys));
    if (source_repository.empty() || entry->statement.cargo.source_repository == source_repository) {
      const bool is_contained = TRY(is_within(repository, entry->statement.landed, commit));
      if (is_contained) return entry;
    }
    entry = std::move(previous);
  }
  return entry;
}

Result<CommitId> write_entry(git::Repository& repository, const std::optional<CommitId>& head, const Statement& statement,
                             const std::string& envelope) {
  const auto blob = TRY(repository.write_blob(envelope));
  const auto tree = TRY(repository.write_tree(std::nullopt, {{std::string(file_name), blob}}));
  const auto who = coordinator(statement.cargo.at);
  const auto message = fmt::format("Sync {} of {}\n\nTandem-Sync: {}\nTandem-Landed: {}\n", statement.cargo.sequence,
                                   statement.cargo.source_repository, statement.cargo.id.value, statement.landed.value);
  const auto parents = head ? std::vector{*head} : std::vector<CommitId>{};
  return repository.write_commit(tree, parents, who, who, message);
}

Result<bool> is_within(const git::Repository& repository, const CommitId& ancestor, const CommitId& descendant) {
  if (ancestor == descendant) return true;
  if (auto there = repository.tree_of(ancestor); !there) {
    if (there.error().fault == Fault::Missing) return false;
    return std::move(there).error();
  }
  return repository.is_ancestor(ancestor, descendant);
}

}  // namespace tandem::sync
