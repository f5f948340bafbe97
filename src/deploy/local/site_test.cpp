#include "deploy/local/site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "deploy/local/serving.hpp"

namespace tandem::deploy::local {
namespace {

using testing::HasSubstr;

struct SiteWorld {
  TemporaryFolder folder = TemporaryFolder::make("site").value();
  Site site{.id = "E1", .stack = "S", .logical_id = "Site", .domain = "d111.cloudfront.net", .bucket = "web", .root_object = "index.html", .readable = true};
  std::optional<SiteHost> host;

  SiteWorld() {
    const auto bucket = folder.path() / "bucket";
    EXPECT_TRUE(write_file(bucket / "index.html", "<h1>home</h1>"));
    EXPECT_TRUE(write_file(bucket / "assets/app.js", "fetch('AWS')"));
    EXPECT_TRUE(write_file(bucket / "caf\u00e9 1.txt", "coffee"));
    EXPECT_TRUE(write_file(bucket / "ten.bin", "0123456789"));
    EXPECT_TRUE(write_file(folder.path() / "secret", "secret"));
    std::filesystem::create_symlink(folder.path() / "secret", bucket / "link");
  }
  HttpResponse get(const std::string& target, Headers headers = {}, const std::string& method = "GET") {
    if (!host) host.emplace(site, (folder.path() / "bucket").string(), [](const std::string& text) { return text == "fetch('AWS')" ? "fetch('here')" : text; });
    return host->answer({.method = method, .target = target, .path = target.substr(0, target.find('?')), .headers = std::move(headers)});
  }
};

TEST(Site, ServesTheRootObjectForTheRootOnly) {
  SiteWorld world;
  const auto home = world.get("/");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(home.body, "<h1>home</h1>");
  EXPECT_EQ(home.headers.find("content-type"), "text/html");
  EXPECT_EQ(world.get("/assets/").status, 403);
  EXPECT_EQ(world.get("/assets").status, 403);
}

TEST(Site, Says403ForWhatIsMissingAndShowsThePageThatIsConfigured) {
  SiteWorld world;
  const auto missing = world.get("/people/1");
  EXPECT_EQ(missing.status, 403);
  EXPECT_THAT(missing.body, HasSubstr("<Code>AccessDenied</Code>"));
  EXPECT_EQ(missing.headers.find("x-cache"), "Error from cloudfront");
  SiteWorld single;
  single.site.errors = {{.status = 403, .response_status = 200, .page = "/index.html"}};
  const auto page = single.get("/people/1");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<h1>home</h1>");
  EXPECT_EQ(page.headers.find("x-cache"), "Error from cloudfront");
}

TEST(Site, ShowsNothingOfABucketThatItMayNotRead) {
  SiteWorld world;
  world.site.readable = false;
  EXPECT_EQ(world.get("/").status, 403);
}

TEST(Site, LocalisesTextAndTagsWhatItSends) {
  SiteWorld world;
  const auto first = world.get("/assets/app.js");
  EXPECT_EQ(first.body, "fetch('here')");
  EXPECT_EQ(first.headers.find("x-cache"), "Miss from cloudfront");
  const auto tag = first.headers.find("etag").value();
  const auto same = world.get("/assets/app.js", {{"If-None-Match", "\"other\", W/" + tag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.headers.find("x-cache"), "Hit from cloudfront");
  EXPECT_EQ(world.get("/assets/app.js", {{"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_EQ(world.get("/assets/app.js", {{"If-Modified-Since", first.headers.find("last-modified").value()}}).status, 304);
}

TEST(Site, ServesRanges) {
  SiteWorld world;
  const auto ranged = [&](const char* range) {
    const auto response = world.get("/ten.bin", {{"Range", range}});
    return fmt::format("{} {} {}", response.status, response.body, response.headers.find("content-range").value_or("-"));
  };
  EXPECT_EQ(ranged("bytes=2-4"), "206 234 bytes 2-4/10");
  EXPECT_EQ(ranged("bytes=7-"), "206 789 bytes 7-9/10");
  EXPECT_EQ(ranged("bytes=-3"), "206 789 bytes 7-9/10");
  EXPECT_EQ(ranged("bytes=8-99"), "206 89 bytes 8-9/10");
  EXPECT_EQ(ranged("bytes=10-"), "416  bytes */10");
  EXPECT_EQ(ranged("bytes=-0"), "416  bytes */10");
  EXPECT_EQ(ranged("bytes=4-2"), "200 0123456789 -");
  EXPECT_EQ(ranged("lines=1-2"), "200 0123456789 -");
  EXPECT_EQ(ranged("bytes=x-2"), "200 0123456789 -");
}

TEST(Site, DecodesKeysOnceAndLetsNoPathLeadElsewhere) {
  SiteWorld world;
  EXPECT_EQ(world.get("/caf%C3%A9%201.txt").body, "coffee");
  for (const auto* path : {"/../secret", "/%2e%2e/secret", "/assets/../../secret", "/assets/..%2f..%2fsecret", "/link", "//index.html",
                           "/./index.html", "/index.html%00.png", "/..%5csecret", "/%252e%252e/secret", "/assets/../index.html"})
    EXPECT_EQ(world.get(path).status, 403) << path;
}

TEST(Site, RefusesOtherMethods) {
  SiteWorld world;
  EXPECT_EQ(world.get("/", {}, "POST").status, 403);
}

TEST(Addresses, StandWhereAwsHostNamesStood) {
  const Addresses addresses{.apis = {{"api1", "http://127.0.0.1:4711"}}, .sites = {{"E1", "http://127.0.0.1:4712"}}};
  const Scene scene{.sites = {{.id = "E1", .domain = "d111.cloudfront.net"}}};
  EXPECT_EQ(addresses.localised("https://api1.execute-api.eu-west-1.amazonaws.com/prod/ https://d111.cloudfront.net", scene),
            "http://127.0.0.1:4711/prod/ http://127.0.0.1:4712");
  EXPECT_EQ(addresses.localised(R"({"u":"https:\/\/api1.execute-api.eu-west-1.amazonaws.com\/prod"})", scene), R"({"u":"http:\/\/127.0.0.1:4711\/prod"})");
  EXPECT_EQ(addresses.localised("host=api1.execute-api.eu-west-1.amazonaws.com", scene), "host=127.0.0.1:4711");
  EXPECT_EQ(addresses.localised("https://api2.execute-api.eu-west-1.amazonaws.com api1.execute-api.", scene),
            "https://api2.execute-api.eu-west-1.amazonaws.com api1.execute-api.");
}

}  // namespace
}  // namespace tandem::deploy::local
