// Answers questions about requirements, versions and markers, one JSON document a line, so that another implementation
// of the same standards can be asked beside it (oracle_test.py).

#include <iostream>

#include "base/json.hpp"
#include "base/python_version.hpp"
#include "sync/marker.hpp"
#include "sync/requirements.hpp"

namespace tandem {
namespace {

json::object refused(const Error& error) {
  const auto place = error.place.value_or(Place{});
  return {{"refused", error.code}, {"what", error.what}, {"file", place.file}, {"line", place.line}};
}

ConflictSide side_named(std::string_view word) {
  if (word == "application") return ConflictSide::Application;
  return word == "infrastructure" ? ConflictSide::Infrastructure : ConflictSide::Refuse;
}

json::object merged(Fields& question) {
  const auto merged = sync::merge_requirements({"api:requirements.txt", question.string_or("application", ""), texts_of(question.object("included"))},
                                               {"infra:lambda/requirements.txt", question.string_or("infrastructure", "")},
                                               side_named(question.string_or("on_conflict", "refuse")));
  if (!merged) return refused(merged.error());
  json::array lines, left_out;
  for (const auto& package : merged->packages) lines.emplace_back(text(package.requirement));
  for (const auto& line : merged->left_out) left_out.emplace_back(line.package);
  return {{"lines", lines}, {"left_out", left_out}, {"notes", json_of(merged->notes)}, {"text", merged->text}};
}

json::object compared(Fields& question) {
  const auto a = python::Version::parse(question.string("a")), b = python::Version::parse(question.string("b"));
  if (!a || !b) return {{"a", a.has_value()}, {"b", b.has_value()}};
  const auto order = *a <=> *b;
  return {{"a", a->text()}, {"b", b->text()}, {"order", order < 0 ? -1 : order > 0 ? 1 : 0}};
}

json::object satisfied(Fields& question) {
  const auto clauses = python::parse_specifier(question.string("specifier"));
  if (!clauses) return refused(clauses.error());
  json::array accepted;
  for (const auto& text : question.strings("versions"))
    if (const auto version = python::Version::parse(text); version && python::accepts(*clauses, *version)) accepted.emplace_back(text);
  return {{"accepted", accepted}};
}

json::object disjoint(Fields& question) {
  const auto a = python::parse_specifier(question.string("a")), b = python::parse_specifier(question.string("b"));
  if (!a || !b) return refused(a ? b.error() : a.error());
  return {{"disjoint", python::are_disjoint(*a, *b)}};
}

json::object marked(Fields& question) {
  const auto marker = sync::Marker::parse(question.string("marker"));
  if (!marker) return refused(marker.error());
  json::array held;
  for (const auto& member : question.list("environments")) {
    sync::MarkerEnvironment environment;
    for (const auto& [name, value] : texts_of(member.as_object())) environment[name] = value;
    held.emplace_back(marker->holds(environment));
  }
  return {{"text", marker->text()}, {"holds", held}};
}

json::object answer_to(const json::value& value) {
  Fields question(value, "the question");
  const auto about = question.string("about");
  if (about == "merge") return merged(question);
  if (about == "order") return compared(question);
  if (about == "specifier") return satisfied(question);
  if (about == "disjoint") return disjoint(question);
  if (about == "marker") return marked(question);
  return {{"refused", "no such question"}};
}

}  // namespace
}  // namespace tandem

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto question = tandem::parse_json(line, "the question");
    const auto answer = question ? tandem::answer_to(*question) : tandem::refused(question.error());
    std::cout << tandem::to_text(answer) << '\n';
  }
  return 0;
}
