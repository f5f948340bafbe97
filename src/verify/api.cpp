#include "verify/api.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"

namespace tandem::verify {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// What the application said about a refusal, short. Never more: an answer may hold what is nobody's business.
std::string said_by(const Answer& answer) {
  for (const auto* name : {"message", "detail", "error"})
    if (const auto* said = find(answer.body, name); said != nullptr && said->is_string())
      return fmt::format(" ({})", std::string_view(said->as_string()).substr(0, 120));
  return {};
}

/// Answers that no application gives: those of the gateway before it.
bool is_gateways_own(const Answer& answer) {
  if (answer.status == 502 || answer.status == 503 || answer.status == 504) return true;
  if (answer.status != 403) return false;
  const auto* message = find(answer.body, "message");
  if (message == nullptr || !message->is_string()) return false;
  // An application may say "Forbidden" as well; the gateway signs its own.
  return message->as_string() == "Missing Authentication Token" || answer.headers.find("x-amzn-ErrorType").has_value();
}

bool is_json(const Answer& answer) {
  return lower(answer.headers.find("Content-Type").value_or("")).contains("json");
}

}  // namespace

Blame blame_of(const Error& error) {
  switch (error.fault) {
    case Fault::Invalid: return Blame::Application;
    case Fault::Unavailable:
    case Fault::TimedOut:
    case Fault::Denied: return Blame::Path;
    case Fault::Conflict:
    case Fault::Cancelled: return Blame::Inconclusive;
    case Fault::Missing:
    case Fault::Broken: return Blame::Checker;
  }
  return Blame::Checker;
}

Api::Api(std::string base, Duration request_limit, SteadyClock::time_point until, std::stop_token stop)
    : base_(std::move(base)), request_limit_(request_limit), until_(until), stop_(std::move(stop)) {
  while (base_.ends_with('/')) base_.pop_back();
}

void Api::allow_until(SteadyClock::time_point until) {
  until_ = until;
  stop_ = {};
}

Result<Answer> Api::ask(std::string_view method, std::string_view path, const Asking& asking) const {
  const auto left = std::chrono::duration_cast<Duration>(until_ - SteadyClock::now());
  if (left <= Duration::zero()) return failure(Fault::Conflict, "the time for verification was used up before");
  Fetch request;
  request.method = method;
  request.url = base_ + std::string(path);
  request.headers.add("Accept", "application/json");
  if (!asking.token.empty()) request.headers.add("Authorization", "Bearer " + asking.token);
  if (!asking.body.empty()) request.headers.add("Content-Type", asking.content_type);
  request.body = asking.body;
  request.time_limit = std::min(request_limit_, left);
  request.stop = stop_;
  request.body_bytes_max = 8UL << 20;
  auto fetched = TRY(fetch(request), "asking {} {}", method, path.substr(0, path.find('?')));
  Answer answer{fetched.status, std::move(fetched.headers), std::move(fetched.body), nullptr, fetched.took};
  if (auto body = parse_json(answer.text); body) answer.body = std::move(*body);
  if (is_gateways_own(answer))
    return failure(answer.status == 504 ? Fault::TimedOut : Fault::Unavailable, "the gateway answered {}{}", answer.status, said_by(answer));
  if (answer.status == 429) return failure(Fault::Conflict, "throttled: 429{}", said_by(answer));
  return answer;
}

Result<Answer> Api::expect(std::initializer_list<int> statuses, std::string_view method, std::string_view path,
                           const Asking& asking) const {
  auto answer = TRY(ask(method, path, asking));
  if (std::ranges::find(statuses, answer.status) != statuses.end()) return answer;
  return wrong("{} {}: expected {}, got {}{}", method, path.substr(0, path.find('?')), fmt::join(statuses, " or "), answer.status, said_by(answer));
}

const json::value* find(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

Result<std::string> text_at(const json::value& value, std::string_view name) {
  const auto* member = find(value, name);
  if (member == nullptr) return wrong("{} is missing in the answer", name);
  if (!member->is_string()) return wrong("{} is no text in the answer", name);
  return std::string(member->as_string());
}

Result<bool> bool_at(const json::value& value, std::string_view name) {
  const auto* member = find(value, name);
  if (member == nullptr) return wrong("{} is missing in the answer", name);
  if (!member->is_bool()) return wrong("{} is neither true nor false in the answer", name);
  return member->as_bool();
}

Done expect_person(const json::value& value) {
  static const RE2 uuid("(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  const auto id = TRY(text_at(value, "id"));
  if (!RE2::FullMatch(id, uuid)) return wrong("the id of a person is no UUID");
  for (const auto* name : {"firstName", "lastName", "email"}) TRY(text_at(value, name));
  for (const auto* name : {"isAdmin", "isActive"}) TRY(bool_at(value, name));
  for (const auto* name : {"createdAt", "updatedAt"}) {
    const auto at = TRY(text_at(value, name));
    if (!parse_rfc3339(at)) return wrong("{} is not written as RFC 3339", name);
  }
  for (const auto* name : {"phone", "dateOfBirth", "address"})
    if (find(value, name) == nullptr) return wrong("{} is missing in the answer", name);
  for (const auto& member : value.as_object())
    if (lower(member.key()).contains("password")) return wrong("a person is shown with {}", std::string_view(member.key()));
  return done();
}

Result<json::array> expect_page(const Answer& answer) {
  const auto* items = find(answer.body, "items");
  if (items == nullptr || !items->is_array()) return wrong("the answer has no list \"items\"");
  const auto* cursor = find(answer.body, "nextCursor");
  if (cursor == nullptr || !(cursor->is_null() || cursor->is_string())) return wrong("nextCursor is neither text nor null");
  for (const auto& item : items->as_array()) TRY(expect_person(item), "reading the items");
  return items->as_array();
}

Done expect_message(const Answer& answer) {
  if (!is_json(answer) || !answer.body.is_object()) return wrong("{} comes without a JSON body", answer.status);
  for (const auto* name : {"message", "detail", "error"})
    if (find(answer.body, name) != nullptr) return done();
  return wrong("{} comes without a message", answer.status);
}

}  // namespace tandem::verify
