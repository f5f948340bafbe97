#include "check/secrets.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "check/secret_rules.hpp"
#include "check/secret_shape.hpp"

namespace tandem::check {
namespace {

/// A text with the offsets of its lines, so that a place is found without reading the text again.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }
  /// Which line holds this offset, counted from 0.
  size_t index_of(size_t offset) const {
    return static_cast<size_t>(std::ranges::upper_bound(starts_, offset) - starts_.begin()) - 1;
  }
  std::string_view line(size_t index) const {
    const auto end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
    return text_.substr(starts_[index], end - starts_[index]);
  }
  Place place(std::string_view path, size_t offset) const {
    const auto index = index_of(offset);
    return {std::string(path), static_cast<int>(index) + 1, static_cast<int>(offset - starts_[index]) + 1};
  }

 private:
  std::string_view text_;
  std::vector<size_t> starts_;
};

/// A stretch of text that one rule took for a secret.
struct Match {
  const SecretRule* rule = nullptr;
  size_t begin = 0;
  size_t end = 0;
  std::string severity;
};

/// The reason of an allow comment on this line; nullopt without comment, empty without reason.
std::optional<std::string> allowance(std::string_view line) {
  static constexpr std::string_view mark = "tandem:allow-secret";
  const auto at = line.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  auto reason = trimmed(line.substr(at + mark.size()));
  for (const std::string_view end : {"*/", "-->"})
    if (reason.ends_with(end)) reason = trimmed(reason.substr(0, reason.size() - end.size()));
  return std::string(reason);
}

bool is_comment(std::string_view line) {
  const auto text = trimmed(line);
  return std::ranges::any_of(std::array{"#", "//", "/*", "*", "<!--", "--", ";"},
                             [text](const char* start) { return text.starts_with(start); });
}

/// Where 40 characters of base64 begin soon after a PEM header, past line ends, quotes and header fields.
bool has_key_material(std::string_view after_header) {
  static const RE2 material(R"([A-Za-z0-9+/]{40,})");
  auto window = after_header.substr(0, 600);
  if (const auto end = window.find("-----END"); end != std::string_view::npos) window = window.substr(0, end);
  re2::StringPiece found;
  const re2::StringPiece searched(window.data(), window.size());
  if (!material.Match(searched, 0, searched.size(), RE2::UNANCHORED, &found, 1)) return false;
  return entropy_bits({found.data(), found.size()}) >= 3.0;
}

/// Severity of a password in a URL; nullopt when it is none.
std::optional<std::string> url_severity(std::string_view user, std::string_view password, std::string_view host) {
  if (is_reference(password) || is_placeholder(password) || password.contains("{") || password.contains("$"))
    return std::nullopt;
  for (const std::string_view word : {"password", "pass", "pwd", "secret", "token", "passwd", "PASSWORD", "pw"})
    if (password == word) return std::nullopt;
  if (host.contains("example.") || host.ends_with("example") || host.ends_with(".invalid") || host.ends_with(".test"))
    return std::nullopt;
  const bool local = host == "localhost" || host == "127.0.0.1" || host == "[::1]" || !host.contains('.');
  return local || password == user ? "LOW" : "HIGH";
}

bool is_named_secret(std::string_view name, std::string_view value) {
  if (names_no_secret(name) || is_reference(value) || is_placeholder(value)) return false;
  if (value.starts_with("http://") || value.starts_with("https://")) return false;
  return looks_random(value);
}

/// What a rule's match weighs; nullopt when a second look says it is no secret.
std::optional<std::string> weigh(const SecretRule& rule, std::string_view text, const std::array<re2::StringPiece, 4>& groups) {
  const auto group = [&](size_t index) { return std::string_view(groups[index].data(), groups[index].size()); };
  switch (rule.judge) {
    case Judge::Token:
      if (is_placeholder(group(1)) || is_reference(group(1)) || entropy_bits(group(1)) < 2.5) return std::nullopt;
      return rule.severity;
    case Judge::Random:
      if (is_placeholder(group(1)) || entropy_bits(group(1)) < 3.8) return std::nullopt;
      return rule.severity;
    case Judge::PrivateKey: {
      const auto end = static_cast<size_t>(groups[0].data() - text.data()) + groups[0].size();
      if (!has_key_material(text.substr(end))) return std::nullopt;
      return rule.severity;
    }
    case Judge::Url: return url_severity(group(1), group(2), group(3));
    case Judge::Named:
      if (!is_named_secret(group(1), group(2))) return std::nullopt;
      return rule.severity;
  }
  return std::nullopt;
}

void collect(const SecretRule& rule, std::string_view text, std::vector<Match>& matches) {
  const auto has = [text](const std::string& keyword) { return text.contains(keyword); };
  if (!rule.keywords.empty() && std::ranges::none_of(rule.keywords, has)) return;
  const re2::StringPiece whole(text.data(), text.size());
  const int count = 1 + rule.pattern->NumberOfCapturingGroups();
  std::array<re2::StringPiece, 4> groups;
  size_t from = 0;
  while (from <= text.size() && rule.pattern->Match(whole, from, text.size(), RE2::UNANCHORED, groups.data(), count)) {
    const auto& secret = rule.judge == Judge::Named || rule.judge == Judge::Url ? groups[2] : groups[1];
    const auto begin = static_cast<size_t>(secret.data() - text.data());
    if (const auto severity = weigh(rule, text, groups)) matches.push_back({&rule, begin, begin + secret.size(), *severity});
    from = std::max(begin + secret.size(), from + 1);
  }
}

/// Each stretch of text once: where matches overlap the one found first, by the more specific rule, stays.
std::vector<Match> without_overlaps(std::vector<Match> matches) {
  std::ranges::stable_sort(matches, {}, &Match::begin);
  std::vector<Match> kept;
  for (auto& match : matches) {
    if (kept.empty() || kept.back().end <= match.begin) kept.push_back(std::move(match));
    else if (match.rule < kept.back().rule) kept.back() = std::move(match);
  }
  return kept;
}

std::string described(const Match& match, std::string_view text) {
  const auto secret = text.substr(match.begin, match.end - match.begin);
  // A prefix like "ghp_" gives nothing away; the first characters of a password would.
  if (match.rule->judge == Judge::Token && secret.size() >= 16)
    return fmt::format("{} {}... ({} characters)", match.rule->what, secret.substr(0, 4), secret.size());
  if (match.rule->judge == Judge::PrivateKey) return match.rule->what;
  return fmt::format("{} ({} characters)", match.rule->what, secret.size());
}

Finding finding_of(const Match& match, std::string_view path, std::string_view text, const Lines& lines) {
  Finding finding{match.rule->name, match.severity, lines.place(path, match.begin), described(match, text)};
  const auto index = lines.index_of(match.begin);
  auto reason = allowance(lines.line(index));
  if (!reason && index > 0 && is_comment(lines.line(index - 1))) reason = allowance(lines.line(index - 1));
  if (!reason) return finding;
  if (reason->empty()) {
    finding.what += "; tandem:allow-secret needs a reason behind it";
  } else {
    finding.severity = "INFORMATIONAL";
    finding.what += fmt::format("; allowed: {}", reason->substr(0, 200));
  }
  return finding;
}

}  // namespace

std::vector<Finding> find_secrets(std::string_view path, std::string_view text) {
  std::vector<Match> matches;
  for (const auto& rule : secret_rules()) collect(rule, text, matches);
  if (matches.empty()) return {};
  const Lines lines(text);
  std::vector<Finding> findings;
  for (const auto& match : without_overlaps(std::move(matches))) findings.push_back(finding_of(match, path, text, lines));
  return findings;
}

}  // namespace tandem::check
