#include "base/yaml_fault.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"
#include "base/yaml_cut_block.hpp"

namespace tandem::yaml {

namespace {

std::string indicator_advice(char indicator) {
  switch (indicator) {
    case '*': return "a plain * starts a YAML alias";
    case '&': return "a plain & starts a YAML anchor";
    case '!': return "a plain ! starts a YAML tag";
    case '%': return "a plain % starts a YAML directive";
    default: return fmt::format("plain text cannot start with {}", indicator);
  }
}

Issue not_yaml(int line, int column, const std::string& why, std::string suggestion) {
  return {"E102", line, column, "not valid YAML: " + why, std::move(suggestion)};
}

std::optional<int> column_of_reserved(const Lines& lines, int line, int byte_column) {
  const auto text = lines.line(line);
  for (const int back : {1, 2}) {
    const int at = byte_column - back;
    if (at < 0 || at >= static_cast<int>(text.size())) continue;
    if (std::string_view("*&!%@`").find(text[static_cast<size_t>(at)]) != std::string_view::npos)
      return lines.column_of_byte(line, at + 1);
  }
  return std::nullopt;
}

/// Puts the words from the issue's place to the end of the value into single quotes, when that is surely what is meant.
void offer_quotes(const Lines& lines, Issue& issue) {
  const auto line = lines.line(issue.line);
  const auto start = lines.offset(issue.line, issue.column) - lines.offset(issue.line, 1);
  auto value = line.substr(start);
  const auto before = line.substr(0, start);
  const bool in_flow = before.find('[') != std::string_view::npos || before.find('{') != std::string_view::npos;
  if (in_flow) value = value.substr(0, value.find_first_of(",]}"));
  value = value.substr(0, value.find(" #"));
  value = value.substr(0, value.find_last_not_of(" \t") + 1);
  if (value.size() < 2 || value.find_first_of("'\"") != std::string_view::npos) return;
  if (issue.what.find("tag") != std::string::npos && value.find(' ') != std::string_view::npos) return;  // !Ref Name
  issue.before = std::string(value);
  issue.after = fmt::format("'{}'", value);
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

/// `Run: echo a: b` as `Run: 'echo a: b'`.
void offer_quotes_after_key(const Lines& lines, Issue& issue, size_t colon) {
  const auto text = lines.line(issue.line);
  const auto start = text.find_first_not_of(' ', colon + 1);
  if (start == std::string_view::npos) return;
  const auto value = text.substr(start, text.find_last_not_of(" \t") + 1 - start);
  const bool is_plain = std::string_view("'\"|>[{*&!%@`#?-").find(value.front()) == std::string_view::npos;
  if (!is_plain || value.find('\'') != std::string_view::npos || value.find(" #") != std::string_view::npos) return;
  issue.column = lines.column_of_byte(issue.line, static_cast<int>(start) + 1);
  issue.before = std::string(value);
  issue.after = fmt::format("'{}'", value);
}

Issue misplaced_colon(const Lines& lines, const ParserFault& fault) {
  const auto text = lines.line(fault.line);
  const auto first = text.find(": ");
  const int column = lines.column_of_byte(fault.line, fault.byte_column);
  if (first == std::string_view::npos || static_cast<int>(first) + 1 >= fault.byte_column)
    return not_yaml(fault.line, indentation(text) + 1, "this line is indented differently from the lines it belongs to",
                    "Put it in the same column as its neighbours, or give the line above a value of its own");
  auto issue = not_yaml(fault.line, column, "a colon followed by a space inside plain text",
                        "Quote the text, or put it into a block: | on this line and the text indented below");
  offer_quotes_after_key(lines, issue, first);
  return issue;
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

Issue reserved_at(const Lines& lines, int line, int column) {
  const char reserved = lines.all()[std::min(lines.offset(line, column), lines.all().size() - 1)];
  auto issue = not_yaml(line, column, indicator_advice(reserved), "Quote the text");
  offer_quotes(lines, issue);
  return issue;
}

Issue explained(const Lines& lines, const ParserFault& fault) {
  if (auto cut = block_cut_before(lines, fault.line)) return *cut;
  const auto text = lines.line(fault.line);
  if (tabs_lead(text))
    return not_yaml(fault.line, static_cast<int>(text.find('\t')) + 1, "a tab is used for indentation", "Use spaces");
  if (mentions(fault.message, "escape")) return bad_escape(lines, fault);
  if (mentions(fault.message, "alias not found") || mentions(fault.message, "anchor") ||
      mentions(fault.message, "unknown token") || mentions(fault.message, "tag") || mentions(fault.message, "directive"))
    if (const auto column = column_of_reserved(lines, fault.line, fault.byte_column)) return reserved_at(lines, fault.line, *column);
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
