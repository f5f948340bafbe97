#include "sync/pair_store.hpp"

#include <algorithm>
#include <map>
#include <thread>

#include "base/git_here.hpp"
#include "sync/codes.hpp"
#include "sync/diagnosis.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view log_ref = "refs/tandem/log";
constexpr std::string_view seen_log_ref = "refs/seen/log";

std::vector<git::Mirror> mirrors(Role role) {
  if (role == Role::Application) return {{"refs/heads/", "refs/app/"}};
  return {{"refs/heads/", "refs/infra/"}, {"refs/tandem/", "refs/seen/"}};
}

std::vector<std::string> refspecs(Role role) {
  std::vector<std::string> out;
  for (const auto& mirror : mirrors(role)) out.push_back(fmt::format("+{}*:{}*", mirror.there, mirror.here));
  return out;
}

/// What the store holds of a remote: its refs by their names there.
using Held = std::map<std::string, CommitId>;

Result<Held> held(const git::Repository& repository, Role role) {
  Held out;
  for (const auto& mirror : mirrors(role)) {
    const auto names = TRY(repository.refs(mirror.here));
    for (const auto& name : names) {
      const auto at = TRY(repository.find_ref(name));
      if (at) out.emplace(mirror.there + name.substr(mirror.here.size()), *at);
    }
  }
  return out;
}

/// True when the remote holds just that. An unreachable one is told by the fetch that follows.
bool holds_just(const std::string& url, Role role, const Held& held, std::stop_token stop) {
  const auto refs = git::ls_remote(url, std::move(stop));
  if (!refs) return false;
  Held there;
  for (const auto& ref : *refs)
    if (std::ranges::any_of(mirrors(role), [&](const auto& mirror) { return ref.name.starts_with(mirror.there); })) there.emplace(ref.name, ref.id);
  return there == held;
}

/// git passes over the branches of a shallow clone without a word.
Done check_arrival(const RepositoryConfiguration& repository, const Held& held, std::stop_token stop) {
  const auto branch = "refs/heads/" + repository.branch;
  if (held.contains(branch)) return done();
  const auto refs = git::ls_remote(repository.url, std::move(stop));
  if (!refs || std::ranges::find(*refs, branch, &git::RemoteRef::name) == refs->end()) return done();   // whoever asks for the branch tells that it is not there
  return failure(Fault::Invalid, "branch {} of {} does not arrive: {} is a shallow clone, whose history ends before its beginning", repository.branch, repository.name, repository.url)
      .with_code(code::damaged_repository)
      .with_next("git fetch --unshallow there, or name the repository that it was cloned from in tandem.yaml");
}

/// True when `descendant` continues `ancestor`, or is it.
Result<bool> continues(const git::Repository& repository, const CommitId& ancestor, const CommitId& descendant) {
  if (ancestor == descendant) return true;
  return repository.is_ancestor(ancestor, descendant);
}

Error rewritten_log() {
  return failure(Fault::Denied, "refs/tandem/log of the infrastructure does not continue the log that was accepted before")
      .with_code(code::broken_log)
      .with_next("find out who rewrote it; `git push` the old log back from the pair store if it was an accident");
}

}  // namespace

Result<PairStore> PairStore::open(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / "HEAD", ignored)) {
    auto opened = git::Repository::open(folder);
    if (!opened)
      return std::move(opened).error().during("opening the pair store")
          .with_next(fmt::format("move it away: the next sync fetches both repositories anew into {}, and takes the log as it finds it", folder.string()));
    auto existing = std::move(*opened);
    TRY(existing.gather_writes());
    return PairStore{std::move(existing)};
  }
  auto made = TRY(git::Repository::init_bare(folder), "making the pair store");
  TRY(made.gather_writes());
  return PairStore{std::move(made)};
}

Done PairStore::reopen() {
  repository_ = TRY(git::Repository::open(repository_.path()), "opening the pair store");
  return repository_.gather_writes();
}

Result<FileLock> PairStore::lock(Duration limit, std::stop_token stop) {
  return FileLock::take(repository_.path() / "tandem.lock", limit, std::move(stop));
}

Result<git::Here> PairStore::fetch_here(const RepositoryConfiguration& repository) {
  return TRY(git::fetch_here(repository_, repository.url, mirrors(repository.role)), "fetching {}", repository.name);
}

/// By the git program, which writes the refs itself: none may be waiting. A fetch that brings nothing costs half as much again as
/// asking for the refs, one that does must not be asked for twice: so the side that has been quiet is asked first.
Done PairStore::fetch_there(const std::vector<RepositoryConfiguration>& sides, std::stop_token stop) {
  struct Visit {
    Held before{};
    bool asks_first = false;
    Done result = done();
  };
  std::vector<Visit> visits;
  for (const auto& side : sides) {
    auto before = TRY(held(repository_, side.role), "listing what is here of {}", side.name);
    visits.push_back({std::move(before), is_quiet(side.role), done()});
  }
  const auto go = [&](size_t at) {
    auto& visit = visits[at];
    const auto& side = sides[at];
    if (visit.asks_first && holds_just(side.url, side.role, visit.before, stop)) return;
    auto fetched = git::fetch(repository_.path(), side.url, refspecs(side.role), stop, side.fetch_limits);
    if (!fetched && fetched.error().fault == Fault::Invalid) fetched = diagnosed(side, fetched.error(), stop);
    if (!fetched) visit.result = Error(fetched.error()).during(fmt::format("fetching {}", side.name));
  };
  {
    std::vector<std::jthread> beside;
    for (size_t at = 1; at < sides.size(); ++at) beside.emplace_back([&go, at] { go(at); });
    go(0);
  }
  for (const auto& visit : visits) TRY(Done(visit.result));
  for (size_t at = 0; at < sides.size(); ++at) {
    const auto after = TRY(held(repository_, sides[at].role));
    TRY(check_arrival(sides[at], after, stop));
    note_news(sides[at].role, after != visits[at].before);
  }
  return done();
}

/// The infrastructure moves by our own pushes, which the store knows of; the application is what a sync is asked for.
bool PairStore::is_quiet(Role role) const { return role == Role::Infrastructure || !application_had_news_; }

void PairStore::note_news(Role role, bool had_news) {
  if (role == Role::Application) application_had_news_ = had_news;
}

Done PairStore::fetch(const RepositoryConfiguration& repository, std::stop_token stop) {
  const auto here = TRY(fetch_here(repository));
  TRY(repository_.flush(), "fetching {}", repository.name);
  return here == git::Here::Done ? done() : fetch_there({repository}, std::move(stop));
}

Done PairStore::gather(const RepositoryConfiguration& application, const RepositoryConfiguration& infrastructure, std::stop_token stop) {
  std::vector<RepositoryConfiguration> left;
  for (const auto* side : {&application, &infrastructure}) {
    const auto here = TRY(fetch_here(*side));
    if (here == git::Here::Left) left.push_back(*side);
  }
  if (left.empty()) return done();
  TRY(repository_.flush(), "fetching");
  return fetch_there(left, std::move(stop));
}

Done PairStore::fetch(const RepositoryConfiguration& application, const RepositoryConfiguration& infrastructure, std::stop_token stop) {
  TRY(gather(application, infrastructure, std::move(stop)));
  return repository_.flush();
}

Result<CommitId> PairStore::tip(const RepositoryConfiguration& repository) const {
  return tip_in(repository_, repository);
}

Result<std::optional<CommitId>> PairStore::log() const {
  const auto seen = TRY(repository_.find_ref(seen_log_ref));
  const auto accepted = TRY(repository_.find_ref(log_ref));
  if (!accepted) return seen;
  if (!seen) return rewritten_log();
  const bool is_continued = TRY(continues(repository_, *accepted, *seen), "comparing the logs");
  if (!is_continued) return rewritten_log();
  return seen;
}

Done PairStore::accept_log(const CommitId& head) {
  for (const auto ref : {log_ref, seen_log_ref}) {
    const auto there = TRY(repository_.find_ref(ref));
    if (there != head) TRY(repository_.plan_ref(ref, head));
  }
  return repository_.flush();
}

Done PairStore::pin(const CommitId& commit) {
  const auto name = "refs/tandem/pin/" + commit.value;
  const auto there = TRY(repository_.find_ref(name));
  if (!there) TRY(repository_.plan_ref(name, commit));
  return repository_.flush();
}

Result<CommitId> tip_in(const git::Repository& store, const RepositoryConfiguration& repository) {
  const auto found = TRY(store.find_ref(stored_ref(repository.role, repository.branch)));
  if (!found)
    return failure(Fault::Missing, "no branch {} in {}", repository.branch, repository.name)
        .with_code(code::no_branch)
        .with_next(fmt::format("push a commit to it, or set repositories.{}.branch in tandem.yaml to the one that is there", repository.name));
  return *found;
}

std::string stored_ref(Role role, std::string_view branch) {
  return fmt::format("refs/{}/{}", role == Role::Application ? "app" : "infra", branch);
}

Result<CommitId> commit_named(const git::Repository& store, const std::string& text, const std::string& repository) {
  auto found = store.resolve(text);
  if (found) return found;
  return std::move(found).error().with_code(code::no_commit)
      .with_next(fmt::format("git log in {} names its commits; tandem sync log those that were carried, and what they became", repository))
      .during(fmt::format("looking for it in {}", repository));
}

}  // namespace tandem::sync
