#include "run/dispatcher.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "run/code_way_back.hpp"
#include "run/trigger_explanation.hpp"
#include "run/validation.hpp"
#include "sync/cargo.hpp"
#include "workflow/trigger.hpp"

namespace tandem::run {
namespace {

/// "Tandem-Run: run-7" among the trailers of a sync's commit.
std::optional<RunId> run_of_trailers(const std::string& message) {
  const auto run = sync::trailer(message, "Run");
  return run ? std::optional(RunId{*run}) : std::nullopt;
}

/// Why a definition is not run: its first mistake, or what this machine lacks for it, and how many there are besides.
std::string why_not(const workflow::Parsed& parsed) {
  for (const auto severity : {Severity::Error, Severity::Capability}) {
    const auto is_such = [&](const Diagnostic& diagnostic) { return diagnostic.severity == severity; };
    const auto first = std::ranges::find_if(parsed.diagnostics, is_such);
    if (first == parsed.diagnostics.end()) continue;
    const auto more = std::ranges::count_if(parsed.diagnostics, is_such) - 1;
    return fmt::format("{}: {}{}", severity == Severity::Error ? "invalid definition" : "it cannot run here", text(*first),
                       more == 0 ? "" : fmt::format(" (and {} more: tandem validate lists them)", more));
  }
  return "invalid definition: it has errors";
}

/// The workflow files among what a push has changed.
std::vector<DefinitionChange> changed_definitions(const Event& event, const std::vector<Considered>& there) {
  std::vector<DefinitionChange> out;
  for (const auto& file : event.files_changed) {
    if (!file.starts_with(".codecatalyst/workflows/") || !(file.ends_with(".yml") || file.ends_with(".yaml"))) continue;
    const auto found = std::ranges::find_if(there, [&](const Considered& each) { return each.file == file; });
    DefinitionChange change{.file = file, .is_gone = found == there.end()};
    if (!change.is_gone && found->parsed.workflow) change.mode = found->parsed.workflow->mode;
    out.push_back(std::move(change));
  }
  return out;
}

/// By its file, or by its Name.
bool is_named(const Workflow& workflow, std::string_view name) {
  const auto ending = "/" + std::string(name);
  return workflow.file == name || workflow.file.ends_with(ending) || workflow.file.ends_with(ending + ".yml") || (!workflow.name.empty() && workflow.name == name);
}

/// What there is of a definition with errors: its names, and its triggers as far as they can be read.
Workflow outline_of(const Considered& considered) {
  const auto& outline = considered.parsed.outline;
  return {.name = outline.name, .file = considered.file, .triggers = outline.triggers.value_or(std::vector<Trigger>{})};
}

/// A definition that cannot be read still has a run that says why it did not happen.
Planned refusal_of(const Considered& considered) {
  Planned planned{.workflow = considered.parsed.workflow.value_or(outline_of(considered))};
  if (planned.workflow.name.empty()) planned.workflow.name = considered.file;
  planned.refusal = why_not(considered.parsed);
  return planned;
}

}  // namespace

workflow::Known Dispatcher::known() const {
  auto known = known_names(shop_.configuration);
  if (auto names = shop_.secrets.names()) known.secrets = std::move(*names);
  return known;
}

Result<std::vector<Considered>> Dispatcher::consider(const Event& event) {
  std::vector<Considered> out;
  const auto names = known();
  const auto store = TRY(shop_.objects());
  const auto definitions = TRY(definitions_at(store, event.after));
  if (definitions.left_out > 0)
    log(Level::Warning, "workflows.left-out", {{"repository", event.repository}, {"commit", event.after.value}, {"count", static_cast<std::int64_t>(definitions.left_out)}});
  for (const auto& file : definitions.files) {
    Considered considered{.file = file.path, .parsed = parse(file, names)};
    if (considered.parsed.workflow) {
      const auto answer = workflow::answer(*considered.parsed.workflow, event);
      considered.runs = answer.runs;
      considered.reason = answer.reason;
      considered.place = answer.place;
    } else {
      const auto& triggers = considered.parsed.outline.triggers;
      considered.runs = !triggers || workflow::answer(outline_of(considered), event).runs;
      considered.reason = "it has errors: tandem validate lists them";
    }
    out.push_back(std::move(considered));
  }
  return out;
}

Result<EventArrived> Dispatcher::plan(const Event& event) {
  EventArrived arrived{event, {}};
  const auto all = TRY(consider(event));
  if (event.kind == EventKind::Push) arrived.definitions = changed_definitions(event, all);
  for (const auto& considered : all) {
    if (!considered.runs) continue;
    if (!considered.parsed.runnable()) arrived.runs.push_back(refusal_of(considered));
    else arrived.runs.push_back({.workflow = *considered.parsed.workflow});
  }
  return arrived;
}

/// Fetches only when the commit is not here: asking git takes longer than all the rest of starting a run.
Done Dispatcher::bring(const RepositoryConfiguration& repository, const CommitId& commit) {
  const auto store = TRY(shop_.objects());
  if (store.commit(commit)) return done();
  const auto lock = TRY(shop_.pair.lock(std::chrono::minutes{2}));
  return shop_.pair.fetch(repository);
}

Result<CommitId> Dispatcher::newest(const RepositoryConfiguration& repository) {
  if (repository.is_here()) {
    const auto opened = TRY(git::Repository::open(repository.url));
    if (const auto tip = TRY(opened.find_ref("refs/heads/" + repository.branch))) {
      TRY(bring(repository, *tip));
      return *tip;
    }
  }
  const auto lock = TRY(shop_.pair.lock(std::chrono::minutes{2}));
  TRY(shop_.pair.fetch(repository), "fetching {}", repository.name);
  return shop_.tip(repository);
}

Result<EventArrived> Dispatcher::plan(const StartRequest& request) {
  auto repository = TRY(shop_.repository(request.repository));
  if (!request.branch.empty()) repository.branch = request.branch;
  Event event{.id = {fresh_id("ev")}, .kind = request.cause ? EventKind::Run : EventKind::Command, .repository = repository.name,
              .branch = repository.branch, .after = request.commit, .actor = request.actor, .cause = request.cause,
              .at = shop_.clock.now()};
  if (event.after.empty()) event.after = TRY(newest(repository), "looking for the tip of {}", repository.branch);
  else TRY(bring(repository, event.after));
  std::vector<std::string> names;
  for (const auto& considered : TRY(consider(event))) {
    const auto& found = considered.parsed.workflow;
    const auto here = found.value_or(outline_of(considered));
    const bool wanted = is_named(here, request.workflow);
    if (!here.name.empty()) names.push_back(here.name);
    if (!wanted) continue;
    auto planned = found && considered.parsed.runnable() ? Planned{.workflow = *found} : refusal_of(considered);
    planned.inputs = request.inputs;
    return EventArrived{std::move(event), {std::move(planned)}};
  }
  return failure(Fault::Missing, "{} has no workflow {} at {} ({})", repository.name, request.workflow, event.after.value.substr(0, 12),
                 repository.branch)
      .with_code("TD0124")
      .with_next(names.empty() ? "add one below .codecatalyst/workflows/" : "use one of: " + join(names, ", "));
}

Result<std::optional<Event>> Dispatcher::push_event(const std::string& name, const std::string& branch, const CommitId& before,
                                                    const CommitId& after, const std::string& actor) {
  auto repository = TRY(shop_.repository(name));
  const auto last = TRY(shop_.ledger->history([&](store::History& history) { return history.tip(name, branch); }));
  if (last == after) return std::optional<Event>{};
  repository.branch = branch;
  Event event{.id = {fmt::format("push:{}:{}:{}:{}", name, branch, last.value_or(before).value, after.value)}, .kind = EventKind::Push,
              .repository = name, .branch = branch, .before = last.value_or(before), .after = after, .actor = actor,
              .at = shop_.clock.now()};
  TRY(bring(repository, after));
  const auto store = TRY(shop_.objects());
  const auto commit = TRY(store.commit(after));
  event.cause = run_of_trailers(commit.message);
  if (!event.before.empty()) {
    const auto from = store.tree_of(event.before);  // gone after a forced push: then all files count as changed
    if (from) {
      for (const auto& change : TRY(store.changes(*from, commit.tree))) event.files_changed.push_back(change.path);
      event.files_known = true;
    }
  }
  return std::optional(std::move(event));
}

Result<bool> Dispatcher::is_way_back(const Event& event) const {
  const auto repository = TRY(shop_.repository(event.repository));
  if (repository.role != Role::Infrastructure) return false;
  const auto store = TRY(shop_.objects());
  const auto commit = TRY(store.commit(event.after));
  return sync::trailer(commit.message, "Strategy") == strategy_of_the_way_back;
}

Result<std::optional<RunId>> Dispatcher::find_caused(const Event& event, const Planned& planned) {
  if (!event.cause) return std::optional<RunId>{};
  const auto runs = TRY(shop_.ledger->history([&](store::History& history) {
    return history.caused_runs(event.repository, planned.workflow.file, event.after, *event.cause);
  }));
  const auto found = std::ranges::find_if(runs, [&](const Run& run) { return is_asked_for(run, planned); });
  return found == runs.end() ? std::optional<RunId>{} : std::optional(found->id);
}

bool Dispatcher::is_asked_for_with_inputs(const Event& event, const Planned& planned) const {
  if (!event.cause) return false;
  return shop_.ledger->state([&](const State& state) {
    const auto* run = state.find(*event.cause);
    return run != nullptr && std::ranges::any_of(run->workflow.actions, [&](const Action& action) {
      const auto* repository = action.configuration.if_contains("Repository");
      const auto* workflow = action.configuration.if_contains("Workflow");
      return action.identifier.starts_with("tandem/start-workflow@") && !is_final(state_of(*run, action.name).status) &&
             action.configuration.contains("Inputs") && repository != nullptr && *repository == json::string_view(event.repository) &&
             workflow != nullptr && workflow->is_string() && is_named(planned.workflow, workflow->as_string());
    });
  });
}

}  // namespace tandem::run
