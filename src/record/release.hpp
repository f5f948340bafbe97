#pragma once
// What is promoted, shown, compared and rolled back, and where it stands.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "base/json.hpp"
#include "base/time.hpp"

namespace tandem {

/// The output of the CDK app.
struct Assembly {
  std::string folder;                       ///< holds manifest.json
  Digest digest;                            ///< over the templates and asset hashes of all stacks
  std::vector<std::string> stacks{};        ///< in deploy order
  bool reused = false;                      ///< nothing the app reads has changed, so it was not run
  bool operator==(const Assembly&) const = default;
};

/// Immutable and content-addressed: equal parts give the equal id.
struct Release {
  ReleaseId id;
  CommitId application;                     ///< empty when no application code is in it
  CommitId infrastructure;
  Digest requirements;
  Digest bundle;
  Digest assembly;
  std::string handler;
  Instant at{};
  bool operator==(const Release&) const = default;
};
/// "rel-" and 16 hexadecimal digits over the parts (not `at`).
ReleaseId release_id(const Release& parts);
json::value to_json(const Release& release);
Result<Release> release_from_json(const json::value& value);

enum class Phase { Prepared, Candidate, Live, Superseded, Failed, RolledBack };
std::string_view word(Phase phase);         ///< "prepared", "candidate", "live", "superseded", "failed", "rolled_back"
std::optional<Phase> phase_from(std::string_view word);

/// What the outside sees of a deployment, each part named: "function RegistryApi/Api", "alias .../live", "route GET /people".
using Fingerprint = std::map<std::string, std::string>;

/// A release on an environment.
struct Deployment {
  DeploymentId id;
  ReleaseId release;
  std::string environment;
  RunId run;
  Phase phase{};
  std::string candidate_url{};              ///< base URL of the API while it is a candidate
  std::string candidate_site{};
  std::string url{};                        ///< base URL of the API once live
  std::string site{};
  std::map<std::string, std::string> outputs{};   ///< "Stack.Output" -> value, as the candidate's addresses see it
  std::vector<std::string> notes{};         ///< types that are listed as noted, and what else is not run here
  Fingerprint fingerprint{};                ///< taken when it went live
  std::string reason{};                     ///< why it failed or was rolled back
  Instant at{};
  bool operator==(const Deployment&) const = default;
};
json::value to_json(const Deployment& deployment);
Result<Deployment> deployment_from_json(const json::value& value);

/// CloudFormation's event of a stack, field by field.
struct StackEvent {
  std::string stack;
  std::string logical_id;
  std::string physical_id;
  std::string type;
  std::string status;
  std::string reason;
  Instant at{};
  bool operator==(const StackEvent&) const = default;
};
json::value to_json(const StackEvent& event);

}  // namespace tandem
