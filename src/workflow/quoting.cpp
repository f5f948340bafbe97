#include "workflow/quoting.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

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

bool ShellReading::expands_at(size_t offset) {
  while (at_ < offset && at_ < script_.size()) {
    if (in_ == In::Body) {
      if (offset < body_end_) return body_expands_;
      at_ = body_end_;
      in_ = In::Plain;
      continue;
    }
    step();
  }
  return in_ == In::Body ? body_expands_ : in_ != In::Single;
}

/// One character further, or behind the opening of a here-document.
void ShellReading::step() {
  const char c = script_[at_];
  if (c == '\n' && in_ != In::Single && in_ != In::Double) {
    in_ = In::Plain;
    if (!waiting_for_.empty()) {
      body_end_ = end_of_body(script_, at_ + 1, std::exchange(waiting_for_, {}));
      in_ = In::Body;
    }
    ++at_;
    return;
  }
  if (in_ == In::Plain) {
    HereDocument document;
    if (read_opening(script_, at_, document)) {
      waiting_for_ = document.word;
      body_expands_ = document.expands;
      return;
    }
  }
  if (c == '\\' && (in_ == In::Plain || in_ == In::Double)) ++at_;
  else if (c == '\'' && in_ == In::Plain) in_ = In::Single;
  else if (c == '\'' && in_ == In::Single) in_ = In::Plain;
  else if (c == '"' && in_ == In::Plain) in_ = In::Double;
  else if (c == '"' && in_ == In::Double) in_ = In::Plain;
  else if (c == '#' && in_ == In::Plain && (at_ == 0 || std::isspace(static_cast<unsigned char>(script_[at_ - 1])) != 0)) in_ = In::Comment;
  ++at_;
}

bool shell_expands(std::string_view script, size_t offset) { return ShellReading(script).expands_at(offset); }

}  // namespace tandem::workflow
