// What ESLint and Pylint write with their JSON formatters.

#include "base/text.hpp"
#include "check/report_formats.hpp"

namespace tandem::check {
namespace {

void add(Report& report, std::string rule, std::string severity, std::string kind, Place place, std::string_view what) {
  report.findings.push_back({std::move(rule), std::move(severity), std::move(place), std::string(what.substr(0, std::min<size_t>(what.find('\n'), 300)))});
  report.kinds.push_back(std::move(kind));
}

Place place_of(std::string file, Fields& message) {
  return {std::move(file), static_cast<int>(message.integer_or("line", 0)), static_cast<int>(message.integer_or("column", 0))};
}

/// ESLint's severities: 1 warns, 2 fails. What it cannot parse at all carries no rule.
void take_eslint(Report& report, const std::string& file, const json::value& value) {
  Fields message(value, "a message");
  const auto rule = message.string_or("ruleId", "parsing");
  const bool is_security = rule.contains("security");
  const bool is_fatal = message.boolean_or("fatal", false) || rule == "parsing";
  add(report, "eslint." + rule, message.integer_or("severity", 2) == 1 && !is_fatal ? "MEDIUM" : "HIGH",
      is_security ? "Security" : is_fatal ? "Bug" : "Quality", place_of(file, message), message.string_or("message", rule));
}

struct PylintKind {
  std::string_view type;
  std::string_view severity;
  std::string_view kind;
};
constexpr PylintKind pylint_kinds[] = {{"fatal", "CRITICAL", "Bug"},      {"error", "HIGH", "Bug"},     {"warning", "MEDIUM", "Quality"},
                                       {"refactor", "LOW", "CodeSmell"},  {"convention", "LOW", "Quality"}, {"info", "INFORMATIONAL", "Other"}};

void take_pylint(Report& report, const json::value& value) {
  Fields message(value, "a message");
  const auto type = lower(message.string_or("type", ""));
  PylintKind known{type, "MEDIUM", "Other"};
  for (const auto& kind : pylint_kinds)
    if (kind.type == type) known = kind;
  const auto rule = message.string_or("symbol", message.string_or("message-id", message.string_or("messageId", "unknown")));
  auto place = place_of(message.string_or("path", ""), message);
  ++place.column;    // Pylint counts columns from 0
  add(report, "pylint." + rule, std::string(known.severity), std::string(known.kind), std::move(place), message.string_or("message", rule));
}

}  // namespace

Result<Report> parse_eslint(std::string_view text, std::string_view name) {
  const auto document = TRY(parse_json(text, name));
  const auto* files = document.if_array();
  if (files == nullptr) return failure(Fault::Invalid, "not ESLint's JSON: a list of files was expected").at({std::string(name)});
  Report report;
  for (const auto& each : *files) {
    Fields file(each, "a file");
    const auto path = file.string("filePath");
    TRY(file.finish(), "reading {}", name);
    for (const auto& message : file.list("messages")) take_eslint(report, path, message);
  }
  return report;
}

Result<Report> parse_pylint(std::string_view text, std::string_view name) {
  const auto document = TRY(parse_json(text, name));
  const auto* list = document.if_array();
  const auto* object = document.if_object();
  const auto* messages = object == nullptr ? nullptr : object->if_contains("messages");
  if (messages != nullptr) list = messages->if_array();
  if (list == nullptr) return failure(Fault::Invalid, "not Pylint's JSON: a list of messages was expected").at({std::string(name)});
  Report report;
  for (const auto& message : *list) take_pylint(report, message);
  return report;
}

}  // namespace tandem::check
