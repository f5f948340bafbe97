#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

using SteadyClock = std::chrono::steady_clock;

Result<json::array> search(const Visit& visit, const std::string& query, std::string_view more = "") {
  const auto path = fmt::format("/people/search?query={}{}", percent_encoded(query), more);
  const auto answer = TRY(visit.api().expect({200}, "GET", path, visit.as_administrator()));
  return expect_page(answer);
}

bool holds(const json::array& items, const std::string& id) {
  return std::ranges::any_of(items, [&id](const json::value& item) { return item.at("id").as_string() == id; });
}

/// Found at once, or within the time an index may take to follow.
Done expect_found(const Visit& visit, const Person& person, const std::string& query, std::string_view by) {
  const auto until = SteadyClock::now() + visit.request().search_lag_max;
  while (true) {
    const auto items = TRY(search(visit, query), "searching by {}", by);
    if (holds(items, person.id)) return done();
    if (SteadyClock::now() >= until) return wrong("the person is not found by {}", by);
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
}

}  // namespace

void check_search(Visit& visit) {
  visit.check("search", "GET /people/search is not taken for an id", [&]() -> Done {
    const auto answer = TRY(visit.api().expect({200, 400, 422}, "GET", "/people/search", visit.as_administrator()));
    if (answer.status == 200) TRY(expect_page(answer));
    return done();
  });
  visit.check("search", "GET /people/search finds nobody by a word nobody has", [&]() -> Done {
    const auto items = TRY(search(visit, "zz" + new_word() + new_word()));
    if (!items.empty()) return wrong("{} people are found", items.size());
    return done();
  });
  Person person;
  const bool created = visit.check("search", "a person can be created", [&]() -> Done {
    person = TRY(visit.create_person());
    return done();
  });
  if (!created) return;
  const std::vector<std::pair<std::string, std::string>> ways{
      {"first name", person.first_name}, {"last name", person.last_name}, {"email", person.email}};
  for (const auto& [by, query] : ways)
    visit.check("search", "GET /people/search finds a person by " + by, [&] { return expect_found(visit, person, query, by); });
  visit.check("search", "GET /people/search keeps to its limit", [&]() -> Done {
    TRY(visit.create_person());
    const auto items = TRY(search(visit, "Tandem", "&limit=1"));
    if (items.size() > 1) return wrong("limit=1 gives {} people", items.size());
    return done();
  });
}

}  // namespace tandem::verify
