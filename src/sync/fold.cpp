#include "sync/fold.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace tandem::sync {
namespace {

struct SingleFold {
  char32_t first, last;
  int step;
  int delta;
};
struct MultipleFold {
  char32_t point;
  char32_t to[4];
};
struct CodePointRange {
  char32_t first, last;
};
#include "sync/fold_table.inc"

bool is_mark(char32_t point) {
  const auto* found = std::upper_bound(std::begin(combining_marks), std::end(combining_marks), point,
                                       [](char32_t p, const CodePointRange& range) { return p < range.first; });
  return found != std::begin(combining_marks) && point <= std::prev(found)->last;
}

/// Hangul syllables are decomposed by arithmetic (Unicode 3.12).
void append_hangul(std::vector<char32_t>& out, char32_t point) {
  const char32_t index = point - 0xAC00;
  out.push_back(0x1100 + index / 588);
  out.push_back(0x1161 + index % 588 / 28);
  if (index % 28 != 0) out.push_back(0x11A7 + index % 28);
}

void append_folded(std::vector<char32_t>& out, char32_t point) {
  if (point < 0x80) return out.push_back(point >= 'A' && point <= 'Z' ? point + 32 : point);
  if (point >= 0xAC00 && point <= 0xD7A3) return append_hangul(out, point);
  const auto* multiple = std::lower_bound(std::begin(multiple_folds), std::end(multiple_folds), point,
                                          [](const MultipleFold& fold, char32_t p) { return fold.point < p; });
  if (multiple != std::end(multiple_folds) && multiple->point == point) {
    for (const auto part : multiple->to)
      if (part != 0) out.push_back(part);
    return;
  }
  for (const auto& fold : single_folds)
    if (point >= fold.first && point <= fold.last && (point - fold.first) % static_cast<unsigned>(fold.step) == 0)
      return out.push_back(static_cast<char32_t>(static_cast<int>(point) + fold.delta));
  out.push_back(point);
}

/// What HFS+ ignores in names (the list that git keeps).
bool is_invisible(char32_t point) {
  return (point >= 0x200C && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x206A && point <= 0x206F) || point == 0xFEFF;
}

bool is_ascii(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The name as HFS+ (no invisible characters) and NTFS (no stream, no trailing dots and spaces) would read it.
std::string as_foreign_systems_read(std::string_view name) {
  std::string text;
  if (is_ascii(name)) {
    text = folded_name(name);
  } else {
    auto points = code_points(name);
    std::erase_if(points, is_invisible);
    text = folded_name(utf8(points));
  }
  text.resize(std::min(text.size(), text.find(':')));
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  return text;
}

/// NTFS short names of `.gitmodules`: gitmod~1 to ~4, and gi7eba~1, gi7eb~10, ... when those are taken.
bool is_short_name_of_gitmodules(std::string_view text) {
  const auto tilde = text.find('~');
  if (tilde == std::string_view::npos || tilde + 1 == text.size()) return false;
  const auto number = text.substr(tilde + 1);
  if (!std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; })) return false;
  const auto stem = text.substr(0, tilde);
  return text.size() == 8 && (stem == "gitmod" || (stem.size() >= 2 && std::string_view("gi7eba").starts_with(stem)));
}

}  // namespace

std::vector<char32_t> code_points(std::string_view name) {
  std::vector<char32_t> out;
  for (size_t at = 0; at < name.size();) {
    const auto lead = static_cast<unsigned char>(name[at]);
    const size_t length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 0;
    if (length == 0 || at + length > name.size()) {
      out.push_back(0xFFFD);
      ++at;
      continue;
    }
    char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (size_t next = 1; next < length; ++next)
      point = point << 6 | (static_cast<unsigned char>(name[at + next]) & 0x3FU);
    out.push_back(point);
    at += length;
  }
  return out;
}

std::string utf8(const std::vector<char32_t>& points) {
  std::string out;
  const auto tail = [&out](char32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3F)); };
  for (const auto point : points) {
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | point >> 6);
      tail(point);
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | point >> 12);
      tail(point >> 6);
      tail(point);
    } else {
      out += static_cast<char>(0xF0 | point >> 18);
      tail(point >> 12);
      tail(point >> 6);
      tail(point);
    }
  }
  return out;
}

std::string folded_name(std::string_view name) {
  if (is_ascii(name)) return lower(name);
  std::vector<char32_t> out;
  for (const auto point : code_points(name)) append_folded(out, point);
  for (auto at = out.begin(); at != out.end();) {
    if (!is_mark(*at)) {
      ++at;
      continue;
    }
    const auto end = std::find_if_not(at, out.end(), is_mark);
    std::sort(at, end);
    at = end;
  }
  return utf8(out);
}

bool is_alias_of_git(std::string_view name) {
  const auto text = as_foreign_systems_read(name);
  return text == ".git" || text == "git~1";
}

bool is_alias_of_gitmodules(std::string_view name) {
  const auto text = as_foreign_systems_read(name);
  return text == ".gitmodules" || is_short_name_of_gitmodules(text);
}

}  // namespace tandem::sync
