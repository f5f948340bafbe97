#include "workflow/validation.hpp"

#include <algorithm>

#include "base/yaml_lines.hpp"
#include "workflow/definition.hpp"
#include "workflow/smells.hpp"

namespace tandem::workflow {
namespace {

constexpr int rounds_max = 50;   // a definition with more hidden mistakes than this wants to be read by a person

/// A correction as byte offsets.
struct Cut {
  size_t start = 0;
  size_t length = 0;
  std::string_view after;
};

std::vector<Cut> cuts_in(std::string_view text, const std::vector<Diagnostic>& diagnostics) {
  const yaml::Lines lines(text);
  std::vector<Cut> cuts;
  for (const auto& diagnostic : diagnostics) {
    if (!diagnostic.fix || diagnostic.fix->place.line < 1) continue;
    const auto& fix = *diagnostic.fix;
    const auto start = lines.offset(fix.place.line, fix.place.column);
    if (text.substr(start).starts_with(fix.before)) cuts.push_back({start, fix.before.size(), fix.after});
  }
  std::ranges::stable_sort(cuts, {}, &Cut::start);
  return cuts;
}

}  // namespace

Parsed examine(std::string_view text, const std::string& file, const Known& known, Strictness strictness) {
  return read_definition(text, file, known, [strictness](const yaml::Node& root, const yaml::Lines& lines, Findings& findings) {
    find_smells(root, lines, findings, strictness);
  });
}

std::vector<Diagnostic> validate(std::string_view text, const std::string& file, const Known& known, Strictness strictness) {
  return examine(text, file, known, strictness).diagnostics;
}

int exit_code(const std::vector<Diagnostic>& diagnostics, Strictness strictness) {
  const auto any = [&](Severity severity) {
    return std::ranges::any_of(diagnostics, [&](const Diagnostic& d) { return d.severity == severity; });
  };
  if (any(Severity::Error) || (strictness == Strictness::Strict && any(Severity::Warning))) return 2;
  return any(Severity::Capability) ? 4 : 0;
}

std::string apply_fixes(std::string_view text, const std::vector<Diagnostic>& diagnostics, int* count) {
  std::string out;
  if (text.starts_with("\xEF\xBB\xBF")) {
    out = text.substr(0, 3);
    text.remove_prefix(3);
  }
  size_t done = 0;
  for (const auto& cut : cuts_in(text, diagnostics)) {
    if (cut.start < done) continue;
    out += text.substr(done, cut.start - done);
    out += cut.after;
    done = cut.start + cut.length;
    if (count != nullptr) ++*count;
  }
  out += text.substr(done);
  return out;
}

Corrected corrected(std::string_view text, const std::string& file, const Known& known, Strictness strictness) {
  Corrected out{std::string(text)};
  for (int round = 0; round < rounds_max; ++round) {
    auto better = apply_fixes(out.text, validate(out.text, file, known, strictness), &out.count);
    if (better == out.text) break;
    out.text = std::move(better);
  }
  return out;
}

}  // namespace tandem::workflow
