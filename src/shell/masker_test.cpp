#include "shell/masker.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "shell/line_stream.hpp"

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

/// Every form a secret is expected in, inside text that must stay.
std::vector<std::string> disguises(const std::string& secret) {
  std::vector<std::string> out{secret, hex(secret), upper(hex(secret)), percent_encoded(secret), to_text(json::value(secret))};
  for (const auto* before : {"", "x", "xy"}) {
    out.push_back(base64(before + secret + "tail"));
    out.push_back(base64url(before + secret + "tail"));
  }
  return out;
}

TEST(Masker, FindsJsonAsOtherWritersWriteIt) {
  const Masker masker(Secrets{{"s", "pass/wörd\"😀"}});
  EXPECT_EQ(masker.masked(R"({"p":"pass\/wörd\"😀"})"), R"({"p":"***"})");
  EXPECT_EQ(masker.masked(R"({"p":"pass/w\u00f6rd\"\ud83d\ude00"})"), R"({"p":"***"})");
}

TEST(LineStream, MasksEveryFormOfASecretWhereverItsBytesAreSplit) {
  const std::string secret = "S3cr3t/+&=\"val ue";
  const Masker masker(Secrets{{"s", secret}});
  for (const auto& form : disguises(secret)) {
    const auto text = "before " + form + " after\n";
    for (size_t split = 0; split <= text.size(); ++split) {
      std::string said;
      LineStream lines(masker, "\x1emark ", [&said](std::string_view line) { said += line; }, [](std::string_view) {});
      lines.add(std::string_view(text).substr(0, split));
      lines.add(std::string_view(text).substr(split));
      lines.finish();
      EXPECT_TRUE(said.starts_with("before ") && said.ends_with(" after") && said.contains("***")) << form << " split at " << split << ": " << said;
      EXPECT_FALSE(said.contains(form)) << split;
    }
  }
}

TEST(LineStream, MasksEachLineOfASecretOfSeveralLinesWhereverItIsSplit) {
  const std::string secret = "-----BEGIN KEY-----\nMIIBVgIBADANBgkq\nabcdefghij==\n-----END KEY-----\n";
  const Masker masker(Secrets{{"pem", secret}});
  const auto text = "key: " + secret;
  for (size_t split = 0; split <= text.size(); ++split) {
    std::vector<std::string> said;
    LineStream lines(masker, "\x1emark ", [&said](std::string_view line) { said.emplace_back(line); }, [](std::string_view) {});
    for (const auto piece : {std::string_view(text).substr(0, split), std::string_view(text).substr(split)}) lines.add(piece);
    lines.finish();
    EXPECT_EQ(said, (std::vector<std::string>{"key: ***", "***", "***", "***"})) << split;
  }
}

}  // namespace
}  // namespace tandem::shell
