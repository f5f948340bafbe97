#pragma once
// What verification needs to know of an environment and a release, brought together.

#include "record/proof.hpp"
#include "run/workshop.hpp"

namespace tandem::run {

struct VerificationRequest {
  EnvironmentConfiguration environment;
  std::string url;
  std::string site{};
  std::vector<std::string> suites{};             ///< empty: the environment's, else all
  std::optional<Release> release{};              ///< what has to answer there; nothing: whatever does
};
Result<Proof> verify_at(Workshop& shop, const VerificationRequest& request, std::stop_token stop);

}  // namespace tandem::run
