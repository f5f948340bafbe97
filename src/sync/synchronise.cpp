#include "sync/synchronise.hpp"

#include <algorithm>
#include <thread>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "sync/attestation.hpp"
#include "sync/codes.hpp"
#include "sync/publish.hpp"
#include "sync/sides.hpp"

namespace tandem::sync {
namespace {

constexpr int tries_max = 5;
constexpr Duration lock_limit = std::chrono::minutes{5};

std::vector<std::string> trusted(const SyncRequest& request, const SigningKey& key) {
  auto keys = request.trusted_keys;
  keys.push_back(key.public_key());
  return keys;
}

Cargo cargo_of(const SyncRequest& request, const Sides& sides) {
  Cargo out{{}, request.run, request.actor, request.strategy, request.source.name, request.source.branch,
            sides.source, sides.source_tree, request.target.name, request.target.branch, sides.tip};
  for (size_t at = 0; at < sides.parts.size(); ++at) {
    const auto& component = request.configuration.components[at];
    out.parts.push_back({component.from, component.to, sides.parts[at].id, sides.parts[at].kind == git::EntryKind::Tree});
  }
  std::ranges::sort(out.parts, {}, &CargoPart::to);
  if (sides.application_requirements)
    out.requirements = {request.configuration.requirements_from, request.configuration.requirements_to,
                        request.configuration.on_conflict, sides.application_requirements->id,
                        sides.infrastructure_requirements ? sides.infrastructure_requirements->id : "", sides.merged};
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

/// One try, top to bottom. A target that moved meanwhile is Published::Moved.
Result<std::optional<Synchronisation>> carry(const SyncRequest& request, PairStore& store, const SigningKey& key) {
  TRY(store.fetch(request.source, request.target, request.stop));
  auto sides = TRY(read_sides(request, store, trusted(request, key)));
  const bool nothing_to_carry = TRY(is_in_place(request, store, sides));
  TRY(check_way(request, store, sides));
  if (nothing_to_carry) {
    auto found = TRY(in_place(store, std::move(sides)));
    return std::optional{std::move(found)};
  }
  auto notes = TRY(check_drift(request, store, sides));
  TRY(check_carried(request, store, sides));
  TRY(note_takeovers(request, store, sides, notes));
  note_requirements(sides.requirements, notes);

  const auto cargo = cargo_of(request, sides);
  const auto landing = TRY(land(store.repository(), cargo), "building the commit");
  const Statement statement{cargo, landing.commit, landing.tree, landing.metadata,
                            sides.newest ? sha256_hex(sides.newest->envelope) : "", to_json(sides.requirements)};
  auto envelope = seal(statement, key);
  const auto entry = TRY(write_entry(store.repository(), sides.log, statement, envelope), "writing the log of syncs");

  const auto base_tree = TRY(store.repository().tree_of(sides.tip));
  auto changes = TRY(store.repository().changes(base_tree, landing.tree));
  Synchronisation out{record_of(statement, std::move(envelope)), false, std::move(changes), std::move(sides.requirements), std::move(notes)};
  if (request.mode == Mode::DryRun) return std::optional{std::move(out)};
  const auto published = TRY(publish(request.target, store, {statement, sides.log, entry, request.stop}));
  if (published == Published::Moved) return std::optional<Synchronisation>{};
  return std::optional{std::move(out)};
}

bool is_plain_path(const std::string& path) {
  return !path.empty() && std::ranges::all_of(split(path, '/'), [](const auto& step) { return !step.empty() && step != "." && step != ".."; });
}

bool overlap(const std::string& a, const std::string& b) {
  return a == b || a.starts_with(b + "/") || b.starts_with(a + "/");
}

Error bad_map(std::string what) {
  return failure(Fault::Invalid, "{}", what).with_code(code::bad_map).with_next("mend sync in tandem.yaml");
}

}  // namespace

Done check_map(const SyncConfiguration& configuration) {
  const auto& components = configuration.components;
  if (components.empty()) return bad_map("sync.components is empty: there is nothing to carry");
  std::vector<std::string> generated{metadata_path(root_of(configuration))};
  if (!configuration.requirements_from.empty()) {
    if (!is_plain_path(configuration.requirements_from) || !is_plain_path(configuration.requirements_to))
      return bad_map(fmt::format("requirements go from '{}' to '{}'", configuration.requirements_from, configuration.requirements_to));
    generated.push_back(configuration.requirements_to);
  }
  for (size_t at = 0; at < components.size(); ++at) {
    const auto& [from, to] = components[at];
    if (!is_plain_path(from) || !is_plain_path(to)) return bad_map(fmt::format("'{}' to '{}' is no pair of relative paths", from, to));
    for (const auto& path : generated)
      if (overlap(to, path)) return bad_map(fmt::format("{} would replace {}, which sync writes itself", to, path));
    for (size_t other = 0; other < at; ++other)
      if (overlap(to, components[other].to)) return bad_map(fmt::format("{} and {} lie in one another", components[other].to, to));
  }
  return done();
}

Result<Synchronisation> synchronise(const SyncRequest& request, PairStore& store, const SigningKey& key) {
  TRY(check_map(request.configuration));
  for (int attempt = 1; attempt <= tries_max; ++attempt) {
    const auto lock = TRY(store.lock(lock_limit, request.stop));
    auto carried = TRY(carry(request, store, key), "synchronising {} into {}", request.source.name, request.target.name);
    if (carried) return std::move(*carried);
    if (request.stop.stop_requested()) return failure(Fault::Cancelled, "stopped while synchronising");
    std::this_thread::sleep_for(std::chrono::milliseconds{10 << attempt});
  }
  return failure(Fault::Conflict, "branch {} of {} moved during each of {} tries", request.target.branch, request.target.name, tries_max)
      .with_code(code::lost_race)
      .with_next("try again when fewer pushes arrive there");
}

}  // namespace tandem::sync
