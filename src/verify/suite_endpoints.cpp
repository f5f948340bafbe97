#include "base/text.hpp"
#include "verify/visit.hpp"

namespace tandem::verify {
namespace {

constexpr const char* somebody = "/people/00000000-0000-4000-8000-000000000000";

Done expect_health(const json::value& body) {
  const auto status = TRY(text_at(body, "status"));
  if (status != "healthy") return wrong("status is \"{}\", not \"healthy\"", status.substr(0, 40));
  for (const auto* name : {"features", "build"})
    if (const auto* member = find(body, name); member == nullptr || !member->is_object()) return wrong("{} is no object in /health", name);
  for (const auto* name : {"commit", "release"})
    if (find(body.at("build"), name) == nullptr) return wrong("build.{} is missing in /health", name);
  TRY(bool_at(body, "fallback"));
  if (find(body, "handler") == nullptr) return wrong("handler is missing in /health");
  return done();
}

/// A member of /health must have this value; an empty `wanted` is not compared.
Done expect_value(const json::value* found, std::string_view name, const std::string& wanted) {
  if (wanted.empty()) return done();
  const auto got = found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string("nothing");
  if (got == wanted) return done();
  return wrong("{} is {}, not {}", name, got.substr(0, 80), wanted);
}

struct Route {
  const char* method;
  std::string path;
};

}  // namespace

void check_handler(Visit& visit) {
  const auto& request = visit.request();
  json::value health;
  std::optional<std::string> stand_in;
  const bool answered = visit.check("handler", "GET /health answers 200", [&]() -> Done {
    const auto answer = TRY(visit.api().expect({200}, "GET", "/health"));
    health = answer.body;
    stand_in = answer.headers.find("x-tandem-fallback");
    return done();
  });
  if (!answered) return;
  if (!request.handler.empty())
    visit.check("handler", fmt::format("{} serves", request.handler), [&] { return expect_value(find(health, "handler"), "handler", request.handler); });
  visit.check("handler", "no fallback serves", [&]() -> Done {
    const auto fallback = TRY(bool_at(health, "fallback"));
    if (fallback) return wrong("/health says fallback: true");
    // The composed handler marks what a stand-in answers, whatever the stand-in says of itself.
    if (stand_in) return wrong("the answer is marked as that of a stand-in: {}", stand_in->substr(0, 80));
    return done();
  });
  const auto* build = find(health, "build");
  const json::value nothing;
  const auto& said = build != nullptr ? *build : nothing;
  if (!request.application.empty())
    visit.check("handler", "the application commit is the released one",
                [&] { return expect_value(find(said, "commit"), "build.commit", request.application.value); });
  if (!request.release.empty())
    visit.check("handler", "the release is the deployed one",
                [&] { return expect_value(find(said, "release"), "build.release", request.release.value); });
}

void check_endpoints(Visit& visit) {
  const auto& api = visit.api();
  visit.check("endpoints", "GET /health keeps its contract", [&]() -> Done {
    const auto answer = TRY(api.expect({200}, "GET", "/health"));
    return expect_health(answer.body);
  });
  for (const auto& [method, path] : {Route{"GET", "/no-such-route"}, Route{"POST", "/health/x/y"}})
    visit.check("endpoints", fmt::format("{} {} is 404", method, path), [&]() -> Done {
      const auto answer = TRY(api.expect({404}, method, path));
      return expect_message(answer);
    });
  for (const auto& [method, path] : {Route{"DELETE", "/health"}, Route{"GET", "/auth/login"}, Route{"DELETE", "/people"}})
    visit.check("endpoints", fmt::format("{} {} is 405", method, path), [&]() -> Done {
      const auto answer = TRY(api.expect({405}, method, path));
      return expect_message(answer);
    });
  for (const auto& [method, path] :
       {Route{"GET", "/people"}, Route{"POST", "/people"}, Route{"GET", "/people/search?query=a"}, Route{"GET", somebody},
        Route{"PUT", somebody}, Route{"DELETE", somebody}, Route{"GET", "/auth/me"}, Route{"POST", "/auth/logout"}})
    visit.check("endpoints", fmt::format("{} {} without a token is 401", method, path.substr(0, path.find('?'))), [&]() -> Done {
      const bool carries = std::string_view(method) == "POST" || std::string_view(method) == "PUT";
      TRY(api.expect({401}, method, path, {"", carries ? "{}" : ""}));
      return done();
    });
  visit.check("endpoints", "a made-up token is 401", [&]() -> Done {
    TRY(api.expect({401}, "GET", "/people", {"made-up-token"}));
    return done();
  });
  if (!visit.request().site.empty())
    visit.check("endpoints", "the site answers with a page", [&]() -> Done {
      const Api site(visit.request().site, visit.request().request_limit, std::chrono::steady_clock::now() + visit.request().request_limit, {});
      const auto answer = TRY(site.expect({200}, "GET", "/"));
      const auto type = lower(answer.headers.find("Content-Type").value_or(""));
      if (!type.contains("html")) return wrong("the site answers with '{}', not with HTML", type.substr(0, 40));
      return done();
    });
}

}  // namespace tandem::verify
