#include "sync/requirement.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "sync/codes.hpp"
#include "sync/marker.hpp"

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
  if (text.starts_with("-r") || text.starts_with("--requirement")) return refusal(text, "includes another file, which only the application's may");
  if (text.starts_with("-c") || text.starts_with("--constraint")) return refusal(text, "bounds packages by another file, which only the application's may");
  if (text.starts_with("-")) return refusal(text, "is an option of the installer, which the other repository must not be given");
  if (text.find("${") != text.npos) return refusal(text, "takes its value from the environment");
  if (text.find("://") != text.npos) return refusal(text, "installs from a URL");
  const auto head = text.substr(0, text.find_first_of(" ;<>=!~[@"));
  if (text.starts_with(".") || head.find('/') != head.npos || head.find('\\') != head.npos || head.ends_with(".whl") ||
      head.ends_with(".zip") || head.ends_with(".gz"))
    return refusal(text, "is a path on somebody's machine");
  return std::nullopt;
}

/// What pip takes for a hash.
bool is_strong_hash(std::string_view hash) {
  static constexpr std::array<std::pair<std::string_view, size_t>, 3> kinds{{{"sha256:", 64}, {"sha384:", 96}, {"sha512:", 128}}};
  return std::ranges::any_of(kinds, [&](const auto& kind) {
    return hash.starts_with(kind.first) && hash.size() == kind.first.size() + kind.second &&
           hash.find_first_not_of("0123456789abcdef", kind.first.size()) == hash.npos;
  });
}

/// Splits " --hash=sha256:..." options off; other options are refused.
Result<std::vector<std::string>> take_hashes(std::string& text) {
  std::vector<std::string> hashes;
  for (auto at = text.find(" --"); at != text.npos; at = text.find(" --")) {
    auto end = text.find(" --", at + 3);
    const auto option = trimmed(std::string_view(text).substr(at, end == text.npos ? end : end - at));
    if (!option.starts_with("--hash=") && !option.starts_with("--hash ")) return refusal(option, "is an option of the installer");
    const auto hash = lower(trimmed(option.substr(7)));
    if (!is_strong_hash(hash)) return refusal(option, "is no sha256, sha384 or sha512 in hexadecimal");
    hashes.push_back(hash);
    text.erase(at, end == text.npos ? end : end - at);
  }
  std::ranges::sort(hashes);
  hashes.erase(std::ranges::unique(hashes).begin(), hashes.end());
  return hashes;
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
    auto marker = Marker::parse(std::string_view(line).substr(semicolon + 1));
    if (!marker) return std::move(marker).error().during(fmt::format("reading {}", whole)).with_code(code::requirement);
    out.marker = marker->text();
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
  auto clauses = python::parse_specifier(rest);
  if (!clauses) return std::move(clauses).error().during(fmt::format("reading {}", whole)).with_code(code::requirement);
  out.clauses = std::move(*clauses);
  std::ranges::sort(out.clauses, {}, &python::Clause::text);
  out.clauses.erase(std::unique(out.clauses.begin(), out.clauses.end()), out.clauses.end());
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
