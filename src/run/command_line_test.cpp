#include "run/command_line.hpp"

#include <gtest/gtest.h>

namespace tandem::run {
namespace {

TEST(CommandLine, ReadsOperandsAndOptionsInAnyOrder) {
  const auto line = *parse_command_line({"logs", "--follow", "run-3", "Build", "--json"});
  EXPECT_EQ(line.command, "logs");
  EXPECT_TRUE(line.as_json);
  EXPECT_EQ(to_canonical_text(line.arguments), R"({"action":"Build","follow":true,"run":"run-3"})");
}

TEST(CommandLine, TakesValuesAfterASpaceOrAnEqualsSign) {
  EXPECT_EQ(parse_command_line({"runs", "--limit", "5"})->arguments.at("limit"), 5);
  EXPECT_EQ(parse_command_line({"rollback", "--env=local", "--last-good"})->arguments.at("env"), "local");
}

TEST(CommandLine, SuggestsTheNearestCommandAndOption) {
  EXPECT_EQ(parse_command_line({"stauts"}).error().next, "did you mean status?");
  EXPECT_EQ(parse_command_line({"logs", "--folow"}).error().next, "did you mean --follow?");
}

TEST(CommandLine, RefusesMissingSuperfluousAndMalformedWords) {
  EXPECT_EQ(parse_command_line({"init", "app"}).error().what, "tandem init needs INFRASTRUCTURE");
  EXPECT_FALSE(parse_command_line({"status", "more"}));
  EXPECT_FALSE(parse_command_line({"runs", "--limit", "many"}));
  EXPECT_FALSE(parse_command_line({"runs", "--limit"}));
}

TEST(CommandLine, EveryCommandHasHelp) {
  for (const auto& command : command_table())
    EXPECT_NE(help_text(std::string(command.name)).find(command.help), std::string::npos);
}

}  // namespace
}  // namespace tandem::run
