// SimpleCov in its three shapes: the result set it keeps, its own JSON formatter, and the older simplecov-json.

#include <map>

#include "base/text.hpp"
#include "check/report_formats.hpp"

namespace tandem::check {
namespace {

/// One source file. Several runs may tell of it: a line that one of them reached is reached.
struct Source {
  std::map<size_t, bool> lines;
  std::map<std::string, bool> branches;
};

std::optional<bool> reached(const json::value& count) {
  if (count.is_int64()) return count.get_int64() > 0;
  if (count.is_uint64()) return count.get_uint64() > 0;
  return std::nullopt;    // null: no code there; "ignored": told not to look
}

void take_lines(Source& source, const json::array& counts) {
  for (size_t i = 0; i < counts.size(); ++i)
    if (const auto hit = reached(counts[i])) source.lines[i] |= *hit;
}

/// In the result set: condition -> branch -> count. In the formatter's file: a list of branches with their counts.
void take_branches(Source& source, const json::value& value) {
  if (const auto* conditions = value.if_object())
    for (const auto& [condition, branches] : *conditions)
      if (const auto* counts = branches.if_object())
        for (const auto& [branch, count] : *counts)
          if (const auto hit = reached(count)) source.branches[fmt::format("{} {}", std::string_view(condition), std::string_view(branch))] |= *hit;
  if (const auto* list = value.if_array())
    for (size_t i = 0; i < list->size(); ++i)
      if (const auto* branch = (*list)[i].if_object())
        if (const auto* count = branch->if_contains("coverage"))
          if (const auto hit = reached(*count)) source.branches[std::to_string(i)] |= *hit;
}

void take_source(Source& source, const json::value& value) {
  if (const auto* counts = value.if_array()) return take_lines(source, *counts);
  const auto* parts = value.if_object();
  if (parts == nullptr) return;
  if (const auto* lines = parts->if_contains("lines"); lines != nullptr && lines->is_array()) take_lines(source, lines->get_array());
  if (const auto* branches = parts->if_contains("branches")) take_branches(source, *branches);
}

using Sources = std::map<std::string, Source>;

bool take_coverage(Sources& sources, const json::object& owner) {
  const auto* coverage = owner.if_contains("coverage");
  if (coverage == nullptr || !coverage->is_object()) return false;
  for (const auto& [file, counts] : coverage->get_object()) take_source(sources[std::string(file)], counts);
  return true;
}

bool take_files(Sources& sources, const json::object& document) {
  const auto* files = document.if_contains("files");
  if (files == nullptr || !files->is_array()) return false;
  for (const auto& each : files->get_array()) {
    Fields file(each, "a file");
    if (const auto* coverage = file.find("coverage")) take_source(sources[file.string_or("filename", "")], *coverage);
  }
  return true;
}

}  // namespace

Result<Report> parse_simplecov(std::string_view text, std::string_view name) {
  const auto document = TRY(parse_json(text, name));
  Sources sources;
  bool known = false;
  if (const auto* root = document.if_object()) {
    known = take_coverage(sources, *root) || take_files(sources, *root);
    if (!known)
      for (const auto& [command, result] : *root)
        if (const auto* one = result.if_object()) known = take_coverage(sources, *one) || known;
  }
  if (!known) return failure(Fault::Invalid, "not SimpleCov: no coverage in it").at({std::string(name)});
  Report report;
  for (const auto& [file, source] : sources) {
    report.lines.total += source.lines.size();
    for (const auto& [line, hit] : source.lines) report.lines.reached += hit ? 1 : 0;
    report.branches.total += source.branches.size();
    for (const auto& [branch, hit] : source.branches) report.branches.reached += hit ? 1 : 0;
  }
  return report;
}

}  // namespace tandem::check
