#include "report/style.hpp"

#include <fmt/format.h>

#include "base/characters.hpp"

namespace tandem::report {
namespace {

enum class Kind { Good, Bad, Moving, Careful, Skipped, Stopped, Waiting };

Kind kind_of(std::string_view status) {
  if (status == "SUCCEEDED" || status == "live") return Kind::Good;
  if (status == "FAILED" || status == "ABANDONED" || status == "failed") return Kind::Bad;
  if (status == "IN_PROGRESS" || status == "candidate") return Kind::Moving;
  if (status == "HELD" || status == "WAITING_APPROVAL" || status == "rolled_back") return Kind::Careful;
  if (status == "SKIPPED") return Kind::Skipped;
  if (status == "STOPPED" || status == "CANCELLED" || status == "SUPERSEDED" || status == "NOT_RUN" || status == "STOPPING") return Kind::Stopped;
  return Kind::Waiting;
}

std::string_view shape_of(Kind kind, bool unicode) {
  switch (kind) {
    case Kind::Good: return unicode ? "\u2714" : "ok";
    case Kind::Bad: return unicode ? "\u2718" : "XX";
    case Kind::Moving: return unicode ? "\u25cf" : ">>";
    case Kind::Careful: return unicode ? "\u25c6" : "!!";
    case Kind::Skipped: return unicode ? "\u2013" : "--";
    case Kind::Stopped: return unicode ? "\u25a0" : "[]";
    case Kind::Waiting: return unicode ? "\u25cb" : "..";
  }
  return "";
}

}  // namespace

std::string Style::wrapped(std::string_view code, std::string_view text) const {
  return colour && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string Style::in_colour_of(std::string_view status, std::string_view text) const {
  switch (kind_of(status)) {
    case Kind::Good: return green(text);
    case Kind::Bad: return red(text);
    case Kind::Moving: return bold(text);
    case Kind::Careful:
    case Kind::Stopped: return yellow(text);
    case Kind::Skipped:
    case Kind::Waiting: return dim(text);
  }
  return std::string(text);
}

std::string Style::symbol(std::string_view status) const { return in_colour_of(status, shape_of(kind_of(status), unicode)); }

std::string Style::shown(std::string_view text) const {
  auto out = printable(text);
  if (unicode) return out;
  std::string ascii;
  for (std::string_view rest = out; !rest.empty();) {
    const auto character = first_character(rest);
    ascii += character.value < 0x80 ? static_cast<char>(character.value) : '?';
    rest.remove_prefix(character.size_bytes);
  }
  return ascii;
}

}  // namespace tandem::report
