#include "record/pull_request.hpp"

#include "record/words.hpp"

namespace tandem {
namespace {
constexpr Words<PullRequestStatus, 4> statuses{{{{PullRequestStatus::Open, "OPEN"},
                                                 {PullRequestStatus::Draft, "DRAFT"},
                                                 {PullRequestStatus::Closed, "CLOSED"},
                                                 {PullRequestStatus::Merged, "MERGED"}}}};
}  // namespace

std::string_view word(PullRequestStatus status) { return statuses.word(status); }

std::string PullRequest::head_ref() const { return kept_at.empty() ? fmt::format("refs/pull/{}/head", number) : kept_at; }
std::string PullRequest::name() const { return fmt::format("{}#{}", repository, number); }

json::value to_json(const PullRequest& request) {
  return json::object{{"repository", request.repository}, {"number", request.number},       {"source", request.source},
                      {"destination", request.destination}, {"from", request.from.empty() ? json::value(nullptr) : json::value(request.from)},
                      {"title", request.title},           {"author", request.author},       {"status", word(request.status)},
                      {"head", request.head.value},       {"kept_at", request.kept_at.empty() ? json::value(nullptr) : json::value(request.kept_at)}};
}

Result<PullRequest> pull_request_from_json(const json::value& value) {
  Fields fields(value, "a pull request");
  PullRequest request;
  request.repository = fields.string("repository");
  request.number = fields.integer("number");
  request.source = fields.string("source");
  request.destination = fields.string("destination");
  request.from = fields.string_or("from", "");
  request.title = fields.string_or("title", "");
  request.author = fields.string_or("author", "");
  const auto status = statuses.find(fields.string("status"));
  if (!status) fields.refuse("has an unknown status");
  request.status = status.value_or(PullRequestStatus::Closed);
  request.head.value = fields.string_or("head", "");
  request.kept_at = fields.string_or("kept_at", "");
  TRY(fields.finish());
  return request;
}

}  // namespace tandem
