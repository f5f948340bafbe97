#include "run/station.hpp"

namespace tandem::run {
namespace {

template <typename Record, typename Parse>
Result<Record> record_of(const Run& run, std::string_view noun, std::string_view action, Parse parse) {
  const auto* detail = find_detail(run, noun);
  if (detail == nullptr)
    return failure(Fault::Missing, "{} has no {} yet", run.id.value, noun).with_code("TD0410")
        .with_next(fmt::format("put a {} action before this one (DependsOn)", action));
  return parse(*detail);
}

/// As the service would have called it.
std::string trigger_type(EventKind kind) {
  if (kind == EventKind::Push) return "PUSH";
  if (kind == EventKind::PullRequest) return "PULLREQUEST";
  return kind == EventKind::Schedule ? "SCHEDULE" : "MANUAL";
}

/// Text that whoever made the commit chose freely. A commit that cannot be read has none.
void add_commit(Workshop& shop, const Run& run, std::map<std::string, std::string>& source) {
  source["CommitAuthor"] = "";
  source["CommitMessage"] = "";
  const auto store = shop.objects();
  const auto commit = store ? store->commit(run.commit) : Result<git::Commit>(store.error());
  if (!commit) return;
  source["CommitAuthor"] = commit->author.name;
  source["CommitMessage"] = commit->message;
}

}  // namespace

Result<std::string> Work::configured(std::string_view key, std::string other) const {
  const auto* value = action.configuration.if_contains(key);
  if (value == nullptr || value->is_null()) return other;
  const auto* text = value->if_string();
  if (text == nullptr) return failure(Fault::Invalid, "{} of {} must be a text", key, action.name).at(action.place).with_code("E113");
  const auto known = TRY(values());
  return workflow::substituted(std::string_view(*text), known);
}

Result<json::object> Work::configured_map(std::string_view key) const {
  const auto* written = action.configuration.if_contains(key);
  if (written == nullptr || written->is_null()) return json::object{};
  const auto known = TRY(values());
  // JSON text is parsed first, so that no value that is put in can change what it means.
  const auto* text = written->if_string();
  const auto parsed = text == nullptr ? Result<json::value>(*written) : parse_json(std::string_view(*text), key);
  if (!parsed) return Error(parsed.error()).with_code("E113").at(action.place);
  auto value = TRY(workflow::substituted(*parsed, known), "reading {} of {}", key, action.name);
  if (!value.is_object()) return failure(Fault::Invalid, "{} of {} must be a JSON map", key, action.name).with_code("E113").at(action.place);
  return std::move(value.as_object());
}

Result<workflow::Values> Work::values() const {
  workflow::Values out{.group = action.group};
  for (const auto& [name, state] : run.actions)
    if (state.outcome && state.outcome->succeeded) out.outputs[name] = state.outcome->outputs;
  out.source = {{"CommitId", run.commit.value},
                {"BranchName", run.event.branch},
                {"SourceType", "GIT"},
                {"TriggerType", trigger_type(run.event.kind)},
                {"DestinationBranchName", run.event.destination}};
  add_commit(shop, run, out.source);
  for (const auto& [name, value] : run.inputs) out.outputs["Inputs"][name] = value;
  for (const auto& name : workflow::secrets_of(action)) {
    if (run.event.is_foreign)
      return failure(Fault::Denied, "{} names the secret {}, and a pull request from outside is given none", action.name, name).with_code("TD0409")
          .at(action.place).with_next("take the change in by a branch of this repository");
    auto value = TRY(shop.secrets.find(name));
    if (!value) return failure(Fault::Missing, "the secret {} does not exist in this project", name).with_code("E163")
                       .with_next(fmt::format("tandem secrets set {} < FILE", name));
    out.secrets[name] = std::move(*value);
  }
  return out;
}

const json::value* find_detail(const Run& run, std::string_view noun) {
  const json::value* found = nullptr;
  for (const auto& action : run.workflow.actions) {
    const auto state = run.actions.find(action.name);
    if (state == run.actions.end() || !state->second.outcome) continue;
    if (const auto* value = state->second.outcome->detail.if_contains(noun)) found = value;
  }
  return found;
}

Result<SyncRecord> sync_of(const Run& run) { return record_of<SyncRecord>(run, "sync", "tandem/sync@v1", sync_record_from_json); }
Result<Bundle> bundle_of(const Run& run) { return record_of<Bundle>(run, "bundle", "tandem/compose@v1", bundle_from_json); }
Result<Release> release_of(const Run& run) { return record_of<Release>(run, "release", "tandem/deploy@v1", release_from_json); }
Result<Deployment> deployment_of(const Run& run) {
  return record_of<Deployment>(run, "deployment", "tandem/deploy@v1", deployment_from_json);
}

ActionOutcome succeeded(std::map<std::string, std::string> outputs) {
  return ActionOutcome{.succeeded = true, .outputs = std::move(outputs)};
}

Result<Deployment> note_deployment(Workshop& shop, Deployment deployment) {
  deployment.at = shop.clock.now();
  TRY(shop.ledger->record("deployment.changed", deployment.id.value, to_json(deployment)));
  return deployment;
}

}  // namespace tandem::run
