#include "sync/pair_store.hpp"

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
    auto existing = TRY(git::Repository::open(folder), "opening the pair store");
    TRY(existing.gather_writes());
    return PairStore{std::move(existing)};
  }
  auto made = TRY(git::Repository::init_bare(folder), "making the pair store");
  TRY(made.gather_writes());
  return PairStore{std::move(made)};
}

Result<FileLock> PairStore::lock(Duration limit, std::stop_token stop) {
  return FileLock::take(repository_.path() / "tandem.lock", limit, std::move(stop));
}

Result<git::Here> PairStore::fetch_here(const RepositoryConfiguration& repository) {
  return TRY(git::fetch_here(repository_, repository.url, mirrors(repository.role)), "fetching {}", repository.name);
}

/// By the git program, which writes the refs itself: none may be waiting.
Done PairStore::fetch_there(const RepositoryConfiguration& repository, std::stop_token stop) const {
  auto fetched = git::fetch(repository_.path(), repository.url, refspecs(repository.role), stop);
  if (!fetched && fetched.error().fault == Fault::Invalid) fetched = diagnosed(repository, fetched.error(), stop);
  TRY(Done(fetched), "fetching {}", repository.name);
  return done();
}

Done PairStore::fetch(const RepositoryConfiguration& repository, std::stop_token stop) {
  const auto here = TRY(fetch_here(repository));
  TRY(repository_.flush(), "fetching {}", repository.name);
  return here == git::Here::Done ? done() : fetch_there(repository, std::move(stop));
}

Done PairStore::gather(const RepositoryConfiguration& application, const RepositoryConfiguration& infrastructure, std::stop_token stop) {
  const auto source = TRY(fetch_here(application));
  const auto target = TRY(fetch_here(infrastructure));
  if (source == git::Here::Done && target == git::Here::Done) return done();
  TRY(repository_.flush(), "fetching");
  if (source == git::Here::Done) return fetch_there(infrastructure, stop);
  if (target == git::Here::Done) return fetch_there(application, stop);
  Done other = done();
  {
    const std::jthread beside([&] { other = fetch_there(infrastructure, stop); });
    TRY(fetch_there(application, stop));
  }
  return other;
}

Done PairStore::fetch(const RepositoryConfiguration& application, const RepositoryConfiguration& infrastructure, std::stop_token stop) {
  TRY(gather(application, infrastructure, std::move(stop)));
  return repository_.flush();
}

Result<CommitId> PairStore::tip(const RepositoryConfiguration& repository) const {
  const auto found = TRY(repository_.find_ref(stored_ref(repository.role, repository.branch)));
  if (!found) return failure(Fault::Missing, "no branch {} in {}", repository.branch, repository.name);
  return *found;
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

std::string stored_ref(Role role, std::string_view branch) {
  return fmt::format("refs/{}/{}", role == Role::Application ? "app" : "infra", branch);
}

}  // namespace tandem::sync
