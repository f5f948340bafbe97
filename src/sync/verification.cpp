#include "sync/verification.hpp"

#include <algorithm>
#include <map>
#include <span>
#include <thread>

#include "base/digest.hpp"
#include "sync/checks.hpp"
#include "sync/landing.hpp"
#include "sync/tree_rules.hpp"

namespace tandem::sync {
namespace {

void note(SyncVerification& out, std::string name, const Done& result, std::string what, std::string by_hand) {
  Claim claim{std::move(name), static_cast<bool>(result), std::move(what), {}, std::move(by_hand)};
  if (!result) {
    claim.what = result.error().what;
    claim.code = result.error().code;
  }
  out.claims.push_back(std::move(claim));
}

std::string copy_by_hand(const Cargo& cargo, const CommitId& commit) {
  if (cargo.parts.empty()) return "";
  const auto& part = cargo.parts.front();
  return fmt::format("git -C {} rev-parse {}:{}   must equal   git -C {} rev-parse {}:{}", cargo.source_repository, cargo.source.value, part.from,
                     cargo.target_repository, commit.value, part.to);
}

/// Files of an entry by their path below it; a file itself stands under "".
Result<std::map<std::string, git::Entry>> files_of(const git::Repository& repository, const std::optional<git::Entry>& entry) {
  std::map<std::string, git::Entry> out;
  if (!entry) return out;
  if (entry->kind != git::EntryKind::Tree) {
    out.emplace("", *entry);
    return out;
  }
  auto files = TRY(repository.files({entry->id}));
  for (auto& file : files) out.emplace(std::move(file.path), std::move(file.entry));
  return out;
}

std::string below(const std::string& path, const std::string& rest) { return rest.empty() ? path : path + "/" + rest; }

FileState state_of(const CopiedFile& file) {
  if (!file.expected) return FileState::Added;
  if (!file.found) return FileState::Missing;
  return file.expected->id == file.found->id && file.expected->mode == file.found->mode ? FileState::Identical : FileState::Changed;
}

/// Every file of one part on both sides; parts that are one object are read only when all files are wanted.
Done compare_part(git::Repository& repository, const Cargo& cargo, const CargoPart& part, const CommitId& commit, Depth depth,
                  std::vector<CopiedFile>& out) {
  const auto whole = TRY(entry_at(repository, cargo.source, part.from));
  const std::optional source{TRY(reduced(repository, whole, part.exclude))};
  const auto tree = TRY(repository.tree_of(commit));
  const auto there = TRY(repository.find(tree, part.to));
  if (depth == Depth::Equality && there && there->id == source->id && there->mode == source->mode) return done();
  const auto expected = TRY(files_of(repository, source));
  auto found = TRY(files_of(repository, there));
  const auto add = [&](const std::string& rest, std::optional<git::Entry> wanted, std::optional<git::Entry> got) {
    CopiedFile file{below(part.to, rest), below(part.from, rest), {}, std::move(wanted), std::move(got)};
    file.state = state_of(file);
    if (depth == Depth::Full || file.state != FileState::Identical) out.push_back(std::move(file));
  };
  for (const auto& [rest, entry] : expected) {
    const auto same = found.find(rest);
    add(rest, entry, same == found.end() ? std::nullopt : std::optional{same->second});
    if (same != found.end()) found.erase(same);
  }
  for (const auto& [rest, entry] : found) add(rest, std::nullopt, entry);
  return done();
}

Done hash_some(const git::Repository& repository, std::span<CopiedFile> files) {
  for (auto& file : files) {
    if (!file.found || file.found->kind == git::EntryKind::Submodule) continue;
    const auto bytes = TRY(repository.blob(file.found->id), "reading {}", file.path);
    file.sha256 = sha256_hex(bytes);
  }
  return done();
}

/// A repository is for one thread at a time: each processor gets one of its own, and neighbours, which share their deltas.
Done hash_each(const git::Repository& repository, std::span<CopiedFile> files) {
  constexpr size_t worth_a_thread = 100;
  const auto threads = std::clamp<size_t>(files.size() / worth_a_thread, 1, std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 8));
  const auto share = files.size() / threads;
  std::vector<Done> results(threads, done());
  {
    std::vector<std::jthread> others;
    for (size_t at = 1; at < threads; ++at)
      others.emplace_back([&, at, mine = files.subspan(at * share, at + 1 == threads ? std::dynamic_extent : share)] {
        const auto own = git::Repository::open(repository.path());
        results[at] = own ? hash_some(*own, mine) : Done(own.error());
      });
    results[0] = hash_some(repository, files.first(threads == 1 ? files.size() : share));
  }
  for (const auto& result : results) TRY(Done(result));
  return done();
}

Done hash_files(const git::Repository& repository, SyncVerification& out) {
  std::ranges::sort(out.files, {}, &CopiedFile::path);
  TRY(hash_each(repository, out.files));
  Sha256 all;
  for (const auto& file : out.files)
    if (!file.sha256.empty()) all.add(fmt::format("{}  {}\n", file.sha256, file.path));
  out.sha256 = all.hex();
  return done();
}

std::string_view word(FileState state) {
  switch (state) {
    case FileState::Identical: return "identical";
    case FileState::Changed: return "changed";
    case FileState::Missing: return "missing";
    case FileState::Added: return "added";
  }
  return "";
}

json::value json_of(const CopiedFile& file) {
  const auto id = [](const std::optional<git::Entry>& entry) { return entry ? json::value(entry->id) : json::value(nullptr); };
  return json::object{{"path", shown(file.path)}, {"source", shown(file.source)}, {"state", word(file.state)},
                      {"expected", id(file.expected)}, {"found", id(file.found)},
                      {"sha256", file.sha256.empty() ? json::value(nullptr) : json::value(file.sha256)}};
}

json::value json_of(const Claim& claim) {
  return json::object{{"name", claim.name}, {"holds", claim.holds}, {"what", claim.what},
                      {"code", claim.code.empty() ? json::value(nullptr) : json::value(claim.code)},
                      {"by_hand", claim.by_hand.empty() ? json::value(nullptr) : json::value(claim.by_hand)}};
}

json::value json_of(const ProvenSync& sync) {
  json::array components;
  for (const auto& component : sync.components) {
    json::object one{{"from", component.from}, {"to", component.to}, {"object", component.object}, {"kind", kind(component)}};
    if (!component.excluded.empty()) one["excluded"] = tandem::json_of(component.excluded);
    components.push_back(std::move(one));
  }
  return json::object{{"id", sync.id.value}, {"sequence", sync.sequence}, {"source", sync.application.value}, {"source_tree", sync.source_tree.value},
                      {"landed", sync.landed.value}, {"at", rfc3339(sync.at)}, {"components", components}};
}

}  // namespace

bool SyncVerification::holds() const { return sync && std::ranges::all_of(claims, &Claim::holds); }

Result<SyncVerification> verify_sync(PairStore& store, const DetectRequest& request, Depth depth) {
  const auto lock = TRY(store.lock(std::chrono::minutes{5}, request.stop));
  TRY(store.fetch(request.source, request.target, request.stop));
  auto& repository = store.repository();
  SyncVerification out{{}, request.source.name, {}};
  if (request.commit.empty()) out.commit = TRY(store.tip(request.target));
  else out.commit = TRY(commit_named(repository, request.commit.value, request.target.name));
  const auto log = TRY(store.log());
  const auto last = TRY(newest_sync(repository, log, out.commit, request.source.name, request.public_keys));
  note(out, "log", check_claims(repository, out.commit, last, log, request.public_keys), "no commit claims to be a sync that the log does not know", "");
  if (!last) {
    note(out, "metadata", check_no_claim(repository, out.commit, request.configuration), "no metadata of a sync lies there", "");
    return out;
  }
  const auto& statement = last->statement;
  const auto& cargo = statement.cargo;
  out.sync = proven(statement);
  out.key = key_id_of(last->key.public_key);
  out.statement = to_json(statement);
  note(out, "signature", done(), fmt::format("entry {} of the log is signed by key {}", short_id(last->id), out.key),
       fmt::format("git -C {} show {}:attestation.json   holds the signed statement; docs/sync.md shows the openssl commands", cargo.target_repository, last->id.value));
  note(out, "copy", check_parts(repository, statement, out.commit), fmt::format("{} paths hold the source's own objects", cargo.parts.size()),
       copy_by_hand(cargo, out.commit));
  if (!cargo.requirements.from.empty())
    note(out, "requirements", check_requirements(repository, cargo), "merging the two files again gives the same bytes", "");
  note(out, "commit", check_commit(repository, statement), fmt::format("making the sync again gives commit {}", statement.landed.value),
       fmt::format("git -C {} diff --stat {} {}   shows the declared paths only", cargo.target_repository, cargo.base.value, statement.landed.value));
  note(out, "metadata", check_metadata(repository, statement, out.commit), fmt::format("{} is the file that the sync wrote", metadata_path(cargo)),
       fmt::format("git -C {} show {}:{}", cargo.target_repository, out.commit.value, metadata_path(cargo)));
  for (const auto& part : cargo.parts) TRY(compare_part(repository, cargo, part, out.commit, depth, out.files));
  if (depth == Depth::Full) TRY(hash_files(repository, out));
  repository.forget();   // what was made again is there already, or is nothing to keep
  return out;
}

json::value to_json(const SyncVerification& verification) {
  json::array claims, files;
  for (const auto& claim : verification.claims) claims.push_back(json_of(claim));
  for (const auto& file : verification.files) files.push_back(json_of(file));
  return json::object{{"repository", verification.source_repository},
                      {"commit", verification.commit.value},
                      {"holds", verification.holds()},
                      {"sync", verification.sync ? json_of(*verification.sync) : json::value(nullptr)},
                      {"key", verification.key.empty() ? json::value(nullptr) : json::value(verification.key)},
                      {"claims", claims},
                      {"files", files},
                      {"sha256", verification.sha256.empty() ? json::value(nullptr) : json::value(verification.sha256)}};
}

Result<std::vector<LogEntry>> read_log(PairStore& store, const DetectRequest& request, size_t count, std::optional<std::int64_t> before) {
  const auto lock = TRY(store.lock(std::chrono::minutes{5}, request.stop));
  TRY(store.fetch(request.target, request.stop));
  const auto head = TRY(store.log());
  auto entry = TRY(newest_entry(store.repository(), head, request.public_keys));
  std::vector<LogEntry> out;
  while (entry && out.size() < count) {
    auto previous = TRY(entry_before(store.repository(), *entry, request.public_keys));
    if (!before || entry->statement.cargo.sequence < *before) out.push_back(std::move(*entry));
    entry = std::move(previous);
  }
  return out;
}

json::value to_json(const LogEntry& entry) {
  const auto& cargo = entry.statement.cargo;
  return json::object{{"sequence", cargo.sequence},
                      {"sync", cargo.id.value},
                      {"at", rfc3339(cargo.at)},
                      {"source_repository", cargo.source_repository},
                      {"source", cargo.source.value},
                      {"target_branch", cargo.target_branch},
                      {"landed", entry.statement.landed.value},
                      {"actor", cargo.actor},
                      {"run", cargo.run.value},
                      {"strategy", cargo.strategy},
                      {"key", key_id_of(entry.key.public_key)},
                      {"entry", entry.id.value}};
}

}  // namespace tandem::sync
