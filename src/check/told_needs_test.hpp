#pragma once
// For tests: what is read from a source, as short texts.

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "check/contract_needs.hpp"

namespace tandem::check {

inline Needs needs_of(std::vector<SourceFile> files) {
  auto needs = read_needs(files);
  EXPECT_TRUE(needs) << (needs ? "" : needs.error().what);
  return needs ? std::move(*needs) : Needs{};
}

inline Needs needs_of(std::string text) { return needs_of(std::vector<SourceFile>{{"main.py", std::move(text)}}); }

inline std::string variables(const Needs& needs) {
  std::string out;
  for (const auto& variable : needs.variables)
    out += fmt::format("{}{} ", variable.name, variable.level == Level::Required ? "!" : variable.level == Level::Optional ? "?" : "=");
  return out;
}

inline std::string told(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::Text: return expression.text;
    case Expression::Kind::Variable: return "$" + expression.text;
    case Expression::Kind::Unknown: return "?";
    case Expression::Kind::Parts: break;
  }
  std::string out;
  for (const auto& part : expression.parts) out += told(part);
  return out;
}

inline std::string calls(const Needs& needs) {
  std::string out;
  for (const auto& call : needs.calls)
    out += fmt::format("{}:{} {}{}\n", call.service, call.actions.at(0), call.resource ? told(*call.resource) : "-", call.index ? "/" + told(*call.index) : "");
  return out;
}

inline std::string routes(const Needs& needs) {
  std::string out;
  for (const auto& route : needs.routes) out += fmt::format("{} {}\n", fmt::join(route.methods, ","), route.path);
  return out;
}

}  // namespace tandem::check
