#include "sync/synchronise.hpp"

#include <algorithm>
#include <thread>

#include "base/digest.hpp"
#include "base/git_here.hpp"
#include "base/characters.hpp"
#include "base/text.hpp"
#include "sync/attestation.hpp"
#include "sync/codes.hpp"
#include "sync/publish.hpp"
#include "sync/branches.hpp"
#include "sync/sides.hpp"
#include "sync/tree_rules.hpp"
#include "sync/upkeep.hpp"

namespace tandem::sync {
namespace {

constexpr int tries_max = 200;
constexpr Duration tries_limit = std::chrono::minutes{2};
constexpr Duration lock_limit = std::chrono::minutes{5};
constexpr size_t commits_max = 1000;      ///< carried one by one in one sync

std::vector<TrustedKey> trusted(const SyncRequest& request, const SigningKey& key) {
  auto keys = request.trusted_keys;
  keys.emplace_back(key.public_key());
  return keys;
}

bool carries_each(const SyncRequest& request, const Sides& sides) {
  return request.configuration.commits == CommitPolicy::Each && request.way == Way::Forward && sides.last;
}

/// The first line of a source commit, as it may stand in ours: no control characters, not endless.
std::string one_line(std::string_view text) {
  const auto line = printable(trimmed(text.substr(0, text.find('\n'))));
  return line.size() <= 200 ? line : line.substr(0, 200) + "...";
}

Result<Cargo> cargo_of(const SyncRequest& request, const PairStore& store, const Sides& sides) {
  Cargo out{{}, request.run, request.actor, request.strategy, request.source.name, request.source.branch,
            sides.source, sides.source_tree, request.target.name, request.target.branch, sides.tip};
  for (size_t at = 0; at < sides.parts.size(); ++at) {
    const auto& component = request.configuration.components[at];
    auto exclude = component.exclude;
    std::ranges::sort(exclude);
    out.parts.push_back({component.from, component.to, sides.parts[at].id, sides.parts[at].kind == git::EntryKind::Tree, std::move(exclude)});
  }
  std::ranges::sort(out.parts, {}, &CargoPart::to);
  if (sides.application_requirements)
    out.requirements = {request.configuration.requirements_from, request.configuration.requirements_to,
                        request.configuration.on_conflict, sides.application_requirements->id,
                        sides.infrastructure_requirements ? sides.infrastructure_requirements->id : "", sides.merged};
  out.metadata = request.configuration.metadata;
  out.retired = sides.retired;
  if (carries_each(request, sides)) {
    const auto commit = TRY(store.repository().commit(sides.source));
    out.subject = one_line(commit.message);
    out.author = one_line(fmt::format("{} <{}>", commit.author.name, commit.author.email));
  }
  out.sequence = sides.newest ? sides.newest->statement.cargo.sequence + 1 : 1;
  out.at = request.at;
  out.id = sync_id(out);
  return out;
}

SyncRecord record_of(const Statement& statement, std::string envelope) {
  const auto& cargo = statement.cargo;
  SyncRecord out{cargo.id, cargo.run, cargo.source_repository, cargo.source_branch, cargo.source, cargo.source_tree,
                 cargo.target_repository, cargo.target_branch, cargo.base, statement.landed, statement.landed_tree};
  out.components = components_of(cargo);
  out.strategy = cargo.strategy;
  out.attestation = std::move(envelope);
  out.at = cargo.at;
  return out;
}

/// The sync that put it there, and the commit that holds it now.
Result<Synchronisation> in_place(const PairStore& store, Sides sides) {
  Synchronisation out{record_of(sides.last->statement, sides.last->envelope), true};
  out.record.base = out.record.landed = sides.tip;
  out.record.landed_tree = TRY(store.repository().tree_of(sides.tip));
  out.requirements = std::move(sides.requirements);
  return out;
}

void note_requirements(const MergedRequirements& requirements, std::vector<std::string>& notes) {
  notes.insert(notes.end(), requirements.notes.begin(), requirements.notes.end());
  for (const auto& line : requirements.left_out)
    notes.push_back(fmt::format("{} ({}) is a test tool and does not ship", line.package, text(line.place)));
}

/// A first sync may meet files that no sync put there.
Done note_takeovers(const SyncRequest& request, const PairStore& store, const Sides& sides, std::vector<std::string>& notes) {
  if (sides.last) return done();
  const auto tree = TRY(store.repository().tree_of(sides.tip));
  for (const auto& component : request.configuration.components) {
    const auto there = TRY(store.repository().find(tree, component.to));
    if (there) notes.push_back(fmt::format("first sync: takes over {} of {}", component.to, request.target.name));
  }
  return done();
}

/// One commit of the infrastructure with its entry in the log; no ref names them yet.
struct Built {
  Statement statement;
  std::string envelope;
  CommitId entry;
};

Result<Built> build(const SyncRequest& request, PairStore& store, const SigningKey& key, const Sides& sides) {
  auto cargo = TRY(cargo_of(request, store, sides));
  const auto landing = TRY(land(store.repository(), cargo), "building the commit");
  Built out{{std::move(cargo), landing.commit, landing.tree, landing.metadata,
             sides.newest ? sha256_hex(sides.newest->envelope) : "", to_json(sides.requirements),
             sides.newest ? sides.newest->statement.owners : std::map<std::string, std::vector<std::string>>{}}, {}, {}};
  out.statement.owners[request.source.name] = destinations_of(out.statement.cargo);
  out.envelope = seal(out.statement, key);
  out.entry = TRY(write_entry(store.repository(), sides.log, out.statement, out.envelope), "writing the log of syncs");
  return out;
}

/// The sides as they will be once `built` has landed.
void advance(Sides& sides, const Built& built, const SigningKey& key) {
  sides.tip = built.statement.landed;
  sides.log = built.entry;
  sides.newest = sides.last = LogEntry{built.entry, built.envelope, built.statement, TrustedKey(key.public_key())};
  sides.retired.clear();
}

/// The source commits that get a commit each, oldest first; the requested one is the last.
Result<std::vector<CommitId>> commits_to_carry(const SyncRequest& request, const PairStore& store, const Sides& sides,
                                               std::vector<std::string>& notes) {
  std::vector<CommitId> out{sides.source};
  if (request.configuration.commits == CommitPolicy::Each && !sides.last)
    notes.push_back("first sync: one commit, whatever the history before");
  if (!carries_each(request, sides)) return out;
  const auto& last = sides.last->statement.cargo.source;
  const auto history = TRY(store.repository().history(sides.source, commits_max + 1));
  const auto end = std::ranges::find(history, last, &git::Commit::id);
  if (end == history.end() && history.size() > commits_max)
    return failure(Fault::Invalid, "more than {} commits of {} since {}", commits_max, request.source.name, short_id(last))
        .with_code(code::too_many_commits)
        .with_next("sync an earlier --commit first, or sync with --squash");
  if (end == history.end()) {
    notes.push_back(fmt::format("one commit for all: {} is no first parent of {}", short_id(last), short_id(sides.source)));
    return out;
  }
  out.clear();
  for (auto commit = history.begin(); commit != end; ++commit) out.insert(out.begin(), commit->id);
  return out;
}

/// Builds what the commits become, one onto the other. Those that change nothing that is carried are passed over.
Result<std::vector<Built>> build_all(const SyncRequest& request, PairStore& store, const SigningKey& key, Sides& sides,
                                     std::vector<std::string>& notes) {
  const auto commits = TRY(commits_to_carry(request, store, sides, notes));
  std::vector<Built> out;
  const auto requested = sides.source;
  for (const auto& commit : commits) {
    const auto read = read_source(request, store, commit, sides);
    if (!read && commit != requested && read.error().code == code::missing_component) {
      notes.push_back(fmt::format("passed over {}: {}", short_id(commit), read.error().what));
      continue;
    }
    TRY(Done(read), "reading commit {}", short_id(commit));
    if (commits.size() > 1) {
      const bool adds_nothing = TRY(is_in_place(request, store, sides));
      if (adds_nothing) continue;
    }
    TRY(check_carried(request, store, sides), "checking commit {} of {}", short_id(commit), request.source.name);
    note_requirements(sides.requirements, notes);
    auto built = TRY(build(request, store, key, sides));
    advance(sides, built, key);
    out.push_back(std::move(built));
  }
  return out;
}

/// What the source holds is on a branch of its own; a person merges.
Error left_on_branch(const SyncRequest& request, Error error, const std::string& branch) {
  error.what += fmt::format("; what {} holds is on branch {}", request.source.name, branch);
  return std::move(error).with_next(fmt::format("compare and merge {} into {} of {} (no squash: the sync's commit must stay); the next sync goes on from there",
                                     branch, request.target.branch, request.target.name));
}

/// True when the conflict branch for this source and this tip stands already.
bool is_delivered(const SyncRequest& request, const PairStore& store, const Sides& sides, const std::string& branch) {
  if (!sides.newest) return false;
  const auto& cargo = sides.newest->statement.cargo;
  const auto there = store.repository().find_ref(stored_ref(Role::Infrastructure, branch));
  return cargo.source_repository == request.source.name && cargo.source == sides.source && cargo.base == sides.tip && there &&
         *there == sides.newest->statement.landed;
}

std::string conflict_branch(const Sides& sides) { return "tandem/conflict/" + sides.source.value; }

/// One try, top to bottom. A target that moved meanwhile is Published::Moved.
Result<std::optional<Synchronisation>> carry(const SyncRequest& request, PairStore& store, const SigningKey& key) {
  TRY(store.gather(request.source, request.target, request.stop));
  auto sides = TRY(read_sides(request, store, trusted(request, key)));
  const bool nothing_to_carry = TRY(is_in_place(request, store, sides));
  TRY(check_way(request, store, sides));
  if (nothing_to_carry) {
    auto found = TRY(in_place(store, std::move(sides)));
    return std::optional{std::move(found)};
  }
  std::vector<std::string> notes;
  const auto policy = request.on_drift.value_or(request.configuration.on_drift);
  const auto edits = TRY(hand_edits(store, sides), "looking for edits by hand");
  const auto branch = conflict_branch(sides);
  if (!edits.empty()) {
    if (policy == Drift::Refuse) return drifted(request, sides, edits);
    if (policy == Drift::Branch && is_delivered(request, store, sides, branch)) return left_on_branch(request, drifted(request, sides, edits), branch);
    notes.push_back(fmt::format("{} what was edited in {} since sync {}: {}", policy == Drift::Branch ? "leaves to a person" : "overwrites",
                                request.target.name, sides.last->statement.cargo.sequence, summary(edits)));
  }
  TRY(note_takeovers(request, store, sides, notes));
  const auto before = sides;
  const auto all = TRY(build_all(request, store, key, sides, notes));
  CHECK(!all.empty());
  const auto& newest = all.back();

  const auto base_tree = TRY(store.repository().tree_of(before.tip));
  auto changes = TRY(store.repository().changes(base_tree, newest.statement.landed_tree));
  Synchronisation out{record_of(newest.statement, newest.envelope), false, std::move(changes)};
  for (auto built = all.begin(); built + 1 != all.end(); ++built) out.earlier.push_back(record_of(built->statement, built->envelope));
  out.requirements = std::move(sides.requirements);
  out.notes = std::move(notes);
  if (request.mode == Mode::DryRun) {
    out.differences = TRY(differences(store.repository(), base_tree, newest.statement.landed_tree, out.changes));
    return std::optional{std::move(out)};
  }
  Publication publication{newest.statement, before.tip, before.log, newest.entry, Delivery::Target, request.stop};
  if (!edits.empty() && policy == Drift::Branch) publication.delivery = Delivery::ConflictBranch;
  const auto published = TRY(publish(request.target, store, publication));
  if (published == Published::Moved) return std::optional<Synchronisation>{};
  if (publication.delivery == Delivery::ConflictBranch) return left_on_branch(request, drifted(request, before, edits), branch);
  return std::optional{std::move(out)};
}

/// Longer the oftener it was in vain, and never the same for two who race.
void wait_before(int attempt) {
  const auto most = 20 << std::min(attempt, 5);
  const auto chance = static_cast<unsigned char>(random_bytes(1).front());
  std::this_thread::sleep_for(std::chrono::milliseconds{5 + most * chance / 256});
}

/// Coordinators of one machine queue for a bare target instead of racing for it. Where the lock cannot be had the race is
/// on; comparing and swapping keeps it honest.
std::optional<FileLock> queue_at_target(const SyncRequest& request) {
  const auto path = git::path_of(request.target.url);
  std::error_code ignored;
  if (!path || request.mode == Mode::DryRun || !std::filesystem::exists(*path / "HEAD", ignored)) return std::nullopt;
  auto lock = FileLock::take(*path / "tandem-sync.lock", tries_limit, request.stop);
  if (!lock) return std::nullopt;
  return std::optional<FileLock>(std::move(*lock));
}

bool is_plain_path(const std::string& path) {
  return !path.empty() && printable(path) == path && path.find('\t') == path.npos && std::ranges::all_of(split(path, '/'), [](const auto& step) { return !step.empty() && step != "." && step != ".."; });
}

Error bad_map(std::string what) {
  return failure(Fault::Invalid, "{}", what).with_code(code::bad_map).with_next("mend sync in tandem.yaml");
}

}  // namespace

Done check_map(const SyncConfiguration& configuration) {
  const auto& components = configuration.components;
  if (components.empty()) return bad_map("sync.components is empty: there is nothing to carry");
  std::vector<std::string> generated{metadata_path(configuration)};
  if (!is_plain_path(generated.front())) return bad_map(fmt::format("'{}' cannot be the path of the metadata", generated.front()));
  if (!configuration.requirements_from.empty()) {
    if (!is_plain_path(configuration.requirements_from) || !is_plain_path(configuration.requirements_to))
      return bad_map(fmt::format("requirements go from '{}' to '{}'", configuration.requirements_from, configuration.requirements_to));
    generated.push_back(configuration.requirements_to);
  }
  for (size_t at = 0; at < components.size(); ++at) {
    const auto& [from, to, exclude] = components[at];
    for (const auto& path : exclude)
      if (!is_plain_path(path)) return bad_map(fmt::format("'{}' cannot be excluded below {}: it is no relative path", path, from));
    if (!is_plain_path(from) || !is_plain_path(to)) return bad_map(fmt::format("'{}' to '{}' is no pair of relative paths", from, to));
    for (const auto& path : generated)
      if (overlap(to, path)) return bad_map(fmt::format("{} would replace {}, which sync writes itself", to, path));
    for (size_t other = 0; other < at; ++other)
      if (overlap(to, components[other].to)) return bad_map(fmt::format("{} and {} lie in one another", components[other].to, to));
  }
  return done();
}

Done check_maps(const Configuration& configuration) {
  if (configuration.sources.empty()) return check_map(configuration.sync);
  std::map<std::string, SyncConfiguration> all;
  for (const auto& repository : configuration.repositories)
    if (repository.role == Role::Application) all[repository.name] = configuration.sync_from(repository.name);
  for (const auto& [name, one] : configuration.sources) {
    if (!all.contains(name)) return bad_map(fmt::format("sync.sources.{} is no application repository", name));
    TRY(check_map(one), "reading sync.sources.{}", name);
  }
  for (auto one = all.begin(); one != all.end(); ++one)
    for (auto other = std::next(one); other != all.end(); ++other)
      for (const auto& mine : destinations_of(one->second))
        for (const auto& theirs : destinations_of(other->second))
          if (overlap(mine, theirs)) return bad_map(fmt::format("{} of {} and {} of {} meet: each source needs destinations of its own", mine, one->first, theirs, other->first));
  return done();
}

Result<Synchronisation> synchronise(const SyncRequest& request, PairStore& store, const SigningKey& key) {
  TRY(check_map(request.configuration));
  const auto end = std::chrono::steady_clock::now() + tries_limit;
  for (int attempt = 1; attempt <= tries_max && std::chrono::steady_clock::now() < end; ++attempt) {
    const auto lock = TRY(store.lock(lock_limit, request.stop));
    const auto turn = queue_at_target(request);
    auto tried = carry(request, store, key);
    store.repository().forget();   // what has been published is on disk; of a dry run or a refusal nothing that was built stays
    const auto kept = store.repository().flush();
    auto carried = TRY(std::move(tried), "synchronising {} into {}", request.source.name, request.target.name);
    TRY(Done(kept), "keeping what was fetched");
    if (carried) {
      const bool has_landed = request.mode == Mode::Apply && !carried->is_in_place;
      if (has_landed) clean_branches(request, store, carried->notes);
      if (const auto tidied = has_landed ? tidy(store, request.at) : done(); !tidied) carried->notes.push_back("the pair store was not tidied: " + text(tidied.error()));
      return std::move(*carried);
    }
    if (request.stop.stop_requested()) return failure(Fault::Cancelled, "stopped while synchronising");
    wait_before(attempt);
  }
  return failure(Fault::Conflict, "branch {} of {} moved during every try of two minutes", request.target.branch, request.target.name)
      .with_code(code::lost_race)
      .with_next("try again when fewer pushes arrive there");
}

Result<std::vector<HandEdit>> hand_edits(const SyncRequest& request, PairStore& store, const SigningKey& key) {
  const auto lock = TRY(store.lock(lock_limit, request.stop));
  const auto sides = TRY(read_sides(request, store, trusted(request, key)));
  std::vector<HandEdit> out;
  if (!sides.last) return out;
  auto& repository = store.repository();
  const auto edits = TRY(hand_edits(store, sides));
  const auto& placed = sides.last->statement.landed_tree;
  const auto there = TRY(repository.tree_of(sides.tip));
  std::vector<git::Placement> placements;
  for (size_t at = 0; at < sides.parts.size(); ++at)
    placements.push_back({request.configuration.components[at].to, sides.parts[at].id, sides.parts[at].mode});
  if (sides.application_requirements) placements.push_back({request.configuration.requirements_to, sides.merged});
  const auto wanted = TRY(repository.write_tree(placed, placements));
  const auto by_hand = TRY(differences(repository, placed, there, edits));
  const auto by_source = TRY(differences(repository, placed, wanted, edits));
  for (size_t at = 0; at < edits.size(); ++at) out.push_back({edits[at].path, by_hand[at], by_source[at]});
  repository.forget();
  return out;
}

}  // namespace tandem::sync
