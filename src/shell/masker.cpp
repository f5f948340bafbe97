#include "shell/masker.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace tandem::shell {
namespace {

constexpr size_t shortest = 4;

/// The characters of base64(before + secret + after) that depend on the secret alone, for `before` of 0, 1 or 2 bytes.
std::string base64_core(const std::string& secret, size_t before) {
  const auto encoded = base64(std::string(before, '\0') + secret);
  const size_t bits_before = before * 8;
  const size_t bits_whole = (before + secret.size()) * 8;
  const size_t first = (bits_before + 5) / 6;
  const size_t last = bits_whole / 6;
  return last > first ? encoded.substr(first, last - first) : std::string();
}

std::string url_safe(std::string text) {
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::string with_lower_escapes(std::string text) {
  for (size_t i = 0; i + 2 < text.size(); ++i)
    if (text[i] == '%') text.replace(i + 1, 2, lower(text.substr(i + 1, 2)));
  return text;
}

std::string json_escaped(const std::string& text) {
  const auto quoted = to_text(json::value(text));
  return quoted.substr(1, quoted.size() - 2);
}

/// As most writers outside JavaScript do it: everything beyond ASCII is \uXXXX. Only for valid UTF-8.
std::string json_in_ascii(const std::string& escaped) {
  std::string out;
  for (size_t i = 0; i < escaped.size();) {
    const auto lead = static_cast<unsigned char>(escaped[i]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0x7FU >> size);
    for (size_t k = 1; k < size && i + k < escaped.size(); ++k) point = point << 6U | (static_cast<unsigned char>(escaped[i + k]) & 0x3FU);
    if (size == 1) out += escaped[i];
    else if (point < 0x10000) out += fmt::format("\\u{:04x}", point);
    else out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + ((point - 0x10000) >> 10U), 0xDC00 + ((point - 0x10000) & 0x3FFU));
    i += size;
  }
  return out;
}

}  // namespace

Masker::Masker(const std::map<std::string, std::string>& secrets) {
  for (const auto& [name, secret] : secrets) {
    if (secret.empty()) continue;
    if (secret.size() < shortest) too_short_.push_back(name);
    add_disguises(secret);
    // A log is read line by line, so a secret of several lines is never seen whole.
    for (const auto& line : lines_of(secret))
      if (line.size() != secret.size()) add_disguises(line);
  }
  std::sort(patterns_.begin(), patterns_.end());
  patterns_.erase(std::unique(patterns_.begin(), patterns_.end()), patterns_.end());
}

void Masker::add(std::string pattern) {
  if (pattern.size() < shortest) return;
  longest_ = std::max(longest_, pattern.size());
  patterns_.push_back(std::move(pattern));
}

void Masker::add_disguises(const std::string& secret) {
  if (secret.size() < shortest) return;
  add(secret);
  for (size_t before = 0; before < 3; ++before) {
    const auto core = base64_core(secret, before);
    add(core);
    add(url_safe(core));
  }
  const auto whole = base64(secret);
  for (const size_t width : {64UL, 76UL})  // as openssl and base64 break their lines
    for (size_t at = 0; whole.size() > width && at < whole.size(); at += width) add(whole.substr(at, width));
  add(hex(secret));
  add(upper(hex(secret)));
  const auto encoded = percent_encoded(secret);
  add(encoded);
  add(with_lower_escapes(encoded));
  add(replaced(encoded, "%20", "+"));
  add(percent_encoded(secret, Slash::Keep));
  const auto escaped = json_escaped(secret);
  add(escaped);
  add(replaced(escaped, "/", "\\/"));
  if (is_valid_utf8(secret)) add(json_in_ascii(escaped));
  add(replaced(secret, "'", "'\\''"));
}

namespace {
struct Range {
  size_t start;
  size_t end;
};
}  // namespace

std::string Masker::masked(std::string_view text) const {
  std::vector<Range> found;
  for (const auto& pattern : patterns_)
    for (auto at = text.find(pattern); at != text.npos; at = text.find(pattern, at + 1)) found.push_back({at, at + pattern.size()});
  if (found.empty()) return std::string(text);
  std::sort(found.begin(), found.end(), [](const Range& a, const Range& b) { return a.start < b.start; });
  std::string out;
  size_t copied = 0;
  for (size_t i = 0; i < found.size();) {
    auto whole = found[i];
    for (; i < found.size() && found[i].start <= whole.end; ++i) whole.end = std::max(whole.end, found[i].end);
    out += text.substr(copied, whole.start - copied);
    out += "***";
    copied = whole.end;
  }
  out += text.substr(copied);
  return out;
}

bool Masker::finds(std::string_view text) const {
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) { return text.find(pattern) != text.npos; });
}

}  // namespace tandem::shell
