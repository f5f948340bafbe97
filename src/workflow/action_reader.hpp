#pragma once
// One entry of Actions that has an Identifier.

#include "workflow/draft.hpp"

namespace tandem::workflow {

ActionDraft read_action(const yaml::Entry& entry, const std::string& path, const std::string& group, const Reading& reading);

Compute read_compute(const yaml::Node& node, const std::string& path, const Reading& reading);

std::vector<Named> read_names(Properties& properties, std::string_view key);

}  // namespace tandem::workflow
