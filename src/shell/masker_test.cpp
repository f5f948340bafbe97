#include "shell/masker.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace tandem::shell {
namespace {

using Secrets = std::map<std::string, std::string>;

TEST(Masker, TakesOutTheSecretInEveryUsualDisguise) {
  const std::string secret = "p\"ss/w?rd it's+";
  const Masker masker(Secrets{{"db", secret}});
  EXPECT_EQ(masker.masked("url=" + secret + "@host"), "url=***@host");
  EXPECT_EQ(masker.masked("x" + percent_encoded(secret) + "y"), "x***y");
  EXPECT_EQ(masker.masked("p%22ss%2fw%3frd%20it%27s%2b"), "***");
  EXPECT_EQ(masker.masked("p%22ss%2Fw%3Frd+it%27s%2B"), "***");
  EXPECT_EQ(masker.masked(R"({"a":"p\"ss/w?rd it's+"})"), R"({"a":"***"})");
  EXPECT_EQ(masker.masked(R"(+ login 'p"ss/w?rd it'\''s+')"), "+ login '***'");
  EXPECT_EQ(masker.masked(hex(secret)), "***");
}

TEST(Masker, FindsBase64AtEveryAlignment) {
  const std::string secret = "correct horse";
  const Masker masker(Secrets{{"pass", secret}});
  for (const auto* before : {"", "a", "ab", "abc", "user:"})
    for (const auto* after : {"", "z", "zz", "\n"}) {
      const auto shown = masker.masked(base64(before + secret + after));
      EXPECT_NE(shown.find("***"), shown.npos) << before << "|" << after;
      EXPECT_LE(shown.size(), 3 + base64(before).size() + base64(after).size() + 4) << shown;
    }
}

TEST(Masker, FindsBase64ThatWasBrokenIntoLines) {
  const Masker masker(Secrets{{"key", std::string(200, 'k') + "end"}});
  const auto encoded = base64(std::string(200, 'k') + "end");
  for (const size_t width : {64UL, 76UL})
    for (size_t at = 0; at + 4 <= encoded.size(); at += width) EXPECT_EQ(masker.masked(encoded.substr(at, width)), "***");
}

TEST(Masker, TakesOutEachLineOfASecretOfSeveralLines) {
  const Masker masker(Secrets{{"pem", "-----BEGIN KEY-----\nAAAABBBB\nabc\n-----END KEY-----\n"}});
  EXPECT_EQ(masker.masked("> AAAABBBB <"), "> *** <");
  EXPECT_EQ(masker.masked("abc stays, it is too short to tell"), "abc stays, it is too short to tell");
}

TEST(Masker, MasksOverlappingSecretsWhole) {
  const Masker masker(Secrets{{"a", "abcdef"}, {"b", "defghi"}, {"c", "abcdefghi-long"}});
  EXPECT_EQ(masker.masked("_abcdefghi_abcdef_abcdefghi-long_"), "_***_***_***_");
}

TEST(Masker, LeavesShortSecretsAndSaysSo) {
  const Masker masker(Secrets{{"tiny", "abc"}, {"empty", ""}});
  EXPECT_EQ(masker.masked("abcabc"), "abcabc");
  EXPECT_EQ(masker.too_short(), std::vector<std::string>{"tiny"});
  EXPECT_FALSE(masker.finds("abc"));
}

}  // namespace
}  // namespace tandem::shell
