#pragma once
// The class behind open_local_target. Used by local_target*.cpp only.

#include <optional>

#include "base/guarded.hpp"
#include "deploy/local/apply.hpp"
#include "deploy/local/content.hpp"
#include "deploy/local/local_target.hpp"
#include "deploy/local/world_store.hpp"

namespace tandem::deploy::local {

class LocalTarget final : public Target {
 public:
  LocalTarget(LocalTargetOptions options, Tables& tables, Serving& serving, const Clock& clock,
              std::unique_ptr<WorldStore> store);

  Result<std::vector<std::string>> recover() override;
  Result<Plan> plan(const PrepareRequest& request) override;
  Result<Deployment> prepare(const PrepareRequest& request, const OnStackEvent& on_event,
                             std::stop_token stop) override;
  Result<Deployment> promote(const DeploymentId& deployment, const OnStackEvent& on_event) override;
  Done abandon(const DeploymentId& deployment, const std::string& reason,
               const OnStackEvent& on_event) override;
  Result<Deployment> restore(const DeploymentId& deployment, const OnStackEvent& on_event) override;
  Result<std::optional<Deployment>> live() override;
  Result<Fingerprint> fingerprint() override;
  Result<std::vector<StackEvent>> events(const std::string& stack, size_t count) override;
  Result<json::value> stacks() override;
  Result<Invocation> invoke(const std::string& function, const std::string& qualifier,
                            const std::string& payload) override;
  Result<Deployment> publish(const PublishRequest& request) override;

 private:
  /// The right to change something, for as long as it lives.
  class Claim {
   public:
    explicit Claim(Guarded<std::string>& holder) : holder_(&holder) {}
    Claim(Claim&& other) noexcept : holder_(std::exchange(other.holder_, nullptr)) {}
    ~Claim() {
      if (holder_ != nullptr) holder_->with([](std::string& doing) { doing.clear(); });
    }

   private:
    Guarded<std::string>* holder_;
  };
  Result<Claim> claim(std::string doing);

  /// What a request asks for, understood and rehearsed.
  struct Order {
    Order(CloudAssembly read, const PrepareRequest& request)
        : assembly(std::move(read)), apply{request.deployment, assembly, {}, request.entry_point} {}
    CloudAssembly assembly;
    ApplyRequest apply;  ///< borrows `assembly`
    std::vector<std::string> secrets{};
  };
  Result<std::unique_ptr<Order>> order(const PrepareRequest& request);
  Result<Applied> rehearse(const Order& order, const World& live, TakenNames taken);
  Result<Deployment> prepare_claimed(const PrepareRequest& request, const OnStackEvent& on_event,
                                     std::stop_token stop);
  Result<Deployment> apply_and_show(const Order& order, const PrepareRequest& request,
                                    const StoredWorld& live, const OnStackEvent& on_event,
                                    std::stop_token stop);
  Result<Deployment> show_candidate(const DeploymentId& id, World world, Deployment deployment,
                                    const DeploymentId& base);
  Done no_other_candidate(const DeploymentId& id);
  Done take_back(const DeploymentId& id, const std::string& reason,
                 const std::vector<std::string>& secrets, const OnStackEvent& on_event);
  Done take_back_leftovers(std::vector<std::string>* lines);

  Result<Deployment> promote_claimed(const DeploymentId& id, const OnStackEvent& on_event);
  Result<Deployment> restore_claimed(const DeploymentId& id, const OnStackEvent& on_event);
  Done switch_back(const StoredWorld& to, const Scene& scene, const World& from,
                   const OnStackEvent& on_event);
  Done check_restorable(const World& world);
  Done clean_up(StoredWorld& stored, const OnStackEvent& on_event);
  void let_go(const World& world, const std::string& stack, const World& before,
              const std::function<void(StackEvent)>& tell);
  std::string delete_departed(const Departed& departed, const World& before);
  Done prune();
  Done collect_folders();
  Done save_live(StoredWorld& stored, const Addresses& addresses, const Scene& scene);

  World world_or_empty(const std::optional<StoredWorld>& stored) const {
    return stored ? stored->world : World{};
  }
  std::function<void(StackEvent)> teller(const DeploymentId& deployment,
                                         std::vector<std::string> secrets,
                                         const OnStackEvent& on_event);
  Result<Deployment> publish_claimed(const PublishRequest& request);
  Result<std::string> physical_function(const std::string& name, const World& world) const;

  LocalTargetOptions options_;
  Tables& tables_;
  Serving& serving_;
  const Clock& clock_;
  ContentStore content_;
  std::unique_ptr<WorldStore> store_;
  Guarded<std::string> doing_;  ///< empty when nothing is under way
};

/// Secrets of all stacks of a world.
std::vector<std::string> secrets_of(const World& world);
/// Puts the addresses of a shown world into its deployment.
void put_addresses(Deployment& deployment, const World& world, const Scene& scene,
                   const Addresses& addresses, Phase phase);

}  // namespace tandem::deploy::local
