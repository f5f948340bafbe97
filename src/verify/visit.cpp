#include "verify/visit.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::verify {
namespace {

using SteadyClock = std::chrono::steady_clock;

Duration since(SteadyClock::time_point began) { return std::chrono::duration_cast<Duration>(SteadyClock::now() - began); }

/// Long enough to delete a handful of people through a slow path.
constexpr auto cleaning_limit = std::chrono::seconds{30};

}  // namespace

std::string new_word() { return hex(random_bytes(6)); }

Visit::Visit(const VerifyRequest& request, std::stop_token stop)
    : request_(request), api_(request.url, request.request_limit, SteadyClock::now() + request.budget, std::move(stop)) {
  proof_.url = request.url;
}

Visit::~Visit() { clean_up(); }

bool Visit::check(std::string_view suite, std::string name, const std::function<Done()>& look) {
  return measure(suite, std::move(name), [&look]() -> Result<std::string> {
    TRY(look());
    return std::string{};
  });
}

bool Visit::measure(std::string_view suite, std::string name, const std::function<Result<std::string>()>& look) {
  const auto began = SteadyClock::now();
  auto seen = look();
  ProofCase item{std::string(suite), std::move(name), seen.has_value()};
  item.took = since(began);
  item.what = seen ? *seen : seen.error().what;
  if (!seen) item.blame = blame_of(seen.error());
  proof_.cases.push_back(std::move(item));
  return seen.has_value();
}

void Visit::fail(std::string_view suite, std::string name, Blame blame, std::string what) {
  proof_.cases.push_back({std::string(suite), std::move(name), false, blame, std::move(what)});
}

Result<std::string> Visit::log_in(const std::string& email, const std::string& password) const {
  const Asking credentials{"", to_text(json::object{{"email", email}, {"password", password}})};
  const auto answer = TRY(api_.expect({200}, "POST", "/auth/login", credentials));
  return text_at(answer.body, "accessToken");
}

Done Visit::log_in_administrator() {
  const auto& administrator = *request_.administrator;
  const Asking credentials{"", to_text(json::object{{"email", administrator.email}, {"password", administrator.password}})};
  const auto answer = TRY(api_.ask("POST", "/auth/login", credentials));
  // A wrong password in the configuration and a broken login look the same from here.
  if (answer.status == 401) return failure(Fault::Conflict, "the administrator was refused: 401");
  if (answer.status != 200) return wrong("expected 200, got {}", answer.status);
  token_ = TRY(text_at(answer.body, "accessToken"));
  return done();
}

json::object Visit::new_person() const {
  const auto word = new_word();
  return {{"firstName", "Verify" + word},
          {"lastName", "Tandem" + new_word()},
          {"email", fmt::format("tandem-verify-{}@example.invalid", word)},
          {"phone", "+44 20 7946 0123"},
          {"dateOfBirth", "1990-02-28"},
          {"address", {{"street", "1 Test Street"}, {"city", "Testville"}, {"state", "TS"}, {"postalCode", "12345"}, {"country", "GB"}}}};
}

Result<Answer> Visit::post_person(const json::object& body) {
  auto answer = api_.ask("POST", "/people", as_administrator(to_text(body)));
  remember(body, answer);
  return answer;
}

void Visit::remember(const json::object& body, const Result<Answer>& answer) {
  Left left;
  if (const auto email = text_at(body, "email"); email) left.email = *email;
  if (answer) {
    const auto id = text_at(answer->body, "id");
    if (answer->status >= 300 || !id) return;
    left.id = *id;
  }
  // No answer: the person may be there all the same, and is looked for by its address.
  if (!left.id.empty() || !left.email.empty()) left_.push_back(std::move(left));
}

Result<Person> Visit::create_person() {
  auto body = new_person();
  Person person{"", *text_at(body, "email"), *text_at(body, "firstName"), *text_at(body, "lastName"), new_word() + new_word(), body};
  body["password"] = person.password;
  const auto answer = TRY(post_person(body));
  if (answer.status != 201) return wrong("POST /people: expected 201, got {}", answer.status);
  person.id = TRY(text_at(answer.body, "id"));
  return person;
}

Done Visit::remove(const Left& left) const {
  auto id = left.id;
  if (id.empty()) {
    const auto found = TRY(api_.expect({200}, "GET", "/people/search?query=" + percent_encoded(left.email), as_administrator()));
    const auto* items = find(found.body, "items");
    if (items == nullptr || !items->is_array()) return done();
    for (const auto& item : items->as_array())
      if (const auto email = text_at(item, "email"); email && *email == left.email) id = text_at(item, "id").value_or("");
    if (id.empty()) return done();
  }
  TRY(api_.expect({204, 404}, "DELETE", "/people/" + percent_encoded(id), as_administrator()));
  return done();
}

void Visit::clean_up() {
  if (std::exchange(is_clean_, true) || token_.empty()) return;
  api_.allow_until(SteadyClock::now() + cleaning_limit);
  for (const auto& left : std::exchange(left_, {})) {
    const auto removed = remove(left);
    if (!removed)
      fail("cleanup", fmt::format("the throw-away person {} is gone again", left.id.empty() ? left.email : left.id), blame_of(removed.error()), removed.error().what);
  }
  const auto logged_out = api_.ask("POST", "/auth/logout", as_administrator());
  if (!logged_out || logged_out->status >= 300) note("the administrator's session could not be ended; it ends by itself");
  token_.clear();
}

Proof Visit::proof() && {
  proof_.passed = !proof_.cases.empty() && std::ranges::all_of(proof_.cases, &ProofCase::passed);
  return std::move(proof_);
}

}  // namespace tandem::verify
