#pragma once
// How wide text is on a terminal, and how it is made to fit.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/characters.hpp"
#include "report/style.hpp"

namespace tandem::report {

/// Columns a terminal needs for `text`; the escape sequences of Style need none.
size_t columns(std::string_view text);
/// `text` (without escape sequences) in at most `width` columns; an ellipsis stands for what did not fit.
std::string fitted(std::string_view text, size_t width, const Style& style);
/// With spaces after it, `width` columns wide; longer text stays as it is.
std::string padded(std::string_view text, size_t width);
/// Broken at spaces into lines of at most `width` columns; a longer word stays whole, so that it can be copied.
std::vector<std::string> folded(std::string_view text, size_t width);

/// One field of a table. `paint` is a member of Style, or null.
struct Cell {
  std::string text;
  std::string (Style::*paint)(std::string_view) const = nullptr;
};

/// Rows under headings, each column as wide as it must be. When a row would not fit the terminal, the last column is
/// shortened first, then the widest.
class Table {
 public:
  Table(const Style& style, std::vector<std::string> headings) : style_(style), headings_(std::move(headings)) {}
  /// `below` is folded into lines of its own under the row; nothing when it is empty.
  void add(std::vector<Cell> row, Cell below = {}) { rows_.push_back({std::move(row), std::move(below)}); }
  bool is_empty() const { return rows_.empty(); }
  std::string text(std::string_view indentation = "") const;

 private:
  struct Row {
    std::vector<Cell> cells;
    Cell below;
  };
  std::vector<size_t> widths(size_t room) const;
  std::string line(const std::vector<Cell>& cells, const std::vector<size_t>& wide) const;
  const Style& style_;
  std::vector<std::string> headings_;
  std::vector<Row> rows_;
};

}  // namespace tandem::report
