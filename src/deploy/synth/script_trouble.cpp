#include "deploy/synth/script_trouble.hpp"

#include <re2/re2.h>

#include <vector>

#include "base/text.hpp"

namespace tandem::deploy::synth {
namespace fs = std::filesystem;
namespace {

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

/// Colours and cursor movements would hide what a line says.
std::string plain(std::string_view text) {
  static const RE2 escape("\x1b\\[[0-9;?]*[A-Za-z]");
  std::string out(text);
  RE2::GlobalReplace(&out, escape, "");
  return out;
}

std::string relative(std::string file, const fs::path& folder) {
  if (file.starts_with("file://")) file = file.substr(7);
  std::error_code trouble;
  for (const auto& root : {folder, fs::weakly_canonical(folder, trouble)}) {
    const auto prefix = root.string() + "/";
    if (file.starts_with(prefix)) return file.substr(prefix.size());
  }
  return file;
}

std::optional<Trouble> typescript_trouble(const std::string& text, const fs::path& folder) {
  static const RE2 pattern(R"((?m)^([^\s(:][^\n(:]*)(?:\((\d+),(\d+)\):|:(\d+):(\d+) -) error (TS\d+: .*)$)");
  std::string file, line, column, other_line, other_column, what;
  if (!RE2::PartialMatch(text, pattern, &file, &line, &column, &other_line, &other_column, &what)) return std::nullopt;
  if (line.empty()) line = other_line;
  if (column.empty()) column = other_column;
  return Trouble{what, Place{relative(file, folder), std::atoi(line.c_str()), std::atoi(column.c_str())}};
}

/// The topmost frame in the tree's own code; else the "file:line" that node prints above a syntax error.
std::optional<Place> place_in_stack(std::string_view stack, const fs::path& folder) {
  static const RE2 frame(R"((?m)^\s+at (?:.*\()?((?:file://)?/[^():\n]+):(\d+):(\d+)\)?$)");
  static const RE2 head(R"((?m)^((?:file://)?/[^():\n]+):(\d+)$)");
  std::string file;
  int line = 0;
  int column = 0;
  if (RE2::PartialMatch(piece(stack), head, &file, &line) && !file.contains("/node_modules/"))
    return Place{relative(file, folder), line};
  auto rest = piece(stack);
  while (RE2::FindAndConsume(&rest, frame, &file, &line, &column))
    if (!file.contains("/node_modules/")) return Place{relative(file, folder), line, column};
  return std::nullopt;
}

std::optional<Trouble> node_trouble(const std::string& text, const fs::path& folder) {
  static const RE2 pattern(R"((?m)^(?:Uncaught )?([A-Z]?\w*(?:Error|Exception)(?: \[\w+\])?: .*)$)");
  std::string what;
  if (!text.contains("\n    at ") || !RE2::PartialMatch(text, pattern, &what)) return std::nullopt;
  return Trouble{what, place_in_stack(text, folder)};
}

std::optional<Trouble> python_trouble(const std::string& text, const fs::path& folder) {
  static const RE2 frame(R"re(File "([^"\n]+)", line (\d+))re");
  static const RE2 pattern(R"((?m)^(\w[\w.]*(?:Error|Exception|Warning)(?:: .*)?)$)");
  if (!text.contains("Traceback (most recent call last)")) return std::nullopt;
  std::optional<Place> place;
  std::string file, what;
  int line = 0;
  auto rest = piece(text);
  while (RE2::FindAndConsume(&rest, frame, &file, &line))
    if (!file.contains("site-packages") && !file.contains("node_modules")) place = Place{relative(file, folder), line};
  rest = piece(text);
  while (RE2::FindAndConsume(&rest, pattern, &what)) {}
  if (what.empty()) return std::nullopt;
  return Trouble{what, place};
}

/// "npm error code EUSAGE" and the first sentence after it.
std::optional<Trouble> npm_trouble(const std::string& text) {
  static const RE2 pattern(R"((?m)^npm (?:error|ERR!) (.+)$)");
  std::string code, line;
  auto rest = piece(text);
  while (RE2::FindAndConsume(&rest, pattern, &line)) {
    if (line.starts_with("code ")) code = line.substr(5);
    else if (!line.starts_with("A complete log") && !line.starts_with("path ") && !line.starts_with("errno") && !line.starts_with("syscall"))
      return Trouble{code.empty() ? line : code + ": " + line, std::nullopt};
  }
  if (code.empty()) return std::nullopt;
  return Trouble{code, std::nullopt};
}

std::string last_line(const std::string& text) {
  const auto lines = lines_of(text);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const auto said = trimmed(*line);
    if (said.empty() || said.starts_with("Node.js v") || said.starts_with("at ") || said.starts_with("npm notice") || said == "^") continue;
    return std::string(said.substr(0, 300));
  }
  return {};
}

}  // namespace

Trouble trouble_in(std::string_view out, std::string_view err, const fs::path& folder) {
  const auto errors = plain(err);
  const auto prints = plain(out);
  for (const auto* text : {&errors, &prints}) {
    if (auto found = typescript_trouble(*text, folder)) return *found;
    if (auto found = node_trouble(*text, folder)) return *found;
    if (auto found = python_trouble(*text, folder)) return *found;
    if (auto found = npm_trouble(*text)) return *found;
  }
  auto what = last_line(errors);
  if (what.empty()) what = last_line(prints);
  return {what.empty() ? "it said nothing" : what, std::nullopt};
}

}  // namespace tandem::deploy::synth
