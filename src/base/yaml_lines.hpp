#pragma once
// A text by lines: what is written where. For places and for explanations of broken YAML.

#include <string_view>
#include <vector>

namespace tandem::yaml {

/// A view of a text's lines. Lines and columns start at 1; columns count characters (UTF-8), offsets bytes. Places are
/// found in constant time, also on a line as long as the text.
class Lines {
 public:
  explicit Lines(std::string_view text);

  std::string_view all() const { return text_; }
  int count() const { return static_cast<int>(starts_.size()); }
  std::string_view line(int number) const;               ///< without its line end; empty beyond the text
  size_t offset(int line, int column) const;             ///< of that character, at most the size of the text
  int line_at(size_t offset) const;
  int column_at(size_t offset) const;
  int column_of_byte(int line, int byte_column) const;   ///< from a column counted in bytes

 private:
  size_t characters_before(size_t offset) const;

  std::string_view text_;
  std::vector<size_t> starts_;
  std::vector<size_t> counts_;   ///< characters before each 64th byte
};

/// Spaces before the first other character.
int indentation(std::string_view line);
bool is_blank(std::string_view line);

}  // namespace tandem::yaml
