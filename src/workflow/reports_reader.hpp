#pragma once
// Outputs.Reports and Outputs.AutoDiscoverReports: forms, formats, success criteria.

#include "workflow/draft.hpp"

namespace tandem::workflow {

void read_reports(const yaml::Entry& entry, const std::string& path, ActionDraft& draft, const Reading& reading);
void read_report_discovery(const yaml::Entry& entry, const std::string& path, ActionDraft& draft, const Reading& reading);

}  // namespace tandem::workflow
