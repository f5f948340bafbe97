// explain-trigger

#include "base/text.hpp"
#include "run/commands.hpp"

namespace tandem::run {
namespace {

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
  if (name == "explain-trigger") return explain_trigger_command;
  return nullptr;
}

}  // namespace tandem::run
