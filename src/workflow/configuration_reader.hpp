#pragma once
// Configuration of an action, checked against the catalogue.

#include "workflow/draft.hpp"

namespace tandem::workflow {

/// `entry` is the property Configuration of the `action` at `path`; nullptr when it has none.
void read_configuration(const yaml::Entry* entry, const yaml::Node& action, const std::string& path, ActionDraft& draft, const Reading& reading);

}  // namespace tandem::workflow
