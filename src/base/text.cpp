#include "base/text.hpp"

#include <algorithm>
#include <cctype>

#include "base/digest.hpp"

namespace tandem {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (true) {
    const auto end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  auto lines = split(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  for (auto& line : lines)
    if (line.ends_with('\r')) line.pop_back();
  return lines;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

namespace {
char lower_of(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper_of(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_of);
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), upper_of);
  return out;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  size_t start = 0;
  while (true) {
    const auto at = what.empty() ? std::string_view::npos : text.find(what, start);
    out += text.substr(start, at - start);
    if (at == std::string_view::npos) return out;
    out += with;
    start = at + what.size();
  }
}

bool same_ignoring_case(std::string_view a, std::string_view b) { return lower(a) == lower(b); }

namespace {
constexpr size_t names_compared_max = 200;   // the time grows with the square; who mistypes a longer one looks for it himself

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// "Publish all" and "publish-all" are PublishAll to whoever remembers only the words.
std::string letters_of(std::string_view name) {
  std::string out;
  for (const unsigned char c : name)
    if (std::isalnum(c)) out += static_cast<char>(std::tolower(c));
  return out;
}
}  // namespace

std::optional<std::string> nearest(std::string_view name, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  size_t best_distance = 3;
  for (const auto& candidate : known) {
    if (name.size() > names_compared_max || candidate.size() > name.size() + 2 || name.size() > candidate.size() + 2) continue;
    const auto distance = edit_distance(lower(name), lower(candidate));
    if (distance < best_distance && distance < candidate.size()) {
      best = candidate;
      best_distance = distance;
    }
  }
  const auto letters = best ? "" : letters_of(name);
  for (const auto& candidate : known)
    if (!letters.empty() && letters == letters_of(candidate)) return candidate;
  return best;
}

std::string percent_encoded(std::string_view text, Slash slash) {
  std::string out;
  for (const unsigned char c : text) {
    const bool plain = std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain || (c == '/' && slash == Slash::Keep)) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += upper(hex(std::string_view(reinterpret_cast<const char*>(&c), 1)));
    }
  }
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      if (const auto byte = from_hex(text.substr(i + 1, 2))) {
        out += *byte;
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

bool is_valid_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    size_t more = 0;
    char32_t point = 0;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if (lead >= 0xC2 && lead <= 0xDF) { more = 1; point = lead & 0x1FU; }
    else if (lead >= 0xE0 && lead <= 0xEF) { more = 2; point = lead & 0x0FU; }
    else if (lead >= 0xF0 && lead <= 0xF4) { more = 3; point = lead & 0x07U; }
    else return false;
    if (i + more + 1 > text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      point = (point << 6U) | (next & 0x3FU);
    }
    const bool overlong = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace tandem
