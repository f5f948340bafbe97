#include "sync/publish.hpp"

#include <algorithm>

#include "sync/codes.hpp"
#include "sync/sync_log.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view log_ref = "refs/tandem/log";

/// `mine` must be what `name` holds at the remote, or be contained in it when others pushed on top meanwhile.
Done check_ref(const PairStore& store, const std::vector<git::RemoteRef>& refs, std::string_view name,
               std::string_view stored, const CommitId& mine) {
  const auto found = std::ranges::find(refs, name, &git::RemoteRef::name);
  if (found != refs.end() && found->id == mine) return done();
  const auto fetched = TRY(store.repository().find_ref(stored));
  if (fetched) {
    const bool is_contained = TRY(is_within(store.repository(), mine, *fetched));
    if (is_contained) return done();
  }
  return failure(Fault::Broken, "the remote took the push but {} does not hold {}", name, short_id(mine))
      .with_code(code::not_read_back)
      .with_next("look at the server's hooks and mirrors; nothing is deployed from this sync");
}

Done read_back(const RepositoryConfiguration& target, PairStore& store, const Publication& publication) {
  const auto refs = TRY(git::ls_remote(target.url, publication.stop), "reading back from {}", target.name);
  const auto branch = "refs/heads/" + target.branch;
  const auto& landed = publication.statement.landed;
  const bool is_there = std::ranges::any_of(refs, [&](const auto& ref) { return ref.name == branch && ref.id == landed; }) &&
                        std::ranges::any_of(refs, [&](const auto& ref) { return ref.name == log_ref && ref.id == publication.entry; });
  if (is_there) return done();
  TRY(store.fetch(target, publication.stop));
  TRY(check_ref(store, refs, branch, stored_ref(Role::Infrastructure, target.branch), landed));
  return check_ref(store, refs, log_ref, "refs/seen/log", publication.entry);
}

}  // namespace

Result<Published> publish(const RepositoryConfiguration& target, PairStore& store, const Publication& publication) {
  const auto& [cargo, landed, tree, metadata, previous, report] = publication.statement;
  const auto sync_branch = "tandem/sync/" + cargo.source.value;
  const auto there = TRY(store.repository().find_ref(stored_ref(Role::Infrastructure, sync_branch)));
  TRY(store.pin(cargo.source));
  const auto pushed = git::push(store.repository().path(), target.url,
                                {{landed, "refs/heads/" + sync_branch, there},
                                 {landed, "refs/heads/" + target.branch, cargo.base},
                                 {publication.entry, std::string(log_ref), publication.log}},
                                publication.stop);
  if (!pushed && pushed.error().fault == Fault::Conflict) return Published::Moved;
  if (!pushed && pushed.error().fault == Fault::Denied)
    return Error(pushed.error()).with_code(code::push_refused).with_next(
        fmt::format("let the coordinator push to {} and refs/tandem/ of {}, or take the branch {} by hand", target.branch, target.name, sync_branch));
  TRY(Done(pushed), "pushing to {}", target.name);
  TRY(read_back(target, store, publication));
  TRY(store.accept_log(publication.entry));
  return Published::Landed;
}

}  // namespace tandem::sync
