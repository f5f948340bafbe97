// Stations of the application side: scan, sync, start the other side.

#include <re2/re2.h>

#include "base/text.hpp"
#include "check/scan.hpp"
#include "run/station.hpp"
#include "run/syncing.hpp"
#include "sync/synchronise.hpp"

namespace tandem::run {
namespace {

/// The tree of the run's commit, fetched into the pair store first.
Result<TreeId> fetched_tree(const Work& work) {
  const auto repository = TRY(work.shop.repository(work.run.repository));
  const auto lock = TRY(work.shop.pair.lock(std::chrono::minutes{2}, work.stop));
  TRY(work.shop.pair.fetch(repository, work.stop), "fetching {}", repository.name);
  const auto store = TRY(work.shop.objects());
  return store.tree_of(work.run.commit);
}

Error scan_failure(const Verdict& verdict) {
  const auto worst = std::ranges::find_if(verdict.findings, [](const Finding& finding) {
    return finding.severity == "CRITICAL" || finding.severity == "HIGH";
  });
  const auto& finding = worst == verdict.findings.end() ? verdict.findings.front() : *worst;
  return failure(Fault::Denied, "the scan found {} ({}): {}", finding.rule, finding.severity, finding.what)
      .with_code("TD0210")
      .at(finding.place)
      .with_next("take it out of the commit (and out of the history), revoke it if it was real, and push again");
}

/// Both sides of every file that was edited by hand, into the action's log.
void show_conflicts(const Work& work, const sync::SyncRequest& request) {
  const auto edits = sync::hand_edits(request, work.shop.pair, work.shop.keys.signing());
  if (!edits) return work.say("both sides cannot be shown: " + edits.error().what);
  for (const auto& edit : *edits) {
    work.say(fmt::format("{}: edited by hand in {}:", edit.path, request.target.name));
    for (const auto& line : lines_of(edit.by_hand.text + edit.by_hand.why_no_text)) work.say("  " + line);
    const bool went_on = edit.by_source.before != edit.by_source.after;
    work.say(fmt::format("{}: {} {}", edit.path, request.source.name, went_on ? "goes on with:" : "holds what the last sync carried"));
    for (const auto& line : lines_of(edit.by_source.text + edit.by_source.why_no_text))
      if (went_on) work.say("  " + line);
  }
}

}  // namespace

Result<ActionOutcome> scan(const Work& work) {
  const auto tree = TRY(fetched_tree(work));
  check::ScanOptions options;
  options.fails_at = TRY(work.configured("FailOn", "HIGH"));
  const auto paths = TRY(work.configured("Paths"));
  for (const auto& path : split(paths, ','))
    if (!trimmed(path).empty()) options.only.emplace_back(trimmed(path));
  const auto store = TRY(work.shop.objects());
  const auto verdict = TRY(check::scan_tree(store, tree, std::nullopt, options), "scanning {}",
                           work.run.commit.value.substr(0, 12));
  for (const auto& finding : verdict.findings)
    work.say(fmt::format("{}: {} {} {}", text(finding.place), finding.severity, finding.rule, finding.what));
  work.say(verdict.passed ? "the scan passed" : "the scan failed");
  ActionOutcome outcome{.succeeded = verdict.passed};
  outcome.detail["verdict"] = to_json(verdict);
  if (!verdict.passed) outcome.error = scan_failure(verdict);
  return outcome;
}

Result<ActionOutcome> carry(const Work& work) {
  const auto named = TRY(work.configured("Repository", work.run.repository));
  const auto source = TRY(work.shop.repository(named));
  const auto target = TRY(work.shop.repository(Role::Infrastructure));
  if (source.role != Role::Application)
    return failure(Fault::Invalid, "tandem/sync@v1 carries an application; {} is the {} side", source.name, word(source.role))
        .with_code("TD0411").at(work.action.place).with_next("name the application repository: Repository: NAME");
  auto request = TRY(sync_request(work.shop, source, target));
  request.run = work.run.id;
  request.strategy = TRY(work.configured("Strategy", "api-triggered"));
  if (source.name == work.run.repository) request.commit = work.run.commit;  // else the tip of its branch
  request.actor = work.run.event.actor;
  request.at = work.run.created;
  request.stop = work.stop;
  TRY(work.shop.ledger->record("sync.intended", work.run.id.value,
                               json::object{{"source", request.commit.value}, {"target", target.name}, {"branch", target.branch}}));
  auto carried = sync::synchronise(request, work.shop.pair, work.shop.keys.signing());
  if (!carried) {
    const bool refused = carried.error().fault == Fault::Denied || carried.error().fault == Fault::Conflict;
    ActionOutcome outcome{.held = refused, .error = carried.error()};
    if (carried.error().code == "TD0305") show_conflicts(work, request);
    if (refused) outcome.notes.push_back(fmt::format("degraded: nothing was carried; what is live keeps serving: {}", carried.error().what));
    return outcome;
  }
  for (const auto& earlier : carried->earlier) TRY(work.shop.ledger->record("sync.done", earlier.id.value, to_json(earlier)));
  const auto& record = carried->record;
  TRY(work.shop.ledger->record("sync.done", record.id.value, to_json(record)));
  work.say(carried->is_in_place ? fmt::format("nothing to carry: {} holds this code already", record.landed.value)
                                : fmt::format("carried {} to {} of {}", record.source.value, record.landed.value, target.name));
  for (const auto& component : record.components)
    work.say(fmt::format("  {} -> {} {} ({})", component.from, component.to, component.object, kind(component)));
  auto outcome = succeeded({{"InfraCommit", record.landed.value}, {"SyncId", record.id.value}});
  outcome.notes = carried->notes;
  outcome.detail["sync"] = to_json(record);
  return outcome;
}

namespace {

constexpr std::string_view given_by_sync = "SyncId";

/// What the started run is told, as text whatever its JSON is.
Result<std::map<std::string, std::string>> inputs_of(const Work& work) {
  constexpr size_t inputs_max = 256;
  constexpr size_t bytes_max = 1000;
  static const RE2 name_pattern("[A-Za-z0-9_-]{1,60}");
  const auto refuse = [&](const std::string& what) { return failure(Fault::Invalid, "Inputs of {}: {}", work.action.name, what).with_code("E113").at(work.action.place); };
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : TRY(work.configured_map("Inputs"))) {
    const std::string key(name);
    auto text = value.is_string() ? std::string(value.as_string()) : to_text(value);
    if (!RE2::FullMatch(key, name_pattern)) return refuse(fmt::format("\"{}\" may use only letters, digits, - and _, at most 60", key));
    if (key == given_by_sync) return refuse(fmt::format("{} is what the sync of this run tells", key));
    if (text.size() > bytes_max) return refuse(fmt::format("{} has {} characters; the limit is {}", key, text.size(), bytes_max));
    out[key] = std::move(text);
  }
  if (out.size() > inputs_max) return refuse(fmt::format("{} entries; the limit is {}", out.size(), inputs_max));
  return out;
}

}  // namespace

Result<ActionOutcome> start_and_wait(const Work& work, const Start& start) {
  StartRequest request{.actor = work.run.id.value, .cause = work.run.id};
  request.inputs = TRY(inputs_of(work));
  request.repository = TRY(work.configured("Repository"));
  request.workflow = TRY(work.configured("Workflow"));
  request.branch = TRY(work.configured("Branch"));
  if (const auto sync = sync_of(work.run)) {
    request.inputs[std::string(given_by_sync)] = sync->id.value;
    if (request.repository == sync->target_repository) request.commit = sync->landed;
  }
  const auto id = TRY(start(request), "starting {} of {}", request.workflow, request.repository);
  work.say(fmt::format("waiting for {} ({} of {})", id.value, request.workflow, request.repository));
  const auto ended = TRY(work.shop.ledger->wait_for_end(id, work.stop));
  work.say(fmt::format("{} ended: {} {}", id.value, word(ended.status), ended.reason));
  ActionOutcome outcome{.succeeded = ended.status == RunStatus::Succeeded, .outputs = {{"RunId", id.value}}};
  outcome.held = ended.status == RunStatus::Held;
  for (const auto* noun : {"detection", "bundle", "release", "deployment", "proof"})
    if (const auto* detail = find_detail(ended, noun)) outcome.detail[noun] = *detail;
  outcome.detail["started_run"] = id.value;
  const bool let_go = ended.status == RunStatus::Stopped || ended.status == RunStatus::Cancelled || ended.status == RunStatus::Superseded;
  if (!outcome.succeeded)
    outcome.error = failure(outcome.held ? Fault::Denied : let_go ? Fault::Cancelled : Fault::Broken, "{} ended {}: {}", id.value, word(ended.status), ended.reason)
                        .with_code("TD0412")
                        .with_next("tandem why " + id.value);
  return outcome;
}

}  // namespace tandem::run
