#include "report/style.hpp"

#include <fmt/format.h>

namespace tandem::report {

std::string Style::wrapped(std::string_view code, std::string_view text) const {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

std::string Style::symbol(std::string_view status) const {
  const auto pick = [&](const char* fancy, const char* plain) { return std::string(unicode ? fancy : plain); };
  if (status == "SUCCEEDED" || status == "live") return green(pick("\u2714", "ok"));
  if (status == "FAILED" || status == "ABANDONED" || status == "failed") return red(pick("\u2718", "XX"));
  if (status == "IN_PROGRESS" || status == "candidate") return bold(pick("\u25cf", ">>"));
  if (status == "HELD" || status == "WAITING_APPROVAL" || status == "rolled_back") return yellow(pick("\u25c6", "!!"));
  if (status == "SKIPPED") return dim(pick("\u2013", "--"));
  if (status == "STOPPED" || status == "CANCELLED" || status == "SUPERSEDED" || status == "NOT_RUN" || status == "STOPPING")
    return yellow(pick("\u25a0", "[]"));
  return dim(pick("\u25cb", ".."));
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\t' || (byte >= 0x20 && byte != 0x7f)) out += c;
    else out += fmt::format("\\x{:02x}", byte);
  }
  return out;
}

}  // namespace tandem::report
