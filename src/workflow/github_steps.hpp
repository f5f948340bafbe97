#pragma once
// Steps of aws/github-actions-runner that only run commands -> scripts. What GitHub's own runner would be needed for is E131.

#include "workflow/draft.hpp"

namespace tandem::workflow {

/// Reads the list `steps`, found at `path`. Each step becomes one script: as GitHub has it, its folder and its variables are its
/// own, and its first failing command ends it. `action` is the place of the Identifier, where E131 points to: once, for the first
/// step that cannot be run here.
void read_github_steps(const yaml::Node& steps, const std::string& path, const Spot& action, ActionDraft& draft, const Reading& reading);

/// E131 for output variables: on GitHub's runner they come from its own files and step ids.
void refuse_github_outputs(const ActionDraft& draft, const Spot& action, Findings& findings);

}  // namespace tandem::workflow
