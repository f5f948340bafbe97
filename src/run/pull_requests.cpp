#include "run/pull_requests.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "event/pull_request_event.hpp"

namespace tandem::run {
namespace {

std::string branch_ref(const std::string& branch) { return "refs/heads/" + branch; }

std::int64_t number_of_ref(const std::string& ref) {
  const auto parts = split(ref, '/');
  std::int64_t number = 0;
  if (parts.size() == 4) std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), number);
  return number;
}

/// The tree of both sides put together. Errors: Conflict names the files.
Result<TreeId> merged_tree(const std::filesystem::path& repository, const CommitId& ours, const CommitId& theirs) {
  const auto output = TRY(run_program(git::git_command({"merge-tree", "--write-tree", "--name-only", "--no-messages", "--end-of-options", ours.value, theirs.value}, repository)));
  const auto lines = lines_of(output.out);
  if (output.exit.code == 0 && !lines.empty()) return TreeId{lines.front()};
  if (output.exit.code != 1 || lines.size() < 2) return failure(Fault::Broken, "git could not merge: {}", trimmed(output.err));
  return failure(Fault::Conflict, "both sides changed {}", join({lines.begin() + 1, lines.end()}, ", ")).with_code("TD0133")
      .with_next("merge the destination into the source branch, resolve it there and push");
}

/// Where the pair store keeps the head of a pull request.
std::string kept_ref(const PullRequest& request) { return fmt::format("refs/tandem/pull/{}/{}", request.repository, request.number); }

PullRequestStep step_of(PullRequestStatus status) {
  switch (status) {
    case PullRequestStatus::Open: return PullRequestStep::Open;
    case PullRequestStatus::Draft: return PullRequestStep::Draft;
    case PullRequestStatus::Closed: return PullRequestStep::Closed;
    case PullRequestStatus::Merged: return PullRequestStep::Merged;
  }
  throw Bug("a status without a step");
}

}  // namespace

Result<RepositoryConfiguration> PullRequests::home(const std::string& name) const {
  return name.empty() ? shop_.repository(Role::Application) : shop_.repository(name);
}

Result<RepositoryConfiguration> PullRequests::local(const std::string& name) const {
  auto repository = TRY(home(name));
  if (repository.is_here()) return repository;
  return failure(Fault::Invalid, "{} lies at {}: its pull requests are opened, closed and merged there", repository.name, repository.url)
      .with_code("TD0134").with_next("let the forge's webhooks tell of them: webhook-secrets in tandem.yaml");
}

Result<CommitId> PullRequests::source_tip(const PullRequest& request, const RepositoryConfiguration& repository) const {
  if (!repository.is_here()) {   // the forge keeps the head of each, also of one from a fork
    const auto lock = TRY(shop_.pair.lock(std::chrono::minutes{2}));
    TRY(git::fetch(shop_.folders.pair_store(), repository.url, {fmt::format("+{}:{}", request.head_ref(), kept_ref(request))}), "fetching {}", request.name());
    const auto store = TRY(shop_.objects());
    return TRY(store.find_ref(kept_ref(request))).value_or(CommitId{});
  }
  if (request.is_foreign()) {
    TRY(git::fetch(repository.url, request.from, {fmt::format("+{}:{}", branch_ref(request.source), request.head_ref())}), "fetching {} from {}", request.source, request.from);
    const auto opened = TRY(git::Repository::open(repository.url));
    const auto tip = TRY(opened.find_ref(request.head_ref()));
    return tip.value_or(CommitId{});
  }
  const auto opened = TRY(git::Repository::open(repository.url));
  const auto tip = TRY(opened.find_ref(branch_ref(request.source)));
  if (!tip) return failure(Fault::Missing, "{} has no branch {}", repository.name, request.source).with_code("TD0135").with_next("push it first");
  return *tip;
}

Result<std::vector<PullRequest>> PullRequests::list(const std::string& repository) {
  return shop_.ledger->history([&](store::History& history) { return history.pull_requests(repository); });
}

Result<PullRequest> PullRequests::find(const std::string& repository, std::int64_t number) {
  for (auto& request : TRY(list(repository)))
    if (request.number == number) return std::move(request);
  return failure(Fault::Missing, "{} has no pull request {}", repository, number).with_code("TD0136").with_next("tandem pull-request list");
}

Done PullRequests::note(const PullRequest& request, const std::string& actor) {
  auto body = to_json(request).as_object();
  body["actor"] = actor;
  return shop_.ledger->record("pull_request.changed", request.name(), std::move(body));
}

Result<PullRequest> PullRequests::open(PullRequest wish, const std::string& actor) {
  const auto repository = TRY(local(wish.repository));
  wish.repository = repository.name;
  wish.author = actor;
  if (wish.destination.empty()) wish.destination = repository.branch;
  if (wish.source.empty() || (wish.source == wish.destination && wish.from.empty()))
    return failure(Fault::Invalid, "a pull request needs a source branch that is not its destination").with_code("TD0101").with_next("tandem pull-request open --source BRANCH");
  auto opened = TRY(git::Repository::open(repository.url));
  if (!TRY(opened.find_ref(branch_ref(wish.destination))))
    return failure(Fault::Missing, "{} has no branch {}", repository.name, wish.destination).with_code("TD0135").with_next("name another one with --destination");
  {
    const auto lock = TRY(shop_.pair.lock(std::chrono::minutes{2}));
    for (const auto& other : TRY(list(repository.name))) {
      wish.number = std::max(wish.number, other.number);
      if (other.is_open() && other.source == wish.source && other.destination == wish.destination && other.from == wish.from)
        return failure(Fault::Conflict, "{} is open already for {} into {}", other.name(), wish.source, wish.destination).with_code("TD0137")
            .with_next(fmt::format("tandem pull-request update {}", other.number));
    }
    for (const auto& ref : TRY(opened.refs("refs/pull/"))) wish.number = std::max(wish.number, number_of_ref(ref));
    ++wish.number;
    wish.head = TRY(source_tip(wish, repository));
    if (!wish.is_foreign()) TRY(opened.move_ref(wish.head_ref(), wish.head, std::nullopt), "placing {}", wish.head_ref());
    TRY(note(wish, actor));
  }
  TRY(tell(wish, wish.status == PullRequestStatus::Draft ? PullRequestStep::Draft : PullRequestStep::Open, actor));
  return wish;
}

Result<PullRequest> PullRequests::update(const std::string& name, std::int64_t number, const std::string& actor) {
  const auto repository = TRY(home(name));
  auto request = TRY(find(repository.name, number));
  if (!request.is_open()) return failure(Fault::Conflict, "{} is {}", request.name(), word(request.status)).with_code("TD0137");
  const auto tip = TRY(source_tip(request, repository));
  if (tip == request.head) return request;
  if (repository.is_here() && !request.is_foreign()) {
    auto opened = TRY(git::Repository::open(repository.url));
    TRY(opened.move_ref(request.head_ref(), tip, TRY(opened.find_ref(request.head_ref()))), "placing {}", request.head_ref());
  }
  request.head = tip;
  TRY(note(request, actor));
  TRY(tell(request, PullRequestStep::Revision, actor));
  return request;
}

Result<PullRequest> PullRequests::close(const std::string& name, std::int64_t number, const std::string& actor) {
  const auto repository = TRY(local(name));
  auto request = TRY(find(repository.name, number));
  if (!request.is_open()) return failure(Fault::Conflict, "{} is {} already", request.name(), word(request.status)).with_code("TD0137");
  request.status = PullRequestStatus::Closed;
  TRY(note(request, actor));
  TRY(tell(request, PullRequestStep::Closed, actor));
  return request;
}

Result<PullRequest> PullRequests::merge(const std::string& name, std::int64_t number, const std::string& actor) {
  const auto repository = TRY(local(name));
  auto request = TRY(update(repository.name, number, actor));
  if (request.status == PullRequestStatus::Draft)
    return failure(Fault::Denied, "{} is a draft", request.name()).with_code("TD0138").with_next("close it and open it without --draft");
  auto opened = TRY(git::Repository::open(repository.url));
  const auto before = TRY(opened.find_ref(branch_ref(request.destination)));
  if (!before) return failure(Fault::Missing, "{} has no branch {} any more", repository.name, request.destination).with_code("TD0135");
  CommitId after = *before;
  if (!TRY(opened.is_ancestor(request.head, *before))) {
    const auto tree = TRY(merged_tree(repository.url, *before, request.head), "merging {} into {}", request.source, request.destination);
    const git::Person person{actor, actor + "@localhost", shop_.clock.now()};
    after = TRY(opened.write_commit(tree, {*before, request.head}, person, person, fmt::format("Merge {} into {} ({})\n\n{}\n", request.source, request.destination, request.name(), request.title)));
    TRY(opened.move_ref(branch_ref(request.destination), after, before), "moving {}", request.destination);
  }
  request.status = PullRequestStatus::Merged;
  TRY(note(request, actor));
  TRY(tell(request, PullRequestStep::Merged, actor));
  office_.notice(repository.name, request.destination, *before, after, actor);   // a merge is a push to its destination
  return request;
}

Done PullRequests::hear(PullRequest told, const std::string& actor) {
  const auto repository = TRY(home(told.repository));
  if (repository.is_here())
    return failure(Fault::Invalid, "{} lies on this machine: tandem keeps its pull requests itself", repository.name).with_code("TD0134").with_next("tandem pull-request open --source BRANCH");
  told.author = actor;
  for (const auto& known : TRY(list(told.repository)))
    if (known.number == told.number) {
      told.author = known.author;
      told.head = known.head;
      if (known == told) return done();   // at most a new commit: the next look finds it
    }
  return note(told, actor);
}

Result<bool> PullRequests::is_told(const PullRequest& request, PullRequestStep step) const {
  return shop_.ledger->history([&](store::History& history) { return history.has_event(event::event_of(request, step, request.author, shop_.clock.now()).id); });
}

Done PullRequests::look(const std::string& name) {
  for (auto& request : TRY(list(name))) TRY(look_at(std::move(request)));
  return done();
}

Done PullRequests::look_at(PullRequest request) {
  const auto repository = TRY(home(request.repository));
  const bool is_told_of = TRY(is_told(request, step_of(request.status)));
  const bool is_unseen = request.head.empty() && !is_told_of;   // heard of by a webhook
  if (is_unseen) {
    request.head = TRY(source_tip(request, repository));
    TRY(note(request, request.author));
  }
  if (!is_told_of) TRY(tell(request, step_of(request.status), request.author));
  const bool moves = request.is_open() && !is_unseen && (!repository.is_here() || !request.is_foreign());
  if (!moves) return done();
  const auto updated = update(request.repository, request.number, request.author);
  if (!updated && updated.error().code != "TD0135") return updated.error();   // a source that is gone has no revision
  return done();
}

/// What the source changed since it left the destination.
Done PullRequests::compare_files(Event& event, const RepositoryConfiguration& repository) {
  const auto opened = TRY(shop_.objects());
  const auto destination = TRY(opened.find_ref(sync::stored_ref(repository.role, event.destination)));
  if (!destination) return done();
  const auto output = TRY(run_program(git::git_command({"merge-base", "--end-of-options", destination->value, event.after.value}, shop_.folders.pair_store())));
  if (output.exit.code != 0) return done();   // nothing in common: every file counts as changed
  const auto from = TRY(opened.tree_of(CommitId{std::string(trimmed(output.out))}));
  for (const auto& change : TRY(opened.changes(from, TRY(opened.tree_of(event.after))))) event.files_changed.push_back(change.path);
  event.files_known = true;
  return done();
}

Done PullRequests::tell(const PullRequest& request, PullRequestStep step, const std::string& actor) {
  const auto repository = TRY(home(request.repository));
  auto event = event::event_of(request, step, actor, shop_.clock.now());
  {
    const auto lock = TRY(shop_.pair.lock(std::chrono::minutes{2}));
    TRY(shop_.pair.fetch(repository), "fetching {}", repository.name);
    TRY(git::fetch(shop_.folders.pair_store(), repository.url, {fmt::format("+{}:{}", request.head_ref(), kept_ref(request))}), "fetching {}", request.name());
  }
  TRY(compare_files(event, repository), "comparing {} with {}", request.source, request.destination);
  auto arrived = TRY(office_.dispatcher().plan(event));
  const auto store = TRY(shop_.objects());
  const bool is_over = step == PullRequestStep::Closed || step == PullRequestStep::Merged;
  if (is_over && !request.is_foreign() && !TRY(store.find_ref(sync::stored_ref(repository.role, request.source))))
    for (auto& planned : arrived.runs) planned.refusal = "source branch gone";
  TRY(office_.conductor().tell(arrived));
  return done();
}

}  // namespace tandem::run
