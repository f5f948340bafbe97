#include "base/text.hpp"
#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

void check_public_errors(Visit& visit) {
  const auto& api = visit.api();
  const auto refused = [&](std::string body) {
    return [&api, body = std::move(body)]() -> Done {
      const auto answer = TRY(api.expect({400, 422}, "POST", "/auth/login", {"", body}));
      return expect_message(answer);
    };
  };
  visit.check("errors", "a body that is no JSON is refused", refused("{\"email\": "));
  visit.check("errors", "a body that is no object is refused", refused("[1, 2]"));
  visit.check("errors", "a login without fields is refused", refused("{}"));
  visit.check("errors", "a field of the wrong type is refused", refused(R"({"email": 7, "password": []})"));
}

void check_list_errors(Visit& visit) {
  const auto& api = visit.api();
  for (const std::string_view limit : {"0", "-1", "101", "abc", "99999999999999999999"})
    visit.check("errors", fmt::format("GET /people?limit={} is refused or kept within bounds", limit), [&]() -> Done {
      const auto answer = TRY(api.expect({200, 400, 422}, "GET", fmt::format("/people?limit={}", limit), visit.as_administrator()));
      if (answer.status != 200) return expect_message(answer);
      const auto items = TRY(expect_page(answer));
      if (items.size() > 100) return wrong("{} people come at once", items.size());
      return done();
    });
  visit.check("errors", "a cursor that is none is refused", [&]() -> Done {
    TRY(api.expect({400, 422}, "GET", "/people?cursor=not-a-cursor", visit.as_administrator()));
    return done();
  });
  visit.check("errors", "an id that is none is nobody's", [&]() -> Done {
    TRY(api.expect({404, 422}, "GET", "/people/not-an-id", visit.as_administrator()));
    TRY(api.expect({404, 422}, "GET", "/people/%27%20OR%201%3D1", visit.as_administrator()));
    return done();
  });
  visit.check("errors", "a very long query is refused or finds nobody", [&]() -> Done {
    TRY(api.expect({200, 400, 414, 422}, "GET", "/people/search?query=" + std::string(2000, 'q'), visit.as_administrator()));
    return done();
  });
}

void check_body_errors(Visit& visit) {
  const auto& api = visit.api();
  visit.check("errors", "POST /people with a body that is no JSON is refused", [&]() -> Done {
    const auto answer = TRY(api.expect({400, 422}, "POST", "/people", visit.as_administrator("{oops")));
    return expect_message(answer);
  });
  visit.check("errors", "POST /people with an unknown field is refused or ignores it", [&]() -> Done {
    auto body = visit.new_person();
    body["favouriteColour"] = "green";
    const auto answer = TRY(visit.post_person(body));
    if (answer.status == 422 || answer.status == 400) return done();
    if (answer.status != 201) return wrong("expected 201 or 422, got {}", answer.status);
    if (find(answer.body, "favouriteColour") != nullptr) return wrong("the unknown field was stored");
    return done();
  });
  visit.check("errors", "POST /people with a very long name is refused", [&]() -> Done {
    auto body = visit.new_person();
    body["firstName"] = std::string(10'000, 'x');
    const auto answer = TRY(visit.post_person(body));
    if (answer.status != 422 && answer.status != 400 && answer.status != 413) return wrong("expected 422, got {}", answer.status);
    return done();
  });
}

}  // namespace

void check_errors(Visit& visit) {
  check_public_errors(visit);
  if (!visit.has_administrator()) return;
  check_list_errors(visit);
  check_body_errors(visit);
}

}  // namespace tandem::verify
