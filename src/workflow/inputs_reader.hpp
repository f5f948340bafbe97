#pragma once
// Inputs, Outputs and Caching of an action.

#include "workflow/draft.hpp"

namespace tandem::workflow {

void read_inputs(const yaml::Node& inputs, const std::string& path, ActionDraft& draft, const Reading& reading);
void read_outputs(const yaml::Node& outputs, const std::string& path, ActionDraft& draft, const Reading& reading);
void read_caching(const yaml::Node& caching, const std::string& path, ActionDraft& draft, const Reading& reading);

/// Names of actions, groups, artifacts: letters, digits, - and _, at most `length`.
bool is_name(std::string_view text, size_t length = 100);

/// E154 for a pattern that climbs out of the working directory: nothing is taken from there. Whole paths are judged where they are taken.
void refuse_climbing(const yaml::Node& pattern, const std::string& path, Findings& findings);

}  // namespace tandem::workflow
