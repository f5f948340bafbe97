#include "check/secret_rules.hpp"

#include "base/result.hpp"

namespace tandem::check {
namespace {

struct Line {
  const char* name;
  const char* severity;
  const char* what;
  Judge judge;
  std::vector<std::string> keywords;
  const char* pattern;
};

// The end of a token: RE2 has no look-ahead, so patterns end where their own characters do.
const std::vector<Line> lines{
    {"private-key", "CRITICAL", "private key", Judge::PrivateKey, {"PRIVATE KEY"},
     R"((-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----))"},
    {"aws-access-key-id", "HIGH", "AWS access key id", Judge::Token, {"AKIA", "ASIA", "ABIA", "ACCA"},
     R"(\b((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b)"},
    {"aws-secret-key", "CRITICAL", "AWS secret access key", Judge::Random, {"aws", "AWS", "ecret", "ECRET"},
     R"((?i)(?:aws|secret)[a-z0-9_ .-]{0,30}["']?\s{0,4}(?::=|=>|=|:|,)\s{0,4}["']?([a-z0-9/+]{40})(?:[^a-z0-9/+=]|$))"},
    {"github-token", "CRITICAL", "GitHub token", Judge::Token, {"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"},
     R"(\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}))"},
    {"gitlab-token", "CRITICAL", "GitLab token", Judge::Token, {"gl"},
     R"(\b((?:glpat|gldt|glrt|glcbt|glptt|glft|glsoat|glagent|gloas)-[A-Za-z0-9_.-]{20,}))"},
    {"slack-token", "HIGH", "Slack token", Judge::Token, {"xox", "xapp-"},
     R"(\b((?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}))"},
    {"slack-webhook", "HIGH", "Slack webhook address", Judge::Token, {"hooks.slack.com"},
     R"(hooks\.slack\.com/(?:services|workflows|triggers)/[A-Z0-9]+/[A-Z0-9]+/([A-Za-z0-9]{16,}))"},
    {"stripe-key", "CRITICAL", "Stripe key", Judge::Token, {"sk_", "rk_", "whsec_"},
     R"(\b((?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}))"},
    {"google-key", "HIGH", "Google API key", Judge::Token, {"AIza", "GOCSPX-", "ya29."},
     R"(\b(AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{20,}))"},
    {"npm-token", "CRITICAL", "npm token", Judge::Token, {"npm_"}, R"(\b(npm_[A-Za-z0-9]{36,}))"},
    {"npm-token", "CRITICAL", "npm registry credential", Judge::Token, {"_authToken", "_auth", "_password"},
     R"((?m)^\s*(?://[^\s=]+:)?_(?:authToken|auth|password)\s*=\s*["']?([^\s"']{8,}))"},
    {"pypi-token", "CRITICAL", "PyPI token", Judge::Token, {"pypi-"}, R"(\b(pypi-[A-Za-z0-9_-]{50,}))"},
    {"sendgrid-key", "HIGH", "SendGrid key", Judge::Token, {"SG."},
     R"(\b(SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}))"},
    {"ai-key", "HIGH", "key of an AI service", Judge::Token, {"sk-"},
     R"(\b(sk-(?:ant-|proj-|svcacct-|admin-|or-v1-)[A-Za-z0-9_-]{24,}|sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}))"},
    {"cloud-token", "CRITICAL", "access token of a hosting service", Judge::Token,
     {"dop_v1_", "doo_v1_", "hvs.", "dckr_pat_", "AccountKey=", "shpat_", "lin_api_", "hf_", "atlasv1"},
     R"(\b(do[op]_v1_[a-f0-9]{64}|hvs\.[A-Za-z0-9_-]{24,}|dckr_pat_[A-Za-z0-9_-]{20,}|shpat_[a-fA-F0-9]{32}|lin_api_[A-Za-z0-9]{40}|hf_[A-Za-z]{34}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}))"},
    {"cloud-token", "CRITICAL", "storage account key", Judge::Token, {"AccountKey="},
     R"(AccountKey=([A-Za-z0-9+/]{60,}={0,2}))"},
    {"jwt", "HIGH", "JSON web token", Judge::Token, {"eyJ"},
     R"(\b(eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}))"},
    {"url-password", "HIGH", "password in an address", Judge::Url, {"://"},
     R"(\b[A-Za-z][A-Za-z0-9+.-]{1,30}://([^\s:/@"'<>`?#]{0,100}):([^\s/@"'<>`]{3,200})@([^\s/:"'<>`?#]{1,200}))"},
    {"authorization-header", "HIGH", "authorization header", Judge::Token, {"asic ", "earer "},
     R"((?i)authorization["']?\s{0,4}[:=,]\s{0,4}["']?(?:basic|bearer)\s+([a-z0-9_.~+/-]{20,}={0,2}))"},
    {"named-literal", "HIGH", "secret written out", Judge::Named, {},
     R"re((?i)\b([a-z0-9_.-]{0,40}(?:passw(?:or)?d|passwort|pwd|secret|token|api_?-?key|apikey|access_?key|private_?key|encryption_?key|credential)[a-z0-9_.-]{0,40})["'\]]{0,2}\s{0,20}(?::=|=>|==|=|:)\s{0,20}(?:[rbuf]{0,2})["'`]([^"'`\s]{8,300})["'`])re"},
    {"named-literal", "HIGH", "secret written out", Judge::Named, {},
     R"re((?im)^\s*(?:export\s+|env\s+|arg\s+|set\s+|-\s+)?([a-z0-9_.-]{0,40}(?:passw(?:or)?d|passwort|pwd|secret|token|api_?-?key|apikey|access_?key|private_?key|encryption_?key|credential)[a-z0-9_.-]{0,40})\s{0,20}[=:]\s{0,20}([^"'`\s,;(){}\[\]]{8,300})\s*(?:[;,]|#.*)?$)re"},
};

std::vector<SecretRule> compiled() {
  std::vector<SecretRule> rules;
  for (const auto& line : lines) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(64 << 20);
    auto pattern = std::make_unique<RE2>(line.pattern, options);
    CHECK(pattern->ok());
    rules.push_back({fmt::format("secret.{}", line.name), line.severity, line.what, line.judge, line.keywords,
                     std::move(pattern)});
  }
  return rules;
}

}  // namespace

const std::vector<SecretRule>& secret_rules() {
  static const auto rules = compiled();
  return rules;
}

}  // namespace tandem::check
