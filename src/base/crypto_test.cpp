#include "base/crypto.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/guarded.hpp"

namespace tandem {
namespace {

TEST(Crypto, HmacMatchesTheVectorsOfRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac_sha256("", "").size(), 32u);
}

TEST(Crypto, ScryptMatchesTheVectorsOfRfc7914) {
  EXPECT_EQ(hex(*scrypt("", "", 16, 1, 1, 64)),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(hex(*scrypt("password", "NaCl", 1024, 8, 16, 16)), "fdbabe1c9d3472007856e7190d01e9fe");
  EXPECT_EQ(scrypt("p", "s", 1000, 8, 1, 32).error().fault, Fault::Invalid);
  EXPECT_EQ(scrypt("p", "s", 1UL << 30, 8, 1, 32).error().fault, Fault::Broken);
}

TEST(Crypto, ComparesInConstantTimeAndByLength) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_NE(random_bytes(16), random_bytes(16));
}

TEST(SigningKey, KeepsItsKeyInAFileThatOnlyItsOwnerReads) {
  const auto folder = *TemporaryFolder::make();
  const auto path = folder.path() / "keys" / "signing.pem";
  const auto made = *SigningKey::load_or_create(path);
  const auto loaded = *SigningKey::load_or_create(path);
  EXPECT_EQ(made.public_key(), loaded.public_key());
  EXPECT_EQ(made.key_id().size(), 16u);
  EXPECT_TRUE(read_file(path)->starts_with("-----BEGIN PRIVATE KEY-----"));
  struct stat found {};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(SigningKey::load_or_create(path).error().fault, Fault::Denied);
}

TEST(SigningKey, RefusesAFileThatHoldsNoKey) {
  const auto folder = *TemporaryFolder::make();
  ASSERT_TRUE(replace_file(folder.path() / "k", "not a key", 0600));
  EXPECT_EQ(SigningKey::load_or_create(folder.path() / "k").error().fault, Fault::Broken);
  EXPECT_EQ(Seal::load_or_create(folder.path() / "k").error().fault, Fault::Broken);
  EXPECT_EQ(public_key_from_pem("nonsense").error().fault, Fault::Invalid);
}

TEST(SigningKey, IsOneKeyHoweverManyComeAtOnce) {
  const auto folder = *TemporaryFolder::make();
  Guarded<std::vector<std::string>> seen;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] {
        const auto key = SigningKey::load_or_create(folder.path() / "k")->public_key();
        seen.with([&](auto& keys) { keys.push_back(key); });
      });
  }
  seen.with([](auto& keys) { EXPECT_EQ(std::count(keys.begin(), keys.end(), keys[0]), 8); });
  EXPECT_EQ(files_below(folder.path())->size(), 1u);
}

TEST(SigningKey, SignsWhatOthersCanVerifyFromThePublicPem) {
  const auto key = SigningKey::generate();
  const auto signature = key.sign("the message");
  EXPECT_EQ(signature.size(), 64u);
  const auto open = *public_key_from_pem(key.public_pem());
  EXPECT_EQ(open, key.public_key());
  EXPECT_TRUE(verify_signature(open, "the message", signature));
  EXPECT_FALSE(verify_signature(open, "the massage", signature));
  EXPECT_FALSE(verify_signature(SigningKey::generate().public_key(), "the message", signature));
  EXPECT_FALSE(verify_signature(open, "the message", "short"));
  EXPECT_FALSE(verify_signature("", "the message", signature));
}

TEST(Seal, OpensOnlyWhatItClosedAndOnlyForTheSamePurpose) {
  const auto folder = *TemporaryFolder::make();
  const auto seal = *Seal::load_or_create(folder.path() / "seal.key");
  const auto sealed = seal.close("secret", "secrets/db");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_NE(sealed, seal.close("secret", "secrets/db"));
  EXPECT_EQ(*Seal::load_or_create(folder.path() / "seal.key")->open(sealed, "secrets/db"), "secret");
  EXPECT_EQ(seal.open(sealed, "secrets/other").error().fault, Fault::Broken);
  for (size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] ^= 1;
    EXPECT_FALSE(seal.open(changed, "secrets/db")) << at;
  }
  EXPECT_EQ(seal.open("", "x").error().fault, Fault::Broken);
  EXPECT_EQ(*seal.open(seal.close("", ""), ""), "");
  EXPECT_FALSE(Seal::load_or_create(folder.path() / "other.key")->open(sealed, "secrets/db"));
}

}  // namespace
}  // namespace tandem
