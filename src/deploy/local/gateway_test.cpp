#include "deploy/local/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "deploy/local/access_log.hpp"
#include "deploy/local/function_ground_test.hpp"

namespace tandem::deploy::local {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

const std::string arn = "arn:aws:lambda:us-east-1:000000000000:function:people";

/// A gateway over real functions; `answers` decides by the event what the function says.
struct GatewayWorld {
  FunctionWorld functions;
  GatewayGround ground{.logs = functions.logs, .clock = functions.clock, .region = "us-east-1", .account = "000000000000"};
  std::unique_ptr<Pools> pools = std::make_unique<Pools>(functions.ground);
  std::unique_ptr<FunctionTable> table;
  std::unique_ptr<Gateway> gateway;
  Scene scene;

  explicit GatewayWorld(ApiKind kind = ApiKind::Rest, std::string_view handler = "def handle(event):\n    return {'statusCode': 200, 'body': json.dumps(event)}") {
    scene.functions = {functions.function(handler)};
    scene.aliases = {{.name = "live", .function = "people", .version = "1"}};
    scene.permissions = {{.function = arn + ":live", .principal = "apigateway.amazonaws.com", .source_arn = "arn:aws:execute-api:us-east-1:000000000000:abc/*"}};
    Api api{.id = "abc", .stack = "S", .logical_id = "Api", .kind = kind, .name = "people"};
    api.routes = {route("GET", "/people"), route("GET", "/people/search"), route("ANY", "/people/{id}")};
    api.stages = {{.name = kind == ApiKind::Rest ? "prod" : "$default", .variables = {{"lambdaAlias", "live"}}}};
    for (auto& each : api.routes) each.payload = kind == ApiKind::Rest ? "1.0" : "2.0";
    scene.apis = {api};
  }
  ~GatewayWorld() {
    gateway.reset();
    table.reset();
    pools.reset();
  }
  static Route route(const std::string& method, const std::string& path) {
    return {.method = method, .path = path, .function_arn = arn + ":${stageVariables.lambdaAlias}"};
  }
  HttpResponse ask(const std::string& method, const std::string& target, Headers headers = {}, std::string body = {}) {
    if (!gateway) {
      table = std::make_unique<FunctionTable>(scene, *pools, [](const std::string& text) { return text; });
      gateway = std::make_unique<Gateway>(scene.apis[0], *table, ground, 80);
    }
    const auto mark = target.find('?');
    if (!headers.find("Host")) headers.add("Host", "api.local");
    return gateway->answer({.method = method, .target = target, .path = target.substr(0, mark),
                            .query = mark == std::string::npos ? "" : target.substr(mark + 1), .headers = std::move(headers), .body = std::move(body), .peer = "127.0.0.1"});
  }
  json::value event(const std::string& method, const std::string& target, Headers headers = {}, std::string body = {}) {
    const auto response = ask(method, target, std::move(headers), std::move(body));
    return parse_json(response.body).value();
  }
};

std::string said(const HttpResponse& response) { return fmt::format("{} {}", response.status, response.body); }

TEST(RestGateway, HandsRequestsToTheFunctionBehindTheAlias) {
  GatewayWorld world;
  const auto event = world.event("POST", "/prod/people/a%2Fb?q=%C3%A9+x", {}, "{}");
  EXPECT_EQ(event.at("resource"), "/people/{id}");
  EXPECT_EQ(event.at("path"), "/people/a%2Fb");
  EXPECT_EQ(event.at("pathParameters").at("id"), "a/b");
  EXPECT_EQ(event.at("queryStringParameters").at("q"), "\u00e9 x");
  EXPECT_EQ(event.at("body"), "{}");
  EXPECT_EQ(world.event("GET", "/prod/people/search").at("resource"), "/people/search");
  const auto response = world.ask("GET", "/prod/people");
  for (const auto* name : {"x-amzn-RequestId", "x-amz-apigw-id"}) EXPECT_TRUE(response.headers.find(name)) << name;
}

TEST(RestGateway, AnswersWhatHasNoRouteToTheLetter) {
  GatewayWorld world;
  const auto unknown = world.ask("GET", "/prod/nothing");
  EXPECT_EQ(said(unknown), R"(403 {"message":"Missing Authentication Token"})");
  EXPECT_EQ(unknown.headers.find("x-amzn-ErrorType"), "MissingAuthenticationTokenException");
  EXPECT_EQ(said(world.ask("DELETE", "/prod/people")), R"(403 {"message":"Missing Authentication Token"})");
  EXPECT_EQ(said(world.ask("DELETE", "/prod/people/search")), R"(403 {"message":"Missing Authentication Token"})");
  EXPECT_EQ(said(world.ask("GET", "/other/people")), R"(403 {"message":"Forbidden"})");
}

TEST(RestGateway, Fails500WithoutAPermissionForExactlyThatAlias) {
  GatewayWorld world;
  world.scene.permissions[0].function = arn;
  EXPECT_EQ(said(world.ask("GET", "/prod/people")), R"(500 {"message": "Internal server error"})");
  GatewayWorld other;
  other.scene.permissions[0].source_arn = "arn:aws:execute-api:us-east-1:000000000000:another/*";
  EXPECT_EQ(other.ask("GET", "/prod/people").status, 500);
  GatewayWorld exact;
  exact.scene.permissions[0].source_arn = "arn:aws:execute-api:us-east-1:000000000000:abc/prod/GET/people";
  EXPECT_EQ(exact.ask("GET", "/prod/people").status, 200);
  EXPECT_EQ(exact.ask("GET", "/prod/people/1").status, 500);
}

TEST(RestGateway, HidesWhatWentWrongInTheFunction) {
  GatewayWorld failing(ApiKind::Rest, "def handle(event):\n    raise ValueError('secret')");
  EXPECT_EQ(said(failing.ask("GET", "/prod/people")), R"(502 {"message": "Internal server error"})");
  GatewayWorld malformed(ApiKind::Rest, "def handle(event):\n    return 'text'");
  EXPECT_EQ(said(malformed.ask("GET", "/prod/people")), R"(502 {"message": "Internal server error"})");
  GatewayWorld slow(ApiKind::Rest, "def handle(event):\n    time.sleep(5)");
  for (auto& route : slow.scene.apis[0].routes) route.timeout_ms = 300;
  EXPECT_EQ(said(slow.ask("GET", "/prod/people")), R"(504 {"message": "Endpoint request timed out"})");
  GatewayWorld throttled;
  throttled.scene.functions[0].reserved_concurrency = 0;
  EXPECT_EQ(said(throttled.ask("GET", "/prod/people")), R"(500 {"message": "Internal server error"})");
}

TEST(RestGateway, ThrottlesByStageAndByRoute) {
  GatewayWorld world;
  world.scene.apis[0].stages[0].throttle = {.rate = 0.001, .burst = 2};
  world.scene.apis[0].stages[0].route_throttles = {{"GET /people/search", {.rate = 0.001, .burst = 1}}};
  EXPECT_EQ(world.ask("GET", "/prod/people/search").status, 200);
  EXPECT_EQ(said(world.ask("GET", "/prod/people/search")), R"(429 {"message":"Too Many Requests"})");
  EXPECT_EQ(world.ask("GET", "/prod/people").status, 200);
  EXPECT_EQ(world.ask("GET", "/prod/people").status, 200);
  EXPECT_EQ(world.ask("GET", "/prod/people").status, 429);
}

TEST(RestGateway, AnswersMocksItself) {
  GatewayWorld world;
  world.scene.apis[0].routes.push_back({.method = "OPTIONS", .path = "/people", .type = IntegrationType::Mock,
                                        .mock = {.status = 204, .headers = {{"Access-Control-Allow-Origin", "*"}}}});
  const auto answer = world.ask("OPTIONS", "/prod/people");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.find("Access-Control-Allow-Origin"), "*");
}

TEST(RestGateway, RefusesHeadersAndBodiesThatAreTooLong) {
  GatewayWorld world;
  EXPECT_EQ(world.ask("GET", "/prod/people", {{"X", std::string(11'000, 'x')}}).status, 431);
  EXPECT_EQ(world.ask("POST", "/prod/people/1", {}, std::string((10U << 20U) + 1, 'x')).status, 413);
  EXPECT_EQ(world.ask("POST", "/prod/people/1", {}, std::string(7U << 20U, 'x')).status, 413);
}

TEST(RestGateway, CachesSuccessfulReadsOfAStageThatWantsIt) {
  GatewayWorld world(ApiKind::Rest, "calls = 0\ndef handle(event):\n    global calls\n    calls += 1\n    return {'statusCode': 200, 'body': str(calls)}");
  world.scene.apis[0].stages[0].caching = true;
  EXPECT_EQ(world.ask("GET", "/prod/people?a=1").body, "1");
  EXPECT_EQ(world.ask("GET", "/prod/people?a=1").body, "1");
  EXPECT_NE(world.ask("GET", "/prod/people?a=2").body, "1");
  EXPECT_NE(world.ask("GET", "/prod/people?a=1", {{"Authorization", "Bearer x"}}).body, "1");
}

TEST(RestGateway, WritesItsAccessLog) {
  GatewayWorld world;
  world.scene.apis[0].stages[0].access_log_group = "access";
  world.scene.apis[0].stages[0].access_log_format = R"({"m":"$context.httpMethod","r":"$context.resourcePath","s":$context.status,"e":"$context.error.message","u":"$context.identity.user"})";
  world.ask("GET", "/prod/people");
  world.ask("GET", "/prod/nothing");
  const auto lines = world.functions.logs.last_lines("access", 2);
  EXPECT_THAT(lines.at(0), HasSubstr(R"({"m":"GET","r":"/people","s":200,"e":"-","u":"-"})"));
  EXPECT_THAT(lines.at(1), HasSubstr(R"({"m":"GET","r":"-","s":403,"e":"no such route","u":"-"})"));
}

TEST(HttpGateway, AnswersToTheLetter) {
  GatewayWorld world(ApiKind::Http);
  EXPECT_EQ(world.event("GET", "/people").at("routeKey"), "GET /people");
  EXPECT_EQ(said(world.ask("GET", "/nothing")), R"(404 {"message":"Not Found"})");
  EXPECT_EQ(said(world.ask("GET", "/people/")), R"(404 {"message":"Not Found"})");
  EXPECT_EQ(world.event("DELETE", "/people/search").at("routeKey"), "ANY /people/{id}");
  EXPECT_TRUE(world.ask("GET", "/people").headers.find("apigw-requestid"));
  GatewayWorld failing(ApiKind::Http, "def handle(event):\n    raise ValueError('secret')");
  EXPECT_EQ(said(failing.ask("GET", "/people")), R"(500 {"message":"Internal Server Error"})");
  GatewayWorld throttled(ApiKind::Http);
  throttled.scene.functions[0].reserved_concurrency = 0;
  EXPECT_EQ(said(throttled.ask("GET", "/people")), R"(503 {"message":"Service Unavailable"})");
  GatewayWorld forbidden(ApiKind::Http);
  forbidden.scene.permissions.clear();
  EXPECT_EQ(said(forbidden.ask("GET", "/people")), R"(500 {"message":"Internal Server Error"})");
}

TEST(HttpGateway, KeepsTwoCookiesApart) {
  GatewayWorld world(ApiKind::Http, "def handle(event):\n    return {'statusCode': 200, 'cookies': ['a=1', 'b=2']}");
  EXPECT_EQ(world.ask("GET", "/people").headers.all("set-cookie"), (std::vector<std::string>{"a=1", "b=2"}));
}

TEST(HttpGateway, AnswersPreflightsItselfAndOverridesTheFunctionsCorsHeaders) {
  GatewayWorld world(ApiKind::Http, "def handle(event):\n    return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': 'https://evil'}}");
  world.scene.apis[0].cors = Cors{.origins = {"https://app.example"}, .methods = {"GET", "PUT"}, .headers = {"authorization"}, .expose = {"etag"}, .max_age = 60};
  const auto allowed = world.ask("OPTIONS", "/anything", {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "PUT"}});
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.headers.find("access-control-allow-methods"), "GET,PUT");
  EXPECT_EQ(allowed.headers.find("access-control-max-age"), "60");
  EXPECT_EQ(world.ask("GET", "/people", {{"Origin", "https://app.example"}}).headers.all("access-control-allow-origin"),
            (std::vector<std::string>{"https://app.example"}));
  const auto stranger = world.ask("GET", "/people", {{"Origin", "https://evil"}});
  EXPECT_EQ(stranger.status, 200);
  EXPECT_FALSE(stranger.headers.find("access-control-allow-origin"));
}

TEST(RouteTable, PrefersLiteralsThenVariablesThenGreedyOnes) {
  Api api{.kind = ApiKind::Http};
  api.routes = {{.method = "GET", .path = "/a/{x}"}, {.method = "GET", .path = "/a/b"}, {.method = "ANY", .path = "/{rest+}"}, {.method = "ANY", .path = "$default"},
                {.method = "ANY", .path = "/a/b"}};
  const RouteTable routes(api);
  const auto path = [&](const char* method, const char* target) { return routes.match(method, target)->route->method + " " + routes.match(method, target)->route->path; };
  EXPECT_EQ(path("GET", "/a/b"), "GET /a/b");
  EXPECT_EQ(path("PUT", "/a/b"), "ANY /a/b");
  EXPECT_EQ(path("GET", "/a/c"), "GET /a/{x}");
  EXPECT_EQ(path("PUT", "/a/c"), "ANY /{rest+}");
  EXPECT_EQ(path("GET", "/a/c/d"), "ANY /{rest+}");
  EXPECT_EQ(routes.match("GET", "/a/c%2F/d")->parameters.at("rest"), "a/c%2F/d");
  EXPECT_EQ(path("GET", "/"), "ANY $default");
}

TEST(TokenBuckets, RefillAtTheirRate) {
  TokenBuckets buckets;
  const Throttle throttle{.rate = 10, .burst = 1};
  const Steady start{1000s};
  EXPECT_TRUE(buckets.take("k", throttle, start));
  EXPECT_FALSE(buckets.take("k", throttle, start + 50ms));
  EXPECT_TRUE(buckets.take("k", throttle, start + 101ms));
  EXPECT_TRUE(buckets.take("other", throttle, start));
}

TEST(AccessLog, ReplacesWhatItKnowsAndDashesTheRest) {
  EXPECT_EQ(access_log_line("$context.a.b/$context.c $context.empty. $other", {{"a.b", "1"}, {"empty", ""}}), "1/- -. $other");
}

TEST(FunctionNames, AreReadInAllTheirForms) {
  EXPECT_EQ(FunctionName::parse("people"), (FunctionName{"people", ""}));
  EXPECT_EQ(FunctionName::parse("people:live"), (FunctionName{"people", "live"}));
  EXPECT_EQ(FunctionName::parse(arn + ":3"), (FunctionName{"people", "3"}));
  EXPECT_EQ(FunctionName::parse("000000000000:function:people"), (FunctionName{"people", ""}));
}

TEST(Patterns, MatchStarsAndQuestionMarks) {
  EXPECT_TRUE(matches_pattern("a/*/GET/p?ople/*", "a/prod/GET/people/{id}"));
  EXPECT_FALSE(matches_pattern("a/*/GET", "a/prod/PUT"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_FALSE(matches_pattern("", "x"));
}

}  // namespace
}  // namespace tandem::deploy::local
