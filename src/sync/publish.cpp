#include "sync/publish.hpp"

#include <algorithm>

#include "base/git_here.hpp"
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

std::string sync_branch(const Publication& publication) { return "tandem/sync/" + publication.statement.cargo.source.value; }

/// Where the sync must be found afterwards.
std::string delivered_branch(const RepositoryConfiguration& target, const Publication& publication) {
  if (publication.delivery == Delivery::Target) return target.branch;
  return "tandem/conflict/" + publication.statement.cargo.source.value;
}

bool holds(const std::vector<git::RemoteRef>& refs, const std::string& name, const CommitId& commit) {
  return std::ranges::any_of(refs, [&](const auto& ref) { return ref.name == name && ref.id == commit; });
}

Result<std::vector<git::RemoteRef>> refs_at(const RepositoryConfiguration& target, const std::vector<std::string>& names, std::stop_token stop) {
  if (auto here = git::refs_here(target.url, names)) return std::move(*here);
  return git::ls_remote(target.url, std::move(stop));
}

/// What the remote holds now, so that the next fetch finds nothing new.
Done remember(PairStore& store, const Publication& publication, const std::string& branch) {
  const auto& landed = publication.statement.landed;
  TRY(store.repository().plan_ref(stored_ref(Role::Infrastructure, branch), landed));
  if (publication.delivery == Delivery::ConflictBranch) return done();
  return store.repository().plan_ref(stored_ref(Role::Infrastructure, sync_branch(publication)), landed);
}

Done read_back(const RepositoryConfiguration& target, PairStore& store, const Publication& publication) {
  const auto branch = delivered_branch(target, publication);
  const auto refs = TRY(refs_at(target, {"refs/heads/" + branch, std::string(log_ref)}, publication.stop), "reading back from {}", target.name);
  const auto& landed = publication.statement.landed;
  if (holds(refs, "refs/heads/" + branch, landed) && holds(refs, std::string(log_ref), publication.entry)) return remember(store, publication, branch);
  TRY(store.fetch(target, publication.stop));
  TRY(check_ref(store, refs, "refs/heads/" + branch, stored_ref(Role::Infrastructure, branch), landed));
  return check_ref(store, refs, log_ref, "refs/seen/log", publication.entry);
}

std::vector<git::Push> pushes_of(const RepositoryConfiguration& target, const PairStore& store, const Publication& publication) {
  const auto& landed = publication.statement.landed;
  const auto stored = [&](const std::string& branch) { return store.repository().find_ref(stored_ref(Role::Infrastructure, branch)).value_or(std::nullopt); };
  // The log first: it may tell of a commit that no branch holds yet, never the other way round.
  std::vector<git::Push> out{{publication.entry, std::string(log_ref), publication.log}};
  if (publication.delivery == Delivery::Target) {
    const auto branch = sync_branch(publication);
    out.push_back({landed, "refs/heads/" + branch, stored(branch)});
    out.push_back({landed, "refs/heads/" + target.branch, publication.base});
  } else {
    const auto branch = delivered_branch(target, publication);
    out.push_back({landed, "refs/heads/" + branch, stored(branch)});
  }
  return out;
}

/// A branch `tandem` leaves no room for branches below tandem/: git calls that a ref that moved.
std::optional<std::string> in_the_way(const RepositoryConfiguration& target, const PairStore& store, const Publication& publication) {
  const auto refs = git::ls_remote(target.url, publication.stop);
  if (!refs) return std::nullopt;
  for (const auto& push : pushes_of(target, store, publication))
    for (const auto& ref : *refs)
      if (push.ref.starts_with(ref.name + "/") || ref.name.starts_with(push.ref + "/")) return fmt::format("{} stands in the way of {}", ref.name, push.ref);
  return std::nullopt;
}

/// In process where the target lies on this machine and has no say, by the git program everywhere else.
Done push(const RepositoryConfiguration& target, const PairStore& store, const Publication& publication) {
  const auto pushes = pushes_of(target, store, publication);
  const auto here = TRY(git::push_here(store.repository(), target.url, pushes, publication.base, publication.stop));
  if (here == git::Here::Done) return done();
  return git::push(store.repository().path(), target.url, pushes, publication.stop);
}

Error refused_push(const RepositoryConfiguration& target, const Error& error) {
  return Error(error).with_code(code::push_refused).with_next(
      fmt::format("let the coordinator push to {}, tandem/ and refs/tandem/ of {}; nothing has landed", target.branch, target.name));
}

/// The push went wrong in the middle; what it did is known only to the remote.
Done ask_what_became_of_it(const RepositoryConfiguration& target, PairStore& store, const Publication& publication, const Error& error) {
  if (read_back(target, store, publication)) return done();
  return Error(error).with_code(code::lost_connection).with_next(
      fmt::format("run the same sync again: it finds its own work if that has landed in {}, and does it anew if not", target.name));
}

}  // namespace

Result<Published> publish(const RepositoryConfiguration& target, PairStore& store, const Publication& publication) {
  TRY(store.pin(publication.statement.cargo.source), "writing the sync");
  const auto pushed = push(target, store, publication);
  if (!pushed) {
    const auto& error = pushed.error();
    if (error.fault == Fault::Conflict) {
      const auto blocked = in_the_way(target, store, publication);
      if (!blocked) return Published::Moved;
      return failure(Fault::Denied, "{} in {}", *blocked, target.name).with_code(code::push_refused).with_next("rename or delete it there; nothing has landed");
    }
    if (error.fault == Fault::Denied) return refused_push(target, error);
    if (error.fault != Fault::Unavailable && error.fault != Fault::TimedOut) return error;
    TRY(ask_what_became_of_it(target, store, publication, error), "pushing to {}", target.name);
  } else {
    TRY(read_back(target, store, publication));
  }
  TRY(store.accept_log(publication.entry));
  return Published::Landed;
}

}  // namespace tandem::sync
