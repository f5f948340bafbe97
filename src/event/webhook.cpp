#include "event/webhook.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem::event {
namespace {

constexpr std::string_view merge_request_event = "Merge Request Hook";   // as GitLab calls it
constexpr auto tolerance = std::chrono::minutes{5};   // Standard Webhooks: "Verifying signatures"

/// How one forge signs and what it calls things.
struct Dialect {
  std::string event;
  std::string id;
  std::string_view actor_in;   ///< the member of the body that holds the actor: "sender.login"
  bool is_wrapped = false;     ///< Standard Webhooks: what happened lies in "data"
};

std::string header(const Headers& headers, std::string_view name) { return headers.find(name).value_or(""); }

Error refused(std::string what) {
  return failure(Fault::Denied, "{}", std::move(what)).with_code("TD0151").with_next("give the forge the secret that webhook-secrets of this repository names");
}

/// Every secret is tried and none leaves early: how long it takes tells nothing.
template <typename Proof>
bool is_proven(const std::vector<std::string>& secrets, Proof proof) {
  bool proven = false;
  for (const auto& secret : secrets) proven = (!secret.empty() && proof(secret)) || proven;
  return proven;
}

Result<Dialect> github(const Headers& headers, std::string_view body, const std::vector<std::string>& secrets) {
  constexpr std::string_view prefix = "sha256=";
  const auto shown = lower(header(headers, "X-Hub-Signature-256"));
  const auto proven = is_proven(secrets, [&](const std::string& secret) {
    return equal_in_constant_time(shown, std::string(prefix) + hex(hmac_sha256(secret, body)));
  });
  if (!proven) return refused("the signature X-Hub-Signature-256 is not of this body and any secret");
  return Dialect{header(headers, "X-GitHub-Event"), header(headers, "X-GitHub-Delivery"), "sender.login"};
}

Result<Dialect> gitlab(const Headers& headers, const std::vector<std::string>& secrets) {
  const auto shown = header(headers, "X-Gitlab-Token");
  if (!is_proven(secrets, [&](const std::string& secret) { return equal_in_constant_time(shown, secret); }))
    return refused("X-Gitlab-Token is no secret of this repository");
  const auto event = header(headers, "X-Gitlab-Event");
  return Dialect{event == "Push Hook" ? "push" : event, header(headers, "X-Gitlab-Event-UUID"), "user_username"};
}

Result<Dialect> standard(const Headers& headers, std::string_view body, const std::vector<std::string>& secrets, Instant now) {
  const auto id = header(headers, "webhook-id");
  const auto at = header(headers, "webhook-timestamp");
  const auto signed_bytes = fmt::format("{}.{}.{}", id, at, body);
  const auto shown = split(header(headers, "webhook-signature"), ' ');
  const auto proven = is_proven(secrets, [&](const std::string& secret) {
    const auto wanted = "v1," + base64(hmac_sha256(secret, signed_bytes));
    return std::ranges::count_if(shown, [&](const std::string& each) { return equal_in_constant_time(each, wanted); }) > 0;
  });
  if (!proven) return refused("webhook-signature is not of this delivery and any secret");
  std::int64_t seconds = 0;
  const auto [end, code] = std::from_chars(at.data(), at.data() + at.size(), seconds);
  const bool is_number = code == std::errc{} && end == at.data() + at.size();
  const auto now_seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto limit = std::chrono::duration_cast<std::chrono::seconds>(tolerance).count();
  if (!is_number || seconds < now_seconds - limit || seconds > now_seconds + limit)
    return refused("webhook-timestamp is not of the last five minutes");
  return Dialect{"", id, "actor", true};
}

Result<Dialect> dialect_of(const Headers& headers, std::string_view body, const std::vector<std::string>& secrets, Instant now) {
  if (headers.find("X-Hub-Signature-256")) return github(headers, body, secrets);
  if (headers.find("X-Gitlab-Token")) return gitlab(headers, secrets);
  if (headers.find("webhook-signature")) return standard(headers, body, secrets, now);
  return refused("the delivery has no signature: none of X-Hub-Signature-256, X-Gitlab-Token, webhook-signature");
}

/// The value at "a.b" of the document, or null.
json::value value_at(const json::value& document, std::string_view path) {
  const json::value* at = &document;
  for (const auto& name : split(path, '.')) {
    const auto* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(name);
    if (at == nullptr) return nullptr;
  }
  return *at;
}

std::string text_at(const json::value& document, std::string_view path) {
  const auto value = value_at(document, path);
  return value.is_string() ? std::string(value.as_string()) : std::string();
}

bool is_true_at(const json::value& document, std::string_view path) {
  const auto value = value_at(document, path);
  return value.is_bool() && value.as_bool();
}

/// A name that may stand in logs and in the journal. Whoever the forge cannot name plainly is "push".
std::string plain_name(const std::string& name) {
  static const RE2 pattern(R"([A-Za-z0-9][A-Za-z0-9._@+\[\]-]{0,63})");
  return RE2::FullMatch(name, pattern) ? name : "push";
}

/// GitHub also sends the document as a form.
Result<json::value> document_of(const Headers& headers, std::string_view body) {
  if (!header(headers, "Content-Type").starts_with("application/x-www-form-urlencoded")) return parse_json(body, "the delivery");
  for (const auto& [name, value] : parse_query(body))
    if (name == "payload") return parse_json(value, "the delivery");
  return failure(Fault::Invalid, "the form has no payload");
}

/// git-check-ref-format(1), as far as a name could be taken for something else.
bool is_branch_name(const std::string& name) {
  static const RE2 pattern(R"([A-Za-z0-9_][^\x00-\x20\x7f~^:?*\[\\]{0,200})");
  return RE2::FullMatch(name, pattern) && name.find("..") == name.npos && name.find("@{") == name.npos && name.find("//") == name.npos &&
         !name.ends_with('/') && !name.ends_with(".lock") && !name.ends_with('.');
}

/// Where a forge's document says what a request is called.
struct RequestPlaces {
  std::string_view number, source, destination, title;
};

Result<PullRequest> request_at(const json::value& document, const RequestPlaces& places) {
  PullRequest request;
  const auto number = value_at(document, places.number);
  if (const auto* whole = number.if_int64()) request.number = *whole;
  request.source = text_at(document, places.source);
  request.destination = text_at(document, places.destination);
  request.title = text_at(document, places.title).substr(0, 200);
  if (request.number < 1 || !is_branch_name(request.source) || !is_branch_name(request.destination))
    return failure(Fault::Invalid, "the delivery names no pull or merge request with a number and two branches").with_code("TD0152");
  return request;
}

/// What lies in a fork, also in one that has been deleted since, is not of this repository.
std::string fork_at(const json::value& document, std::string_view url) {
  auto fork = text_at(document, url);
  return fork.empty() ? "unknown" : fork;
}

/// What happened to a pull request that a workflow could wait for; labels, reviews and the like are nothing to us.
bool changes_pull_request(const std::string& action) {
  constexpr std::array<std::string_view, 8> known{"opened", "reopened", "synchronize", "synchronized", "closed", "edited", "ready_for_review", "converted_to_draft"};
  return std::ranges::find(known, action) != known.end();
}

Result<PullRequest> pull_request_of(const json::value& document) {
  auto request = TRY(request_at(document, {"pull_request.number", "pull_request.head.ref", "pull_request.base.ref", "pull_request.title"}));
  const auto ours = text_at(document, "pull_request.base.repo.full_name");
  if (ours.empty() || text_at(document, "pull_request.head.repo.full_name") != ours) request.from = fork_at(document, "pull_request.head.repo.clone_url");
  const bool is_closed = text_at(document, "action") == "closed";
  request.status = is_closed ? is_true_at(document, "pull_request.merged") ? PullRequestStatus::Merged : PullRequestStatus::Closed
                   : is_true_at(document, "pull_request.draft") ? PullRequestStatus::Draft : PullRequestStatus::Open;
  return request;
}

/// GitLab: "Webhook events", merge request events. Approvals and the like are nothing to us.
bool changes_merge_request(const std::string& action) {
  constexpr std::array<std::string_view, 5> known{"open", "reopen", "update", "close", "merge"};
  return std::ranges::find(known, action) != known.end();
}

Result<PullRequest> merge_request_of(const json::value& document) {
  const auto attributes = value_at(document, "object_attributes");
  auto request = TRY(request_at(attributes, {"iid", "source_branch", "target_branch", "title"}));
  const auto ours = value_at(attributes, "target_project_id");
  if (ours.is_null() || value_at(attributes, "source_project_id") != ours) request.from = fork_at(attributes, "source.git_http_url");
  const auto state = text_at(attributes, "state");
  const bool is_draft = is_true_at(attributes, "draft") || is_true_at(attributes, "work_in_progress");
  request.status = state == "merged" ? PullRequestStatus::Merged : state == "closed" ? PullRequestStatus::Closed
                   : is_draft ? PullRequestStatus::Draft : PullRequestStatus::Open;
  request.kept_at = fmt::format("refs/merge-requests/{}/head", request.number);
  return request;
}

}  // namespace

Result<Delivery> read_delivery(const Headers& headers, std::string_view body, const std::vector<std::string>& secrets, Instant now) {
  const auto dialect = TRY(dialect_of(headers, body, secrets, now));
  auto document = document_of(headers, body);
  if (!document)
    return Error(document.error()).with_code("TD0152").with_next("let the forge send JSON");
  const auto event = dialect.is_wrapped ? text_at(*document, "type") : dialect.event;
  const std::string within = dialect.is_wrapped ? "data." : "";
  Delivery delivery{.id = dialect.id, .event = event};
  delivery.kind = event == "push" ? Delivery::Kind::Push : event == "ping" ? Delivery::Kind::Ping : Delivery::Kind::Other;
  if (event == "pull_request" && !dialect.is_wrapped && changes_pull_request(text_at(*document, "action"))) {
    delivery.kind = Delivery::Kind::PullRequest;
    delivery.actor = plain_name(text_at(*document, dialect.actor_in));
    delivery.pull_request = TRY(pull_request_of(*document));
  }
  if (event == merge_request_event && !dialect.is_wrapped && changes_merge_request(text_at(*document, "object_attributes.action"))) {
    delivery.kind = Delivery::Kind::PullRequest;
    delivery.actor = plain_name(text_at(*document, "user.username"));
    delivery.pull_request = TRY(merge_request_of(*document));
  }
  if (delivery.kind != Delivery::Kind::Push) return delivery;
  const auto ref = text_at(*document, within + "ref");
  if (!ref.starts_with("refs/"))
    return failure(Fault::Invalid, "the push names no ref").with_code("TD0152").with_next("send \"ref\": \"refs/heads/<branch>\"");
  constexpr std::string_view heads = "refs/heads/";
  if (ref.starts_with(heads)) delivery.branch = ref.substr(heads.size());
  delivery.actor = plain_name(text_at(*document, within + std::string(dialect.actor_in)));
  return delivery;
}

}  // namespace tandem::event
