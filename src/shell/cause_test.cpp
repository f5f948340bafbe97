#include "shell/cause.hpp"

#include <gtest/gtest.h>

namespace tandem::shell {
namespace {

std::string cause_of(std::initializer_list<std::string_view> lines) {
  Cause cause;
  for (const auto line : lines) cause.hear(line);
  return cause.words();
}

TEST(Cause, IsTheLastLine) {
  EXPECT_EQ(cause_of({"error: first", "done with 2 errors"}), "done with 2 errors");
  EXPECT_EQ(cause_of({"Error: attempt 1 failed with 503", "Error: giving up after two attempts"}), "Error: giving up after two attempts");
  EXPECT_EQ(cause_of({}), "");
}

TEST(Cause, IsWhatTheErrorsSayThatEndWithWhereToReadMore) {
  EXPECT_EQ(cause_of({"pkg error code NOPLACE", "pkg error path /src/list.json", "pkg error noplace cannot read the list: no such file",
                      "pkg error noplace see above", "pkg error", "pkg error All of it is written to: /root/.pkg/logs/1.log"}),
            "pkg error noplace cannot read the list: no such file");
  EXPECT_EQ(cause_of({"pkg ERR! errno 1", "pkg ERR! the script of tests ended with 1", "pkg ERR!", "pkg ERR! All of it is written to:", "pkg ERR!     /root/.pkg/1.log"}),
            "pkg ERR! the script of tests ended with 1");
  EXPECT_EQ(cause_of({"[INFO] one two three four", "[ERROR] the module core does not compile", "[ERROR]", "[ERROR] [More] https://example.com/help"}),
            "[ERROR] the module core does not compile");
}

TEST(Cause, IsNotTakenFromErrorsFurtherUp) {
  EXPECT_EQ(cause_of({"pkg error the first command was not found", "pkg installed 3 packages", "see https://example.com/help"}), "see https://example.com/help");
  EXPECT_EQ(cause_of({"pkg error the first command was not found", "it was tried again", "pkg error code 1", "pkg error log /root/1.log"}), "pkg error log /root/1.log");
}

TEST(Cause, OfAStepIsForgottenWithIt) {
  Cause cause;
  cause.hear("pkg error the first command was not found");
  cause.begin();
  EXPECT_EQ(cause.words(), "");
  cause.hear("pkg error log /root/1.log");
  EXPECT_EQ(cause.words(), "pkg error log /root/1.log");
}

}  // namespace
}  // namespace tandem::shell
