// Whatever the bytes are, a workflow file is judged: no crash, no endless work, nothing raw echoed, corrections that fit.
// scripts/fuzz runs it under libFuzzer; replay.cpp runs the kept corpus in every test run.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "workflow/validation.hpp"

namespace {

using namespace tandem;

void must(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "does not hold: {}\n", what);
  std::abort();
}

bool is_shown_safely(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return false;
  return text.find('\x7f') == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const workflow::Known known{{"dev", "prod"}, {"TOKEN"}, {"application", "infrastructure"}, true, {"dev"}};
  const auto examined = workflow::examine(text, "fuzz.yml", known, workflow::Strictness::Strict);
  must(examined.diagnostics.size() <= 51, "at most 50 diagnostics and a count");
  for (const auto& diagnostic : examined.diagnostics) {
    must(diagnostic.code == "N200" || diagnostic.place.line >= 1, "every diagnostic has a line");
    must(is_shown_safely(tandem::text(diagnostic)), "control characters are escaped");
    must(!workflow::title(diagnostic.code).empty(), "every code has a title");
  }
  int made = 0;
  const auto better = workflow::apply_fixes(text, examined.diagnostics, &made);
  must(made > 0 || better == text, "without a correction the text stays");
  if (examined.workflow) {
    const auto back = workflow_from_json(to_json(*examined.workflow));
    must(back && *back == *examined.workflow, "a plan survives the way through JSON");
  }
  workflow::to_sarif(examined.diagnostics);
  return 0;
}
