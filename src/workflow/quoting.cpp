#include "workflow/quoting.hpp"

#include <cctype>
#include <string>

namespace tandem::workflow {
namespace {

struct HereDocument {
  std::string word{};
  bool expands = true;
};

/// A `<<WORD` at `at`, which is moved behind it.
bool read_opening(std::string_view script, size_t& at, HereDocument& document) {
  if (!script.substr(at).starts_with("<<") || script.substr(at).starts_with("<<<")) return false;
  size_t i = at + 2;
  if (i < script.size() && script[i] == '-') ++i;
  while (i < script.size() && script[i] == ' ') ++i;
  HereDocument found;
  const auto is_mark = [](char c) { return c == '\'' || c == '"' || c == '\\'; };
  if (i < script.size() && is_mark(script[i])) {
    found.expands = false;
    ++i;
  }
  while (i < script.size() && (std::isalnum(static_cast<unsigned char>(script[i])) != 0 || script[i] == '_')) found.word += script[i++];
  if (found.word.empty() || std::isdigit(static_cast<unsigned char>(found.word.front())) != 0) return false;
  if (i < script.size() && is_mark(script[i])) ++i;
  document = found;
  at = i;
  return true;
}

/// The offset of the line after the body that starts at `start`.
size_t end_of_body(std::string_view script, size_t start, const std::string& word) {
  while (start < script.size()) {
    const auto end = std::min(script.find('\n', start), script.size());
    auto line = script.substr(start, end - start);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    start = end + 1;
    if (line == word) return std::min(start, script.size());
  }
  return script.size();
}

}  // namespace

bool shell_expands(std::string_view script, size_t offset) {
  enum class In { Plain, Single, Double, Comment } in = In::Plain;
  HereDocument waiting;
  size_t at = 0;
  while (at < offset && at < script.size()) {
    const char c = script[at];
    if (c == '\n' && in != In::Single && in != In::Double) {
      in = In::Plain;
      if (!waiting.word.empty()) {
        const auto end = end_of_body(script, at + 1, waiting.word);
        if (offset < end) return waiting.expands;
        at = end;
        waiting = {};
        continue;
      }
    }
    if (in == In::Plain && read_opening(script, at, waiting)) continue;
    if (c == '\\' && (in == In::Plain || in == In::Double)) ++at;
    else if (c == '\'' && in == In::Plain) in = In::Single;
    else if (c == '\'' && in == In::Single) in = In::Plain;
    else if (c == '"' && in == In::Plain) in = In::Double;
    else if (c == '"' && in == In::Double) in = In::Plain;
    else if (c == '#' && in == In::Plain && (at == 0 || std::isspace(static_cast<unsigned char>(script[at - 1])) != 0)) in = In::Comment;
    ++at;
  }
  return in != In::Single;
}

}  // namespace tandem::workflow
