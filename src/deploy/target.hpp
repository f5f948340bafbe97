#pragma once
// The seam behind which stacks live: this machine (local/) or AWS (aws/).

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/release.hpp"

namespace tandem::deploy {

/// What is to be made reachable as a candidate.
struct PrepareRequest {
  DeploymentId deployment;                          ///< the effect key: preparing it twice prepares it once
  ReleaseId release;
  Assembly assembly;
  std::string entry_point{};                        ///< what the bundled function's Handler must be; empty = not checked
  std::map<std::string, std::string> parameters{};  ///< given to every template that declares the name
};

/// One line of a plan: what happens to a resource.
enum class Effect { Create, Update, Replace, Delete, Keep };
std::string_view word(Effect effect);               ///< "create", "update", "replace", "delete", "keep"
struct PlannedChange {
  std::string stack;
  std::string logical_id;
  std::string type;
  Effect effect{};
  std::vector<std::string> properties{};            ///< names of the properties that differ
  bool loses_data = false;                          ///< a table or bucket that would be deleted or replaced
};
struct Plan {
  std::vector<PlannedChange> changes{};
  std::vector<std::string> noted{};                 ///< "AWS::IAM::Role RegistryApi/ApiServiceRole: recorded, not run here"
};
json::value to_json(const Plan& plan);

struct Invocation {
  int status = 200;                                 ///< of the Invoke API
  std::string payload;
  std::string function_error{};                     ///< "Unhandled" when the function failed
  std::string executed_version{};
  std::string log_tail{};
};

/// Files for a bucket that a stack has made.
struct PublishRequest {
  std::string bucket;                               ///< physical name or logical id
  std::filesystem::path folder;                     ///< everything below it is published
  std::string prefix{};                             ///< of the keys
  DeploymentId candidate{};                         ///< into the bucket as this candidate has it; empty = the live one
};

using OnStackEvent = std::function<void(const StackEvent&)>;

/// Errors everywhere: Invalid (the template or assembly; names stack, logical id and type), Conflict (another
/// deployment is under way), Unavailable, Broken. A failed `prepare` has undone everything before it returns.
class Target {
 public:
  virtual ~Target() = default;

  /// Starts serving what is live and undoes or finishes what a crash interrupted. Returns what was done, for people.
  virtual Result<std::vector<std::string>> recover() = 0;
  /// What `prepare` would do. Changes nothing.
  virtual Result<Plan> plan(const PrepareRequest& request) = 0;
  /// Applies the stacks beside the live ones; live traffic sees nothing. The result's phase is Candidate.
  virtual Result<Deployment> prepare(const PrepareRequest& request, const OnStackEvent& on_event, std::stop_token stop) = 0;
  /// The one small switch, then the cleanup of what the release no longer needs. Promoting twice promotes once.
  virtual Result<Deployment> promote(const DeploymentId& deployment, const OnStackEvent& on_event) = 0;
  /// Takes a candidate away again; an unknown or abandoned one is no error.
  virtual Done abandon(const DeploymentId& deployment, const std::string& reason, const OnStackEvent& on_event) = 0;
  /// Puts an earlier, once live deployment back: one switch. Data stays as it is.
  virtual Result<Deployment> restore(const DeploymentId& deployment, const OnStackEvent& on_event) = 0;
  /// What is live now, if anything.
  virtual Result<std::optional<Deployment>> live() = 0;
  /// What the outside sees now, taken afresh from what serves (not from what was written down).
  virtual Result<Fingerprint> fingerprint() = 0;
  /// Newest first. Empty `stack` = all stacks.
  virtual Result<std::vector<StackEvent>> events(const std::string& stack, size_t count) = 0;
  /// Stacks that are live, with status, outputs and resources, as JSON for `tandem stack`. One that failed at its creation
  /// is told of by its events only.
  virtual Result<json::value> stacks() = 0;
  /// `function`: physical name, logical id or Stack/LogicalId. `qualifier`: version, alias or empty ($LATEST... the alias `live` if there is one).
  virtual Result<Invocation> invoke(const std::string& function, const std::string& qualifier, const std::string& payload) = 0;
  /// Puts files over those a bucket holds; what serves the bucket shows them when it returns. The result is the
  /// deployment with its new fingerprint. Errors: Missing names the buckets there are, Conflict while another candidate
  /// is under way; Invalid where the target cannot do it.
  virtual Result<Deployment> publish(const PublishRequest& request);
};

}  // namespace tandem::deploy
