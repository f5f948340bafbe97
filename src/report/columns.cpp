#include "report/columns.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace tandem::report {
namespace {

using Range = std::pair<char32_t, char32_t>;
constexpr std::array<Range, 6> without_width{{{0x300, 0x36F}, {0x483, 0x489}, {0x1AB0, 0x1AFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
constexpr std::array<Range, 9> of_two_columns{{{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},
                                               {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}}};

bool is_in(const auto& ranges, char32_t value) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return value >= range.first && value <= range.second; });
}

size_t columns_of(const Character& character) {
  if (!character.is_valid) return 1;
  if (is_in(without_width, character.value)) return 0;
  return is_in(of_two_columns, character.value) ? 2 : 1;
}

/// The length of an escape sequence of Style at the beginning of `text`, or 0.
size_t escape_length(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const auto end = text.find('m');
  return end == std::string_view::npos ? 0 : end + 1;
}

constexpr size_t least_width = 6;
constexpr std::string_view gap = "  ";

}  // namespace

size_t columns(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    if (const auto escape = escape_length(text)) {
      text.remove_prefix(escape);
      continue;
    }
    const auto character = first_character(text);
    width += columns_of(character);
    text.remove_prefix(character.size_bytes);
  }
  return width;
}

std::string fitted(std::string_view text, size_t width, const Style& style) {
  if (columns(text) <= width) return std::string(text);
  const std::string_view ellipsis = style.unicode ? "\u2026" : "..";
  const size_t room = width - std::min(width, columns(ellipsis));
  size_t used = 0;
  size_t end = 0;
  while (end < text.size()) {
    const auto character = first_character(text.substr(end));
    if (used + columns_of(character) > room) break;
    used += columns_of(character);
    end += character.size_bytes;
  }
  return std::string(text.substr(0, end)) + std::string(width < columns(ellipsis) ? "" : ellipsis);
}

std::string padded(std::string_view text, size_t width) {
  const auto used = columns(text);
  return std::string(text) + std::string(width > used ? width - used : 0, ' ');
}

std::vector<std::string> folded(std::string_view text, size_t width) {
  std::vector<std::string> out;
  std::string line;
  for (const auto& word : split(text, ' ')) {
    if (!line.empty() && columns(line) + 1 + columns(word) > width) out.push_back(std::exchange(line, ""));
    if (!line.empty()) line += ' ';
    line += word;
  }
  out.push_back(std::move(line));
  return out;
}

std::vector<size_t> Table::widths(size_t room) const {
  std::vector<size_t> out;
  for (size_t i = 0; i < headings_.size(); ++i) {
    size_t width = columns(headings_[i]);
    for (const auto& row : rows_)
      if (i < row.cells.size()) width = std::max(width, columns(row.cells[i].text));
    out.push_back(width);
  }
  size_t total = gap.size() * (out.size() - 1);
  for (const auto width : out) total += width;
  auto* shorter = &out.back();
  while (total > room && *shorter > least_width) {
    const auto by = std::min(total - room, *shorter - least_width);
    *shorter -= by;
    total -= by;
    shorter = &*std::ranges::max_element(out);
  }
  return out;
}

std::string Table::line(const std::vector<Cell>& cells, const std::vector<size_t>& wide) const {
  size_t count = cells.size();
  while (count > 0 && cells[count - 1].text.empty()) --count;   // no spaces at the end of a line, coloured or not
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const auto& [text, paint] = cells[i];
    const bool is_last = i + 1 == count;
    const auto cut = columns(text) <= wide[i] ? text : fitted(text, wide[i], style_);
    const auto shown = is_last ? cut : padded(cut, wide[i]);
    out += paint == nullptr ? shown : (style_.*paint)(shown);
    if (!is_last) out += gap;
  }
  return out + "\n";
}

std::string Table::text(std::string_view indentation) const {
  const auto terminal = static_cast<size_t>(std::max(1, style_.width));
  const auto room = terminal - std::min(terminal, indentation.size());
  const auto wide = widths(room);
  std::string out;
  const auto add = [&](const std::string& text) { out += std::string(indentation) + text; };
  if (std::ranges::any_of(headings_, [](const auto& name) { return !name.empty(); })) {
    std::vector<Cell> heading;
    for (const auto& name : headings_) heading.push_back({name, &Style::dim});
    add(line(heading, wide));
  }
  for (const auto& [cells, below] : rows_) {
    add(line(cells, wide));
    if (below.text.empty()) continue;
    for (const auto& part : folded(below.text, std::max<size_t>(room, 24) - 4))
      add("    " + (below.paint == nullptr ? part : (style_.*below.paint)(part)) + "\n");
  }
  return out;
}

}  // namespace tandem::report
