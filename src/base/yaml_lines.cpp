#include "base/yaml_lines.hpp"

#include <algorithm>

namespace tandem::yaml {
namespace {
bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

size_t characters(std::string_view text) { return static_cast<size_t>(std::ranges::count_if(text, starts_character)); }

constexpr size_t stride = 64;
}  // namespace

Lines::Lines(std::string_view text) : text_(text), starts_{0} {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    if (at + 1 < text.size()) starts_.push_back(at + 1);
  counts_.reserve(text.size() / stride + 1);
  size_t count = 0;
  for (size_t at = 0; at <= text.size(); at += stride) {
    counts_.push_back(count);
    count += characters(text.substr(at, stride));
  }
}

size_t Lines::characters_before(size_t offset) const {
  const auto block = offset / stride;
  return counts_[block] + characters(text_.substr(block * stride, offset - block * stride));
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
  const auto start = starts_[static_cast<size_t>(number - 1)];
  const auto end = start + line(number).size();
  const auto wanted = characters_before(start) + static_cast<size_t>(std::max(0, column - 1));
  const auto block = static_cast<size_t>(std::ranges::upper_bound(counts_, wanted) - counts_.begin()) - 1;
  auto at = std::max(start, block * stride);
  for (auto seen = characters_before(at); at < end; ++at) {
    if (!starts_character(text_[at])) continue;
    if (seen == wanted) break;
    ++seen;
  }
  return std::min(at, end);
}

int Lines::line_at(size_t offset) const {
  return static_cast<int>(std::upper_bound(starts_.begin(), starts_.end(), offset) - starts_.begin());
}

int Lines::column_at(size_t offset) const {
  const auto start = starts_[static_cast<size_t>(line_at(offset) - 1)];
  return static_cast<int>(1 + characters_before(offset) - characters_before(start));
}

int Lines::column_of_byte(int number, int byte_column) const {
  if (number < 1 || number > count()) return 1;
  const auto start = starts_[static_cast<size_t>(number - 1)];
  const auto bytes = std::min(static_cast<size_t>(std::max(0, byte_column - 1)), line(number).size());
  return static_cast<int>(1 + characters_before(start + bytes) - characters_before(start));
}

int indentation(std::string_view line) {
  return static_cast<int>(std::min(line.find_first_not_of(' '), line.size()));
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace tandem::yaml
