#pragma once
// Templates against the live world -> the next world: what CloudFormation does, beside what is
// live.

#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "deploy/local/outside.hpp"
#include "deploy/local/resource_type.hpp"
#include "deploy/local/stack_input.hpp"
#include "deploy/local/world.hpp"
#include "deploy/target.hpp"

namespace tandem::deploy::local {

struct ApplyRequest {
  DeploymentId deployment;
  const CloudAssembly& assembly;
  std::vector<StackInput> stacks;  ///< in deploy order
  std::string entry_point{};       ///< see PrepareRequest
};

/// A name that another resource has is no fault of the template: CloudFormation meets it while making, tells of
/// it and undoes. A plan is told at once.
enum class TakenNames { Refused, LeftToTheMaking };

/// What is told while stacks are applied. All are optional.
struct Listeners {
  std::function<void(StackEvent)> tell{};
  /// Asked before a resource is made; an error fails that resource.
  std::function<Done(const std::string& stack, const std::string& logical_id)> before_each{};
  std::stop_token stop{};
  TakenNames taken_names = TakenNames::Refused;
};

struct Applied {
  World world;
  std::vector<PlannedChange> changes{};
};

/// Applies all stacks, or stops at the first resource that fails, having told the *_FAILED events.
/// The world made so far is then dropped; what was done outside is for the caller to undo. Errors
/// name stack, logical id and type.
class Applying {
 public:
  Applying(const ApplyRequest& request, const World& live, Outside& outside, Listeners listeners);
  Result<Applied> run();

 private:
  struct Step {
    const Resource* resource = nullptr;
    const ResourceType* type = nullptr;
    const ResourceRecord* old = nullptr;
    json::object properties{};
    Effect effect{};
    std::vector<std::string> differing{};
  };

  Done apply_stack(const StackInput& input);
  Done apply_wave(const StackInput& input, const std::vector<std::string>& wave);
  Result<Step> step_for(const StackInput& input, const Resource& resource);
  Done take(const StackInput& input, Step& step);
  Done check_name_is_free(const StackInput& input, const Step& step) const;
  Result<Made> make(const StackInput& input, const Step& step);
  void keep_record(const Step& step, Made made);
  void fail_wave(const std::vector<Step>& steps, size_t at, const Error& error);
  Done take_outputs(const StackInput& input);
  void let_go(const StackInput& input);
  void depart(const std::string& stack, const ResourceRecord& record, Policy policy);
  Done fill_buckets();
  Done check_entry_point() const;

  Names names_for(const StackInput& input);
  void note(const StackInput& input, const Step& step);
  void tell(const std::string& logical_id, const std::string& physical_id, const std::string& type,
            const std::string& status, const std::string& reason = {});
  void tell_resource(const Step& step, const std::string& physical_id, std::string_view outcome,
                     const std::string& reason = {});
  void start_stack();

  const ApplyRequest& request_;
  const World& live_;
  Outside& outside_;
  Listeners listeners_;
  World next_;
  std::vector<PlannedChange> changes_;
  const StackRecord* before_ = nullptr;  ///< the stack under way as it is live
  bool started_ = false;                 ///< its first event has been told
};

}  // namespace tandem::deploy::local
