#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

std::string credentials(const std::string& email, const std::string& password) {
  return to_text(json::object{{"email", email}, {"password", password}});
}

/// Logs in and checks the shape of what comes back.
Result<std::string> log_in_by_contract(const Visit& visit, const Person& person) {
  const auto answer = TRY(visit.api().expect({200}, "POST", "/auth/login", {"", credentials(person.email, person.password)}));
  const auto token = TRY(text_at(answer.body, "accessToken"));
  if (token.size() < 16) return wrong("accessToken has {} characters only", token.size());
  const auto type = TRY(text_at(answer.body, "tokenType"));
  if (type != "Bearer") return wrong("tokenType is not Bearer");
  const auto* expires = find(answer.body, "expiresIn");
  if (expires == nullptr || !expires->is_number() || expires->to_number<double>() <= 0) return wrong("expiresIn is no number of seconds");
  const auto* user = find(answer.body, "user");
  if (user == nullptr) return wrong("user is missing in the answer");
  TRY(expect_person(*user), "reading user");
  return token;
}

void check_session(Visit& visit, const Person& person, const std::string& token) {
  const auto& api = visit.api();
  visit.check("auth", "GET /auth/me shows who is logged in", [&]() -> Done {
    const auto answer = TRY(api.expect({200}, "GET", "/auth/me", {token}));
    TRY(expect_person(answer.body));
    const auto id = TRY(text_at(answer.body, "id"));
    if (id != person.id) return wrong("/auth/me shows somebody else");
    return done();
  });
  visit.check("auth", "a person who is no admin reads their own record only", [&]() -> Done {
    TRY(api.expect({200}, "GET", "/people/" + person.id, {token}), "reading their own record");
    TRY(api.expect({403}, "GET", "/people", {token}), "listing everybody");
    TRY(api.expect({403}, "GET", "/people/search?query=a", {token}), "searching");
    TRY(api.expect({403}, "DELETE", "/people/" + person.id, {token}), "deleting their own record");
    return done();
  });
  visit.check("auth", "a person who is no admin cannot become one", [&]() -> Done {
    TRY(api.expect({403, 422}, "PUT", "/people/" + person.id, {token, R"({"isAdmin": true})"}));
    const auto answer = TRY(api.expect({200}, "GET", "/people/" + person.id, visit.as_administrator()));
    const auto admin = TRY(bool_at(answer.body, "isAdmin"));
    if (admin) return wrong("the person is an admin now");
    return done();
  });
  visit.check("auth", "a token is dead after POST /auth/logout", [&]() -> Done {
    TRY(api.expect({204}, "POST", "/auth/logout", {token}));
    TRY(api.expect({401}, "GET", "/auth/me", {token}), "using the token again");
    return done();
  });
}

void check_strangers(Visit& visit, const Person& person) {
  const auto& api = visit.api();
  visit.check("auth", "POST /auth/login with a wrong password is 401", [&]() -> Done {
    const auto answer = TRY(api.expect({401}, "POST", "/auth/login", {"", credentials(person.email, "wrong-" + new_word())}));
    return expect_message(answer);
  });
  visit.check("auth", "POST /auth/login of nobody is 401", [&]() -> Done {
    TRY(api.expect({401}, "POST", "/auth/login", {"", credentials("nobody-" + new_word() + "@example.invalid", "wrong-" + new_word())}));
    return done();
  });
}

}  // namespace

void check_auth(Visit& visit) {
  Person person;
  const bool created = visit.check("auth", "a person with a password can be created", [&]() -> Done {
    person = TRY(visit.create_person());
    return done();
  });
  if (!created) return;
  std::string token;
  const bool in = visit.check("auth", "POST /auth/login lets a person in", [&]() -> Done {
    token = TRY(log_in_by_contract(visit, person));
    return done();
  });
  if (in) check_session(visit, person, token);
  check_strangers(visit, person);
}

}  // namespace tandem::verify
