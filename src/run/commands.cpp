#include "run/commands.hpp"

#include "base/files.hpp"
#include "base/log.hpp"
#include "run/way_back.hpp"

namespace tandem::run {

int exit_code_of(const Error& error) {
  const std::string_view code = error.code;
  if (code == "TD0601") return 6;
  if (code.starts_with("TD033")) return 3;
  if (code.starts_with("TD040") && error.fault == Fault::Invalid) return 2;   // the composition did not hold
  if (code == "TD0305" || code == "TD0306" || code == "TD0307" || code == "TD0321") return 4;  // a person decides, trying again does not
  if (code == "TD0130" || code == "TD0131") return 75;
  if (code.starts_with("TD01") || code.starts_with("TD041")) return 1;
  switch (error.fault) {
    case Fault::Invalid: return 1;
    case Fault::Missing: return 1;
    case Fault::Denied: return 4;
    case Fault::Conflict: return 75;
    case Fault::Unavailable: return 75;
    case Fault::TimedOut: return 75;
    case Fault::Cancelled: return 5;
    case Fault::Broken: return 2;
  }
  return 2;
}

json::value document_of(const Error& error) {
  json::object place;
  if (error.place) place = {{"file", error.place->file}, {"line", error.place->line}, {"column", error.place->column}};
  return json::object{{"schema", "tandem.error/1"},
                      {"code", error.code.empty() ? json::value(nullptr) : json::value(error.code)},
                      {"fault", word(error.fault)},
                      {"what", error.what},
                      {"place", error.place ? json::value(place) : json::value(nullptr)},
                      {"next", error.next.empty() ? json::value(nullptr) : json::value(error.next)}};
}

int exit_code_of(const Run& run) {
  if (run.status == RunStatus::Succeeded) return 0;
  if (run.status == RunStatus::Held) return 5;
  for (const auto& [name, state] : run.actions) {
    if (!state.outcome || !state.outcome->error) continue;
    const auto code = std::string_view(state.outcome->error->code);
    if (code.starts_with("TD033")) return 3;
    if (code == "TD0601") return 6;
  }
  return run.reason.starts_with("the way back failed") ? 6 : 2;
}

namespace {

Limits limits_of(const Configuration& configuration) {
  Limits limits;
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  limits.parallel_max = configuration.parallel_runs > 0 ? static_cast<size_t>(configuration.parallel_runs) : 2UL * cores;
  for (const auto& environment : configuration.environments)
    limits.environments[environment.name] = {environment.approvals, environment.other_person};
  return limits;
}

}  // namespace

Office::Office(Workshop& shop)
    : shop_(shop),
      dispatcher_(shop),
      journey_(shop, [this](const StartRequest& request) { return start(request); }),
      conductor_(*shop.ledger, journey_),
      listener_([this](std::stop_token stop) { handle_notices(stop); }) {
  shop.ledger->set_limits(limits_of(shop.configuration));
}

void Office::notice(std::string repository, std::string branch, CommitId before, CommitId after, std::string actor) {
  const std::lock_guard lock(mutex_);
  notices_.push_back({std::move(repository), std::move(branch), std::move(before), std::move(after), std::move(actor)});
  noticed_.notify_one();
}

/// A notice that fails is no push lost: the daemon looks at the branches by itself, too.
void Office::handle_notices(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Noticed next;
    {
      std::unique_lock lock(mutex_);
      if (!noticed_.wait(lock, stop, [this] { return !notices_.empty(); })) return;
      next = std::move(notices_.front());
      notices_.pop_front();
    }
    const auto handled = saw_branch(next.repository, next.branch, next.before, next.after, next.actor);
    if (!handled) log(Level::Warning, "notice.failed", {{"repository", next.repository}, {"branch", next.branch}, {"error", handled.error().what}});
  }
}

/// What a killed process left of runs that nobody goes on with is nobody's.
Done Office::clear_workspaces() {
  const auto root = shop_.folders.workspaces();
  std::error_code code;
  for (const auto& folder : std::filesystem::directory_iterator(root, code)) {
    const RunId run{folder.path().filename().string()};
    if (shop_.ledger->state([&](const State& state) { return state.find(run) != nullptr; })) continue;
    TRY(tandem::remove_all(folder.path()), "clearing the workspace of {}", run.value);
  }
  return done();
}

Done Office::resume() {
  TRY(finish_rollbacks(shop_), "going to the end of interrupted rollbacks");
  TRY(conductor_.resume());
  if (const auto cleared = clear_workspaces(); !cleared) log(Level::Warning, "workspaces.left", {{"error", cleared.error().what}});
  return done();
}

Result<Answer> Office::perform(const std::string& command, const json::object& arguments) {
  for (const auto& find : {find_run_command, find_release_command, find_repository_command, find_sync_command, find_contract_command,
                            find_upkeep_command, find_maintain_command, find_event_command})
    if (const auto body = find(command)) return body(*this, arguments);
  return failure(Fault::Invalid, "tandem {} cannot be asked here", command).with_code("TD0102")
      .with_next("tandem --help lists the commands");
}

Result<RunId> Office::start(const StartRequest& request) {
  auto arrived = TRY(dispatcher_.plan(request));
  const auto there = TRY(dispatcher_.find_caused(arrived.event, arrived.runs.front()));
  if (there) return *there;
  const auto made = TRY(conductor_.tell(arrived));
  if (!made.empty()) return made.front();
  const auto joined = TRY(dispatcher_.find_caused(arrived.event, arrived.runs.front()));
  if (joined) return *joined;
  return failure(Fault::Broken, "{} was not started", request.workflow);
}

Result<std::vector<RunId>> Office::saw_branch(const std::string& repository, const std::string& branch, const CommitId& before,
                                              const CommitId& after, const std::string& actor) {
  if (after.empty()) {
    TRY(shop_.ledger->record("branch.seen", repository, json::object{{"repository", repository}, {"branch", branch}, {"commit", ""}}));
    return std::vector<RunId>{};
  }
  const auto event = TRY(dispatcher_.push_event(repository, branch, before, after, actor));
  if (!event) return std::vector<RunId>{};
  const bool takes_back = TRY(dispatcher_.is_way_back(*event));
  if (takes_back) {
    log(Level::Info, "push.way_back", {{"repository", repository}, {"commit", after.value}});
    TRY(shop_.ledger->record("branch.seen", repository, json::object{{"repository", repository}, {"branch", branch}, {"commit", after.value}}));
    return std::vector<RunId>{};
  }
  auto arrived = TRY(dispatcher_.plan(*event));
  std::vector<Planned> wanted;
  for (auto& planned : arrived.runs) {
    if (dispatcher_.is_asked_for_with_inputs(arrived.event, planned)) continue;
    const auto there = TRY(dispatcher_.find_caused(arrived.event, planned));
    if (!there) wanted.push_back(std::move(planned));  // else the sync has asked for it itself
  }
  arrived.runs = std::move(wanted);
  return conductor_.tell(arrived);
}

}  // namespace tandem::run
