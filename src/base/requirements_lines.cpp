#include "base/requirements_lines.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace tandem::python {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::string_view without_mark(std::string_view file) {
  return file.starts_with(byte_order_mark) ? file.substr(byte_order_mark.size()) : file;
}

/// As pip does: a comment starts the line or follows white space.
size_t comment_start(std::string_view line) {
  for (size_t at = 0; at < line.size(); ++at)
    if (line[at] == '#' && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t')) return at;
  return line.npos;
}

RequirementsLine cut(int number, std::string_view whole) {
  const auto hash = comment_start(whole);
  const auto code = trimmed(whole.substr(0, hash));
  return {number, replaced(code, "\t", " "), hash == whole.npos ? std::string() : std::string(trimmed(whole.substr(hash)))};
}

std::optional<std::string> what_hides(std::string_view rest) {
  const auto byte = static_cast<unsigned char>(rest[0]);
  if (byte == '\r') return rest.starts_with("\r\n") ? std::nullopt : std::optional<std::string>("a carriage return alone");
  if (byte == '\n' || byte == '\t') return std::nullopt;
  if (byte < 0x20 || byte == 0x7f) return fmt::format("the control character {:#04x}", byte);
  if (rest.starts_with("\xc2\x85")) return "U+0085";
  if (rest.starts_with("\xe2\x80\xa8")) return "U+2028";
  if (rest.starts_with("\xe2\x80\xa9")) return "U+2029";
  return std::nullopt;
}

}  // namespace

std::vector<RequirementsLine> requirements_lines(std::string_view file) {
  std::vector<RequirementsLine> out;
  std::string pending;
  int number = 0, started = 0;
  bool goes_on = false;
  const auto finish = [&](std::string_view last) {
    auto line = cut(started, pending + std::string(last));
    pending.clear();
    if (!line.text.empty()) out.push_back(std::move(line));
  };
  for (const auto& raw : lines_of(without_mark(file))) {
    ++number;
    if (!goes_on) started = number;
    const bool is_comment = trimmed(raw).starts_with('#');
    goes_on = raw.ends_with('\\') && !is_comment;
    if (goes_on) pending += raw.substr(0, raw.size() - 1) + " ";
    else finish(is_comment ? " " + raw : raw);
  }
  if (goes_on) finish("");
  return out;
}

std::optional<HiddenLineEnd> find_hidden_line_end(std::string_view file) {
  const auto text = without_mark(file);
  int line = 1;
  for (size_t at = 0; at < text.size(); ++at) {
    if (auto what = what_hides(text.substr(at))) return HiddenLineEnd{line, std::move(*what)};
    if (text[at] == '\n') ++line;
  }
  if (is_valid_utf8(text)) return std::nullopt;
  int bad = 0;
  for (const auto& each : lines_of(text)) {
    ++bad;
    if (!is_valid_utf8(each)) break;
  }
  return HiddenLineEnd{bad, "a byte that is no UTF-8"};
}

}  // namespace tandem::python
