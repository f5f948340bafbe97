#include <gtest/gtest.h>

#include "check/contract.hpp"

namespace tandem::check {
namespace {

/// A function behind one API, whose routes each test writes out.
class Routes : public testing::Test {
 protected:
  Routes() {
    function_.resource = {"S", "Api", "AWS::Lambda::Function", "", {"S.template.json", 5, 3}};
    api_.resource = {"S", "Rest", "AWS::ApiGateway::RestApi", "", {"S.template.json", 9, 3}};
  }
  void offer(std::string method, std::string path, std::optional<std::string> to = "<S.Api>") {
    Resource resource{"S", method + path, "AWS::ApiGateway::Method", "", {"S.template.json", 20, 3}};
    api_.routes.push_back({std::move(method), std::move(path), std::move(resource), std::move(to)});
  }
  std::vector<Breach> breaches(std::initializer_list<std::pair<std::string, std::string>> served) {
    Needs needs;
    for (const auto& [method, path] : served) needs.routes.push_back({{method}, path, {"app.py", 1, 1}});
    std::vector<Breach> out;
    compare_routes(needs, {.functions = {function_}, .apis = {api_}}, function_, out);
    return out;
  }
  std::string said(std::initializer_list<std::pair<std::string, std::string>> served) {
    std::string out;
    for (const auto& breach : breaches(served)) out += fmt::format("{} {}\n", word(breach.weight), breach.what);
    return out;
  }

  FunctionGift function_;
  ApiGift api_;
};

TEST_F(Routes, AParameterMayHaveAnotherName) {
  offer("GET", "/things/{thing}");
  EXPECT_EQ(said({{"GET", "/things/{id}"}}), "");
}

TEST_F(Routes, AnyAndTheProxyTakeWhatHasNoRouteOfItsOwn) {
  offer("ANY", "/things");
  offer("ANY", "/{proxy+}");
  EXPECT_EQ(said({{"POST", "/things"}, {"GET", "/things/{id}/parts"}}), "");
}

TEST_F(Routes, OfARestApiAResourceWithoutTheMethodRefusesWhateverTheProxyWouldTake) {
  offer("GET", "/things");
  offer("ANY", "/{proxy+}");
  const auto found = breaches({{"GET", "/things"}, {"POST", "/things"}});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].what.contains("POST /things")) << found[0].what;
  EXPECT_EQ(found[0].rule, "contract.route");
}

TEST_F(Routes, OfAnHttpApiTheProxyTakesTheMethodThatTheRouteLacks) {
  api_.kind = ApiKind::Http;
  offer("GET", "/things");
  offer("ANY", "/{proxy+}");
  EXPECT_EQ(said({{"GET", "/things"}, {"POST", "/things"}}), "");
}

TEST_F(Routes, AWordIsNoRouteForAParameter) {
  offer("GET", "/things/search");
  EXPECT_TRUE(said({{"GET", "/things/search"}, {"GET", "/things/{id}"}}).contains("GET /things/{id}"));
}

TEST_F(Routes, AMethodThatLeadsElsewhereIsNamed) {
  offer("GET", "/things", std::nullopt);
  offer("GET", "/others");
  EXPECT_TRUE(said({{"GET", "/things"}, {"GET", "/others"}}).contains("leads elsewhere"));
}

TEST_F(Routes, WhatTheTemplateOffersAndTheCodeDoesNotServeIsAWarning) {
  offer("GET", "/things");
  offer("GET", "/things/export");
  EXPECT_EQ(said({{"GET", "/things"}}), "warning the template offers GET /things/export, which the code does not serve\n");
}

TEST_F(Routes, ARouteThatTakesTheRestServesEveryPathBelow) {
  offer("GET", "/files/{proxy+}");
  offer("GET", "/files/list");
  EXPECT_EQ(said({{"GET", "/files/{rest:path}"}}), "");
}

}  // namespace
}  // namespace tandem::check
