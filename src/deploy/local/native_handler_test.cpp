// registry/native-handler, built here, as a function of the local target.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/process.hpp"
#include "base/text.hpp"
#include "deploy/local/function_ground_test.hpp"

namespace tandem::deploy::local {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(NativeHandler, AnswersOnTheLocalTargetAndMarksThatItStandsIn) {
  FunctionWorld world;
  auto function = world.function("");   // its bootstrap is replaced
  const auto made = run_program({{"make", "-s", "-C", std::string(TANDEM_SOURCE_DIR) + "/registry/native-handler", "OUT=" + function.code_folder, "all", "-B"}, tool_environment()});
  ASSERT_TRUE(made && made->exit.ok()) << (made ? made->err : made.error().what);
  ASSERT_TRUE(replace_file(std::filesystem::path(function.code_folder) / "tandem-handlers", "integrated_api_handler\napi_handler\n"));
  function.handler = "integrated_api_handler";
  TestPool pool(function, world.ground);
  for (const auto* status : {"200", "503", "200"}) {
    const auto invoked = pool->invoke(world.order(std::string_view(status) == "200" ? R"({"path":"/health"})" : R"({"path":"/people"})"));
    ASSERT_TRUE(std::holds_alternative<FunctionOutcome>(invoked));
    const auto& answer = std::get<FunctionOutcome>(invoked);
    EXPECT_FALSE(answer.failed) << answer.payload;
    EXPECT_THAT(answer.payload, AllOf(HasSubstr(fmt::format("\"statusCode\":{}", status)), HasSubstr(R"("x-tandem-fallback":"api_handler")")));
  }
}

}  // namespace
}  // namespace tandem::deploy::local
