#pragma once
// Files that test runners, coverage tools and analysers write -> what they say, judged by success criteria.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/verdict.hpp"
#include "record/workflow.hpp"

namespace tandem::check {

/// How much of something was reached. A report without any is no proof of coverage, so `percent` is empty then.
struct Covered {
  std::uint64_t reached = 0;
  std::uint64_t total = 0;
  std::optional<double> percent() const {
    if (total == 0) return std::nullopt;
    return 100.0 * static_cast<double>(reached) / static_cast<double>(total);
  }
  bool operator==(const Covered&) const = default;
};

/// One report file. Which parts are filled depends on its format.
struct Report {
  std::string format;                    ///< one of is_judged_format
  TestCounts tests{};
  Covered lines{};
  Covered branches{};
  std::vector<Finding> findings{};       ///< failed tests (HIGH), or what an analyser found
  std::vector<std::string> kinds{};      ///< analysis: Bug, Security, Quality, CodeSmell or Other, one for each finding
};

/// Longer report files are refused.
constexpr std::uint64_t report_bytes_max = 64UL << 20;

/// Formats that are read and judged: all that workflow files may name.
bool is_judged_format(std::string_view format);
/// The format a file seems to be in, by its beginning; empty when none of ours.
std::string discover_format(std::string_view text);

/// Errors: Invalid with the place when the text is not in the format.
Result<Report> parse_report(std::string_view format, std::string_view text, std::string_view name);
/// Errors: those of reading the file; Invalid over `report_bytes_max`.
Result<Report> read_report(std::string_view format, const std::filesystem::path& path);

/// Adds up the files of one report of an action and holds them against its success criteria. The verdict passes when
/// all criteria do; failed tests are findings whether or not a criterion asks for them. Rules: "report.missing"
/// (E-RUN-13, for an explicit format), "report.unreadable", "report.pass-rate" and its like (E-RUN-14).
/// An empty format means discovery: files in no known format are passed over, and none at all is only a note.
Result<Verdict> judge_report(const ReportOutput& criteria, const std::vector<std::filesystem::path>& files);

/// The same for the files below `folder` that the criteria's IncludePaths and ExcludePaths mean.
Result<Verdict> judge_report_in(const ReportOutput& criteria, const std::filesystem::path& folder);

}  // namespace tandem::check
