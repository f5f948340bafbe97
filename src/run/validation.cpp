#include "run/validation.hpp"

#include <algorithm>
#include <set>

#include "base/files.hpp"
#include "base/text.hpp"

namespace tandem::run {
namespace fs = std::filesystem;
namespace {

bool is_yaml(const fs::path& path) { return path.extension() == ".yml" || path.extension() == ".yaml"; }

Result<std::vector<fs::path>> files_of(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return failure(Fault::Missing, "no file or folder {}", path.string()).with_code("TD0103");
  if (!fs::is_directory(path, code)) return std::vector{path};
  const auto inside = path / ".codecatalyst" / "workflows";
  const auto folder = fs::is_directory(inside, code) ? inside : path;
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder, code))
    if (entry.is_regular_file(code) && is_yaml(entry.path())) out.push_back(entry.path().lexically_normal());
  std::ranges::sort(out);
  if (out.empty())
    return failure(Fault::Missing, "no workflow files below {}", path.string()).with_code("TD0103")
        .with_next("they lie in .codecatalyst/workflows and end in .yml or .yaml; or name a file");
  return out;
}

/// Where the `column`-th character of a line begins, both from 1; npos when the text is shorter.
size_t offset_of(std::string_view text, int line, int column) {
  size_t at = 0;
  for (int i = 1; i < line; ++i) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return at;
    ++at;
  }
  for (int i = 1; i < column; ++i) {
    if (at >= text.size() || text[at] == '\n') return std::string_view::npos;
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;
  }
  return at;
}

/// The line that a finding stands on, with a caret under the place.
json::value excerpt_of(const std::vector<std::string>& lines, const Place& place) {
  if (place.line < 1 || static_cast<size_t>(place.line) > lines.size()) return nullptr;
  const auto& line = lines[static_cast<size_t>(place.line) - 1];
  if (line.size() > 300 || !is_valid_utf8(line)) return nullptr;
  std::string caret;
  for (int i = 1; i < place.column; ++i) caret += ' ';
  return json::value(line + "\n" + caret + "^");
}

/// How many findings of each severity there were, over all files.
struct Counts {
  std::map<Severity, std::int64_t> of;
  int exit(ValidationRequest::Smells smells) const {
    const auto count = [&](Severity severity) { return of.contains(severity) ? of.at(severity) : 0; };
    if (count(Severity::Error) > 0) return 2;
    if (smells == ValidationRequest::Smells::Refuse && count(Severity::Warning) > 0) return 2;
    return count(Severity::Capability) > 0 ? 4 : 0;
  }
};

struct Examined {
  json::object document;
  int corrections = 0;
};

Result<Examined> examine(const fs::path& path, const ValidationRequest& request, Counts& counts) {
  auto text = TRY(read_file(path), "reading {}", path.string());
  auto parsed = workflow::parse_workflow(text, path.string(), request.known);
  Examined out;
  if (request.corrections == ValidationRequest::Corrections::Write) {
    auto better = corrected(text, parsed.diagnostics);
    if (better.count > 0) {
      TRY(replace_file(path, better.text), "correcting {}", path.string());
      out.corrections = better.count;
      text = std::move(better.text);
      parsed = workflow::parse_workflow(text, path.string(), request.known);
    }
  }
  const auto lines = lines_of(text);
  json::array list;
  for (const auto& diagnostic : parsed.diagnostics) {
    ++counts.of[diagnostic.severity];
    auto finding = to_json(diagnostic).as_object();
    finding["excerpt"] = excerpt_of(lines, diagnostic.place);
    list.push_back(std::move(finding));
  }
  out.document = {{"file", path.string()}, {"workflow", parsed.workflow ? json::value(parsed.workflow->name) : json::value(nullptr)},
                  {"runnable", parsed.runnable()}, {"diagnostics", std::move(list)}};
  return out;
}

std::string_view level_of(std::string_view severity) {
  if (severity == "note") return "note";
  return severity == "warning" ? "warning" : "error";
}

json::object sarif_result(const json::object& finding) {
  const json::object region{{"startLine", finding.at("line")}, {"startColumn", finding.at("column")}};
  json::object where{{"artifactLocation", json::object{{"uri", finding.at("file")}}}};
  if (finding.at("line").is_int64() && finding.at("line").as_int64() > 0) where["region"] = region;
  auto message = std::string(finding.at("message").as_string());
  if (finding.at("suggestion").is_string()) message += ". " + std::string(finding.at("suggestion").as_string());
  return {{"ruleId", finding.at("code")},
          {"level", level_of(finding.at("severity").as_string())},
          {"message", json::object{{"text", message}}},
          {"locations", json::array{json::object{{"physicalLocation", where}}}}};
}

}  // namespace

Result<Answer> validate(const ValidationRequest& request) {
  Counts counts;
  json::array files;
  int corrections = 0;
  for (const auto& path : request.paths) {
    const auto found = TRY(files_of(path));
    for (const auto& file : found) {
      auto examined = TRY(examine(file, request, counts));
      corrections += examined.corrections;
      files.push_back(std::move(examined.document));
    }
  }
  const auto checked = static_cast<std::int64_t>(files.size());
  return Answer{json::object{{"schema", "tandem.validation/1"}, {"checked", checked}, {"errors", counts.of[Severity::Error]},
                             {"capabilities", counts.of[Severity::Capability]}, {"warnings", counts.of[Severity::Warning]},
                             {"notes", counts.of[Severity::Note]}, {"fixed", corrections}, {"files", std::move(files)}},
                counts.exit(request.smells)};
}

Corrected corrected(std::string text, const std::vector<Diagnostic>& diagnostics) {
  std::vector<TextEdit> edits;
  for (const auto& diagnostic : diagnostics)
    if (diagnostic.fix) edits.push_back(*diagnostic.fix);
  std::ranges::stable_sort(edits, std::ranges::greater{}, [](const TextEdit& edit) { return std::pair(edit.place.line, edit.place.column); });
  Corrected out{std::move(text)};
  for (const auto& edit : edits) {  // from the end, so that the places of the others stay true
    const auto at = offset_of(out.text, edit.place.line, edit.place.column);
    if (at == std::string::npos || out.text.compare(at, edit.before.size(), edit.before) != 0) continue;
    out.text.replace(at, edit.before.size(), edit.after);
    ++out.count;
  }
  return out;
}

json::value sarif_of(const json::value& validation, std::string_view version) {
  json::array results;
  std::set<std::string> codes;
  for (const auto& file : validation.at("files").as_array())
    for (const auto& finding : file.at("diagnostics").as_array()) {
      results.push_back(sarif_result(finding.as_object()));
      codes.emplace(finding.at("code").as_string());
    }
  json::array rules;
  for (const auto& code : codes) rules.push_back(json::object{{"id", code}});
  const json::object driver{{"name", "tandem"}, {"version", version}, {"rules", rules}};
  return json::object{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", json::array{json::object{{"tool", json::object{{"driver", driver}}}, {"results", results}}}}};
}

}  // namespace tandem::run
