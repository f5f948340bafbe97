#include "workflow/pattern.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace tandem::workflow {
namespace {

RE2::Options options() {
  RE2::Options quiet;
  quiet.set_log_errors(false);
  quiet.set_max_mem(1 << 20);
  return quiet;
}

/// An entry for files that ends in / means everything below.
std::string whole_pattern(std::string_view pattern, PatternOf what) {
  std::string out(pattern);
  if (what == PatternOf::File && pattern.ends_with('/')) out += ".*";
  return out;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '/'; }

bool uses_expressions(std::string_view pattern) {
  return pattern.find(".*") != std::string_view::npos || pattern.find(".+") != std::string_view::npos ||
         pattern.find_first_of("\\()[]{}|^$+") != std::string_view::npos;
}

/// A * that repeats the letter before it, or nothing: what shells mean by it is another thing.
bool has_glob_star(std::string_view pattern) {
  for (size_t at = pattern.find('*'); at != std::string_view::npos; at = pattern.find('*', at + 1))
    if (at == 0 || is_word(pattern[at - 1]) || pattern[at - 1] == '*') return true;
  return false;
}

/// `src/**/*.py` as the expression it was meant to be.
std::string expression_for(std::string_view glob) {
  std::string out;
  for (size_t at = 0; at < glob.size(); ++at) {
    if (glob[at] != '*') {
      if (glob[at] == '.' && (at + 1 >= glob.size() || glob[at + 1] != '*')) out += "\\.";
      else if (glob[at] != '.') out += glob[at];
      continue;
    }
    while (at + 1 < glob.size() && glob[at + 1] == '*') ++at;
    if (glob.substr(at).starts_with("*/*")) ++at;  // a/**/*.py: one .* covers both stars
    else if (out.ends_with(".*")) continue;
    if (!out.ends_with(".*")) out += ".*";
  }
  return out;
}

PatternFault invalid(std::string_view pattern, PatternOf what, const std::string& why) {
  PatternFault fault{true, fmt::format("\"{}\" is not a valid pattern: {} patterns are regular expressions ({})", pattern,
                                       what == PatternOf::Branch ? "branch" : "file", why)};
  if (!has_glob_star(pattern)) return fault;
  const auto instead = expression_for(pattern);
  if (RE2(instead, options()).ok()) fault.instead = instead;
  return fault;
}

}  // namespace

bool matches(std::string_view pattern, std::string_view name, PatternOf what) {
  const RE2 expression(whole_pattern(pattern, what), options());
  return expression.ok() && RE2::FullMatch(re2::StringPiece(name.data(), name.size()), expression);
}

struct Patterns::Compiled {
  RE2 expression;
};

Patterns::Patterns(const std::vector<std::string>& patterns, PatternOf what) {
  for (const auto& pattern : patterns) {
    auto compiled = std::unique_ptr<Compiled>(new Compiled{RE2(whole_pattern(pattern, what), options())});
    if (compiled->expression.ok()) all_.push_back(std::move(compiled));
  }
}

Patterns::~Patterns() = default;

bool Patterns::match(std::string_view name) const {
  return std::ranges::any_of(all_, [&](const auto& each) { return RE2::FullMatch(re2::StringPiece(name.data(), name.size()), each->expression); });
}

std::optional<std::string> first_match(const std::vector<std::string>& patterns, std::string_view name, PatternOf what) {
  for (const auto& pattern : patterns)
    if (matches(pattern, name, what)) return pattern;
  return std::nullopt;
}

std::optional<PatternFault> fault_of(std::string_view pattern, PatternOf what) {
  if (pattern.empty()) return PatternFault{true, "an empty pattern matches nothing", std::nullopt};
  const RE2 expression(whole_pattern(pattern, what), options());
  if (!expression.ok()) return invalid(pattern, what, expression.error());
  if (pattern.starts_with('!'))
    return PatternFault{false, fmt::format("\"{}\" matches only a name that starts with !: there is no negation", pattern),
                        std::nullopt};
  if (!uses_expressions(pattern) && has_glob_star(pattern))
    return PatternFault{false, fmt::format("\"{}\" looks like a glob, but patterns are regular expressions", pattern),
                        expression_for(pattern)};
  if (what == PatternOf::File && (pattern.starts_with('/') || pattern.starts_with("./")))
    return PatternFault{false, fmt::format("\"{}\" never matches: paths start without a slash", pattern),
                        std::string(pattern.substr(pattern.find('/') + 1))};
  return std::nullopt;
}

}  // namespace tandem::workflow
