#include "base/digest.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem {
namespace {

TEST(Digest, MatchesThePublishedSha256OfAbc) {
  EXPECT_EQ(digest_of("abc").value, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, OfAFolderChangesWithTheExecutableBit) {
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(write_file(folder.path() / "a/b", "text"));
  const auto before = *digest_of_folder(folder.path());
  std::filesystem::permissions(folder.path() / "a/b", std::filesystem::perms::owner_all);
  EXPECT_NE(before, *digest_of_folder(folder.path()));
}

TEST(Digest, Base64ReadsBackWhatItWrote) {
  for (const std::string text : {"", "a", "ab", "abc", "abcd"}) EXPECT_EQ(*from_base64(base64(text)), text);
  EXPECT_FALSE(from_base64("abc"));
}

TEST(Text, SuggestsTheNearestNameWithinTwoEdits) {
  EXPECT_EQ(nearest("steps", {"Steps", "Container"}), "Steps");
  EXPECT_EQ(nearest("Comands", {"Commands"}), "Commands");
  EXPECT_FALSE(nearest("Zebra", {"Steps"}));
  EXPECT_EQ(nearest("Publish assets to all", {"PublishAssetsToAll", "Deploy"}), "PublishAssetsToAll");
  EXPECT_FALSE(nearest("--", {"__x"}));
}

TEST(Text, KnowsValidUtf8) {
  EXPECT_TRUE(is_valid_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
  EXPECT_FALSE(is_valid_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_valid_utf8("\xe2\x82"));
}

TEST(Json, NamesLineAndColumnOfAFault) {
  const auto parsed = parse_json("{\n  \"a\": oops}", "a.json");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().place->line, 2);
}

TEST(Json, RefusesNumbersThatOverflow) { EXPECT_FALSE(parse_json("[1e400]")); }

TEST(Json, CanonicalTextSortsKeysAtEveryDepth) {
  EXPECT_EQ(to_canonical_text(*parse_json(R"({"b":{"d":1,"c":2},"a":[]})")), R"({"a":[],"b":{"c":2,"d":1}})");
}

TEST(Json, FieldsRememberTheFirstComplaint) {
  const auto value = *parse_json(R"({"a":1})");
  Fields fields(value, "the thing");
  EXPECT_EQ(fields.string("a"), "");
  EXPECT_EQ(fields.integer("b"), 0);
  EXPECT_EQ(fields.finish().error().what, "the thing has a a that is no text");
}

}  // namespace
}  // namespace tandem
