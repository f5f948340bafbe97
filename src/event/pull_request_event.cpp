#include "event/pull_request_event.hpp"

namespace tandem::event {
namespace {

std::string word_of(PullRequestStep step) {
  switch (step) {
    case PullRequestStep::Open:
    case PullRequestStep::Draft: return "created";
    case PullRequestStep::Revision: return "revision";
    case PullRequestStep::Closed: return "closed";
    case PullRequestStep::Merged: return "merged";
  }
  throw Bug("a step without a word");
}

}  // namespace

Event event_of(const PullRequest& request, PullRequestStep step, const std::string& actor, Instant at) {
  auto id = fmt::format("pull:{}:{}", request.name(), word_of(step));
  if (step == PullRequestStep::Revision) id += ":" + request.head.value;
  return {.id = {std::move(id)}, .kind = EventKind::PullRequest, .repository = request.repository, .branch = request.source,
          .destination = request.destination, .step = step, .after = request.head, .actor = actor, .is_foreign = request.is_foreign(), .at = at};
}

}  // namespace tandem::event
