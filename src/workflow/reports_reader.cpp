#include "workflow/reports_reader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "workflow/inputs_reader.hpp"

namespace tandem::workflow {
namespace {

enum class Subject { Tests, Coverage, Analysis, Dependencies };

/// A report format and what it tells of.
struct Format {
  std::string_view name;
  Subject subject{};
};
constexpr std::array<Format, 15> formats{{
    {"JUNITXML", Subject::Tests}, {"CUCUMBERJSON", Subject::Tests}, {"NUNITXML", Subject::Tests},
    {"NUNIT3XML", Subject::Tests}, {"TESTNGXML", Subject::Tests},
    {"VISUALSTUDIOTRX", Subject::Tests}, {"COBERTURAXML", Subject::Coverage}, {"CLOVERXML", Subject::Coverage},
    {"JACOCOXML", Subject::Coverage}, {"LCOV", Subject::Coverage}, {"SIMPLECOV", Subject::Coverage},
    {"SARIFSA", Subject::Analysis}, {"ESLINTJSON", Subject::Analysis}, {"PYLINTJSON", Subject::Analysis},
    {"SARIFSCA", Subject::Dependencies}}};

const Format* find_format(std::string_view name) {
  const auto found = std::ranges::find(formats, name, &Format::name);
  return found == formats.end() ? nullptr : &*found;
}

/// What a criterion is about: PassRate is about tests, Vulnerabilities about dependencies.
Subject subject_of(std::string_view criterion) {
  if (criterion == "PassRate") return Subject::Tests;
  if (criterion.ends_with("Coverage")) return Subject::Coverage;
  return criterion == "Vulnerabilities" ? Subject::Dependencies : Subject::Analysis;
}

const std::vector<std::string> severities{"CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"};
constexpr std::string_view limits[] = {"Vulnerabilities", "StaticAnalysisBug", "StaticAnalysisSecurity",
                                       "StaticAnalysisQuality", "StaticAnalysisCodeSmell", "StaticAnalysisOther",
                                       "StaticAnalysisFinding"};
constexpr const char* form = "Reports is a map of name → Format and IncludePaths";

std::optional<double> read_percentage(Properties& criteria, std::string_view key, Findings& findings) {
  const auto value = criteria.number(key);
  if (!value) return std::nullopt;
  if (*value >= 0 && *value <= 100) return value;
  findings.error("E170", criteria.at(key), fmt::format("{} must be 0 to 100", key));
  return std::nullopt;
}

void read_limit(Properties& criteria, std::string_view key, ReportOutput& report, Findings& findings) {
  const auto* map = criteria.map(key);
  if (map == nullptr) return;
  Properties limit(*map, criteria.path(key), "a limit of findings", findings);
  const auto written = limit.text("Severity");
  const auto number = limit.whole("Number", "findings").value_or(0);
  limit.finish();
  const auto severity = upper(written.value_or(""));
  if (std::ranges::find(severities, severity) == severities.end()) {
    findings.error("E170", written ? limit.at("Severity") : criteria.at_key(key),
                   fmt::format("{} needs a Severity", key), "One of CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL");
  } else if (number < 0 || number > 1'000'000) {
    findings.error("E170", limit.at("Number"), fmt::format("Number of {} must be 0 or more", key));
  } else {
    report.finding_limits.push_back({std::string(key), severity, static_cast<int>(number)});
  }
}

void read_criteria(Properties& owner, ReportOutput& report, Findings& findings) {
  const auto* map = owner.map("SuccessCriteria");
  if (map == nullptr) return;
  Properties criteria(*map, owner.path("SuccessCriteria"), "SuccessCriteria", findings);
  report.pass_rate = read_percentage(criteria, "PassRate", findings);
  report.line_coverage = read_percentage(criteria, "LineCoverage", findings);
  report.branch_coverage = read_percentage(criteria, "BranchCoverage", findings);
  for (const auto key : limits) read_limit(criteria, key, report, findings);
  if (const auto* format = find_format(report.format))
    for (const auto& entry : map->entries)
      if (subject_of(entry.key) != format->subject)
        findings.note("N205", spot(entry, criteria.path(entry.key)), fmt::format("{} is not judged on {} reports", entry.key, format->name));
  criteria.finish();
}

std::vector<std::string> read_paths(Properties& owner, std::string_view key, Findings& findings) {
  std::vector<std::string> out;
  for (const auto* path : owner.list(key)) {
    refuse_climbing(*path, owner.path(key), findings);
    if (path->text.starts_with('/'))
      findings.error("E154", spot(*path, owner.path(key)), fmt::format("{} is an absolute path", path->text), "Reports are looked for below the working directory");
    out.push_back(path->text);
  }
  return out;
}

void read_paths(Properties& owner, ReportOutput& report, Findings& findings) {
  report.include_paths = read_paths(owner, "IncludePaths", findings);
  report.exclude_paths = read_paths(owner, "ExcludePaths", findings);
}

std::string read_format(Properties& properties, Findings& findings) {
  const auto written = properties.text("Format");
  if (!written) return {};
  const auto format = upper(*written);
  if (find_format(format) == nullptr) {
    std::vector<std::string> all;
    for (const auto& each : formats) all.emplace_back(each.name);
    auto near = nearest(*written, all);
    if (!near && find_format(format + "XML") != nullptr) near = format + "XML";
    auto& said = findings.error("E170", properties.at("Format"), fmt::format("{} is not a report format{}", *written, near ? fmt::format("; did you mean {}?", *near) : ""),
                                fmt::format("Formats: {}", join(all, ", ")));
    if (near) correct(said, *written, *near);
    return {};
  }
  if (format != *written) correct(findings.note("N201", properties.at("Format"), fmt::format("{} is written {}", *written, format)), *written, format);
  return format;
}

void read_report(const yaml::Entry& entry, const std::string& path, ActionDraft& draft, const Reading& reading) {
  auto& findings = reading.findings;
  if (!entry.value.is_map()) {
    findings.error("E170", spot(entry, path), form);
    return;
  }
  if (entry.key.size() > 255 || !std::ranges::all_of(entry.key, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
      }))
    findings.error("E170", spot(entry, path), fmt::format("\"{}\" may use only letters, digits, - and _", entry.key), "Rename the report");
  Properties properties(entry.value, path, "a report", findings);
  ReportOutput report;
  report.name = entry.key;
  report.place = findings.place(spot(entry, path));
  report.format = read_format(properties, findings);
  read_paths(properties, report, reading.findings);
  read_criteria(properties, report, findings);
  for (const auto* key : {"Format", "IncludePaths"})
    if (properties.find(key) == nullptr) findings.error("E170", spot(entry, path), fmt::format("the report {} lacks {}", entry.key, key), form);
  properties.finish();
  draft.action.reports.push_back(std::move(report));
}

}  // namespace

void read_reports(const yaml::Entry& entry, const std::string& path, ActionDraft& draft, const Reading& reading) {
  if (!entry.value.is_map()) {
    reading.findings.error("E170", spot(entry.value, path), form, "Write them as name: {Format: JUNITXML, IncludePaths: [...]}");
    return;
  }
  for (const auto& report : entry.value.entries) read_report(report, joined(path, report.key), draft, reading);
  if (entry.value.entries.size() > 50)
    reading.findings.error("E170", spot(entry, path), fmt::format("{} reports; the limit is 50", entry.value.entries.size()));
}

void read_report_discovery(const yaml::Entry& entry, const std::string& path, ActionDraft& draft, const Reading& reading) {
  if (!entry.value.is_map()) {
    reading.findings.error("E170", spot(entry.value, path), fmt::format("AutoDiscoverReports must be a map, not {}", described(entry.value)),
                           "Write Enabled: true below it");
    return;
  }
  Properties properties(entry.value, path, "AutoDiscoverReports", reading.findings);
  ReportOutput report;
  report.place = reading.findings.place(spot(entry, path));
  const bool enabled = properties.flag("Enabled").value_or(true);
  report.name = properties.text("ReportNamePrefix").value_or("AutoDiscovered");
  read_paths(properties, report, reading.findings);
  if (report.include_paths.empty()) report.include_paths = {"**/*"};
  read_criteria(properties, report, reading.findings);
  properties.finish();
  if (enabled) draft.action.reports.push_back(std::move(report));
  else reading.findings.note("N205", spot(entry, path), "AutoDiscoverReports is ignored: Enabled is false");
}

}  // namespace tandem::workflow
