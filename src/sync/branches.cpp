#include "sync/branches.hpp"

#include <algorithm>

namespace tandem::sync {
namespace {

constexpr std::string_view prefix = "tandem/sync/";

bool are_many(std::int64_t count, int keep) { return keep > 0 && count > keep + std::max(1, keep / 4); }

/// All sync branches as of the last fetch, by the time of their commits; none when there are not enough for any to go.
Result<std::vector<SyncBranch>> known_branches(const PairStore& store, int keep) {
  const auto& repository = store.repository();
  const auto stored = stored_ref(Role::Infrastructure, prefix);
  const auto names = TRY(repository.refs(stored));
  if (!are_many(static_cast<std::int64_t>(names.size()), keep)) return std::vector<SyncBranch>{};
  std::vector<std::pair<Instant, SyncBranch>> dated;
  for (const auto& name : names) {
    const auto at = TRY(repository.find_ref(name));
    if (!at) continue;
    const auto commit = TRY(repository.commit(*at));
    dated.emplace_back(commit.committer.at, SyncBranch{std::string(prefix) + name.substr(stored.size()), *at});
  }
  std::ranges::stable_sort(dated, {}, &std::pair<Instant, SyncBranch>::first);
  std::vector<SyncBranch> out;
  for (auto& [when, branch] : dated) out.push_back(std::move(branch));
  return out;
}

Done remove(const SyncRequest& request, PairStore& store, const std::vector<SyncBranch>& branches) {
  std::vector<git::Push> deletions;
  for (const auto& branch : branches) deletions.push_back({{}, "refs/heads/" + branch.name, branch.at});
  TRY(git::push(store.repository().path(), request.target.url, deletions, request.stop));
  for (const auto& branch : branches) TRY(store.repository().plan_ref(stored_ref(Role::Infrastructure, branch.name), std::nullopt));
  return store.repository().flush();
}

}  // namespace

std::vector<SyncBranch> outdated(const std::vector<SyncBranch>& branches, int keep, const std::vector<CommitId>& live) {
  const auto count = static_cast<std::int64_t>(branches.size());
  if (!are_many(count, keep)) return {};
  std::vector<SyncBranch> out;
  for (auto at = branches.begin(); at != branches.begin() + (count - keep); ++at) {
    const bool is_live = std::ranges::any_of(live, [&](const auto& commit) { return commit == at->at || at->name == std::string(prefix) + commit.value; });
    if (!is_live) out.push_back(*at);
  }
  return out;
}

void clean_branches(const SyncRequest& request, PairStore& store, std::vector<std::string>& notes) {
  const auto branches = known_branches(store, request.configuration.keep_branches);
  if (!branches) return notes.push_back("old sync branches were not looked at: " + branches.error().what);
  const auto old = outdated(*branches, request.configuration.keep_branches, request.live);
  if (old.empty()) return;
  const auto removed = remove(request, store, old);
  notes.push_back(removed ? fmt::format("removed {} old sync branches, {} to {}", old.size(), old.front().name, old.back().name)
                          : fmt::format("{} old sync branches stay: {}", old.size(), removed.error().what));
}

}  // namespace tandem::sync
