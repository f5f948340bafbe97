#include "base/yaml_lines.hpp"

#include <algorithm>

namespace tandem::yaml {
namespace {
bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

int characters(std::string_view text) {
  return static_cast<int>(std::ranges::count_if(text, starts_character));
}
}  // namespace

Lines::Lines(std::string_view text) : text_(text), starts_{0} {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    if (at + 1 < text.size()) starts_.push_back(at + 1);
}

std::string_view Lines::line(int number) const {
  if (number < 1 || number > count()) return {};
  const auto start = starts_[static_cast<size_t>(number - 1)];
  auto line = text_.substr(start, text_.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

size_t Lines::offset(int number, int column) const {
  if (number < 1) return 0;
  if (number > count()) return text_.size();
  auto at = starts_[static_cast<size_t>(number - 1)];
  const auto end = at + line(number).size();
  for (int seen = 1; seen < column && at < end;) {
    ++at;
    if (at >= end || starts_character(text_[at])) ++seen;
  }
  return at;
}

int Lines::line_at(size_t offset) const {
  return static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
}

int Lines::column_at(size_t offset) const {
  const auto start = starts_[static_cast<size_t>(line_at(offset) - 1)];
  return 1 + characters(text_.substr(start, offset - start));
}

int Lines::column_after(size_t known, int column, size_t offset) const {
  return column + characters(text_.substr(known, offset - known));
}

int Lines::column_of_byte(int number, int byte_column) const {
  const auto text = line(number);
  return 1 + characters(text.substr(0, static_cast<size_t>(std::max(0, byte_column - 1))));
}

int indentation(std::string_view line) {
  return static_cast<int>(std::min(line.find_first_not_of(' '), line.size()));
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace tandem::yaml
