#pragma once
// What every station of the journey is given, and what it may ask of a run.

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.hpp"
#include "record/bundle.hpp"
#include "record/proof.hpp"
#include "record/release.hpp"
#include "record/run.hpp"
#include "record/sync_record.hpp"
#include "run/workshop.hpp"
#include "shell/masker.hpp"
#include "workflow/substitute.hpp"

namespace tandem::run {

/// One attempt of one action.
struct Work {
  Workshop& shop;
  const Run& run;
  const Action& action;
  int attempt;
  std::stop_token stop;
  const shell::Masker* masker = nullptr;   ///< of the action's secrets

  /// Lines in the action's log.
  void say(std::string_view lines) const { shop.logs.add(run.id, action.name, hidden(lines)); }
  /// The text without the action's secrets.
  std::string hidden(std::string_view text) const { return masker == nullptr ? std::string(text) : masker->masked(text); }
  /// A Configuration value with its references replaced, or `other`.
  Result<std::string> configured(std::string_view key, std::string other = "") const;
  /// One that is JSON text or a map, likewise; empty when it is not there. Errors: Invalid (E113) when it is no object.
  Result<json::object> configured_map(std::string_view key) const;
  /// What references of this action stand for: outputs of the run's actions, the source, the secrets it names.
  Result<workflow::Values> values() const;
};

/// The newest detail an action of this run left under `noun` ("sync", "bundle", "deployment"), or nullptr.
const json::value* find_detail(const Run& run, std::string_view noun);
/// The same as a record. Errors: Missing (TD0410) names the action that should have come before.
Result<SyncRecord> sync_of(const Run& run);
Result<Bundle> bundle_of(const Run& run);
Result<Release> release_of(const Run& run);
Result<Deployment> deployment_of(const Run& run);

/// Asks for a run of another workflow. `commit` empty = the tip of the branch.
struct StartRequest {
  std::string repository;
  std::string workflow;                    ///< Name or file
  std::string branch{};
  CommitId commit{};
  std::map<std::string, std::string> inputs{};
  std::string actor;
  std::optional<RunId> cause{};
};
using Start = std::function<Result<RunId>(const StartRequest&)>;

// The stations, in the order of the path. Each is one action; its outcome's `detail` holds the record it made.
Result<ActionOutcome> run_the_steps(const Work& work);                       // aws/build, aws/managed-test
Result<ActionOutcome> scan(const Work& work);                                // tandem/scan
Result<ActionOutcome> carry(const Work& work);                               // tandem/sync
Result<ActionOutcome> start_and_wait(const Work& work, const Start& start);  // tandem/start-workflow
Result<ActionOutcome> detect_sync(const Work& work);                         // tandem/detect-sync
Result<ActionOutcome> compose_bundle(const Work& work);                      // tandem/compose
/// The same; `on_choice` hears of every handler, also when no bundle comes of it.
Result<ActionOutcome> compose_bundle(const Work& work, const std::function<void(const HandlerChoice&)>& on_choice);
Result<ActionOutcome> keep_contract(const Work& work);                       // tandem/contract
Result<ActionOutcome> deploy_candidate(const Work& work);                    // tandem/deploy
Result<ActionOutcome> verify_candidate(const Work& work);                    // tandem/verify
Result<ActionOutcome> promote(const Work& work);                             // tandem/promote
Result<ActionOutcome> roll_back(const Work& work);                           // tandem/rollback
Result<ActionOutcome> report(const Work& work);                              // tandem/report
Result<ActionOutcome> bootstrap(const Work& work);                           // aws/cdk-bootstrap
Result<ActionOutcome> deploy_cdk_app(const Work& work);                      // aws/cdk-deploy
Result<ActionOutcome> deploy_template(const Work& work);                     // aws/cfn-deploy
Result<ActionOutcome> invoke_function(const Work& work);                     // aws/lambda-invoke
Result<ActionOutcome> publish_to_bucket(const Work& work);                   // aws/s3-publish

/// What deploy_candidate would change. Prepares nothing.
Result<deploy::Plan> plan_candidate(const Work& work);

/// The infrastructure commit a run deploys: the one that a sync of its own has made, else its own.
CommitId deployed_commit(const Run& run);
/// The assembly of that commit with the bundle in its place; synthesised once, then reused.
Result<Assembly> synthesised(const Work& work, const EnvironmentConfiguration& environment, const std::optional<Bundle>& bundle);

/// An outcome that succeeded, with its outputs.
ActionOutcome succeeded(std::map<std::string, std::string> outputs = {});

/// Writes a deployment's new state down and returns it.
Result<Deployment> note_deployment(Workshop& shop, Deployment deployment);
/// The same for one that has become live, as the target shows it: whoever was live until now makes room.
Result<Deployment> note_live(Workshop& shop, Deployment deployment, const Deployment& live);

}  // namespace tandem::run
