#include "compose/wanted_python.hpp"

#include "base/python_version.hpp"
#include "base/text.hpp"

namespace tandem::compose {
namespace {

std::string unquoted(std::string_view value) {
  value = trimmed(value);
  if (value.size() >= 2 && (value[0] == '"' || value[0] == '\'')) {
    const auto end = value.find(value[0], 1);
    if (end != value.npos) return std::string(value.substr(1, end - 1));
  }
  return std::string(trimmed(value.substr(0, value.find('#'))));
}

}  // namespace

std::optional<WantedPython> wanted_python(std::string_view file, std::string_view text) {
  const bool is_toml = file.ends_with(".toml");
  const std::string_view table = is_toml ? "[project]" : "[options]", key = is_toml ? "requires-python" : "python_requires";
  bool is_inside = false;
  int number = 0;
  for (const auto& line : lines_of(text)) {
    ++number;
    const auto words = trimmed(line);
    if (words.starts_with('[')) is_inside = trimmed(words.substr(0, words.find('#'))) == table;
    const auto equals = words.find('=');
    if (!is_inside || equals == words.npos || trimmed(words.substr(0, equals)) != key) continue;
    return WantedPython{unquoted(words.substr(equals + 1)), {std::string(file), number}};
  }
  return std::nullopt;
}

Done check_wanted_python(const WantedPython& wanted, std::string_view python, std::string_view repository) {
  const Place place{fmt::format("{}:{}", repository, wanted.place.file), wanted.place.line};
  const auto clauses = python::parse_specifier(wanted.specifier);
  if (!clauses)
    return failure(Fault::Invalid, "'{}' does not say which Python the application wants: {}", wanted.specifier, clauses.error().what)
        .at(place).with_code("TD0408").with_next("write it like >=3.11");
  const auto version = TRY(python::Version::parse(python));
  if (python::accepts(*clauses, version)) return done();
  return failure(Fault::Invalid, "the application wants Python {}, the function has {}", wanted.specifier, python)
      .at(place).with_code("TD0408").with_next("raise the function's runtime and compose.runtime, or widen what the application says");
}

}  // namespace tandem::compose
