// sync, compose, explain-trigger

#include "base/text.hpp"
#include "run/commands.hpp"
#include "sync/synchronise.hpp"

namespace tandem::run {
namespace {

Result<Answer> sync_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem sync");
  auto& shop = office.shop();
  sync::SyncRequest request{.run = {"command"}, .source = TRY(shop.repository(Role::Application)),
                            .target = TRY(shop.repository(Role::Infrastructure)), .commit = {fields.string_or("commit", "")},
                            .configuration = shop.configuration.sync};
  request.strategy = "coordinated";
  request.actor = fields.string_or("actor", "command");
  request.at = shop.clock.now();
  request.mode = fields.boolean_or("dry_run", false) ? sync::Mode::DryRun : sync::Mode::Apply;
  TRY(fields.finish());
  if (request.mode == sync::Mode::Apply)
    TRY(shop.ledger->record("sync.intended", "command", json::object{{"source", request.commit.value}, {"target", request.target.name}, {"branch", request.target.branch}}));
  const auto carried = TRY(sync::synchronise(request, shop.pair, shop.key));
  if (request.mode == sync::Mode::Apply) TRY(shop.ledger->record("sync.done", carried.record.id.value, to_json(carried.record)));
  json::array changes;
  for (const auto& change : carried.changes)
    changes.push_back({{"path", change.path},
                       {"kind", change.kind == git::ChangeKind::Added ? "added" : change.kind == git::ChangeKind::Removed ? "removed" : "modified"}});
  return Answer{json::object{{"schema", "tandem.sync/1"}, {"dry_run", request.mode == sync::Mode::DryRun},
                             {"in_place", carried.is_in_place}, {"record", to_json(carried.record)}, {"changes", changes},
                             {"notes", json_of(carried.notes)}}};
}

Result<Answer> explain_trigger_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem explain-trigger");
  auto& shop = office.shop();
  const auto name = fields.string_or("repo", "");
  auto repository = name.empty() ? TRY(shop.repository(Role::Application)) : TRY(shop.repository(name));
  repository.branch = fields.string_or("branch", repository.branch);
  const auto kind = event_kind_from(fields.string_or("event", "push"));
  if (!kind) return failure(Fault::Invalid, "no such event: {}", fields.string_or("event", "")).with_code("TD0101").with_next("use push, pull_request or schedule");
  Event event{.id = {"explain"}, .kind = *kind, .repository = repository.name, .branch = repository.branch, .destination = repository.branch, .at = shop.clock.now()};
  if (*kind == EventKind::PullRequest) event.step = PullRequestStep::Open;
  event.files_changed = fields.strings("files");
  event.files_known = !event.files_changed.empty();
  TRY(fields.finish());
  {
    const auto lock = TRY(shop.pair.lock(std::chrono::minutes{2}));
    TRY(shop.pair.fetch(repository));
  }
  event.after = TRY(shop.pair.tip(repository));
  json::array list;
  for (const auto& considered : TRY(office.dispatcher().consider(event)))
    list.push_back({{"file", considered.file},
                    {"workflow", considered.parsed.workflow ? json::value(considered.parsed.workflow->name) : json::value(nullptr)},
                    {"runs", considered.runs}, {"reason", considered.reason}, {"line", considered.place.line}, {"column", considered.place.column}});
  return Answer{json::object{{"schema", "tandem.explanation/1"}, {"repository", repository.name}, {"branch", repository.branch},
                             {"event", word(*kind)}, {"workflows", list}}};
}

}  // namespace

CommandBody find_repository_command(std::string_view name) {
  if (name == "sync") return sync_command;
  if (name == "explain-trigger") return explain_trigger_command;
  return nullptr;
}

}  // namespace tandem::run
