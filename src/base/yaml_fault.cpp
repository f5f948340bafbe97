#include "base/yaml_fault.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"

namespace tandem::yaml {

std::string indicator_advice(char indicator) {
  switch (indicator) {
    case '*': return "a plain * starts a YAML alias";
    case '&': return "a plain & starts a YAML anchor";
    case '!': return "a plain ! starts a YAML tag";
    case '%': return "a plain % starts a YAML directive";
    default: return fmt::format("plain text cannot start with {}", indicator);
  }
}

namespace {

/// A text block (| or >) and the line that ended it.
struct Block {
  int header = 0;
  int content_indentation = 0;
  int end = 0;             ///< the first line that is not part of it
};

std::optional<int> block_parent_indentation(std::string_view line) {
  static const RE2 header(R"(^((?:\s*-\s+)*\s*)(?:[^#'"]*?:\s+|-\s+)?(?:[&!]\S*\s+)*[|>][-+1-9]{0,2}\s*(?:#.*)?$)");
  std::string_view lead;
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

bool leaves_a_heredoc_open(const Lines& lines, const Block& block) {
  static const RE2 opening(R"((?:^|[^<])<<-?\s*['"\\]?([A-Za-z_]\w*))");
  std::string waiting_for;
  for (int number = block.header + 1; number < block.end; ++number) {
    const auto line = lines.line(number);
    if (!waiting_for.empty()) {
      if (trimmed(line) == waiting_for) waiting_for.clear();
      continue;
    }
    RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), opening, &waiting_for);
  }
  return !waiting_for.empty();
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
    if (!looks_like_structure(lines.line(block.end)) || leaves_a_heredoc_open(lines, block) ||
        goes_on_after_comment(lines, block))
      return block;
    number = block.end - 1;
  }
  return std::nullopt;
}

Issue cut_short(const Lines& lines, const Block& block) {
  const int column = indentation(lines.line(block.end)) + 1;
  return {"E101", block.end, column,
          fmt::format("the text block that starts at line {} was cut short here, because this line is not indented",
                      block.header),
          fmt::format("If this is the body of a here-document, indent it to column {} or write the file with printf",
                      block.content_indentation + 1)};
}

Issue not_yaml(int line, int column, const std::string& why, std::string suggestion) {
  return {"E102", line, column, "not valid YAML: " + why, std::move(suggestion)};
}

std::optional<Issue> reserved_character(const Lines& lines, int line, int byte_column) {
  const auto text = lines.line(line);
  for (const int back : {1, 2}) {
    const int at = byte_column - back;
    if (at < 0 || at >= static_cast<int>(text.size())) continue;
    const char c = text[static_cast<size_t>(at)];
    if (std::string_view("*&!%@`").find(c) == std::string_view::npos) continue;
    return not_yaml(line, lines.column_of_byte(line, at + 1), indicator_advice(c), "Quote the text");
  }
  return std::nullopt;
}

/// `"release\-.*"` as `'release\-.*'`, when nothing else in it needs the double quotes.
void offer_single_quotes(const Lines& lines, Issue& issue) {
  const auto text = lines.line(issue.line);
  const auto at = lines.offset(issue.line, issue.column) - lines.offset(issue.line, 1);
  const auto start = text.substr(0, at).rfind('"');
  const auto end = text.find('"', at);
  if (start == std::string_view::npos || end == std::string_view::npos) return;
  const auto inside = text.substr(start + 1, end - start - 1);
  static const RE2 only_patterns(R"((?:[^\\']|\\[-/.*+?()\[\]{}|$^])*)");
  if (!RE2::FullMatch(re2::StringPiece(inside.data(), inside.size()), only_patterns)) return;
  issue.column = lines.column_of_byte(issue.line, static_cast<int>(start) + 1);
  issue.before = std::string(text.substr(start, end - start + 1));
  issue.after = fmt::format("'{}'", inside);
}

Issue bad_escape(const Lines& lines, const ParserFault& fault) {
  const auto text = lines.line(fault.line);
  auto at = text.rfind('\\', static_cast<size_t>(std::max(0, fault.byte_column - 1)));
  if (at == std::string_view::npos) at = static_cast<size_t>(std::max(0, fault.byte_column - 1));
  auto issue = not_yaml(fault.line, lines.column_of_byte(fault.line, static_cast<int>(at) + 1),
                        fmt::format("{} is no escape in double quotes", text.substr(at, 2)), "Use single quotes or none");
  offer_single_quotes(lines, issue);
  return issue;
}

Issue misplaced_colon(const Lines& lines, const ParserFault& fault) {
  const auto text = lines.line(fault.line);
  const auto first = text.find(": ");
  const int column = lines.column_of_byte(fault.line, fault.byte_column);
  if (first != std::string_view::npos && static_cast<int>(first) + 1 < fault.byte_column)
    return not_yaml(fault.line, column, "a colon followed by a space inside plain text",
                    "Quote the text, or put it into a block: | on this line and the text indented below");
  return not_yaml(fault.line, indentation(text) + 1, "this line is indented differently from the lines it belongs to",
                  "Put it in the same column as its neighbours, or give the line above a value of its own");
}

Issue unclosed_text(const Lines& lines, const ParserFault& fault) {
  static const RE2 quote(R"((?:^|[\s\[{,])(["']))");
  const auto rest = lines.all().substr(std::min(fault.understood, lines.all().size()));
  re2::StringPiece found;
  if (!RE2::PartialMatch(re2::StringPiece(rest.data(), rest.size()), quote, &found))
    return not_yaml(fault.line, lines.column_of_byte(fault.line, fault.byte_column),
                    "the file ends inside a quoted text", "Close it");
  const auto at = static_cast<size_t>(found.data() - lines.all().data());
  return open_quote(lines.line_at(at), lines.column_at(at), lines.all()[at]);
}

bool tabs_lead(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return line.substr(0, first).find('\t') != std::string_view::npos;
}

bool mentions(const std::string& message, std::string_view words) { return message.find(words) != std::string::npos; }

}  // namespace

Issue open_quote(int line, int column, char quote) {
  return not_yaml(line, column, fmt::format("the {} here is never closed", quote),
                  "Close it, or put the text into a block: | on this line and the text indented below");
}

std::optional<Issue> block_cut_before(const Lines& lines, int line) {
  const auto block = cut_block(lines, line);
  if (!block) return std::nullopt;
  return cut_short(lines, *block);
}

Issue explained(const Lines& lines, const ParserFault& fault) {
  if (auto cut = block_cut_before(lines, fault.line)) return *cut;
  const auto text = lines.line(fault.line);
  if (tabs_lead(text))
    return not_yaml(fault.line, static_cast<int>(text.find('\t')) + 1, "a tab is used for indentation", "Use spaces");
  if (mentions(fault.message, "escape")) return bad_escape(lines, fault);
  if (mentions(fault.message, "alias not found") || mentions(fault.message, "anchor") ||
      mentions(fault.message, "unknown token") || mentions(fault.message, "tag") || mentions(fault.message, "directive"))
    if (auto issue = reserved_character(lines, fault.line, fault.byte_column)) return *issue;
  if (mentions(fault.message, "map value")) return misplaced_colon(lines, fault);
  if (mentions(fault.message, "EOF in scalar") || mentions(fault.message, "document indicator in scalar"))
    return unclosed_text(lines, fault);
  const int column = lines.column_of_byte(fault.line, fault.byte_column);
  if (mentions(fault.message, "flow"))
    return not_yaml(fault.line, column, "a [ or { is never closed", "Close it, or write one entry per line");
  if (mentions(fault.message, "end of"))
    return not_yaml(fault.line, column, "this does not continue what stands above it",
                    "Check the indentation and the quotation marks of this line and the one before");
  return not_yaml(fault.line, column, fault.message, "");
}

}  // namespace tandem::yaml
