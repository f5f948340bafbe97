// pull-request

#include <charconv>

#include "run/pull_requests.hpp"

namespace tandem::run {
namespace {

Result<std::int64_t> number_in(Fields& fields) {
  const auto text = fields.string_or("number", "");
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc{} && end == text.data() + text.size() && number > 0) return number;
  return failure(Fault::Invalid, "which pull request? \"{}\" is no number", text).with_code("TD0101").with_next("tandem pull-request list shows them");
}

Result<PullRequest> act(PullRequests& requests, const std::string& what, Fields& fields) {
  const auto actor = fields.string_or("actor", "command");
  const auto repository = fields.string_or("repo", "");
  if (what == "open")
    return requests.open({.repository = repository, .source = fields.string_or("source", ""), .destination = fields.string_or("destination", ""),
                          .from = fields.string_or("from", ""), .title = fields.string_or("title", ""),
                          .status = fields.boolean_or("draft", false) ? PullRequestStatus::Draft : PullRequestStatus::Open}, actor);
  const auto number = TRY(number_in(fields));
  if (what == "update") return requests.update(repository, number, actor);
  if (what == "close") return requests.close(repository, number, actor);
  if (what == "merge") return requests.merge(repository, number, actor);
  return failure(Fault::Invalid, "tandem pull-request has no {}", what).with_code("TD0101").with_next("use open, update, close, merge or list");
}

Result<Answer> pull_request_command(Office& office, const json::object& arguments) {
  Fields fields(arguments, "tandem pull-request");
  PullRequests requests(office);
  const auto what = fields.string_or("what", "list");
  json::array list;
  if (what == "list") {
    for (const auto& repository : office.shop().configuration.repositories)
      for (const auto& request : TRY(requests.list(repository.name)))
        if (const auto only = fields.string_or("repo", ""); only.empty() || only == repository.name) list.push_back(to_json(request));
    return Answer{json::object{{"schema", "tandem.pull-requests/1"}, {"pull_requests", list}}};
  }
  const auto request = TRY(act(requests, what, fields));
  return Answer{json::object{{"schema", "tandem.pull-request/1"}, {"pull_request", to_json(request)}}};
}

}  // namespace

CommandBody find_event_command(std::string_view name) { return name == "pull-request" ? pull_request_command : nullptr; }

}  // namespace tandem::run
