#include "base/text.hpp"
#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

/// Every field that was sent comes back as it was.
Done expect_sent(const json::object& sent, const json::value& got) {
  for (const auto& [name, value] : sent) {
    if (std::string_view(name) == "password") continue;
    const auto* member = find(got, name);
    if (member == nullptr || *member != value) return wrong("{} does not come back as it was sent", std::string_view(name));
  }
  return done();
}

/// 422, and the field at fault is named.
Done expect_refused(Visit& visit, const json::object& body, std::string_view field) {
  const auto answer = TRY(visit.post_person(body));
  if (answer.status != 422) return wrong("expected 422, got {}", answer.status);
  if (!answer.text.contains(field)) return wrong("422 does not name {}", field);
  return done();
}

void check_refusals(Visit& visit, const Person& person) {
  visit.check("crud", "POST /people with an email that is taken is 409", [&]() -> Done {
    auto body = visit.new_person();
    body["email"] = person.email;
    const auto answer = TRY(visit.post_person(body));
    if (answer.status != 409) return wrong("expected 409, got {}", answer.status);
    return expect_message(answer);
  });
  visit.check("crud", "POST /people without an email is 422 and names it", [&] {
    auto body = visit.new_person();
    body.erase("email");
    return expect_refused(visit, body, "email");
  });
  visit.check("crud", "POST /people with a date that is none is 422 and names it", [&] {
    auto body = visit.new_person();
    body["dateOfBirth"] = "1990-02-30";
    return expect_refused(visit, body, "dateOfBirth");
  });
}

void check_changes(Visit& visit, const Person& person) {
  const auto& api = visit.api();
  const auto path = "/people/" + person.id;
  visit.check("crud", "GET /people/{id} shows the person", [&]() -> Done {
    const auto answer = TRY(api.expect({200}, "GET", path, visit.as_administrator()));
    TRY(expect_person(answer.body));
    return expect_sent(person.sent, answer.body);
  });
  visit.check("crud", "PUT /people/{id} changes the person", [&]() -> Done {
    auto changed = person.sent;
    changed["phone"] = "+44 20 7946 0999";
    changed["lastName"] = "Changed" + new_word();
    const auto answer = TRY(api.expect({200}, "PUT", path, visit.as_administrator(to_text(changed))));
    TRY(expect_person(answer.body));
    TRY(expect_sent(changed, answer.body));
    const auto again = TRY(api.expect({200}, "GET", path, visit.as_administrator()));
    return expect_sent(changed, again.body);
  });
  visit.check("crud", "PUT /people/{id} with a phone number that is none is 422", [&]() -> Done {
    auto changed = person.sent;
    changed["phone"] = "call me";
    TRY(api.expect({422}, "PUT", path, visit.as_administrator(to_text(changed))));
    return done();
  });
}

void check_lists(Visit& visit) {
  const auto& api = visit.api();
  visit.check("crud", "GET /people lists people page by page", [&]() -> Done {
    const auto first = TRY(api.expect({200}, "GET", "/people?limit=1", visit.as_administrator()));
    const auto items = TRY(expect_page(first));
    if (items.size() != 1) return wrong("limit=1 gives {} people", items.size());
    const auto* cursor = find(first.body, "nextCursor");
    if (cursor->is_null()) return done();
    const auto path = "/people?limit=1&cursor=" + percent_encoded(std::string_view(cursor->as_string()));
    const auto second = TRY(api.expect({200}, "GET", path, visit.as_administrator()));
    const auto more = TRY(expect_page(second));
    if (!more.empty() && more[0].at("id") == items[0].at("id")) return wrong("the second page repeats the first");
    return done();
  });
  visit.check("crud", "GET /people/{id} of nobody is 404", [&]() -> Done {
    const auto answer = TRY(api.expect({404}, "GET", "/people/00000000-0000-4000-8000-000000000000", visit.as_administrator()));
    return expect_message(answer);
  });
}

}  // namespace

void check_crud(Visit& visit) {
  const auto& api = visit.api();
  Person person;
  const bool created = visit.check("crud", "POST /people creates a person and answers 201", [&]() -> Done {
    person = TRY(visit.create_person());
    return done();
  });
  check_lists(visit);
  if (!created) return;
  check_refusals(visit, person);
  check_changes(visit, person);
  visit.check("crud", "DELETE /people/{id} removes the person", [&]() -> Done {
    const auto path = "/people/" + person.id;
    TRY(api.expect({204}, "DELETE", path, visit.as_administrator()));
    TRY(api.expect({404}, "GET", path, visit.as_administrator()), "reading a deleted person");
    TRY(api.expect({404}, "DELETE", path, visit.as_administrator()), "deleting a deleted person");
    return done();
  });
}

}  // namespace tandem::verify
