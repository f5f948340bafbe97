#pragma once
// What people read about a run: the deployment summary (Markdown) and the integration status (JSON).

#include <optional>
#include <string>

#include "base/json.hpp"
#include "record/release.hpp"
#include "record/run.hpp"

namespace tandem::report {

/// The facts a summary is drawn from; what does not exist is left out of it.
struct Facts {
  Run run;
  std::optional<Release> release{};
  std::optional<Deployment> deployment{};
  std::string live_release{};          ///< what serves after this run, whatever became of it
};

/// The first error of a run in the order of its actions, with the action's name.
struct FirstError {
  std::string action;
  Error error;
};
std::optional<FirstError> first_error(const Run& run);

std::string deployment_summary(const Facts& facts);
/// {"schema":"tandem.integration-status/1", ...}
json::value integration_status(const Facts& facts);
/// One sentence: "release rel-.. verified and live at http://..", "Verify failed: search answers wrongly".
std::string one_sentence(const Facts& facts);

}  // namespace tandem::report
