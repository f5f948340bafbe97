#pragma once
// What an action leaves to others: artifacts kept, reports judged and kept.

#include "record/verdict.hpp"
#include "run/station.hpp"
#include "run/workspace.hpp"

namespace tandem::run {

/// Zips the files that the output names and keeps them. Errors: Missing (E-RUN-12) when no pattern matches any; Invalid
/// (E-RUN-18) when they are too many or too large; Denied for a pattern that leads out of the workspace.
Done keep_artifact(const Work& work, const Workspace& space, const ArtifactOutput& output);

/// All reports of the action together, and their files kept as documents. Nothing of the verdict holds a secret.
Result<Verdict> judge_reports(const Work& work, const Workspace& space);
/// Why a verdict that did not pass fails its action: E-RUN-13, E-RUN-14.
Error criteria_error(const Work& work, const Verdict& verdict);

}  // namespace tandem::run
