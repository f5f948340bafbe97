#include "base/yaml_cut_block.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"

namespace tandem::yaml {
namespace {

/// A text block (| or >) and the line that ended it.
struct Block {
  int header = 0;
  int content_indentation = 0;
  int end = 0;             ///< the first line that is not part of it
};

std::optional<int> block_parent_indentation(std::string_view line) {
  static const RE2 header(R"(^((?:\s*-\s+)*\s*)(?:[^#'"]*?:\s+|-\s+)?(?:[&!]\S*\s+)*[|>][-+1-9]{0,2}\s*(?:#.*)?$)");
  re2::StringPiece found;
  if (!RE2::FullMatch(re2::StringPiece(line.data(), line.size()), header, &found)) return std::nullopt;
  return static_cast<int>(found.size());
}

Block block_at(const Lines& lines, int header, int parent) {
  Block block{header, parent + 2, lines.count() + 1};
  bool first = true;
  for (int number = header + 1; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    if (is_blank(line)) continue;
    const int here = indentation(line);
    if (first && here > parent) block.content_indentation = here;
    first = false;
    if (here < block.content_indentation) {
      block.end = number;
      return block;
    }
  }
  return block;
}

bool looks_like_structure(std::string_view line) {
  static const RE2 structure(R"(^\s*(?:-(?:\s.*)?|\?\s.*|[\w.-]+\s*:(?:\s.*)?|"[^"]*"\s*:.*|'[^']*'\s*:.*|#.*|---.*|\.\.\.\s*)$)");
  return RE2::FullMatch(re2::StringPiece(line.data(), line.size()), structure);
}

/// A here-document that is not over where its block ends.
struct OpenHereDocument {
  int line = 0;              ///< of its <<
  std::string word{};
};

std::optional<OpenHereDocument> open_heredoc(const Lines& lines, const Block& block) {
  static const RE2 opening(R"((?:^|[^<])<<-?\s*['"\\]?([A-Za-z_]\w*))");
  OpenHereDocument found;
  auto& waiting_for = found.word;
  for (int number = block.header + 1; number < block.end; ++number) {
    const auto line = lines.line(number);
    if (!waiting_for.empty()) {
      if (trimmed(line) == waiting_for) waiting_for.clear();
      continue;
    }
    if (RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), opening, &waiting_for)) found.line = number;
  }
  if (waiting_for.empty()) return std::nullopt;
  return found;
}

bool goes_on_after_comment(const Lines& lines, const Block& block) {
  if (!trimmed(lines.line(block.end)).starts_with('#')) return false;
  for (int number = block.end + 1; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    if (is_blank(line) || trimmed(line).starts_with('#')) continue;
    return indentation(line) >= block.content_indentation;
  }
  return false;
}

/// The first text block that was ended by a line which cannot be YAML structure, no later than `line`.
std::optional<Block> cut_block(const Lines& lines, int line) {
  for (int number = 1; number <= line; ++number) {
    const auto parent = block_parent_indentation(lines.line(number));
    if (!parent) continue;
    const auto block = block_at(lines, number, *parent);
    if (block.end > line || block.end > lines.count()) return std::nullopt;
    if (!looks_like_structure(lines.line(block.end)) || open_heredoc(lines, block) ||
        goes_on_after_comment(lines, block))
      return block;
    number = block.end - 1;
  }
  return std::nullopt;
}

/// One level of the way to a line: the column of its key or dash.
struct Level {
  int column = 0;
  bool is_dash = false;
  std::string key{};
};

/// "  - Run: |" -> a dash at column 2 and the key Run at column 4.
std::vector<Level> levels_of(std::string_view line) {
  std::vector<Level> out;
  auto at = static_cast<size_t>(indentation(line));
  while (at + 1 < line.size() && line[at] == '-' && line[at + 1] == ' ') {
    out.push_back({static_cast<int>(at), true});
    at = std::min(line.find_first_not_of(' ', at + 1), line.size());
  }
  static const RE2 key(R"(^["']?([\w.-]{1,100})["']?\s*:(?:\s|$))");
  Level named{static_cast<int>(at), false};
  const auto rest = line.substr(at);
  if (RE2::PartialMatch(re2::StringPiece(rest.data(), rest.size()), key, &named.key)) out.push_back(std::move(named));
  return out;
}

/// Collects the way from a line to the root of the definition, innermost level first.
class Way {
 public:
  void see(const Level& level) {
    if (is_counting_) {
      if (level.column > list_column_) return;                    // inside an earlier item
      if (level.is_dash && level.column == list_column_) {
        ++index_;
        return;
      }
      end_list();
    } else if (level.column >= column_) {
      return;
    }
    column_ = level.column;
    if (!level.is_dash) return prepend(level.key);
    is_counting_ = true;
    index_ = 0;
    list_column_ = level.column;
  }
  std::string text() {
    if (is_counting_) end_list();
    return path_;
  }

 private:
  void end_list() {
    is_counting_ = false;
    prepend(fmt::format("[{}]", index_));
  }
  void prepend(const std::string& part) { path_.insert(0, part + (path_.empty() || path_.starts_with('[') ? "" : ".")); }

  std::string path_;
  int column_ = 1'000'000;
  bool is_counting_ = false;   ///< the items of a list, upwards from the one that holds the line
  int index_ = 0;
  int list_column_ = 0;
};

/// Where a line stands in the definition, by indentation alone, since nobody can parse this text: "Actions.A.Steps[0].Run".
std::string path_of(const Lines& lines, int number) {
  Way way;
  for (; number > 0; --number) {
    const auto line = lines.line(number);
    if (is_blank(line) || trimmed(line).starts_with('#')) continue;
    const auto levels = levels_of(line);
    for (auto level = levels.rbegin(); level != levels.rend(); ++level) way.see(*level);
  }
  return way.text();
}

/// The lines from the cut to the end of the here-document, moved as far to the right as its end word must stand.
void offer_indented_body(const Lines& lines, const Block& block, const OpenHereDocument& document, Issue& issue) {
  for (int number = document.line + 1; number < block.end; ++number)
    if (!is_blank(lines.line(number))) return;      // a part of the body is indented already: by how much is anybody's guess
  int last = block.end;
  int least = block.content_indentation;
  for (;; ++last) {
    if (last > lines.count()) return;
    const auto line = lines.line(last);
    if (line.find('\t') < static_cast<size_t>(indentation(line)) + 1) return;
    if (!is_blank(line)) least = std::min(least, indentation(line));
    if (trimmed(line) == document.word) break;
  }
  if (indentation(lines.line(last)) != least) return;
  const std::string shift(static_cast<size_t>(block.content_indentation - least), ' ');
  const auto start = lines.offset(block.end, 1);
  for (int number = block.end; number <= last; ++number) {
    const auto line = lines.line(number);
    if (!is_blank(line)) issue.after += shift;
    issue.after += line;
    if (number < last) issue.after += lines.all().substr(lines.offset(number, 1) + line.size(), lines.offset(number + 1, 1) - lines.offset(number, 1) - line.size());
  }
  issue.before = std::string(lines.all().substr(start, lines.offset(last, 1) + lines.line(last).size() - start));
  issue.column = 1;
}

bool is_empty(const Lines& lines, const Block& block) {
  for (int number = block.header + 1; number < block.end; ++number)
    if (!is_blank(lines.line(number))) return false;
  return true;
}

/// The last of the lines that were meant for an empty block: up to where the structure goes on. Nothing when that is not clear.
std::optional<int> last_meant(const Lines& lines, const Block& block) {
  const int least = indentation(lines.line(block.end));
  int last = block.end;
  for (int number = block.end; number <= lines.count(); ++number) {
    const auto line = lines.line(number);
    if (is_blank(line)) continue;
    if (indentation(line) <= least && looks_like_structure(line)) return last;
    if (indentation(line) < least || looks_like_structure(line) || line.find('\t') != std::string_view::npos) return std::nullopt;
    last = number;
  }
  return last;
}

void offer_indented_lines(const Lines& lines, const Block& block, Issue& issue) {
  const auto last = last_meant(lines, block);
  if (!last) return;
  const std::string shift(static_cast<size_t>(block.content_indentation - indentation(lines.line(block.end))), ' ');
  const auto start = lines.offset(block.end, 1);
  for (int number = block.end; number <= *last; ++number) {
    const auto line = lines.line(number);
    if (!is_blank(line)) issue.after += shift;
    issue.after += line;
    if (number < *last) issue.after += lines.all().substr(lines.offset(number, 1) + line.size(), lines.offset(number + 1, 1) - lines.offset(number, 1) - line.size());
  }
  issue.before = std::string(lines.all().substr(start, lines.offset(*last, 1) + lines.line(*last).size() - start));
  issue.column = 1;
}

/// `Run: |` and below it lines that stand no further right than Run.
Issue empty_block(const Lines& lines, const Block& block) {
  const auto path = path_of(lines, block.header);
  Issue issue{"E101", block.end, indentation(lines.line(block.end)) + 1,
              fmt::format("the text block of line {}{} is empty, because this line does not stand further right than its key", block.header,
                          path.empty() ? "" : fmt::format(" ({})", path)),
              fmt::format("Indent the lines of the block to column {}", block.content_indentation + 1)};
  offer_indented_lines(lines, block, issue);
  return issue;
}

Issue cut_short(const Lines& lines, const Block& block) {
  const auto path = path_of(lines, block.header);
  Issue issue{"E101", block.end, indentation(lines.line(block.end)) + 1,
              fmt::format("the text block that starts at line {}{} was cut short here, because this line is not indented", block.header,
                          path.empty() ? "" : fmt::format(" ({})", path)),
              fmt::format("If this is the body of a here-document, indent it to column {} or write the file with printf",
                          block.content_indentation + 1)};
  if (const auto document = open_heredoc(lines, block)) offer_indented_body(lines, block, *document, issue);
  return issue;
}

}  // namespace

std::optional<Issue> block_cut_before(const Lines& lines, int line) {
  const auto block = cut_block(lines, line);
  if (!block) return std::nullopt;
  return is_empty(lines, *block) ? empty_block(lines, *block) : cut_short(lines, *block);
}

}  // namespace tandem::yaml
