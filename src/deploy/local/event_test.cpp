#include "deploy/local/event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/local/event_reply.hpp"

namespace tandem::deploy::local {
namespace {

struct Routing {
  Api api{.id = "abc", .stack = "S", .logical_id = "Api", .kind = ApiKind::Http, .name = "people"};
  Stage stage{.name = "$default", .variables = {{"lambdaAlias", "live"}}};
  Route route{.method = "PUT", .path = "/people/{id}", .payload = "2.0"};
  HttpRequest request{.method = "PUT", .target = "/people/a%20b?x=1&x=2", .path = "/people/a%20b", .query = "x=1&x=2",
                      .headers = {{"Host", "api.local"}, {"User-Agent", "curl/8"}, {"Content-Type", "application/json"},
                                  {"Content-Length", "17"}, {"Cookie", "s=1; t=2"}, {"X-A", "1"}, {"X-A", "2"}, {"Connection", "close"}},
                      .body = "{\"first\":\"Ada\"}\r\n", .peer = "127.0.0.1"};

  RoutedRequest routed() const {
    return {.request = request, .api = api, .stage = stage, .route = route, .path_parameters = {{"id", "a%20b"}}, .path = request.path,
            .request_id = "JKJaXmPLvHcESHA=", .extended_request_id = "JKJaXmPLvHcESHA=", .trace_id = "Root=1-2-3",
            .at = Instant{std::chrono::milliseconds{1795431600000}}, .account = "000000000000", .port = 80};
  }
  static Routing rest() {
    Routing out;
    out.api.kind = ApiKind::Rest;
    out.stage.name = "prod";
    out.route.payload = "1.0";
    out.route.resource_id = "res1";
    return out;
  }
};

TEST(Event20, IsTheWorkedExample) {
  const auto wanted = parse_json(R"({"version":"2.0","routeKey":"PUT /people/{id}","rawPath":"/people/a b","rawQueryString":"x=1&x=2",
 "cookies":["s=1","t=2"],"headers":{"content-type":"application/json","content-length":"17","host":"api.local","x-a":"1,2","user-agent":"curl/8",
  "x-forwarded-for":"127.0.0.1","x-forwarded-port":"80","x-forwarded-proto":"http","x-amzn-trace-id":"Root=1-2-3"},
 "queryStringParameters":{"x":"1,2"},"pathParameters":{"id":"a b"},"stageVariables":{"lambdaAlias":"live"},
 "requestContext":{"accountId":"000000000000","apiId":"abc","domainName":"api.local","domainPrefix":"api",
  "http":{"method":"PUT","path":"/people/a b","protocol":"HTTP/1.1","sourceIp":"127.0.0.1","userAgent":"curl/8"},
  "requestId":"JKJaXmPLvHcESHA=","routeKey":"PUT /people/{id}","stage":"$default","time":"23/Nov/2026:11:00:00 +0000","timeEpoch":1795431600000},
 "body":"{\"first\":\"Ada\"}\r\n","isBase64Encoded":false})").value();
  EXPECT_EQ(to_canonical_text(event_of(Routing().routed())), to_canonical_text(wanted));
}

TEST(Event20, LeavesOutWhatIsNotThere) {
  Routing routing;
  routing.stage.variables.clear();
  routing.request.headers = {{"Host", "127.0.0.1:4711"}};
  routing.request.body.clear();
  routing.request.query.clear();
  auto routed = routing.routed();
  routed.path_parameters.clear();
  const auto event = event_2_0(routed);
  for (const auto* name : {"cookies", "queryStringParameters", "pathParameters", "stageVariables", "body"}) EXPECT_FALSE(event.contains(name)) << name;
  EXPECT_EQ(event.at("rawQueryString"), "");
  EXPECT_EQ(event.at("isBase64Encoded"), false);
  EXPECT_EQ(event.at("requestContext").at("domainName"), "127.0.0.1");
  EXPECT_EQ(event.at("requestContext").at("domainPrefix"), "abc");
}

TEST(Event20, EncodesEveryBodyThatIsNotPlainText) {
  Routing routing;
  const auto encoded = [&](const char* type, std::string body) {
    routing.request.headers.set("Content-Type", type);
    routing.request.body = std::move(body);
    const auto event = event_2_0(routing.routed());
    return fmt::format("{} {}", event.at("isBase64Encoded").as_bool(), event.at("body").as_string().c_str());
  };
  EXPECT_EQ(encoded("application/x-www-form-urlencoded", "a=b"), "true YT1i");
  EXPECT_EQ(encoded("multipart/form-data; boundary=x", "a=b"), "true YT1i");
  EXPECT_EQ(encoded("text/plain; charset=utf-8", "a=b"), "false a=b");
  EXPECT_EQ(encoded("application/xml", "<a/>"), "false <a/>");
  EXPECT_EQ(encoded("text/plain", "\xff"), "true /w==");
  routing.request.headers.remove("Content-Type");
  routing.request.body = "x";
  EXPECT_EQ(event_2_0(routing.routed()).at("isBase64Encoded"), true);
}

TEST(Event20, DecodesThePathAndCutsItAtADecodedQuestionMark) {
  Routing routing;
  routing.request.path = "/people/a%2Fb%3Fc+%C3%A9";
  auto routed = routing.routed();
  routed.path_parameters = {{"id", "a%2Fb%3Fc+%C3%A9"}};
  const auto event = event_2_0(routed);
  EXPECT_EQ(event.at("rawPath"), "/people/a/b");
  EXPECT_EQ(event.at("pathParameters").at("id"), "a/b?c+\u00e9");
}

TEST(Event20, PutsTheStageIntoThePathUnlessItIsTheDefaultOne) {
  Routing routing;
  routing.stage.name = "dev";
  EXPECT_EQ(event_2_0(routing.routed()).at("rawPath"), "/dev/people/a b");
}

TEST(Event10, KeepsTheCaseOfHeadersTheLastOfValuesAndTheEncodedPath) {
  const auto event = event_of(Routing::rest().routed());
  EXPECT_EQ(event.at("resource"), "/people/{id}");
  EXPECT_EQ(event.at("path"), "/people/a%20b");
  EXPECT_EQ(event.at("headers").at("X-A"), "2");
  EXPECT_EQ(to_text(event.at("multiValueHeaders").at("X-A")), R"(["1","2"])");
  EXPECT_EQ(event.at("headers").at("Cookie"), "s=1; t=2");
  EXPECT_FALSE(event.at("headers").as_object().contains("Connection"));
  EXPECT_EQ(event.at("queryStringParameters").at("x"), "2");
  EXPECT_EQ(to_text(event.at("multiValueQueryStringParameters")), R"({"x":["1","2"]})");
  EXPECT_EQ(event.at("pathParameters").at("id"), "a b");
  EXPECT_FALSE(event.contains("version"));
  const auto& context = event.at("requestContext");
  EXPECT_EQ(context.at("path"), "/prod/people/a%20b");
  EXPECT_EQ(context.at("resourceId"), "res1");
  EXPECT_EQ(context.at("resourcePath"), "/people/{id}");
  EXPECT_EQ(context.at("stage"), "prod");
  EXPECT_EQ(context.at("requestTime"), "23/Nov/2026:11:00:00 +0000");
  EXPECT_EQ(context.at("identity").at("sourceIp"), "127.0.0.1");
  EXPECT_TRUE(context.at("identity").at("caller").is_null());
}

TEST(Event10, SaysNullForWhatIsNotThere) {
  auto routing = Routing::rest();
  routing.stage.variables.clear();
  routing.request.body.clear();
  routing.request.query.clear();
  auto routed = routing.routed();
  routed.path_parameters.clear();
  const auto event = event_1_0(routed);
  for (const auto* name : {"queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body"})
    EXPECT_TRUE(event.at(name).is_null()) << name;
}

TEST(Event10, EncodesOnlyBinaryMediaTypesAndRepairsText) {
  auto routing = Routing::rest();
  routing.api.binary_media_types = {"image/*"};
  routing.request.headers.set("Content-Type", "image/png");
  EXPECT_EQ(event_1_0(routing.routed()).at("isBase64Encoded"), true);
  routing.request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  routing.request.body = "a=\xff" "b";
  const auto event = event_1_0(routing.routed());
  EXPECT_EQ(event.at("isBase64Encoded"), false);
  EXPECT_EQ(event.at("body"), "a=\uFFFDb");
}

TEST(Event10, OfAnHttpApiNamesItsVersion) {
  Routing routing;
  routing.route.payload = "1.0";
  EXPECT_EQ(event_of(routing.routed()).at("version"), "1.0");
}

TEST(Reply10, MergesHeadersAndLetsTheListsWin) {
  const auto reply = reply_1_0(R"({"statusCode":201,"headers":{"A":"1","n":5},"multiValueHeaders":{"a":["2","3"],"Set-Cookie":["x=1","y=2"]},"body":"hi"})", {}, "");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->headers.all("A"), (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(reply->headers.all("Set-Cookie"), (std::vector<std::string>{"x=1", "y=2"}));
  EXPECT_EQ(reply->headers.find("n"), "5");
  EXPECT_EQ(reply->headers.find("Content-Type"), "application/json");
  EXPECT_EQ(reply->body, "hi");
}

TEST(Reply10, RefusesWhatIsMalformed) {
  for (const auto* payload : {"null", "\"text\"", "{}", R"({"statusCode":"many"})", R"({"statusCode":99})", R"({"statusCode":200,"body":{"a":1}})",
                              R"({"statusCode":200,"headers":{"a":["1"]}})", R"({"statusCode":200,"headers":{"a":"x\r\ny: z"}})", "not json"})
    EXPECT_FALSE(reply_1_0(payload, {}, "")) << payload;
}

TEST(Reply10, DecodesABodyOnlyForBinaryMediaTypes) {
  const auto* payload = R"({"statusCode":200,"headers":{"Content-Type":"image/png"},"body":"aGk=","isBase64Encoded":true})";
  EXPECT_EQ(reply_1_0(payload, {}, "")->body, "aGk=");
  EXPECT_EQ(reply_1_0(payload, {"image/png"}, "")->body, "hi");
}

TEST(Reply20, TakesCookiesAndDecodesBodies) {
  const auto reply = reply_2_0(R"({"statusCode":200,"cookies":["a=1","b=2"],"headers":{"X":"y"},"body":"aGk=","isBase64Encoded":true})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->headers.all("set-cookie"), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(reply->headers.find("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(reply->body, "hi");
}

TEST(Reply20, TakesAnAnswerWithoutStatusForTheBody) {
  const auto reply = reply_2_0(R"({"message":"hi","headers":{"X":"y"}})");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, R"({"message":"hi","headers":{"X":"y"}})");
  EXPECT_EQ(reply->headers.find("content-type"), "application/json");
  EXPECT_FALSE(reply->headers.find("X"));
  EXPECT_EQ(reply_2_0(R"("plain")")->body, "plain");
  EXPECT_FALSE(reply_2_0(R"({"statusCode":200,"body":{"a":1}})"));
}

}  // namespace
}  // namespace tandem::deploy::local
