#include "check/reports.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/files.hpp"
#include "base/text.hpp"
#include "check/globs.hpp"
#include "check/report_formats.hpp"
#include "check/severity.hpp"

namespace tandem::check {
namespace fs = std::filesystem;
namespace {

enum class Kind { Tests, Coverage, Analysis, Composition };

struct Format {
  std::string_view name;
  Kind kind;
  Result<Report> (*parse)(std::string_view text, std::string_view name);
};

constexpr std::array<Format, 15> formats{{{"JUNITXML", Kind::Tests, parse_junit},
                                          {"NUNITXML", Kind::Tests, parse_nunit},
                                          {"NUNIT3XML", Kind::Tests, parse_nunit},
                                          {"TESTNGXML", Kind::Tests, parse_testng},
                                          {"VISUALSTUDIOTRX", Kind::Tests, parse_trx},
                                          {"CUCUMBERJSON", Kind::Tests, parse_cucumber},
                                          {"COBERTURAXML", Kind::Coverage, parse_cobertura},
                                          {"LCOV", Kind::Coverage, parse_lcov},
                                          {"JACOCOXML", Kind::Coverage, parse_jacoco},
                                          {"CLOVERXML", Kind::Coverage, parse_clover},
                                          {"SIMPLECOV", Kind::Coverage, parse_simplecov},
                                          {"SARIFSA", Kind::Analysis, parse_sarif},
                                          {"ESLINTJSON", Kind::Analysis, parse_eslint},
                                          {"PYLINTJSON", Kind::Analysis, parse_pylint},
                                          {"SARIFSCA", Kind::Composition, parse_sarif}}};

/// Workflow files also write "JUnitXml".
const Format* find_format(std::string_view name) {
  const auto found = std::ranges::find_if(formats, [name](const Format& format) { return same_ignoring_case(format.name, name); });
  return found == formats.end() ? nullptr : &*found;
}

constexpr size_t findings_max = 500;

/// All files of one report added up, and the verdict on them as it grows.
class Judgement {
 public:
  explicit Judgement(const ReportOutput& criteria) : criteria_(criteria) { verdict_.passed = true; }

  void add(const Report& report) {
    ++count_;
    verdict_.tests.tests += report.tests.tests;
    verdict_.tests.failed += report.tests.failed;
    verdict_.tests.skipped += report.tests.skipped;
    add(lines_, report.lines);
    add(branches_, report.branches);
    const auto* format = find_format(report.format);
    CHECK(format != nullptr);
    has_tests_ |= format->kind == Kind::Tests;
    has_coverage_ |= format->kind == Kind::Coverage;
    has_analysis_ |= format->kind == Kind::Analysis;
    has_composition_ |= format->kind == Kind::Composition;
    for (size_t i = 0; i < report.findings.size(); ++i) {
      findings_.push_back(report.findings[i]);
      kinds_.push_back(format->kind == Kind::Composition ? "Vulnerabilities" : i < report.kinds.size() ? report.kinds[i] : "");
    }
  }

  void fail(std::string rule, Place place, std::string what) {
    verdict_.passed = false;
    verdict_.findings.push_back({std::move(rule), "HIGH", std::move(place), std::move(what)});
  }
  void note(std::string rule, std::string what) {
    verdict_.findings.push_back({std::move(rule), "INFORMATIONAL", criteria_.place, std::move(what)});
  }

  Verdict judged() && {
    judge_rates();
    for (const auto& limit : criteria_.finding_limits) judge_limit(limit);
    append_findings();
    return std::move(verdict_);
  }
  size_t count() const { return count_; }

 private:
  static void add(Covered& sum, const Covered& more) {
    sum.reached += more.reached;
    sum.total += more.total;
  }

  void judge_rates() {
    if (criteria_.pass_rate) {
      const bool ran = verdict_.tests.tests > verdict_.tests.skipped;
      judge_rate("report.pass-rate", "PassRate", *criteria_.pass_rate, has_tests_,
                 ran ? std::optional(verdict_.tests.pass_rate()) : std::nullopt, "no test ran");
    }
    if (criteria_.line_coverage)
      judge_rate("report.line-coverage", "LineCoverage", *criteria_.line_coverage, has_coverage_, lines_.percent(), "the report counts no lines");
    if (criteria_.branch_coverage)
      judge_rate("report.branch-coverage", "BranchCoverage", *criteria_.branch_coverage, has_coverage_, branches_.percent(),
                 "the report counts no branches");
  }

  void judge_rate(const char* rule, std::string_view name, double wanted, bool fits, std::optional<double> got, std::string_view none) {
    if (!fits) return not_judged(name);
    if (!got) return fail(rule, criteria_.place, fmt::format("E-RUN-14 report {}: {} cannot be judged: {}", criteria_.name, name, none));
    if (*got >= wanted) return;
    // 94.96 must not be shown as 95 beside a wanted 95.
    const auto shown = *got > wanted - 0.1 ? fmt::format("{}", *got) : fmt::format("{:.1f}", *got);
    fail(rule, criteria_.place, fmt::format("E-RUN-14 report {}: {} {} < {}", criteria_.name, name, shown, wanted));
  }

  void judge_limit(const FindingLimit& limit) {
    if (!(limit.criterion == "Vulnerabilities" ? has_composition_ : has_analysis_)) return not_judged(limit.criterion);
    int found = 0;
    for (size_t i = 0; i < findings_.size(); ++i)
      if (concerns(limit.criterion, kinds_[i]) && weight(findings_[i].severity) >= weight(limit.severity)) ++found;
    if (found > limit.number)
      fail("report.findings", criteria_.place,
           fmt::format("E-RUN-14 report {}: {}: {} findings of {} or worse > {}", criteria_.name, limit.criterion, found, limit.severity, limit.number));
  }

  static bool concerns(std::string_view criterion, std::string_view kind) {
    if (criterion == "Vulnerabilities") return kind == "Vulnerabilities";
    if (kind == "Vulnerabilities" || kind.empty()) return false;
    return criterion == "StaticAnalysisFinding" || criterion == fmt::format("StaticAnalysis{}", kind);
  }

  void not_judged(std::string_view name) {
    if (count_ > 0) note("report.not-judged", fmt::format("{} is not judged: report {} is of another kind", name, criteria_.name));
  }

  void append_findings() {
    const auto kept = std::min(findings_.size(), findings_max);
    verdict_.findings.insert(verdict_.findings.end(), findings_.begin(), findings_.begin() + static_cast<long>(kept));
    if (kept < findings_.size()) note("report.more", fmt::format("{} more findings are in the report files", findings_.size() - kept));
  }

  const ReportOutput& criteria_;
  Verdict verdict_;
  Covered lines_, branches_;
  bool has_tests_ = false, has_coverage_ = false, has_analysis_ = false, has_composition_ = false;
  size_t count_ = 0;
  std::vector<Finding> findings_;
  std::vector<std::string> kinds_;
};

Done refuse_long(const fs::path& path) {
  std::error_code trouble;
  const auto size = fs::file_size(path, trouble);
  if (trouble) return failure(Fault::Missing, "cannot read {}: {}", path.string(), trouble.message());
  if (size > report_bytes_max) return failure(Fault::Invalid, "{} has {} bytes, more than a report may have ({})", path.string(), size, report_bytes_max);
  return done();
}

/// Discovery looks only into files that are called like a report.
bool may_be_report(const fs::path& path) {
  const auto end = lower(path.extension().string());
  return end == ".xml" || end == ".info" || end == ".lcov" || end == ".sarif" || end == ".json" || end == ".trx";
}

/// Most files are something else, and known as such by this much.
std::string beginning_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(8192, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

void judge_discovered(Judgement& judgement, const std::vector<fs::path>& files) {
  for (const auto& file : files) {
    if (!may_be_report(file) || !refuse_long(file)) continue;
    const auto format = discover_format(beginning_of(file));
    if (format.empty()) continue;
    const auto report = read_report(format, file);
    if (report) judgement.add(*report);
    else judgement.note("report.unreadable", fmt::format("{} begins like {}: {}", file.string(), format, report.error().what));
  }
}

}  // namespace

bool is_judged_format(std::string_view format) { return find_format(format) != nullptr; }

namespace {

std::string discover_xml(std::string_view start) {
  if (start.contains("<testsuites") || start.contains("<testsuite")) return "JUNITXML";
  if (start.contains("<test-run ")) return "NUNIT3XML";
  if (start.contains("<test-results ")) return "NUNITXML";
  if (start.contains("<testng-results")) return "TESTNGXML";
  if (start.contains("<TestRun") && start.contains("VisualStudio")) return "VISUALSTUDIOTRX";
  if (start.contains("<!DOCTYPE report") || (start.contains("<report ") && start.contains("<sessioninfo"))) return "JACOCOXML";
  if (start.contains("<coverage") && (start.contains("line-rate=") || start.contains("lines-valid="))) return "COBERTURAXML";
  if (start.contains("<coverage") && start.contains("<project")) return "CLOVERXML";
  return {};
}

std::string discover_json(std::string_view start) {
  const auto has = [start](std::initializer_list<std::string_view> names) {
    return std::ranges::all_of(names, [start](std::string_view name) { return start.contains(fmt::format("\"{}\"", name)); });
  };
  if (start.starts_with('[')) {
    if (has({"filePath", "messages"})) return "ESLINTJSON";
    if (has({"message-id", "symbol"})) return "PYLINTJSON";
    if (has({"elements", "keyword"})) return "CUCUMBERJSON";
    return {};
  }
  if (has({"version"}) && start.contains("2.1.0") && (start.contains("sarif") || has({"runs"}))) return "SARIFSA";
  if (has({"messages", "messageId", "symbol"})) return "PYLINTJSON";
  if (has({"coverage", "lines"}) && (has({"meta", "simplecov_version"}) || start.contains(".rb"))) return "SIMPLECOV";
  return {};
}

}  // namespace

std::string discover_format(std::string_view text) {
  const auto start = trimmed(text.substr(0, 4096));
  if (start.starts_with("TN:") || start.starts_with("SF:")) return "LCOV";
  return start.starts_with('{') || start.starts_with('[') ? discover_json(start) : discover_xml(start);
}

Result<Report> parse_report(std::string_view format, std::string_view text, std::string_view name) {
  const auto* known = find_format(format);
  if (known == nullptr) return failure(Fault::Invalid, "reports in the format {} are not read", format);
  auto report = TRY(known->parse(text, name), "reading {} as {}", name, known->name);
  report.format = known->name;
  return report;
}

Result<Report> read_report(std::string_view format, const fs::path& path) {
  TRY(refuse_long(path));
  const auto text = TRY(read_file(path));
  return parse_report(format, text, path.string());
}

Result<Verdict> judge_report(const ReportOutput& criteria, const std::vector<fs::path>& files) {
  Judgement judgement(criteria);
  if (criteria.format.empty()) {
    judge_discovered(judgement, files);
    if (judgement.count() == 0) judgement.note("report.none", fmt::format("report {}: no file in a known format", criteria.name));
  } else if (files.empty()) {
    judgement.fail("report.missing", criteria.place, fmt::format("E-RUN-13 report {}: no file matches {}", criteria.name, join(criteria.include_paths, ", ")));
  } else {
    for (const auto& file : files) {
      const auto report = read_report(criteria.format, file);
      if (report) judgement.add(*report);
      else judgement.fail("report.unreadable", report.error().place.value_or(Place{file.string()}), fmt::format("E-RUN-13 report {}: {}", criteria.name, report.error().what));
    }
  }
  return std::move(judgement).judged();
}

Result<Verdict> judge_report_in(const ReportOutput& criteria, const fs::path& folder) {
  auto include = criteria.include_paths;
  auto exclude = criteria.exclude_paths;
  if (include.empty()) {
    include = {"**/*"};
    // Packages bring reports of their own.
    exclude.insert(exclude.end(), {"**/node_modules/**", "**/site-packages/**", "**/.venv/**"});
  }
  const auto names = TRY(matching_files(folder, include, exclude), "looking for report {}", criteria.name);
  std::vector<fs::path> files;
  for (const auto& name : names) files.push_back(folder / name);
  return judge_report(criteria, files);
}

}  // namespace tandem::check
