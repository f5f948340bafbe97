#pragma once
// SCHEDULE triggers: every branch that holds a workflow with one gets a run when its expression fires.

#include <map>

#include "run/commands.hpp"

namespace tandem::run {

/// Asked every few seconds by one thread. Ticks that passed while no daemon ran are counted and logged, never fired.
class Scheduler {
 public:
  explicit Scheduler(Office& office) : office_(office), shop_(office.shop()) {}
  Done look();

 private:
  struct Branch {
    CommitId commit;
    std::vector<Workflow> workflows;      ///< those with a schedule
    std::optional<Instant> since{};       ///< everything up to then has been looked at
  };
  Done look_at(const RepositoryConfiguration& repository, const store::Tip& tip);
  Done read(Branch& branch, const RepositoryConfiguration& repository, const store::Tip& tip);
  Done fire(const RepositoryConfiguration& repository, const std::string& branch, const CommitId& commit, Instant tick);

  Office& office_;
  Workshop& shop_;
  std::map<std::string, Branch> branches_;   ///< by "repository branch"
  std::map<std::string, Instant> remembered_;
  bool is_first_ = true;
};

}  // namespace tandem::run
