#include "sync/requirement.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sync/codes.hpp"

namespace tandem::sync {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}
bool is_letter_or_digit(char c) { return is_name_character(c) && c != '-' && c != '_' && c != '.'; }
bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_name_character) && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back());
}

Error refusal(std::string_view text, std::string_view why) {
  return failure(Fault::Invalid, "{} {}", text, why)
      .with_code(code::requirement)
      .with_next("name a package of the index with a version, or leave the line out of requirements.txt");
}

/// What pip reads but must not cross from one repository into the other.
std::optional<Error> refused_form(std::string_view text) {
  if (text.starts_with("-e") || text.starts_with("--editable")) return refusal(text, "is an editable install");
  if (text.starts_with("-r") || text.starts_with("--requirement") || text.starts_with("-c") || text.starts_with("--constraint"))
    return refusal(text, "includes another file");
  if (text.starts_with("-")) return refusal(text, "is an option of the installer, which the other repository must not be given");
  if (text.find("${") != text.npos) return refusal(text, "takes its value from the environment");
  if (text.find("://") != text.npos) return refusal(text, "installs from a URL");
  const auto head = text.substr(0, text.find_first_of(" ;<>=!~[@"));
  if (text.starts_with(".") || head.find('/') != head.npos || head.find('\\') != head.npos || head.ends_with(".whl") ||
      head.ends_with(".zip") || head.ends_with(".gz"))
    return refusal(text, "is a path on somebody's machine");
  return std::nullopt;
}

/// Splits " --hash=sha256:..." options off; other options are refused.
Result<std::vector<std::string>> take_hashes(std::string& text) {
  std::vector<std::string> hashes;
  for (auto at = text.find(" --"); at != text.npos; at = text.find(" --")) {
    auto end = text.find(" --", at + 3);
    const auto option = trimmed(std::string_view(text).substr(at, end == text.npos ? end : end - at));
    if (!option.starts_with("--hash=") && !option.starts_with("--hash ")) return refusal(option, "is an option of the installer");
    hashes.emplace_back(trimmed(option.substr(7)));
    text.erase(at, end == text.npos ? end : end - at);
  }
  std::ranges::sort(hashes);
  hashes.erase(std::ranges::unique(hashes).begin(), hashes.end());
  return hashes;
}

/// One space between words, "double" quotes where the text allows it, none around brackets.
std::string normalised_marker(std::string_view marker) {
  std::string out;
  char quote = 0;
  for (const char c : trimmed(marker)) {
    if (quote != 0) {
      out += c == quote ? '"' : c;
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
      out += '"';
    } else if (c == ' ' || c == '\t') {
      if (!out.empty() && out.back() != ' ' && out.back() != '(') out += ' ';
    } else {
      const bool is_operator = std::string_view("<>=!~").find(c) != std::string_view::npos;
      const bool after_operator = !out.empty() && std::string_view("<>=!~").find(out.back()) != std::string_view::npos;
      if ((is_operator != after_operator) && !out.empty() && out.back() != ' ' && out.back() != '(' && c != ')') out += ' ';
      if (c == ')' && !out.empty() && out.back() == ' ') out.pop_back();
      out += c;
    }
  }
  // An operator is followed by one space even before a quote.
  for (const std::string_view sign : {"=", "<", ">"}) out = replaced(out, fmt::format("{}\"", sign), fmt::format("{} \"", sign));
  return out;
}

Result<std::vector<std::string>> parse_extras(std::string_view inside) {
  std::vector<std::string> extras;
  for (const auto& part : split(inside, ',')) {
    const auto extra = trimmed(part);
    if (extra.empty() && trimmed(inside).empty()) break;
    if (!is_name(extra)) return failure(Fault::Invalid, "no name of an extra: {}", extra);
    extras.push_back(normalised_name(extra));
  }
  std::ranges::sort(extras);
  extras.erase(std::ranges::unique(extras).begin(), extras.end());
  return extras;
}

}  // namespace

bool Requirement::operator==(const Requirement& other) const {
  return name == other.name && extras == other.extras && clauses == other.clauses && marker == other.marker &&
         hashes == other.hashes;
}

std::string text(const Requirement& requirement) {
  auto out = requirement.name;
  if (!requirement.extras.empty()) out += fmt::format("[{}]", join(requirement.extras, ","));
  std::vector<std::string> clauses;
  for (const auto& clause : requirement.clauses) clauses.push_back(clause.text);
  out += join(clauses, ",");
  if (!requirement.marker.empty()) out += " ; " + requirement.marker;
  for (const auto& hash : requirement.hashes) out += " --hash=" + hash;
  return out;
}

Result<Requirement> parse_requirement(std::string_view whole) {
  auto line = std::string(trimmed(whole));
  if (auto error = refused_form(line)) return *error;
  Requirement out;
  out.hashes = TRY(take_hashes(line));
  if (const auto semicolon = line.find(';'); semicolon != line.npos) {
    out.marker = normalised_marker(std::string_view(line).substr(semicolon + 1));
    line.resize(semicolon);
  }
  const auto name_end = static_cast<size_t>(std::ranges::find_if_not(line, is_name_character) - line.begin());
  const auto name = std::string_view(line).substr(0, name_end);
  if (!is_name(name)) return refusal(whole, "does not start with the name of a package");
  out.name = normalised_name(name);
  auto rest = trimmed(std::string_view(line).substr(name_end));
  if (rest.starts_with('@')) return refusal(whole, "installs from a URL");
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == rest.npos) return refusal(whole, "has a [ that is not closed");
    out.extras = TRY(parse_extras(rest.substr(1, close - 1)), "reading {}", whole);
    rest = trimmed(rest.substr(close + 1));
  }
  if (rest.starts_with('(') && rest.ends_with(')')) rest = rest.substr(1, rest.size() - 2);
  auto clauses = parse_specifier(rest);
  if (!clauses) return std::move(clauses).error().during(fmt::format("reading {}", whole)).with_code(code::requirement);
  out.clauses = std::move(*clauses);
  std::ranges::sort(out.clauses, {}, &Clause::text);
  out.clauses.erase(std::unique(out.clauses.begin(), out.clauses.end()), out.clauses.end());
  return out;
}

std::string normalised_name(std::string_view name) {
  std::string out;
  for (const char c : lower(name)) {
    const bool is_separator = c == '-' || c == '_' || c == '.';
    if (!is_separator) out += c;
    else if (!out.empty() && out.back() != '-') out += '-';
  }
  return out;
}

bool is_test_tool(std::string_view normalised) {
  static constexpr std::array tools{
      "bandit", "black", "coverage", "factory-boy", "flake8", "freezegun", "hypothesis", "isort", "locust", "mock",
      "moto", "mutmut", "mypy", "nose", "nose2", "nox", "pip-audit", "playwright", "pre-commit", "pylint", "pyright",
      "requests-mock", "respx", "responses", "ruff", "safety", "schemathesis", "selenium", "tavern", "testcontainers",
      "time-machine", "tox", "vcrpy"};
  return normalised == "pytest" || normalised.starts_with("pytest-") || normalised.starts_with("flake8-") ||
         std::ranges::find(tools, normalised) != tools.end();
}

}  // namespace tandem::sync
