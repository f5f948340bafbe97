#pragma once
// The parsers behind parse_report, one for each format.

#include <string_view>

#include "check/reports.hpp"

namespace tandem::check {

Result<Report> parse_junit(std::string_view text, std::string_view name);
/// NUNITXML (version 2) and NUNIT3XML alike.
Result<Report> parse_nunit(std::string_view text, std::string_view name);
Result<Report> parse_testng(std::string_view text, std::string_view name);
Result<Report> parse_trx(std::string_view text, std::string_view name);
Result<Report> parse_cucumber(std::string_view text, std::string_view name);
Result<Report> parse_cobertura(std::string_view text, std::string_view name);
Result<Report> parse_jacoco(std::string_view text, std::string_view name);
Result<Report> parse_clover(std::string_view text, std::string_view name);
Result<Report> parse_lcov(std::string_view text, std::string_view name);
/// The result set that SimpleCov keeps, and what its two JSON formatters write.
Result<Report> parse_simplecov(std::string_view text, std::string_view name);
Result<Report> parse_eslint(std::string_view text, std::string_view name);
Result<Report> parse_pylint(std::string_view text, std::string_view name);
/// For both SARIFSA and SARIFSCA; the caller sets the format.
Result<Report> parse_sarif(std::string_view text, std::string_view name);

}  // namespace tandem::check
