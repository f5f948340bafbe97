#include "compose/handler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/integrated_handler.hpp"
#include "compose/python.hpp"

namespace tandem::compose {
namespace {

using testing::HasSubstr;

const std::vector<std::string> chain{"integrated_api_handler", "enhanced_api_handler", "api_handler"};

TEST(Handler, OfAProvenSyncComesFirst) {
  const auto decision = choose_handler({chain, {"main.py", "enhanced_api_handler.py", "api_handler.py"}, "sync-1"});
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->handler, "integrated_api_handler");
  EXPECT_TRUE(decision->is_generated);
  EXPECT_EQ(decision->choices, (std::vector<HandlerChoice>{{"integrated_api_handler", true, "proven sync-1", state::chosen},
                                                           {"enhanced_api_handler", false, "integrated_api_handler comes first", state::stands_by},
                                                           {"api_handler", false, "integrated_api_handler comes first", state::stands_by}}));
}

TEST(Handler, IntegratedNeedsAProvenSyncAndMain) {
  EXPECT_EQ(choose_handler({chain, {"main.py", "integrated_api_handler.py", "api_handler.py"}, {}})->handler, "api_handler");
  const auto decision = choose_handler({chain, {"enhanced_api_handler.py"}, "sync-1"});
  EXPECT_EQ(decision->handler, "enhanced_api_handler");
  EXPECT_EQ(decision->choices[0].reason, "no file main.py");
}

TEST(Handler, NoneThatCanServeIsAnErrorSayingWhy) {
  const auto decision = choose_handler({chain, {"main.py"}, {}});
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().what,
            "no handler can serve (integrated_api_handler: no proven sync of the application; enhanced_api_handler: no file "
            "enhanced_api_handler.py; api_handler: no file api_handler.py)");
}

TEST(Handler, NamesThatAreNoModulesAreRefused) {
  EXPECT_FALSE(choose_handler({{"api-handler"}, {"api-handler.py"}, {}}));
  EXPECT_FALSE(choose_handler({{"os; import x"}, {}, {}}));
}

/// A function's folder, and what its integrated handler answers.
struct Function {
  TemporaryFolder folder = *TemporaryFolder::make("tandem-handler");
  std::string errors;
  std::string metrics;      ///< what it printed before its answer

  void add(const std::string& name, std::string_view text) { ASSERT_TRUE(write_file(folder.path() / name, text)); }
  std::string ask(const std::string& path, const std::vector<std::string>& fallbacks = {"enhanced_api_handler", "api_handler"}) {
    add("integrated_api_handler.py", integrated_handler_source(fallbacks));
    const auto python = find_python("python3.11", Needs::Interpreter);
    if (!python) return text(python.error());
    Command command{{python->executable, "-I", "-S", "-B", "-c",
                     "import sys, json; sys.path.insert(0, sys.argv[1]); import integrated_api_handler as m; "
                     "assert m.handler is m.lambda_handler; print(json.dumps(m.handler({'path': sys.argv[2]}, None), sort_keys=True))",
                     folder.path().string(), path}};
    const auto output = run_program(command);
    errors = output ? output->err : text(output.error());
    if (!output) return errors;
    const auto lines = lines_of(output->out);
    metrics = lines.size() > 1 ? lines.front() : "";
    return lines.empty() ? "" : lines.back();
  }
};

constexpr auto stub_mangum = "class Mangum:\n    def __init__(self, app, lifespan):\n        assert lifespan == 'off'\n        self.app = app\n"
                             "    def __call__(self, event, context):\n        return {'statusCode': 200, 'body': self.app()}\n";
constexpr auto stub_main = "import os\nserving = os.environ['TANDEM_SERVING_HANDLER']\ndef app():\n    return serving\n";
constexpr auto stub_handler = "import os\ndef lambda_handler(event, context):\n"
                              "    return {'statusCode': 200, 'headers': {'a': 'b'}, 'body': '{\"status\": \"healthy\"}'}\n";

TEST(IntegratedHandler, ServesTheApplicationAndMarksEveryResponse) {
  Function function;
  function.add("mangum.py", stub_mangum);
  function.add("main.py", stub_main);
  EXPECT_EQ(function.ask("/people"),
            R"({"body": "integrated_api_handler", "headers": {"x-tandem-handler": "integrated_api_handler"}, "statusCode": 200})");
}

TEST(IntegratedHandler, FallsBackVisiblyWhenTheApplicationCannotBeImported) {
  Function function;
  function.add("mangum.py", stub_mangum);
  function.add("main.py", "import missing_thing\n");
  function.add("api_handler.py", stub_handler);
  EXPECT_EQ(function.ask("/dev/health"),
            R"({"body": "{\"status\": \"degraded\", \"fallback\": true, \"handler\": \"api_handler\"}", "headers": {"a": "b", "x-tandem-fallback": "api_handler", "x-tandem-handler": "api_handler"}, "statusCode": 200})");
  EXPECT_THAT(function.errors, HasSubstr("integrated_api_handler cannot be imported: No module named 'missing_thing'"));
  EXPECT_THAT(function.errors, HasSubstr("enhanced_api_handler cannot be imported either"));
}

TEST(IntegratedHandler, AFallbackLeavesOtherBodiesAlone) {
  Function function;
  function.add("api_handler.py", stub_handler);
  EXPECT_THAT(function.ask("/people"), HasSubstr(R"("body": "{\"status\": \"healthy\"}")"));
  EXPECT_THAT(function.ask("/people", {"api_handler"}), HasSubstr("x-tandem-fallback"));
}

TEST(IntegratedHandler, EveryResponseOfAFallbackIsCounted) {
  Function function;
  function.add("api_handler.py", stub_handler);
  function.ask("/people");
  EXPECT_THAT(function.metrics, testing::AllOf(HasSubstr(R"("Namespace": "Tandem")"), HasSubstr(R"("Handler": "api_handler", "FallbackResponses": 1)")));
  function.add("mangum.py", stub_mangum);
  function.add("main.py", stub_main);
  function.ask("/people");
  EXPECT_EQ(function.metrics, "");
}

TEST(IntegratedHandler, AFallbackTellsClientsNothingOfWhatBroke) {
  Function function;
  function.add("mangum.py", stub_mangum);
  function.add("main.py", "import missing_thing\n");
  function.add("api_handler.py", stub_handler);
  for (const auto* path : {"/health", "/people"})
    EXPECT_THAT(function.ask(path), testing::AllOf(testing::Not(HasSubstr("missing_thing")), testing::Not(HasSubstr("main.py")), testing::Not(HasSubstr("Traceback"))));
}

TEST(IntegratedHandler, AFallbackPassesNoRefusalOffAsASuccess) {
  Function function;
  function.add("api_handler.py", "def handler(event, context):\n    return {'statusCode': 503, 'headers': {'X-Tandem-Handler': 'liar'}, 'body': 'no'}\n");
  EXPECT_EQ(function.ask("/people"), R"({"body": "no", "headers": {"x-tandem-fallback": "api_handler", "x-tandem-handler": "api_handler"}, "statusCode": 503})");
}

TEST(IntegratedHandler, AnEncodedHealthIsMarkedToo) {
  Function function;
  function.add("api_handler.py", "import base64\ndef handler(event, context):\n    return {'statusCode': 200, 'isBase64Encoded': True, 'body': base64.b64encode(b'{}').decode()}\n");
  // {"status": "degraded", "fallback": true, "handler": "api_handler"}
  EXPECT_THAT(function.ask("/health"), HasSubstr("eyJzdGF0dXMiOiAiZGVncmFkZWQiLCAiZmFsbGJhY2siOiB0cnVlLCAiaGFuZGxlciI6ICJhcGlfaGFuZGxlciJ9"));
}

TEST(IntegratedHandler, WithNothingToFallBackOnFailsWithTheFirstReason) {
  Function function;
  EXPECT_EQ(function.ask("/health"), "");
  EXPECT_THAT(function.errors, HasSubstr("ModuleNotFoundError: No module named 'mangum'"));
  EXPECT_EQ(function.ask("/health", {}), "");
  EXPECT_THAT(function.errors, HasSubstr("ModuleNotFoundError: No module named 'mangum'"));
}

TEST(IntegratedHandler, AMistakeThatIsNoImportErrorIsNotHidden) {
  Function function;
  function.add("mangum.py", stub_mangum);
  function.add("main.py", "raise RuntimeError('no configuration')\n");
  function.add("api_handler.py", stub_handler);
  EXPECT_EQ(function.ask("/health"), "");
  EXPECT_THAT(function.errors, HasSubstr("RuntimeError: no configuration"));
}

}  // namespace
}  // namespace tandem::compose
