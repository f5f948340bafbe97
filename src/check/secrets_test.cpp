#include "check/secrets.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "base/text.hpp"
#include "check/secret_shape.hpp"
#include "check/severity.hpp"

namespace tandem::check {
namespace {

const std::string base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const std::string base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const std::string hexadecimal = "0123456789abcdef";

/// Random text that is the same on every machine. The literals below are put together from pieces, so that this
/// file itself holds nothing that a scanner would find.
std::string made(const std::string& alphabet, size_t length, unsigned seed) {
  std::mt19937 random(seed);
  std::string out;
  for (size_t i = 0; i < length; ++i) out += alphabet[random() % alphabet.size()];
  return out;
}

std::string pem(const std::string& kind, const std::string& line_end, unsigned seed) {
  std::string out = "-----BEGIN " + kind + "PRIVATE" + " KEY-----" + line_end;
  for (unsigned i = 0; i < 3; ++i) out += made(base62 + "+/", 64, seed + i) + line_end;
  return out + "-----END " + kind + "PRIVATE" + " KEY-----";
}

struct Planted {
  std::string rule;
  std::string file;
  std::string text;
  std::string secret{};   ///< must not be in the finding
};

std::vector<Planted> planted() {
  std::vector<Planted> all;
  const auto add = [&](std::string rule, std::string file, std::string before, std::string secret, std::string after = "\n") {
    all.push_back({"secret." + rule, std::move(file), before + secret + after, secret});
  };
  for (unsigned i = 0; i < 3; ++i) {
    add("aws-access-key-id", "a.py", "key = '", "AK" "IA" + made(base32, 16, 10 + i), "'\n");
    add("aws-secret-key", "credentials", "aws_secret_access_key = ", made(base62 + "/+", 40, 20 + i));
    add("aws-secret-key", "a.ts", "secretAccessKey: '", made(base62 + "/+", 40, 30 + i), "',\n");
    add("github-token", ".env", "GH=", "gh" "p_" + made(base62, 36, 40 + i));
    add("gitlab-token", "ci.yml", "  token: ", "gl" "pat-" + made(base62, 20, 50 + i));
    add("slack-token", "notify.sh", "curl -d token=", "xo" "xb-" + made("0123456789", 12, 60 + i) + "-" + made(base62, 24, 61 + i));
    add("stripe-key", "pay.js", "stripe('", "sk" "_live_" + made(base62, 24, 70 + i), "')\n");
    add("google-key", "maps.html", "?key=", "AI" "za" + made(base62 + "_-", 35, 80 + i), "&v=3\n");
    add("npm-token", "x.sh", "T=", "np" "m_" + made(base62, 36, 90 + i));
    add("pypi-token", ".pypirc", "password = ", "py" "pi-AgEIcHlwaS5vcmc" + made(base62, 70, 100 + i));
    add("jwt", "t.http", "cookie: ", "ey" "J" + made(base62, 30, 110 + i) + ".ey" "J" + made(base62, 60, 111 + i) + "." + made(base62, 43, 112 + i));
    add("named-literal", "settings.py", "PASSWORD = \"", made(base62, 14, 120 + i), "\"\n");
    add("named-literal", "a.json", "{\"apiKey\": \"", made(hexadecimal, 32, 130 + i), "\"}\n");
    add("named-literal", ".env", "export DB_PASSWORD=", made(base62 + "!%&", 16, 140 + i));
    add("named-literal", "a.yml", "  client_secret: ", made(base62, 32, 150 + i));
    add("named-literal", "Dockerfile", "ENV SESSION_TOKEN=", made(base62, 24, 160 + i));
  }
  add("slack-webhook", "n.py", "https://hooks.slack" ".com/services/T0A1B2C3D/B0A1B2C3D/", made(base62, 24, 200));
  add("npm-token", ".npmrc", "//registry.corp.test/:_auth" "Token=", made(base62, 30, 201));
  add("url-password", "a.py", "dsn = 'postgresql://app:", made(base62, 16, 202), "@db.corp.eu:5432/x'\n");
  add("url-password", "requirements.txt", "--index-url https://ci:", made(base62, 20, 203), "@pypi.corp.eu/simple\n");
  add("authorization-header", "a.http", "Authorization: Bas" "ic ", made(base62, 28, 204) + "==");
  add("cloud-token", "az.txt", "Account" "Key=", made(base62, 86, 205) + "==");
  add("cloud-token", "do.sh", "T=", "dop" "_v1_" + made(hexadecimal, 64, 206));
  add("sendgrid-key", "m.rb", "k = '", "SG" "." + made(base62, 22, 207) + "." + made(base62, 43, 208), "'\n");
  add("ai-key", "m.py", "k = '", "sk" "-ant-" + made(base62, 40, 209), "'\n");
  add("github-token", "x.txt", "", "github" "_pat_" + made(base62, 22, 210) + "_" + made(base62, 59, 211));
  all.push_back({"secret.private-key", "id_rsa", pem("RSA ", "\n", 300)});
  all.push_back({"secret.private-key", "key.pem", pem("", "\r\n", 301)});
  all.push_back({"secret.private-key", "sa.json", "{\"private_key\": \"" + pem("", "\\n", 302) + "\"}"});
  all.push_back({"secret.private-key", "deploy.yml", "key: |\n  " + replaced(pem("OPENSSH ", "\n", 303), "\n", "\n  ")});
  return all;
}

/// Lines that look a little like secrets and are none.
std::vector<Planted> harmless() {
  return {
      {"", "a.py", "password = os.environ['DB_PASSWORD']\ntoken = get_token(user_id)\n"},
      {"", "a.py", "PASSWORD_FIELD = \"password1_input\"\nTOKEN_URL = \"https://idp.corp.test/oauth2/v1/token\"\n"},
      {"", "a.yml", "password: ${DB_PASSWORD}\nsecret: '{{ vault_secret_7 }}'\ntoken: ${{ secrets.TOKEN_2 }}\n"},
      {"", "a.yml", "secretName: registry-tls-2024\napiKeyRequired: true\npasswordPolicy: minLength8\n"},
      {"", "README.md", "export API_KEY=your-api-key-123\nexport TOKEN=<token-from-step-2>\nPASSWORD=changeme123\n"},
      {"", "docs.md", "aws_access_key_id = AK" "IAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"},
      {"", "parse.cpp", "if (line.starts_with(\"-----BEGIN PRIVATE" " KEY-----\")) return Kind::Key;\n"},
      {"", "url.md", "postgres://user:password@localhost/db, https://user:${TOKEN}@host.corp.test/, redis://:pass@cache.corp.test\n"},
      {"", "test_login.py", "login('ada@example.org', password='test-password-1')\ntoken = 'fake-token-0001'\n"},
      {"", "package-lock.json", "\"integrity\": \"sha512-" + made(base62 + "+/", 86, 400) + "==\",\n"},
      {"", "commit.txt", "commit " + made(hexadecimal, 40, 401) + "\nTree " + made(hexadecimal, 40, 402) + "\n"},
      {"", "ids.json", "{\"id\": \"6fa459ea-ee8a-3ca4-894e-db77e160355e\", \"requestId\": \"" + made(hexadecimal, 32, 403) + "\"}\n"},
      {"", "a.ts", "const tokenExpiry = \"3600seconds\";\nconst passwordLabel = \"Password1:\";\ntype Token = 'access' | 'refresh';\n"},
      {"", "a.sh", "TOKEN=$(aws sts get-token)\nPASSWORD=\"$1\"\nSECRET_FILE=/run/secrets/db1\n"},
      {"", "a.ts", "requirePasswordResetOnNextLogin: \"requirePasswordResetOnNextLogin\",\n"},
      {"", "template.json", "\"MasterUserPassword\": \"{{resolve:secretsmanager:prod:SecretString:password1}}\"\n"},
      {"", "policy.json", "\"Resource\": \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbC123\"\n"},
      {"", "openapi.yml", "bearerFormat: JWT\ndescription: a token such as eyJ...\naccessToken: {type: string}\n"},
      {"", "a.py", "token_pattern = r'[A-Za-z0-9]{36}'\nsecret_hash = 'sha256:" + made(hexadecimal, 64, 404) + "'\n"},
      {"", "lexer.py", "TOKEN_REF = r'[A-Z]\\w*1'\njsonnet_token = r'[^\\W\\d]\\w*'\n"},
      {"", "a.cpp", "const auto token = tokens[index++];\npassword == confirmation2;\ntoken->kind = Kind::Number1;\n"},
  };
}

bool finds(const Planted& item) {
  for (const auto& finding : find_secrets(item.file, item.text))
    if (finding.rule == item.rule) return true;
  return false;
}

TEST(Secrets, EveryPlantedOneIsFoundByItsOwnRule) {
  size_t found = 0;
  const auto all = planted();
  for (const auto& item : all) {
    const bool hit = finds(item);
    EXPECT_TRUE(hit) << item.rule << " in " << item.file;
    found += hit ? 1 : 0;
  }
  std::cout << "secrets: recall " << found << "/" << all.size() << "\n";
}

TEST(Secrets, NothingHarmlessIsTakenForOne) {
  size_t alarms = 0;
  size_t lines = 0;
  for (const auto& item : harmless()) {
    lines += lines_of(item.text).size();
    for (const auto& finding : find_secrets(item.file, item.text)) {
      if (weight(finding.severity) <= weight("LOW")) continue;
      ++alarms;
      ADD_FAILURE() << item.file << ":" << finding.place.line << " " << finding.rule << "\n" << item.text;
    }
  }
  std::cout << "secrets: " << alarms << " false alarms in " << lines << " lines\n";
}

TEST(Secrets, AFindingNeverHoldsTheSecret) {
  for (const auto& item : planted()) {
    if (item.secret.empty()) continue;
    for (const auto& finding : find_secrets(item.file, item.text)) {
      EXPECT_FALSE(finding.what.contains(item.secret.substr(4, 8))) << finding.what;
      EXPECT_FALSE(finding.what.contains(item.secret)) << finding.what;
    }
  }
}

TEST(Secrets, AFindingNamesLineAndColumn) {
  const auto findings = find_secrets("src/a.py", "import os\n\nkey = 'AK" "IA" + made(base32, 16, 1) + "'\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].place, (Place{"src/a.py", 3, 8}));
}

TEST(Secrets, OneStretchOfTextIsFoundOnceByItsMostSpecificRule) {
  const auto findings = find_secrets("a.py", "github_token = 'gh" "p_" + made(base62, 36, 5) + "'\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "secret.github-token");
}

TEST(Secrets, AnAllowCommentWithAReasonMakesTheFindingInformational) {
  const auto line = "key = 'AK" "IA" + made(base32, 16, 1) + "'";
  const auto same = find_secrets("a.py", line + "  # tandem:allow-secret revoked in 2024\n");
  const auto above = find_secrets("a.py", "# tandem:allow-secret revoked in 2024\n" + line + "\n");
  ASSERT_EQ(same.size(), 1U);
  EXPECT_EQ(same[0].severity, "INFORMATIONAL");
  EXPECT_TRUE(same[0].what.contains("revoked in 2024"));
  ASSERT_EQ(above.size(), 1U);
  EXPECT_EQ(above[0].severity, "INFORMATIONAL");
}

TEST(Secrets, AnAllowCommentWithoutReasonChangesNothingAndSaysSo) {
  const auto findings = find_secrets("a.py", "key = 'AK" "IA" + made(base32, 16, 1) + "'  # tandem:allow-secret\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, "HIGH");
  EXPECT_TRUE(findings[0].what.contains("needs a reason"));
}

TEST(Secrets, AnAllowCommentCoversNoOtherLine) {
  const auto line = "key = 'AK" "IA" + made(base32, 16, 1) + "'\n";
  const auto findings = find_secrets("a.py", "# tandem:allow-secret revoked\n" + line + line);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].severity, "HIGH");
}

TEST(Secrets, APasswordForThisMachineIsALowFinding) {
  const auto findings = find_secrets("a.env", "DSN=postgres://app:" + made(base62, 12, 7) + "@localhost:5432/x\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, "LOW");
}

TEST(Secrets, TimeGrowsWithTheTextAndNotFaster) {
  std::string text;
  while (text.size() < (2UL << 20)) text += "const password_of_token_secret_" + made(base62 + "     =:'\"./_-", 100, static_cast<unsigned>(text.size())) + "\n";
  const auto timed = [](std::string_view part) {
    const auto began = std::chrono::steady_clock::now();
    (void)find_secrets("big.js", part);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  const auto half = timed(std::string_view(text).substr(0, text.size() / 2));
  const auto whole = timed(text);
  std::cout << "secrets: " << static_cast<double>(text.size()) / whole / 1e6 << " MB/s\n";
  EXPECT_LT(whole, half * 6 + 0.5);
}

TEST(SecretShape, EntropyIsThatOfShannon) {
  EXPECT_DOUBLE_EQ(entropy_bits(""), 0);
  EXPECT_DOUBLE_EQ(entropy_bits("aaaa"), 0);
  EXPECT_DOUBLE_EQ(entropy_bits("abcd"), 2);
}

}  // namespace
}  // namespace tandem::check
