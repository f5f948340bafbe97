#include "base/result.hpp"

#include <array>

namespace tandem {
namespace {
constexpr std::array<std::pair<Fault, std::string_view>, 8> words{{
    {Fault::Invalid, "invalid"},
    {Fault::Conflict, "conflict"},
    {Fault::Unavailable, "unavailable"},
    {Fault::TimedOut, "timed_out"},
    {Fault::Denied, "denied"},
    {Fault::Missing, "missing"},
    {Fault::Cancelled, "cancelled"},
    {Fault::Broken, "broken"},
}};
}  // namespace

std::string_view word(Fault fault) {
  for (const auto& [value, name] : words)
    if (value == fault) return name;
  throw Bug("a fault without a word");
}

std::optional<Fault> fault_from(std::string_view name) {
  for (const auto& [value, known] : words)
    if (known == name) return value;
  return std::nullopt;
}

std::string text(const Place& place) {
  if (place.line == 0) return place.file;
  if (place.column == 0) return fmt::format("{}:{}", place.file, place.line);
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

Error&& Error::during(std::string_view doing) && {
  if (!doing.empty()) what += fmt::format(", while {}", doing);
  return std::move(*this);
}

std::string text(const Error& error) {
  std::string out = error.code.empty() ? "error: " : fmt::format("error[{}]: ", error.code);
  if (error.place) out += text(*error.place) + ": ";
  out += error.what;
  if (!error.next.empty()) out += "\n  try: " + error.next;
  return out;
}

}  // namespace tandem
