#include "verify/verify.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

enum class Needs { NoLogin, Nobody, Administrator };   ///< Nobody: the administrator's routes are asked, too, if there is one

struct Suite {
  std::string_view name;
  Needs needs{};
  void (*run)(Visit&) = nullptr;
};

/// The handler is looked at always; named alone it is all that is looked at.
void check_nothing_further(Visit&) {}

constexpr std::array<Suite, 7> suites{{{"handler", Needs::NoLogin, check_nothing_further},
                                       {"endpoints", Needs::NoLogin, check_endpoints},
                                       {"crud", Needs::Administrator, check_crud},
                                       {"auth", Needs::Administrator, check_auth},
                                       {"search", Needs::Administrator, check_search},
                                       {"errors", Needs::Nobody, check_errors},
                                       {"performance", Needs::Nobody, check_performance}}};

Done refuse_unknown(const VerifyRequest& request) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://"))
    return failure(Fault::Invalid, "not an address of an API: '{}'", request.url);
  for (const auto& name : request.suites) {
    if (std::ranges::find(suite_names(), name) != suite_names().end()) continue;
    const auto near = nearest(name, suite_names());
    return failure(Fault::Invalid, "no such suite: {}", name)
        .with_next(near ? fmt::format("did you mean {}?", *near) : "the suites are " + join(suite_names(), ", "));
  }
  return done();
}

bool is_wanted(const VerifyRequest& request, std::string_view name) {
  return request.suites.empty() || std::ranges::find(request.suites, name) != request.suites.end();
}

/// Whether somebody answers at all. If not, asking for everything else would only take time.
bool is_reached(Visit& visit) {
  const auto answer = visit.api().ask("GET", "/health");
  if (answer || blame_of(answer.error()) != Blame::Path) return true;
  visit.fail("handler", "GET /health answers", Blame::Path, answer.error().what);
  visit.note(fmt::format("nothing else was asked: {} cannot be reached", visit.api().base()));
  return false;
}

/// Suites that need the administrator and cannot have one: failed when asked for by name, else noted.
void leave_out(Visit& visit, const Suite& suite, std::string_view why) {
  if (!visit.request().suites.empty())
    visit.fail(suite.name, fmt::format("{} needs an administrator", suite.name), Blame::Checker, std::string(why));
  else
    visit.note(fmt::format("{} was left out: {}", suite.name, why));
}

void run_suites(Visit& visit, const std::stop_token& stop) {
  const auto& request = visit.request();
  std::string why = "no administrator is configured";
  const bool wants_login = std::ranges::any_of(suites, [&](const Suite& suite) { return suite.needs != Needs::NoLogin && is_wanted(request, suite.name); });
  if (wants_login && request.administrator && !visit.check("auth", "POST /auth/login lets the administrator in", [&] { return visit.log_in_administrator(); }))
    why = "the administrator could not log in";
  for (const auto& suite : suites) {
    if (stop.stop_requested()) return;
    if (!is_wanted(request, suite.name)) continue;
    if (suite.needs == Needs::Administrator && !visit.has_administrator()) leave_out(visit, suite, why);
    else suite.run(visit);
  }
  if (!visit.has_administrator() && (is_wanted(request, "errors") || is_wanted(request, "performance")))
    visit.note(fmt::format("errors and performance looked at public routes only: {}", why));
}

}  // namespace

const std::vector<std::string>& suite_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& suite : suites) all.emplace_back(suite.name);
    return all;
  }();
  return names;
}

Result<Proof> verify(const VerifyRequest& request, std::stop_token stop) {
  TRY(refuse_unknown(request));
  Visit visit(request, stop);
  if (is_reached(visit)) {
    check_handler(visit);
    run_suites(visit, stop);
  }
  visit.clean_up();
  if (stop.stop_requested()) return failure(Fault::Cancelled, "the verification of {} was stopped", request.url);
  return std::move(visit).proof();
}

}  // namespace tandem::verify
