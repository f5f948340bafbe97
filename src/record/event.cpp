#include "record/event.hpp"

#include "record/words.hpp"

namespace tandem {
namespace {
constexpr Words<EventKind, 5> kinds{{{{EventKind::Push, "push"},
                                      {EventKind::PullRequest, "pull_request"},
                                      {EventKind::Schedule, "schedule"},
                                      {EventKind::Command, "command"},
                                      {EventKind::Run, "run"}}}};
constexpr Words<PullRequestStep, 5> steps{{{{PullRequestStep::Open, "OPEN"},
                                            {PullRequestStep::Revision, "REVISION"},
                                            {PullRequestStep::Closed, "CLOSED"},
                                            {PullRequestStep::Draft, "DRAFT"},
                                            {PullRequestStep::Merged, "MERGED"}}}};
}  // namespace

std::string_view word(EventKind kind) { return kinds.word(kind); }
std::optional<EventKind> event_kind_from(std::string_view text) { return kinds.find(text); }

json::value to_json(const Event& event) {
  return json::object{
      {"id", event.id.value},
      {"kind", word(event.kind)},
      {"repository", event.repository},
      {"branch", event.branch},
      {"destination", event.destination.empty() ? json::value(nullptr) : json::value(event.destination)},
      {"step", event.step ? json::value(steps.word(*event.step)) : json::value(nullptr)},
      {"before", event.before.value},
      {"after", event.after.value},
      {"files_changed", event.files_known ? json::value(json_of(event.files_changed)) : json::value(nullptr)},
      {"actor", event.actor},
      {"cause", event.cause ? json::value(event.cause->value) : json::value(nullptr)},
      {"is_foreign", event.is_foreign},
      {"at", rfc3339(event.at)}};
}

Result<Event> event_from_json(const json::value& value) {
  Fields fields(value, "an event");
  Event event;
  event.id.value = fields.string("id");
  const auto kind = kinds.find(fields.string("kind"));
  if (!kind) fields.refuse("has an unknown kind");
  event.kind = kind.value_or(EventKind::Command);
  event.repository = fields.string("repository");
  event.branch = fields.string_or("branch", "");
  event.destination = fields.string_or("destination", "");
  if (const auto step = fields.maybe_string("step")) event.step = steps.find(*step);
  event.before.value = fields.string_or("before", "");
  event.after.value = fields.string_or("after", "");
  event.files_known = fields.find("files_changed") != nullptr;
  event.files_changed = fields.strings("files_changed");
  event.actor = fields.string_or("actor", "");
  if (const auto cause = fields.maybe_string("cause")) event.cause = RunId{*cause};
  event.is_foreign = fields.boolean_or("is_foreign", false);
  event.at = fields.instant("at");
  TRY(fields.finish());
  return event;
}

}  // namespace tandem
