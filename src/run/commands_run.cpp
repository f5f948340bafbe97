// run, runs, logs, why, approve, artifacts, notify

#include "base/archive.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "report/summary.hpp"
#include "run/commands.hpp"
#include "run/explanation.hpp"

namespace tandem::run {
namespace {

/// "17" and "run-17" mean the same; none means the newest.
Result<Run> run_named(Office& office, Fields& fields, std::string_view key = "run") {
  auto& ledger = *office.shop().ledger;
  auto name = fields.string_or(key, "");
  if (name.empty()) {
    auto newest = TRY(ledger.history([](store::History& history) { return history.runs({.count = 1}); }));
    if (newest.empty()) return failure(Fault::Missing, "there are no runs yet").with_code("TD0125")
                            .with_next("push to a repository, or tandem run WORKFLOW");
    return std::move(newest.front());
  }
  if (!name.starts_with("run-")) name = "run-" + name;
  auto run = TRY(ledger.find_run(RunId{name}));
  if (!run) return failure(Fault::Missing, "no such run: {}", name).with_code("TD0125").with_next("tandem runs lists them");
  return std::move(*run);
}

json::object brief(const Run& run) {
  return {{"id", run.id.value},
          {"workflow", run.workflow.name},
          {"repository", run.repository},
          {"branch", run.event.branch},
          {"commit", run.commit.value},
          {"status", word(run.status)},
          {"degraded", run.degraded},
          {"cause", run.event.cause ? json::value(run.event.cause->value) : json::value(nullptr)},
          {"actor", run.event.actor},
          {"created", rfc3339(run.created)},
          {"ended", run.ended ? json::value(rfc3339(*run.ended)) : json::value(nullptr)},
          {"reason", run.reason.empty() ? json::value(nullptr) : json::value(run.reason)}};
}

/// The whole run, with the last line of each action's log and the runs it started.
json::object whole(Office& office, const Run& run) {
  auto document = to_json(run).as_object();
  for (auto& action : document["actions"].as_array()) {
    const auto name = std::string(action.at("name").as_string());
    const auto place = std::ranges::find_if(run.workflow.actions, [&](const Action& each) { return each.name == name; });
    action.as_object()["identifier"] = place->identifier;
    action.as_object()["depends_on"] = json_of(place->depends_on);
    action.as_object()["last_line"] = office.shop().logs.last_line(run.id, name);
  }
  return document;
}

Result<Answer> answer_run(Office& office, const Run& run) {
  return Answer{json::object{{"schema", "tandem.run/1"}, {"run", whole(office, run)}, {"exit", exit_code_of(run)}}, 0};
}

Result<RunId> start_named(Office& office, Fields& fields) {
  StartRequest request{.repository = fields.string_or("repo", ""), .workflow = fields.string_or("workflow", ""),
                       .branch = fields.string_or("branch", ""), .actor = fields.string_or("actor", "command")};
  if (fields.find("from_failed") != nullptr)
    return office.repeat(TRY(run_named(office, fields, "from_failed")), Repetition::FromFailed, request.actor);
  if (fields.find("exact") != nullptr)
    return office.repeat(TRY(run_named(office, fields, "exact")), Repetition::Exact, request.actor);
  if (request.workflow.empty())
    return failure(Fault::Invalid, "tandem run needs a workflow").with_code("TD0101").with_next("tandem run api-deployment");
  if (!request.repository.empty()) return office.start(request);
  std::optional<Error> first;
  for (const auto& repository : office.shop().configuration.repositories) {
    request.repository = repository.name;
    auto started = office.start(request);
    if (started || started.error().code != "TD0124") return started;
    if (!first) first = std::move(started.error());
  }
  return first.value_or(failure(Fault::Missing, "tandem.yaml names no repositories"));
}

Result<Answer> run_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem run");
  if (fields.find("cancel") != nullptr) {
    const auto run = TRY(run_named(office, fields, "cancel"));
    if (is_final(run.status)) return failure(Fault::Invalid, "{} has ended: {}", run.id.value, word(run.status)).with_code("TD0126");
    TRY(office.conductor().cancel(run.id, fields.string_or("actor", "command")));
    return Answer{json::object{{"schema", "tandem.cancel/1"}, {"run", run.id.value}}};
  }
  const auto id = TRY(start_named(office, fields));
  const auto made = TRY(office.shop().ledger->find_run(id));
  if (made && made->status == RunStatus::NotRun && made->reason.starts_with("queue full"))
    return failure(Fault::Unavailable, "{} was not run: {}", id.value, made->reason).with_code("TD0130")
        .with_next(fmt::format("try again when fewer runs of {} wait: tandem runs --status queued", made->workflow.name));
  return Answer{json::object{{"schema", "tandem.started/1"}, {"run", id.value}}};
}

Result<Answer> runs_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem runs");
  if (const auto wait = fields.integer_or("wait_ms", 0); wait > 0)
    office.shop().ledger->wait_for_news(fields.integer_or("seen", 0), Duration{std::min<std::int64_t>(wait, 10'000)});
  if (fields.find("run") != nullptr) {
    const auto run = TRY(run_named(office, fields));
    auto answer = TRY(answer_run(office, run));
    answer.document.as_object()["seen"] = office.shop().ledger->last();
    return answer;
  }
  store::RunQuery query{fields.string_or("repo", ""), fields.string_or("workflow", ""), upper(fields.string_or("status", "")),
                        fields.integer_or("before", 0), static_cast<size_t>(std::clamp<std::int64_t>(fields.integer_or("limit", 20), 1, 1000))};
  TRY(fields.finish());
  json::array list;
  json::value next = nullptr;
  ++query.count;                     // one more tells whether there is a next page
  auto found = TRY(office.shop().ledger->history([&](store::History& history) { return history.runs(query); }));
  if (found.size() == query.count) {
    found.pop_back();
    next = store::run_number(found.back().id);
  }
  for (const auto& run : found) list.push_back(brief(run));
  return Answer{json::object{{"schema", "tandem.runs/1"}, {"runs", list}, {"next", next}}};
}

Result<Answer> logs_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem logs");
  const auto run = TRY(run_named(office, fields));
  const auto only = fields.string_or("action", "");
  const bool failed = fields.boolean_or("failed", false);
  const json::value offsets = fields.object("offsets");
  json::array lines;
  json::object next;
  bool known = only.empty();
  for (const auto& action : run.workflow.actions) {
    known = known || action.name == only;
    const auto state = run.actions.find(action.name);
    if ((!only.empty() && action.name != only) || (failed && (state == run.actions.end() || state->second.status != ActionStatus::Failed))) continue;
    const auto* from = offsets.as_object().if_contains(action.name);
    const auto piece = TRY(office.shop().logs.read(run.id, action.name, from != nullptr && from->is_int64() ? from->as_int64() : 0));
    for (const auto& line : piece.lines) lines.push_back({{"at", line.at}, {"action", line.action}, {"text", line.text}});
    next[action.name] = piece.next;
  }
  if (!known) return failure(Fault::Missing, "{} has no action {}", run.id.value, only).with_code("TD0127");
  return Answer{json::object{{"schema", "tandem.logs/1"}, {"run", run.id.value}, {"status", word(run.status)},
                             {"final", is_final(run.status)}, {"lines", lines}, {"offsets", next}}};
}

Result<Answer> why_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem why");
  const auto run = TRY(run_named(office, fields));
  auto document = explanation_of(office, run);
  document["run"] = brief(run);
  return Answer{std::move(document)};
}

Result<Answer> approve_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem approve");
  const auto run = TRY(run_named(office, fields));
  const auto action = fields.string("action");
  TRY(fields.finish());
  const bool approved = !fields.boolean_or("reject", false);
  TRY(office.conductor().approve({run.id, action, fields.string_or("actor", "command"), approved, fields.string_or("reason", "")}));
  return Answer{json::object{{"schema", "tandem.approval/1"}, {"run", run.id.value}, {"action", action}, {"approved", approved}}};
}

Result<Answer> artifacts_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem artifacts");
  const auto run = TRY(run_named(office, fields));
  const auto all = TRY(office.shop().ledger->history([&](store::History& history) { return history.artifacts(run.id); }));
  const auto name = fields.string_or("name", "");
  json::array list;
  for (const auto& artifact : all) {
    list.push_back(to_json(artifact));
    if (name.empty() || artifact.name != name) continue;
    const auto bytes = TRY(office.shop().artifacts.get(artifact.digest));
    return Answer{json::object{{"schema", "tandem.artifact/1"}, {"artifact", to_json(artifact)},
                               {"text", is_valid_utf8(bytes) ? json::value(bytes) : json::value(nullptr)}, {"base64", base64(bytes)}}};
  }
  if (!name.empty()) return failure(Fault::Missing, "{} kept no artifact {}", run.id.value, name).with_code("TD0129");
  return Answer{json::object{{"schema", "tandem.artifacts/1"}, {"run", run.id.value}, {"artifacts", list}}};
}

Result<Answer> notify_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem notify");
  const auto repository = fields.string("repository");
  TRY(fields.finish());
  TRY(office.shop().repository(repository));
  int noticed = 0;
  for (const auto& update : fields.strings("updates")) {
    const auto words = split(trimmed(update), ' ');
    constexpr std::string_view heads = "refs/heads/";
    if (words.size() != 3 || !words[2].starts_with(heads) || words[2].starts_with("refs/heads/tandem/")) continue;
    const auto commit_of = [](const std::string& id) { return CommitId{id.find_first_not_of('0') == std::string::npos ? "" : id}; };
    office.notice(repository, words[2].substr(heads.size()), commit_of(words[0]), commit_of(words[1]), fields.string_or("actor", "push"));
    ++noticed;
  }
  return Answer{json::object{{"schema", "tandem.notified/1"}, {"branches", noticed}}};
}

}  // namespace

CommandBody find_run_command(std::string_view name) {
  if (name == "run") return run_command;
  if (name == "runs") return runs_command;
  if (name == "logs") return logs_command;
  if (name == "why") return why_command;
  if (name == "approve") return approve_command;
  if (name == "artifacts") return artifacts_command;
  if (name == "notify") return notify_command;
  return nullptr;
}

}  // namespace tandem::run
